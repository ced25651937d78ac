#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>

namespace etna::gui {

class TranscriptSource;

/// What a screen reader is told while a reply comes in: its start, then whole sentences, at most every two seconds,
/// then its end. Never single words.
class ReplyAnnouncer : public QObject {
  Q_OBJECT

public:
  using QObject::QObject;

  void grow(const TranscriptSource& source, int row);
  void finish(const TranscriptSource& source, int row);

  void forget() { row_ = -1; }

  const QString& text() const { return text_; }

signals:
  void changed();

private:
  void say(const QString& text);

  int row_ = -1;
  qsizetype said_ = 0;  ///< letters of the reply
  QElapsedTimer since_;
  QString text_;
};

}  // namespace etna::gui

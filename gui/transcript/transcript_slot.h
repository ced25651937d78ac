#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QVariant>

#include "gui/transcript/block.h"
#include "gui/transcript/transcript_source.h"

namespace etna::gui {

/// What a control inside the transcript stands for: the head of a code block, the line that folds thoughts, the foot of
/// a message. Delegates are used again for other places, so nothing may be kept beside a slot.
class TranscriptSlot : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The transcript makes them")
  Q_PROPERTY(int row READ row NOTIFY changed)
  Q_PROPERTY(int block READ block NOTIFY changed)
  Q_PROPERTY(qint64 messageId READ message_id NOTIFY changed)
  Q_PROPERTY(bool mine READ mine NOTIFY changed)
  Q_PROPERTY(bool last READ last NOTIFY changed)
  Q_PROPERTY(bool hovered READ hovered NOTIFY changed)
  Q_PROPERTY(bool waiting READ waiting NOTIFY changed)
  Q_PROPERTY(bool reading READ reading NOTIFY changed)
  Q_PROPERTY(bool ended READ ended NOTIFY changed)
  Q_PROPERTY(bool empty READ empty NOTIFY changed)
  Q_PROPERTY(QString statistics READ statistics NOTIFY changed)
  Q_PROPERTY(QString notice READ notice NOTIFY changed)
  Q_PROPERTY(QVariant problem READ problem NOTIFY changed)
  Q_PROPERTY(int actions READ actions NOTIFY changed)
  Q_PROPERTY(int version READ version NOTIFY changed)
  Q_PROPERTY(int versions READ versions NOTIFY changed)
  Q_PROPERTY(QString title READ title NOTIFY changed)
  Q_PROPERTY(QString detail READ detail NOTIFY changed)
  Q_PROPERTY(QString link READ link NOTIFY changed)
  Q_PROPERTY(bool open READ open NOTIFY changed)
  Q_PROPERTY(bool wrapped READ wrapped NOTIFY changed)
  Q_PROPERTY(bool folds READ folds NOTIFY changed)
  Q_PROPERTY(int lines READ lines NOTIFY changed)

public:
  /// Everything that a delegate may show.
  struct Values {
    int row = -1;
    int block = -1;
    MessageBlock::Kind kind = MessageBlock::Kind::footer;
    TranscriptMessage message;  ///< without its text
    bool last = false;
    bool hovered = false;
    bool empty = true;
    QString title;  ///< language of the code, line of the thoughts, what stands for a picture, name of a file
    QString detail = {};  ///< size of a file, whose place among the message's files is `block`
    QString link;   ///< of a picture
    bool open = false;
    bool wrapped = false;
    bool folds = false;
    int lines = 0;

    friend bool operator==(const Values&, const Values&) = default;
  };

  using QObject::QObject;

  const Values& values() const { return values_; }

  void show(const Values& values) {
    if (values == values_) return;
    values_ = values;
    emit changed();
  }

  int row() const { return values_.row; }

  int block() const { return values_.block; }

  qint64 message_id() const { return values_.message.id; }

  bool mine() const { return values_.message.role == TranscriptMessage::Role::user; }

  bool last() const { return values_.last; }

  bool hovered() const { return values_.hovered; }

  bool waiting() const { return values_.message.state == TranscriptMessage::State::waiting; }

  bool reading() const { return values_.message.state == TranscriptMessage::State::reading; }

  bool ended() const {
    return values_.message.state == TranscriptMessage::State::done ||
           values_.message.state == TranscriptMessage::State::broken;
  }

  bool empty() const { return values_.empty; }

  QString statistics() const { return values_.message.statistics; }

  QString notice() const { return values_.message.notice; }

  QVariant problem() const { return values_.message.problem; }

  int actions() const { return values_.message.actions; }

  int version() const { return values_.message.version; }

  int versions() const { return values_.message.versions; }

  QString title() const { return values_.title; }

  QString detail() const { return values_.detail; }

  QString link() const { return values_.link; }

  bool open() const { return values_.open; }

  bool wrapped() const { return values_.wrapped; }

  bool folds() const { return values_.folds; }

  int lines() const { return values_.lines; }

signals:
  void changed();

private:
  Values values_;
};

}  // namespace etna::gui

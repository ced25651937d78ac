#pragma once

#include <QObject>
#include <QString>
#include <QtQml/qqmlregistration.h>
#include <functional>

#include "gui/errors/problem.h"

namespace etna::gui {

/// Work that takes a while, as a screen sees it: how far it is, what it does, how to stop it.
class Job : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Controllers start jobs")
  Q_PROPERTY(State state READ state NOTIFY changed)
  Q_PROPERTY(bool running READ running NOTIFY changed)
  Q_PROPERTY(double progress READ progress NOTIFY changed)
  Q_PROPERTY(QString statusText READ status_text NOTIFY changed)

public:
  enum State { Running, Finished, Failed, Cancelled };
  Q_ENUM(State)

  explicit Job(QObject* parent = nullptr) : QObject(parent) {}

  State state() const { return state_; }
  bool running() const { return state_ == Running; }

  /// 0 to 1, or below 0 while nobody knows.
  double progress() const { return progress_; }
  const QString& status_text() const { return status_text_; }

  /// What cancel() does; it must return at once.
  void set_canceller(std::function<void()> canceller) { canceller_ = std::move(canceller); }

  void set_progress(double progress, const QString& status_text);
  void finish();
  void fail(const Problem& problem);
  void set_cancelled();

  Q_INVOKABLE void cancel();

signals:
  void changed();
  void finished();
  void failed(const etna::gui::Problem& problem);
  void cancelled();

private:
  State state_ = Running;
  double progress_ = -1;
  QString status_text_;
  std::function<void()> canceller_;
};

}  // namespace etna::gui

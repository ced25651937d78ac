#pragma once

#include <QHash>
#include <QObject>
#include <QString>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/engine.h"

namespace etna::gui {

/// Asks what loads would take, on a thread of its own: the first question about a model reads its files. Of the
/// questions with one key only the latest is answered, so a slider never waits for its own past.
class Estimator : public QObject {
  Q_OBJECT

public:
  /// None: the model can't be read; loading it says why.
  using Answer = std::function<void(const std::optional<LoadEstimate>&)>;

  explicit Estimator(Engine& engine, QObject* parent = nullptr);
  ~Estimator() override;

  /// `answer` is called on this thread.
  void ask(const QString& key, LoadRequest request, Answer answer);

  /// The question is of no interest any more.
  void forget(const QString& key) { latest_.remove(key); }

  /// Ends the thread; the engine may go afterwards. Nothing is answered any more.
  void stop();

private:
  struct Question {
    QString key;
    quint64 serial = 0;
    LoadRequest request;
    Answer answer;
  };

  void run(const std::stop_token& stop);
  std::optional<LoadEstimate> estimate(const LoadRequest& request) const;

  Engine& engine_;
  QHash<QString, quint64> latest_;  ///< serial of each key's latest question
  quint64 last_serial_ = 0;
  std::mutex mutex_;  // guards waiting_
  std::condition_variable_any changed_;
  std::deque<Question> waiting_;
  std::jthread thread_;  // last: runs as soon as it is made
};

}  // namespace etna::gui

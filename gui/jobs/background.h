#pragma once

#include <QHash>
#include <QObject>
#include <QString>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace etna::gui {

/// Threads for work that waits for a server or a disk. Of the works with one key only the latest counts: an older one
/// is asked to stop, and what it finds is dropped.
class Background : public QObject {
  Q_OBJECT

public:
  /// Runs on the thread of the screens.
  using Answer = std::function<void()>;

  /// Runs on one of the threads; must not throw. No answer: nobody is to be told.
  using Work = std::function<Answer(const std::stop_token&)>;

  explicit Background(int threads, QObject* parent = nullptr);
  ~Background() override;

  void run(const QString& key, Work work);

  /// What runs or waits under this key is of no interest any more.
  void cancel(const QString& key);

  bool is_busy(const QString& key) const { return latest_.contains(key); }

  /// Stops and waits for everything. Nothing is answered any more.
  void stop();

private:
  struct Task {
    QString key;
    Work work;
    std::stop_source stop;
  };

  void work(const std::stop_token& stop);
  void take(const std::shared_ptr<Task>& task, const Answer& answer);

  QHash<QString, std::shared_ptr<Task>> latest_;  ///< of each key
  std::mutex mutex_;                              // guards waiting_
  std::condition_variable_any changed_;
  std::deque<std::shared_ptr<Task>> waiting_;
  std::vector<std::jthread> threads_;  // last: they run as soon as they are made
};

}  // namespace etna::gui

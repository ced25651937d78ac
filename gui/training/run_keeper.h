#pragma once

#include <QObject>
#include <QString>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "gui/training/run_records.h"

namespace etna::runs {
class RunStore;
}

namespace etna::gui {

/// The store of training runs on a thread of its own. What it answers comes on the thread of the screens, in order.
class RunKeeper : public QObject {
  Q_OBJECT

public:
  /// The runs lie in `folder`; it is made where there is none, at the first use.
  explicit RunKeeper(const QString& folder, QObject* parent = nullptr);
  ~RunKeeper() override;

  const QString& folder() const { return folder_; }

  void open(std::function<void(std::vector<runs::Summary>)> answer);

  void put(const runs::Run& run);
  void remove(runs::RunId id);
  void add(runs::RunId id, runs::Events events);
  void forget_after(runs::RunId id, std::uint64_t iteration);
  void read(runs::RunId id, std::function<void(runs::Events)> answer);

  /// Waits until all is written; nothing is answered any more.
  void stop();

signals:
  /// Nothing can be kept: a full disk, a damaged file, another program. What is shown goes on.
  void failed(const QString& sentence);

private:
  using Work = std::function<void(runs::RunStore&)>;

  void later(Work work);
  void run();
  bool next(Work& work);

  QString folder_;
  std::mutex mutex_;  // guards waiting_, stopping_
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // last: runs as soon as it is made
};

}  // namespace etna::gui

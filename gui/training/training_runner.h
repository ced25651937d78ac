#pragma once

#include <QObject>
#include <QTimer>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "gui/training/run_keeper.h"

namespace etna::gui {

/// The run that is at work: in the engine, and in the store as it goes on. Windows may come and go.
class TrainingRunner : public QObject {
  Q_OBJECT

public:
  TrainingRunner(Engine& engine, RunKeeper& keeper, QObject* parent = nullptr);
  ~TrainingRunner() override;

  bool active() const { return active_; }

  const runs::Run& run() const { return run_; }  ///< the one at work, or the last one

  TrainingPhase phase() const { return phase_; }

  double tokens_per_second() const { return step_.tokens_per_second; }

  double seconds_left() const { return step_.seconds_left; }

  bool has_check_rows() const { return has_check_rows_; }

  const QString& warning() const { return warning_; }

  bool pausing() const { return pausing_; }

  /// One run at a time. `resume`: it goes on from what is saved in its folder.
  void start(const runs::Run& run, const TrainingRequest& request);
  void pause();
  void go_on();
  void stop(StopTraining what);

  /// Writes what is known to the store.
  void flush();

signals:
  void begun();
  void changed();  ///< at most ten times a second
  void happened(const etna::runs::Events& events);
  void went_back(quint64 iteration);  ///< what came after it is done again
  void paused();
  void ended();

private:
  struct Inbox;

  TrainingCallbacks callbacks();
  void drain();
  void take(TrainingPhase phase);
  void take(const TrainingStarted& started);
  void take(const TrainingStep& step);
  void take(const TrainingCheck& check);
  void take(const TrainingResult& result);
  void end();

  Engine& engine_;
  RunKeeper& keeper_;
  std::shared_ptr<Inbox> inbox_;
  Engine::RequestId request_ = 0;
  runs::Run run_;
  runs::Events fresh_;      ///< not shown yet
  runs::Events unwritten_;  ///< not in the store yet
  TrainingStep step_;
  TrainingPhase phase_ = TrainingPhase::preparing;
  QString warning_;
  double seconds_before_ = 0;
  qint64 began_ms_ = 0;
  bool active_ = false, pausing_ = false, has_check_rows_ = true, run_changed_ = false;
  QTimer drain_timer_, write_timer_;
};

}  // namespace etna::gui

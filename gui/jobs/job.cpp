#include "gui/jobs/job.h"

namespace etna::gui {

void Job::set_progress(double progress, const QString& status_text) {
  if (!running() || (progress == progress_ && status_text == status_text_)) return;
  progress_ = progress;
  status_text_ = status_text;
  emit changed();
}

void Job::finish() {
  if (!running()) return;
  state_ = Finished;
  progress_ = 1;
  emit changed();
  emit finished();
}

void Job::fail(const Problem& problem) {
  if (!running()) return;
  state_ = Failed;
  emit changed();
  emit failed(problem);
}

void Job::set_cancelled() {
  if (!running()) return;
  state_ = Cancelled;
  emit changed();
  emit cancelled();
}

void Job::cancel() {
  if (!running()) return;
  if (canceller_) canceller_();
  set_cancelled();
}

}  // namespace etna::gui

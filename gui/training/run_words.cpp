#include "gui/training/run_words.h"

#include <QCoreApplication>
#include <QLocale>
#include <cmath>

#include "gui/errors/catalogue.h"
#include "gui/text/format.h"
#include "gui/training/loss_series.h"

namespace etna::gui {
namespace {

constexpr std::size_t rises_that_tell = 3;

QString tr(const char* text) {
  return QCoreApplication::translate("RunWords", text);
}

QString whole(std::uint64_t value) {
  return QLocale().toString(static_cast<qulonglong>(value));
}

}  // namespace

QString loss_text(double loss) {
  return std::isfinite(loss) ? QLocale().toString(loss, 'f', std::abs(loss) < 0.095 ? 4 : 2) : tr("not a number");
}

QString state_text(const runs::Run& run) {
  using runs::RunState;
  switch (run.state) {
    case RunState::draft: return tr("Draft");
    case RunState::running:
      return run.iteration == 0 ? tr("Starting")
                                : tr("Running · step %1 of %2").arg(whole(run.iteration), whole(run.iterations));
    case RunState::paused: return tr("Paused at step %1").arg(whole(run.iteration));
    case RunState::finished: return tr("Finished");
    case RunState::stopped: return tr("Stopped at step %1 and kept").arg(whole(run.iteration));
    case RunState::discarded: return tr("Stopped and thrown away");
    case RunState::unstable: return tr("Became unstable at step %1").arg(whole(run.iteration));
    case RunState::failed: return tr("Failed");
    case RunState::interrupted: return tr("Interrupted at step %1").arg(whole(run.iteration));
  }
  return {};
}

QString phase_text(TrainingPhase phase) {
  switch (phase) {
    case TrainingPhase::preparing: return tr("Preparing");
    case TrainingPhase::loading: return tr("Loading");
    case TrainingPhase::training: return tr("Training");
    case TrainingPhase::checking: return tr("Checking");
    case TrainingPhase::saving: return tr("Saving");
    case TrainingPhase::paused: return tr("Paused");
  }
  return {};
}

QString step_text(const runs::Run& run, double tokens_per_second, double seconds_left) {
  if (run.iteration == 0) return {};
  QStringList parts = {tr("step %1/%2").arg(whole(run.iteration), whole(run.iterations))};
  if (run.iterations > 0) parts << tr("%1 %").arg(100 * run.iteration / run.iterations);
  if (tokens_per_second > 0) parts << format::rate(tokens_per_second);
  if (seconds_left >= 0) parts << tr("%1 left").arg(format::duration(seconds_left));
  return parts.join(QStringLiteral(" · "));
}

bool can_resume(const runs::Run& run) {
  const bool ended_early = run.state == runs::RunState::paused || run.state == runs::RunState::interrupted ||
                           run.state == runs::RunState::failed;
  return ended_early && run.saved > 0 && !run.output.empty();
}

RunNotice notice_of(const runs::Run& run) {
  const auto entry = [](const char* code, const QString& sentence) {
    const Problem problem = make_problem(QLatin1String(code), sentence);
    return RunNotice{problem.code, problem.title, problem.body};
  };
  const QString message = QString::fromStdString(run.message);
  if (run.state == runs::RunState::unstable)
    return entry("E-TRN-02", tr("Training became unstable at step %1. Step %2 is kept. Try a lower learning strength.")
                                 .arg(whole(run.iteration), whole(run.saved)));
  if (run.state != runs::RunState::failed) return {};
  switch (static_cast<Errc>(run.code)) {
    case Errc::out_of_memory: return entry("E-TRN-01", message);
    // What it was asked for was right when it began: another answer now is about other data.
    case Errc::invalid_argument: return entry(run.saved > 0 ? "E-TRN-04" : "E-TRN-05", message);
    default: return entry("E-TRN-05", message);
  }
}

QString memorising_hint(const std::vector<runs::Step>& steps, const std::vector<runs::Check>& checks) {
  if (checks.size() <= rises_that_tell) return {};
  for (std::size_t i = checks.size() - rises_that_tell; i < checks.size(); ++i) {
    if (!(checks[i].loss > checks[i - 1].loss)) return {};
  }
  const std::uint64_t since = checks[checks.size() - rises_that_tell - 1].iteration;
  double before = -1, now = -1;
  for (const QPointF& point : smoothed(steps)) {
    if (point.x() <= static_cast<double>(since)) before = point.y();
    now = point.y();
  }
  if (before < 0 || now >= before) return {};
  return tr("Check loss has risen 3 times in a row while training loss falls: the model starts to memorise.");
}

}  // namespace etna::gui

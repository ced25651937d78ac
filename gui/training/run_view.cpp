#include "gui/training/run_view.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>
#include <algorithm>
#include <utility>

#include "gui/text/format.h"
#include "gui/training/run_words.h"

namespace etna::gui {
namespace {

QString text(const std::string& utf8) {
  return QString::fromStdString(utf8);
}

QString whole(std::uint64_t value) {
  return QLocale().toString(static_cast<qulonglong>(value));
}

std::uint64_t check_every(const runs::Run& run) {
  const QJsonObject recipe = QJsonDocument::fromJson(QByteArray::fromStdString(run.recipe)).object();
  return static_cast<std::uint64_t>(std::max(recipe[QStringLiteral("steps_per_eval")].toInt(), 0));
}

}  // namespace

RunView::RunView(TrainingRunner& runner, RunKeeper& keeper, QObject* parent)
    : QObject(parent),
      runner_(runner),
      keeper_(keeper),
      samples_({"title", "prompt", "first", "latest"}),
      facts_({"name", "value"}) {
  connect(&runner_, &TrainingRunner::changed, this, &RunView::refresh);
  connect(&runner_, &TrainingRunner::happened, this, [this](const runs::Events& events) {
    if (!mine()) return;
    if (!reading_) return take(events);
    meanwhile_.steps.insert(meanwhile_.steps.end(), events.steps.begin(), events.steps.end());
    meanwhile_.checks.insert(meanwhile_.checks.end(), events.checks.begin(), events.checks.end());
    meanwhile_.samples.insert(meanwhile_.samples.end(), events.samples.begin(), events.samples.end());
  });
  connect(&runner_, &TrainingRunner::went_back, this, [this](quint64 iteration) {
    if (!mine()) return;
    loss_.forget_after(iteration);
    std::erase_if(answers_, [&](const runs::Sample& sample) { return sample.iteration > iteration; });
    show_samples();
  });
}

void RunView::show(const runs::Run& run) {
  const bool other = run.id != run_.id;
  run_ = run;
  if (other) {
    hint_seen_ = 0;
    answers_.clear();
    show_samples();
    loss_.begin(run.iterations, check_every(run), true);
    // What is not written yet is before the question; what happens from now on comes after the answer.
    if (mine()) runner_.flush();
    reading_ = true;
    meanwhile_ = {};
    keeper_.read(run.id, [this, id = run.id](const runs::Events& events) {
      if (run_.id != id) return;
      reading_ = false;
      loss_.begin(run_.iterations, check_every(run_), !mine() || runner_.has_check_rows());
      answers_.clear();
      take(events);
      take(std::exchange(meanwhile_, {}));
    });
  }
  refresh();
}

void RunView::clear() {
  run_ = {};
  reading_ = false;
  loss_.begin(0, 0, true);
  answers_.clear();
  show_samples();
  emit changed();
}

void RunView::refresh() {
  if (mine()) run_ = runner_.run();
  show_facts();
  emit changed();
}

void RunView::take(const runs::Events& events) {
  loss_.add(events);
  answers_.insert(answers_.end(), events.samples.begin(), events.samples.end());
  if (!events.samples.empty()) show_samples();
  emit changed();
}

/// Each prompt once: what was answered at first, and last.
void RunView::show_samples() {
  QVector<QVariantList> rows;
  std::vector<std::string> prompts;
  for (const runs::Sample& sample : answers_) {
    if (std::ranges::find(prompts, sample.prompt) != prompts.end()) continue;
    prompts.push_back(sample.prompt);
    const auto latest = std::find_if(answers_.rbegin(), answers_.rend(),
                                     [&](const runs::Sample& other) { return other.prompt == sample.prompt; });
    const bool moved = latest->iteration != sample.iteration;
    rows << QVariantList{tr("At step %1").arg(whole(latest->iteration)), text(sample.prompt),
                         moved ? tr("Step %1: %2").arg(whole(sample.iteration), text(sample.answer)) : QString(),
                         text(latest->answer)};
  }
  samples_.set(rows);
}

void RunView::show_facts() {
  QVector<QVariantList> rows;
  const auto add = [&](const QString& name, const QString& value) {
    if (!value.isEmpty()) rows << QVariantList{name, value};
  };
  add(tr("Best check loss"), run_.best_check < 0
                                 ? QString()
                                 : tr("%1 at step %2").arg(loss_text(run_.best_check), whole(run_.best_iteration)));
  add(tr("Loss"),
      run_.first_loss < 0 ? QString() : tr("%1 → %2").arg(loss_text(run_.first_loss), loss_text(run_.last_loss)));
  add(tr("Steps"),
      run_.iterations == 0 ? QString() : tr("%1 of %2").arg(whole(run_.iteration), whole(run_.iterations)));
  add(tr("Time"), run_.seconds <= 0 ? QString() : format::duration(run_.seconds));
  add(tr("Memory peak"), run_.peak_bytes == 0 ? QString() : format::memory_bytes(run_.peak_bytes));
  add(tr("Tokens learned"), run_.trained_tokens == 0 ? QString() : whole(run_.trained_tokens));
  add(tr("Adapter"), text(run_.adapter));
  add(tr("Data"), run_.fingerprint.empty() ? QString() : text(run_.fingerprint).left(16));
  add(tr("Etna"), text(run_.version));
  facts_.set(rows);
}

bool RunView::live() const {
  return mine() && runner_.active();
}

bool RunView::ended() const {
  using runs::RunState;
  if (!known() || live()) return false;
  const RunState state = run_.state;
  return state == RunState::finished || state == RunState::stopped || state == RunState::discarded ||
         state == RunState::unstable || (state == RunState::failed && !can_resume(run_));
}

QString RunView::state_words() const {
  return known() ? state_text(run_) : QString();
}

QString RunView::step_words() const {
  if (!known()) return {};
  return live() && !paused() ? step_text(run_, runner_.tokens_per_second(), runner_.seconds_left())
                             : step_text(run_, 0, -1);
}

int RunView::phase() const {
  if (!live())
    return run_.state == runs::RunState::finished || run_.state == runs::RunState::stopped ? 4
           : run_.iteration > 0                                                            ? 2
                                                                                           : 0;
  switch (runner_.phase()) {
    case TrainingPhase::preparing: return 0;
    case TrainingPhase::loading: return 1;
    case TrainingPhase::saving: return run_.iteration < run_.iterations ? 2 : 3;
    default: return 2;
  }
}

double RunView::progress() const {
  return run_.iterations == 0 ? 0 : static_cast<double>(run_.iteration) / static_cast<double>(run_.iterations);
}

QString RunView::resume_text() const {
  return known() && !live() && can_resume(run_) ? tr("Resume from step %1").arg(whole(run_.saved)) : QString();
}

QString RunView::notice_title() const {
  return live() ? QString() : notice_of(run_).title;
}

QString RunView::notice_body() const {
  return live() ? QString() : notice_of(run_).body;
}

QString RunView::hint() const {
  if (!live() || loss_.checks().size() <= hint_seen_) return {};
  return memorising_hint(loss_.steps(), loss_.checks());
}

void RunView::dismissHint() {
  hint_seen_ = loss_.checks().size();
  emit changed();
}

QString RunView::warning() const {
  return mine() ? runner_.warning() : QString();
}

}  // namespace etna::gui

// What a run would take, and what is missing before it can start.
#include <QLocale>
#include <algorithm>

#include "gui/models/fit_text.h"
#include "gui/text/format.h"
#include "gui/training/training_controller.h"

namespace etna::gui {
namespace {

constexpr int estimate_delay_ms = 250;  // while a slider moves nothing is asked
constexpr std::uint64_t sample_tokens = 64;
const QString estimate_key = QStringLiteral("training estimate");
const QString costs_key = QStringLiteral("training costs");

QString whole(std::uint64_t value) {
  return QLocale().toString(static_cast<qulonglong>(value));
}

/// The one way in which bars are made, for loads and runs.
QVector<Bar> bars_of(const TrainingEstimate& estimate) {
  LoadEstimate load;
  load.pools = estimate.pools;
  load.usable_bytes = estimate.usable_bytes;
  load.fit = estimate.fit;
  return estimate_bars(load, TrainingController::tr("System memory"));
}

QString peak_text(const TrainingEstimate& estimate) {
  return format::memory_of(estimate.total(), estimate.usable_bytes);
}

}  // namespace

std::uint64_t TrainingController::iterations() const {
  return iterations_of(draft_, data_.report().usable_rows);
}

TrainingRequest TrainingController::request_of(const TuneDraft& draft, std::uint64_t iterations,
                                               const QString& output) const {
  TrainingRequest request;
  request.model = draft.model.toStdString();
  request.device = library_.app_device().toStdString();
  request.recipe = recipe_of(draft, iterations, output).toStdString();
  request.output = output.toStdString();
  request.sample_tokens = sample_tokens;
  return request;
}

void TrainingController::refresh_summary() {
  const bool can_estimate = editable() && draft_.has_model && data_.report().complete && !data_.report().has_errors &&
                            !data_.unclear() && iterations() > 0;
  if (!can_estimate) {
    estimate_.reset();
    estimated_for_.clear();
    estimate_problem_.clear();
    estimating_ = false;
    estimate_timer_.stop();
    background_.cancel(estimate_key);
  } else if (const QString wanted = draft_.to_json() + QString::number(data_.report().usable_rows);
             wanted != estimated_for_) {
    estimated_for_ = wanted;
    estimating_ = true;
    estimate_timer_.start(estimate_delay_ms);
  }
  show_summary();
}

void TrainingController::ask_estimate() {
  background_.run(estimate_key,
                  [this, request = request_of(draft_, iterations(), {})](const std::stop_token&) -> Background::Answer {
                    try {
                      return [this, estimate = engine_.estimate_training(request)] { take_estimate(estimate, {}); };
                    } catch (const std::exception& error) {
                      return [this, sentence = QString::fromStdString(error.what())] { take_estimate({}, sentence); };
                    }
                  });
}

void TrainingController::take_estimate(const std::optional<TrainingEstimate>& estimate, const QString& problem) {
  estimate_ = estimate;
  estimate_problem_ = problem;
  estimating_ = false;
  bars_.set(estimate ? bars_of(*estimate) : QVector<Bar>());
  show_summary();
  ask_costs();
}

/// Of each preset, for its card.
void TrainingController::ask_costs() {
  if (!estimate_) return settings_.set_costs({});
  std::vector<TrainingRequest> requests;
  QStringList times;
  for (const TunePreset preset : {TunePreset::quick_try, TunePreset::balanced, TunePreset::thorough}) {
    TuneDraft draft = draft_;
    if (preset != draft.preset) draft.changed.clear();
    draft.preset = preset;
    const std::uint64_t steps = iterations_of(draft, data_.report().usable_rows);
    requests.push_back(request_of(draft, steps, {}));
    times << tr("%1 steps").arg(whole(steps)) +
                 (time_text(steps).isEmpty() ? QString() : QStringLiteral(" · ") + time_text(steps));
  }
  background_.run(costs_key, [this, requests, times](const std::stop_token& stop) -> Background::Answer {
    QStringList costs;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (stop.stop_requested()) return {};
      QString memory;
      try {
        memory = QStringLiteral(" · ") + format::memory_bytes(engine_.estimate_training(requests[i]).total());
      } catch (const std::exception&) {
        // Its step says what is wrong with it once it is chosen.
      }
      costs << times.at(static_cast<qsizetype>(i)) + memory;
    }
    return [this, costs] { settings_.set_costs(costs); };
  });
}

/// By what runs of this model took here before; empty: nobody knows yet.
QString TrainingController::time_text(std::uint64_t iterations) const {
  const DataReport& report = data_.report();
  if (report.usable_rows == 0) return {};
  for (const runs::Summary& summary : all_) {
    const runs::Run& run = summary.run;
    if (run.model != draft_.model.toStdString() || run.seconds < 1 || run.trained_tokens == 0) continue;
    const double batch = value_of(draft_, QStringLiteral("batch")).toDouble();
    const double tokens = static_cast<double>(report.learned_tokens) / static_cast<double>(report.usable_rows) * batch *
                          static_cast<double>(iterations);
    return tr("about %1").arg(format::duration(tokens * run.seconds / static_cast<double>(run.trained_tokens)));
  }
  return {};
}

QVector<QVariantList> TrainingController::missing_rows() const {
  QVector<QVariantList> rows;
  const auto add = [&](const QString& text, Step step) { rows << QVariantList{text, static_cast<int>(step)}; };
  if (!draft_.has_model) add(tr("Choose a model"), Model);
  if (draft_.name.trimmed().isEmpty()) add(tr("Name the adapter"), Model);
  if (!data_.chosen()) {
    add(tr("Choose a file of examples"), Data);
  } else if (!data_.problem().isEmpty()) {
    add(tr("The data can't be read"), Data);
  } else if (data_.known() && data_.unclear()) {
    add(tr("Say what the columns are for"), Data);
  } else if (data_.report().complete && data_.report().has_errors) {
    const auto errors = std::ranges::count(data_.report().findings, DataFinding::Level::error, &DataFinding::level);
    add(errors == 1 ? tr("Settle a problem in the data") : tr("Settle %1 problems in the data").arg(errors), Data);
  }
  if (!estimate_problem_.isEmpty()) add(estimate_problem_, Settings);
  if (estimate_ && estimate_->fit == Fit::too_big)
    add(tr("Not enough memory: needs %1, %2 may be used")
            .arg(format::memory_bytes(estimate_->total()), format::memory_bytes(estimate_->usable_bytes)),
        Settings);
  return rows;
}

bool TrainingController::can_continue() const {
  switch (draft_.step) {
    case Model: return draft_.has_model && !draft_.name.trimmed().isEmpty();
    case Data: return data_.report().complete && !data_.report().has_errors && !data_.unclear();
    case Settings: return true;
    default: return false;
  }
}

void TrainingController::show_summary() {
  const QVector<QVariantList> missing = missing_rows();
  missing_.set(missing);
  ready_ = editable() && missing.isEmpty() && estimate_.has_value() && !estimating_;
  QVector<QVariantList> rows;
  const auto add = [&](const QString& name, const QString& value) {
    if (!value.isEmpty()) rows << QVariantList{name, value};
  };
  const std::uint64_t steps = data_.report().complete ? iterations() : 0;
  add(tr("Model"), model_name());
  add(tr("Rows"), data_.rows_text());
  add(tr("Steps"), steps == 0 ? QString() : whole(steps));
  if (steps > 0) {
    const QString time = time_text(steps);
    add(tr("Time"), time.isEmpty() ? tr("known after the first steps") : time);
  }
  if (estimate_) {
    add(tr("Learns"),
        tr("%1 of %2 weights")
            .arg(format::parameters(estimate_->trainable_parameters), format::parameters(estimate_->parameters)));
    add(tr("Disk"), format::disk_bytes(estimate_->disk_bytes));
  } else {
    bars_.set({});
  }
  summary_.set(rows);
  emit summaryChanged();
}

QString TrainingController::review_text() const {
  if (!estimate_) return {};
  const int passes = value_of(draft_, QStringLiteral("passes")).toInt();
  const QString time = time_text(iterations());
  const QString how_often = passes == 1 ? tr("one pass") : tr("%1 passes").arg(passes);
  const QString what = tr("Train %1 on %2 rows for %3 (%4 steps)")
                           .arg(model_name(), whole(data_.report().usable_rows), how_often, whole(iterations()));
  QStringList parts = {what};
  if (!time.isEmpty()) parts << time;
  parts << tr("peak %1").arg(peak_text(*estimate_)) << tr("%1 of disk").arg(format::disk_bytes(estimate_->disk_bytes));
  return parts.join(QStringLiteral(", ")) + u'.';
}

}  // namespace etna::gui

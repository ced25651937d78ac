#include "gui/training/training_controller.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>
#include <QLocale>
#include <algorithm>
#include <utility>

#include "gui/text/format.h"
#include "gui/training/run_words.h"

namespace etna::gui {
namespace {

constexpr int background_threads = 2;

QString text(const std::string& utf8) {
  return QString::fromStdString(utf8);
}

}  // namespace

TrainingController::TrainingController(Engine& engine, LibraryController& library, const QString& folder,
                                       QObject* parent)
    : QObject(parent),
      engine_(engine),
      library_(library),
      folder_(folder),
      background_(background_threads),
      keeper_(folder),
      runner_(engine, keeper_),
      runs_({"runId", "name", "note", "live", "spark", "ended"}),
      models_({"path", "name", "note", "chosen", "usable"}),
      summary_({"name", "value"}),
      missing_({"what", "step"}),
      data_(draft_, background_),
      settings_(draft_),
      view_(runner_, keeper_) {
  estimate_timer_.setSingleShot(true);
  connect(&estimate_timer_, &QTimer::timeout, this, &TrainingController::ask_estimate);
  connect(&data_, &DataDesk::edited, this, &TrainingController::edit);
  connect(&data_, &DataDesk::reported, this, &TrainingController::refresh_summary);
  connect(&settings_, &TuneSettings::edited, this, &TrainingController::edit);
  connect(&library_, &LibraryController::changed, this, &TrainingController::refresh_models);
  connect(&keeper_, &RunKeeper::failed, this, [this](const QString& sentence) {
    trouble_ = sentence;
    emit troubleChanged();
  });
  connect(&runner_, &TrainingRunner::begun, this, &TrainingController::activeChanged);
  connect(&runner_, &TrainingRunner::changed, this, [this] {
    if (runs::Summary* summary = find(runner_.run().id)) summary->run = runner_.run();
    if (run_.id == runner_.run().id) run_ = runner_.run();
    refresh_runs();
    emit changed();
  });
  connect(&runner_, &TrainingRunner::paused, this, [this] {
    if (std::exchange(quitting_, false)) emit quitReady();
  });
  connect(&runner_, &TrainingRunner::ended, this, [this] {
    if (run_.id == runner_.run().id) {
      draft_.step = view_.ended() ? Results : Run;
      run_.draft = draft_.to_json().toStdString();
      measure_model();
    }
    emit activeChanged();
    emit changed();
    if (std::exchange(quitting_, false)) emit quitReady();
  });
}

TrainingController::~TrainingController() {
  shut_down();
}

void TrainingController::shut_down() {
  estimate_timer_.stop();
  background_.stop();
  runner_.flush();
  keeper_.stop();
}

void TrainingController::open() {
  if (std::exchange(opened_, true)) return;
  refresh_models();
  keeper_.open([this](const std::vector<runs::Summary>& runs) { take_runs(runs); });
  begin_draft({}, tr("New adapter"));
}

void TrainingController::take_runs(const std::vector<runs::Summary>& runs) {
  // A run that was started meanwhile is among them too.
  for (const runs::Summary& summary : runs) {
    if (!find(summary.run.id)) all_.push_back(summary);
    if (summary.run.state == runs::RunState::interrupted) check_interrupted(summary.run);
  }
  std::ranges::stable_sort(all_, std::greater(), [](const runs::Summary& summary) { return summary.run.changed; });
  refresh_runs();
  // Where it was left; what is being edited already stays.
  if (find(run_.id) || all_.empty()) return;
  const runs::RunState state = all_.front().run.state;
  if (state == runs::RunState::draft || state == runs::RunState::interrupted || state == runs::RunState::paused)
    show(all_.front().run);
}

/// What lies in the folder says from where a run can go on.
void TrainingController::check_interrupted(const runs::Run& run) {
  background_.run(QStringLiteral("interrupted ") + QString::number(run.id),
                  [this, id = run.id, output = run.output](const std::stop_token&) -> Background::Answer {
                    try {
                      return [this, id, saved = Engine::describe_training(output).saved_iteration] {
                        runs::Summary* summary = find(id);
                        if (!summary || summary->run.state != runs::RunState::interrupted) return;
                        summary->run.saved = saved;
                        keeper_.put(summary->run);
                        if (run_.id == id) show(summary->run);
                      };
                    } catch (const std::exception&) {
                      return {};  // nothing was saved in it: there is nothing to go on from
                    }
                  });
}

runs::Summary* TrainingController::find(runs::RunId id) {
  const auto found = std::ranges::find(all_, id, [](const runs::Summary& summary) { return summary.run.id; });
  return found == all_.end() ? nullptr : &*found;
}

QString TrainingController::unused_name(const QString& wanted) const {
  const auto taken = [this](const QString& name) {
    return std::ranges::any_of(all_, [&](const runs::Summary& summary) { return text(summary.run.name) == name; });
  };
  QString name = wanted;
  for (int number = 2; taken(name); ++number) name = tr("%1 %2", "name and number").arg(wanted).arg(number);
  return name;
}

void TrainingController::begin_draft(const TuneDraft& draft, const QString& name) {
  runs::Run run;
  run.id = QDateTime::currentMSecsSinceEpoch();
  while (find(run.id)) ++run.id;
  TuneDraft named = draft;
  named.name = unused_name(name);
  run.name = named.name.toStdString();
  run.draft = named.to_json().toStdString();
  show(run);
}

void TrainingController::show(const runs::Run& run) {
  run_ = run;
  draft_ = TuneDraft::from_json(text(run.draft));
  draft_.name = text(run.name);
  estimate_.reset();
  estimated_for_.clear();
  estimate_problem_.clear();
  if (editable()) {
    draft_.step = std::min<int>(draft_.step, Review);
    view_.clear();
  } else {
    view_.show(run);
    draft_.step = has_results() ? Results : Run;
  }
  measure_model();
  settings_.refresh();
  data_.refresh();
  refresh_models();
  refresh_runs();
  refresh_summary();
  emit changed();
}

void TrainingController::newRun() {
  begin_draft({}, tr("New adapter"));
}

void TrainingController::showRun(double id) {
  if (const runs::Summary* summary = find(static_cast<runs::RunId>(id))) show(summary->run);
}

void TrainingController::removeRun(double id) {
  const auto number = static_cast<runs::RunId>(id);
  const runs::Summary* summary = find(number);
  if (!summary || (runner_.active() && runner_.run().id == number)) return;
  // What a run made goes where it can be had back from.
  if (!summary->run.output.empty()) QFile::moveToTrash(QFileInfo(text(summary->run.output)).absolutePath());
  keeper_.remove(number);
  std::erase_if(all_, [&](const runs::Summary& other) { return other.run.id == number; });
  if (run_.id == number) newRun();
  refresh_runs();
}

void TrainingController::set_name(const QString& name) {
  if (!editable() || name == draft_.name) return;
  draft_.name = name;
  edit();
}

QString TrainingController::model_name() const {
  if (!draft_.has_model) return {};
  return draft_.model.isEmpty() ? tr("Etna Starter") : model_name_of(draft_.model);
}

void TrainingController::goTo(int step) {
  if (step < Model || step > Results || step == draft_.step) return;
  if (editable() ? step > Review : step < Run) return;
  if (step == Results && !has_results()) return;
  draft_.step = step;
  if (editable()) keep();
  emit changed();
  emit summaryChanged();
}

void TrainingController::chooseModel(const QString& path) {
  if (!editable() || unusable_.contains(path) || (draft_.has_model && draft_.model == path)) return;
  draft_.has_model = true;
  draft_.model = path;
  edit();
}

void TrainingController::chooseFolder(const QUrl& folder) {
  const QString path = folder.toLocalFile();
  if (path.isEmpty()) return;
  chosen_folders_ << path;
  check_models();
  chooseModel(path);
}

void TrainingController::set_library(const QStringList& paths) {
  library_paths_ = paths;
  if (opened_) refresh_models();
}

/// After every change: everything that follows from it, and the draft itself, which is kept.
void TrainingController::edit() {
  settings_.refresh();
  data_.refresh();
  refresh_models();
  keep();
  refresh_summary();
  emit changed();
}

void TrainingController::keep() {
  run_.name = draft_.name.toStdString();
  run_.model = draft_.model.toStdString();
  run_.model_name = model_name().toStdString();
  run_.draft = draft_.to_json().toStdString();
  run_.changed = QDateTime::currentSecsSinceEpoch();
  keeper_.put(run_);
  if (runs::Summary* summary = find(run_.id)) {
    summary->run = run_;
  } else {
    all_.insert(all_.begin(), {run_, {}});
  }
  refresh_runs();
}

void TrainingController::refresh_runs() {
  QVector<QVariantList> rows;
  for (runs::Summary& summary : all_) {
    const runs::Run& run = summary.run;
    const bool live = runner_.active() && runner_.run().id == run.id;
    if (view_.run().id == run.id && !view_.loss()->empty()) {
      summary.spark.clear();
      for (const QPointF& point : smoothed(view_.loss()->steps())) summary.spark.push_back(point.y());
      while (summary.spark.size() > 80) {
        for (std::size_t i = 0; 2 * i < summary.spark.size(); ++i) summary.spark[i] = summary.spark[2 * i];
        summary.spark.resize((summary.spark.size() + 1) / 2);
      }
    }
    const QString state = state_text(run);
    const QString note =
        run.best_check >= 0 && !live ? tr("%1 · check %2").arg(state, loss_text(run.best_check)) : state;
    rows << QVariantList{static_cast<double>(run.id),
                         text(run.name),
                         note,
                         live,
                         QVariant::fromValue(QList<double>(summary.spark.begin(), summary.spark.end())),
                         run.state != runs::RunState::draft};
  }
  runs_.set(rows);
}

/// The starter model comes first.
QStringList TrainingController::model_paths() const {
  QStringList paths = QStringList(QString()) + library_.recent()->paths() + chosen_folders_ + library_paths_;
  if (draft_.has_model) paths << draft_.model;
  paths.removeDuplicates();
  return paths;
}

void TrainingController::check_models() {
  for (const QString& path : model_paths()) {
    if (model_notes_.contains(path)) continue;
    model_notes_.insert(path, {});
    library_.estimator().ask(QStringLiteral("train ") + path, request_for(path, {}, library_.app_device()),
                             [this, path](const auto& estimate) {
                               if (estimate) {
                                 model_notes_[path] =
                                     tr("%1 of weights").arg(format::memory_bytes(estimate->weight_bytes()));
                               } else {
                                 unusable_[path] = tr("Etna can't read it");
                               }
                               refresh_models();
                             });
  }
}

void TrainingController::refresh_models() {
  if (!opened_) return;
  check_models();
  QVector<QVariantList> rows;
  for (const QString& path : model_paths()) {
    const bool starter = path.isEmpty();
    QStringList notes = {unusable_.value(path, model_notes_.value(path))};
    if (starter) notes << tr("small and quick: for trying things out");
    if (library_.loaded_id(path) != 0) notes << tr("in memory");
    notes.removeAll(QString());
    rows << QVariantList{path, starter ? tr("Etna Starter") : model_name_of(path), notes.join(QStringLiteral(" · ")),
                         draft_.has_model && draft_.model == path, !unusable_.contains(path)};
  }
  models_.set(rows);
  emit summaryChanged();
}

QString TrainingController::other_run_text() const {
  if (!runner_.active() || runner_.run().id == run_.id) return {};
  return tr("“%1” is being trained. One run at a time.").arg(text(runner_.run().name));
}

void TrainingController::set_keep_loaded(bool keep) {
  if (keep == keep_loaded_) return;
  keep_loaded_ = keep;
  emit summaryChanged();
}

QString TrainingController::unload_text() const {
  return library_.loaded() ? tr("%1 will be unloaded while training.").arg(library_.name()) : QString();
}

}  // namespace etna::gui

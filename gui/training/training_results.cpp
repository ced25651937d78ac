// From Start to the end of a run, and what can be done with it then.
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <algorithm>

#include "engine/training_data.h"
#include "gui/training/run_words.h"
#include "gui/training/training_controller.h"

namespace etna::gui {
namespace {

const QString export_key = QStringLiteral("export adapter");
const QString recipe_key = QStringLiteral("save recipe");

QString text(const std::string& utf8) {
  return QString::fromStdString(utf8);
}

/// Copies the adapter's two files; what is there already stays. Empty: it went well.
QString copy_adapter(const QString& from, const QString& to) {
  if (!QDir().mkpath(to)) return TrainingController::tr("The folder %1 can't be made.").arg(to);
  for (const QString& file : {QStringLiteral("adapters.safetensors"), QStringLiteral("adapter_config.json")}) {
    const QString target = QDir(to).filePath(file);
    if (QFile::exists(target)) return TrainingController::tr("%1 is there already.").arg(target);
    QFile source(QDir(from).filePath(file));
    if (!source.copy(target)) return TrainingController::tr("%1: %2").arg(target, source.errorString());
  }
  return {};
}

}  // namespace

void TrainingController::start() {
  if (!ready_ || runner_.active()) return;
  const QString output = QDir(folder_).filePath(QString::number(run_.id) + QStringLiteral("/adapter"));
  run_.output = output.toStdString();
  run_.iterations = iterations();
  run_.recipe = recipe_of(draft_, run_.iterations, output).toStdString();
  run_.state = runs::RunState::running;
  begin(text(run_.recipe), false);
}

void TrainingController::begin(const QString& recipe, bool resume) {
  if (!keep_loaded_ && library_.loaded()) library_.unload(library_.model_id());
  TrainingRequest request;
  request.model = run_.model;
  request.device = library_.app_device().toStdString();
  request.recipe = recipe.toStdString();
  request.output = run_.output;
  request.resume = resume;
  for (const QString& prompt : data_.prompts()) request.sample_prompts.push_back(prompt.toStdString());
  draft_.step = Run;
  run_.draft = draft_.to_json().toStdString();
  runner_.start(run_, request);
  run_ = runner_.run();
  view_.show(run_);
  if (!find(run_.id)) all_.insert(all_.begin(), {run_, {}});
  refresh_runs();
  emit changed();
  emit activeChanged();
}

void TrainingController::goOn() {
  if (view_.paused()) return runner_.go_on();
  if (runner_.active() || !can_resume(run_)) return;
  begin(text(run_.recipe), true);
}

void TrainingController::stop(bool keep) {
  runner_.stop(keep ? StopTraining::keep : StopTraining::discard);
}

void TrainingController::pauseForQuit() {
  if (!runner_.active() || runner_.run().state == runs::RunState::paused) return emit quitReady();
  quitting_ = true;
  runner_.pause();
}

void TrainingController::saveRecipe(const QUrl& file) {
  const QString path = file.toLocalFile();
  if (path.isEmpty()) return;
  const QString recipe = recipe_of(draft_, iterations(), draft_.name);
  background_.run(recipe_key, [this, path, recipe](const std::stop_token&) -> Background::Answer {
    try {
      QSaveFile target(path);
      const std::string yaml = TrainingData::recipe_file(recipe.toStdString());
      const bool saved = target.open(QIODevice::WriteOnly) && target.write(yaml.data(), static_cast<qint64>(yaml.size())) == static_cast<qint64>(yaml.size()) && target.commit();
      const QString sentence = saved ? tr("The recipe was saved as %1.").arg(path) : tr("%1: %2").arg(path, target.errorString());
      return [this, sentence] { emit said(sentence); };
    } catch (const std::exception& error) {
      return [this, sentence = text(error.what())] { emit said(sentence); };
    }
  });
}

void TrainingController::copySettings() {
  TuneDraft draft = TuneDraft::from_json(text(run_.draft));
  draft.step = Settings;
  begin_draft(draft, draft.name);
  keep();
}

void TrainingController::tryHalf() {
  TuneDraft draft = with_half_strength(TuneDraft::from_json(text(run_.draft)));
  draft.step = Review;
  begin_draft(draft, draft.name);
  keep();
}

/// A new run that begins with what this one learned.
void TrainingController::trainFurther() {
  if (!view_.has_adapter()) return;
  TuneDraft draft = TuneDraft::from_json(text(run_.draft));
  draft.continues = QDir(text(run_.adapter)).filePath(QStringLiteral("adapters.safetensors"));
  draft.step = Data;
  begin_draft(draft, draft.name);
  keep();
}

void TrainingController::exportAdapter(const QUrl& folder) {
  const QString place = folder.toLocalFile();
  if (place.isEmpty() || !view_.has_adapter()) return;
  QString name = view_.name();
  name.replace(u'/', u'-');
  background_.run(export_key, [this, from = text(run_.adapter), to = QDir(place).filePath(name)](const std::stop_token&) -> Background::Answer {
    const QString problem = copy_adapter(from, to);
    return [this, problem, to] { emit said(problem.isEmpty() ? tr("The adapter is in %1.").arg(to) : problem); };
  });
}

/// Runs that have come to something.
std::vector<runs::Run> TrainingController::others() const {
  std::vector<runs::Run> others;
  for (const runs::Summary& summary : all_) {
    if (summary.run.id != run_.id && summary.run.first_loss >= 0) others.push_back(summary.run);
  }
  return others;
}

QStringList TrainingController::other_names() const {
  QStringList names = {tr("No other run")};
  for (const runs::Run& run : others()) names << text(run.name);
  return names;
}

void TrainingController::compareWith(int index) {
  const std::vector<runs::Run> all = others();
  if (index < 1 || index > static_cast<int>(all.size())) return view_.compare({}, {});
  const runs::Run& other = all[static_cast<std::size_t>(index) - 1];
  keeper_.read(other.id, [this, shown = run_.id, name = text(other.name)](const runs::Events& events) {
    if (run_.id == shown) view_.compare(events.steps, name);
  });
}

void TrainingController::tryOut(CompareController* compare) {
  if (compare && view_.has_adapter()) compare->tryOut(text(run_.model), text(run_.adapter));
}

void TrainingController::useInChat() {
  if (!view_.has_adapter()) return;
  SavedLoad load = library_.load_store().read(text(run_.model));
  load.adapter = text(run_.adapter);
  library_.load_store().write(text(run_.model), load);
  emit chatWanted();
  library_.loadWith(text(run_.model), Admission::make_room);
}

}  // namespace etna::gui

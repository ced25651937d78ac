// From Start to the end of a run, and what can be done with it then.
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QStorageInfo>
#include <algorithm>

#include "engine/base/error.h"
#include "engine/training_files.h"
#include "gui/jobs/post.h"
#include "gui/text/format.h"
#include "gui/training/run_words.h"
#include "gui/training/training_controller.h"

namespace etna::gui {
namespace {

const QString export_key = QStringLiteral("export adapter");
const QString merge_key = QStringLiteral("merge adapter");
const QString size_key = QStringLiteral("size of the model");
const QString recipe_key = QStringLiteral("save recipe");

QString text(const std::string& utf8) {
  return QString::fromStdString(utf8);
}

QString file_name_of(QString name) {
  return name.replace(u'/', u'-');
}

/// Of a file, or of what lies in a folder.
std::uint64_t bytes_of(const QString& path) {
  if (!QFileInfo(path).isDir()) return static_cast<std::uint64_t>(QFileInfo(path).size());
  std::uint64_t bytes = 0;
  for (const QFileInfo& file : QDir(path).entryInfoList(QDir::Files)) bytes += static_cast<std::uint64_t>(file.size());
  return bytes;
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
  request.pause_when_full = true;
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
      const std::string yaml = recipe_as_yaml(recipe.toStdString());
      const bool saved =
          target.open(QIODevice::WriteOnly) &&
          target.write(yaml.data(), static_cast<qint64>(yaml.size())) == static_cast<qint64>(yaml.size()) &&
          target.commit();
      const QString sentence =
          saved ? tr("The recipe was saved as %1.").arg(path) : tr("%1: %2").arg(path, target.errorString());
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

void TrainingController::exportAdapter(const QUrl& folder, bool peft) {
  const QString place = folder.toLocalFile();
  if (place.isEmpty() || !view_.has_adapter()) return;
  const QString to = QDir(place).filePath(file_name_of(view_.name()));
  background_.run(
      export_key, [this, from = text(run_.adapter), to, peft](const std::stop_token&) -> Background::Answer {
        QString problem;
        try {
          if (peft) {
            convert_adapter(from.toStdString(), to.toStdString(), AdapterForm::peft);
          } else {
            problem = copy_adapter(from, to);
          }
        } catch (const std::exception& error) {
          problem = text(error.what());
        }
        return [this, problem, to] { emit said(problem.isEmpty() ? tr("The adapter is in %1.").arg(to) : problem); };
      });
}

/// A merged model is as large as the model itself.
void TrainingController::measure_model() {
  merge_text_.clear();
  emit mergeChanged();
  if (!view_.has_adapter()) return;
  const QString path = run_.model.empty() ? QString() : text(run_.model);
  background_.run(size_key, [this, path](const std::stop_token&) -> Background::Answer {
    const QString model = path.isEmpty() ? text(Engine::starter_model_path()) : path;
    return [this, bytes = bytes_of(model)] {
      merge_text_ = tr("The merged model takes %1 of disk.").arg(format::disk_bytes(bytes));
      emit mergeChanged();
    };
  });
}

void TrainingController::take_merge(double progress) {
  merge_progress_ = progress;
  emit mergeChanged();
}

void TrainingController::mergeInto(const QUrl& folder) {
  const QString place = folder.toLocalFile();
  if (place.isEmpty() || !view_.has_adapter() || merge_progress_ >= 0) return;
  FusionRequest request;
  request.model = run_.model;
  request.adapter = run_.adapter;
  const QString to =
      QDir(place).filePath(file_name_of(tr("%1 %2", "model and adapter").arg(view_.model_name(), view_.name())));
  request.destination = to.toStdString();
  take_merge(0);
  background_.run(merge_key, [this, request, to, place](const std::stop_token& stop) -> Background::Answer {
    const QString model = request.model.empty() ? text(Engine::starter_model_path()) : text(request.model);
    const std::uint64_t needed = bytes_of(model);
    const auto room = static_cast<std::uint64_t>(std::max<qint64>(QStorageInfo(place).bytesAvailable(), 0));
    QString sentence = tr("The merged model is in %1.").arg(to);
    try {
      if (needed > room)
        fail(Errc::io, "{}",
             tr("%1 needs %2; %3 are free.")
                 .arg(place, format::disk_bytes(needed), format::disk_bytes(room))
                 .toStdString());
      const Progress progress{
          [this](std::uint64_t done, std::uint64_t total) {
            post(this, [this, share = total == 0 ? 0 : static_cast<double>(done) / static_cast<double>(total)] {
              if (merge_progress_ >= 0) take_merge(share);
            });
          },
          stop};
      fuse_model(request, progress);
    } catch (const Error& error) {
      if (error.code() == Errc::cancelled) return {};
      sentence = text(error.what());
    }
    return [this, sentence] {
      take_merge(-1);
      emit said(sentence);
    };
  });
}

void TrainingController::cancelMerge() {
  background_.cancel(merge_key);
  take_merge(-1);
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

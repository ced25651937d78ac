#include "gui/models/library_controller.h"

#include <QDir>
#include <QFileInfo>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "gui/errors/catalogue.h"
#include "gui/jobs/post.h"
#include "gui/models/fit_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

using Clock = std::chrono::steady_clock;

const QString last_key = QStringLiteral("lastModel");
const QString starter_mark = QStringLiteral("starter:");

/// Lets a report through ten times a second at most, the first and the last always.
class Throttle {
public:
  bool passes(const LoadProgress& progress) {
    const Clock::time_point now = Clock::now();
    if (progress.bytes_done < progress.bytes_total && now - last_ < std::chrono::milliseconds(100)) return false;
    last_ = now;
    return true;
  }

private:
  Clock::time_point last_;
};

}  // namespace

LibraryController::LibraryController(Engine& engine, SettingsController& settings, QObject* parent)
    : QObject(parent),
      engine_(engine),
      settings_(settings),
      recent_(settings.store()),
      load_store_(settings.store()),
      estimator_(engine) {
  connect(&settings_, &SettingsController::changed, this, &LibraryController::changed);
}

QString LibraryController::pill_text() const {
  switch (state_) {
    case Loading: return tr("Loading %1").arg(name_);
    case Loaded: return name_;
    case NoModel:
    case Failed: break;
  }
  return tr("Choose a model");
}

QString LibraryController::description() const {
  if (!loaded()) return {};
  QStringList parts;
  if (model_.parameters > 0) parts << tr("%1 parameters").arg(format::parameters(model_.parameters));
  if (!model_.format.empty()) parts << QString::fromStdString(model_.format);
  if (model_.context_length > 0)
    parts << tr("%1 tokens of context").arg(QLocale().toString(qulonglong(model_.context_length)));
  return parts.join(QStringLiteral(" · "));
}

QString LibraryController::warnings() const {
  QStringList lines;
  for (const std::string& warning : model_.warnings) lines << QString::fromStdString(warning);
  return loaded() ? lines.join(u'\n') : QString();
}

QString LibraryController::last_name() const {
  const QString last = settings_.store().value(last_key).toString();
  return last == starter_mark ? tr("Etna Starter") : model_name_of(last);
}

bool LibraryController::reload_needed() const {
  const QString wanted = settings_.device();
  return loaded() && !wanted.isEmpty() && load_store_.read(path_).device.isEmpty() &&
         wanted != QString::fromStdString(model_.device_id);
}

ModelId LibraryController::loaded_id(const QString& path) const {
  for (auto model = paths_.begin(); model != paths_.end(); ++model) {
    if (model.value() == path) return model.key();
  }
  return 0;
}

ModelId LibraryController::loaded_id(const QString& path, const QString& adapter) const {
  const ModelId id = loaded_id(path);
  return id != 0 && QString::fromStdString(models_.value(id).adapter) == adapter ? id : 0;
}

void LibraryController::note_moved(const QString& from, const QString& to) {
  if (const SavedLoad load = load_store_.read(from); load != SavedLoad()) load_store_.write(to, load);
  if (settings_.store().value(last_key).toString() == from) settings_.store().setValue(last_key, to);
  if (!recent_.paths().contains(from)) return;
  recent_.forget(from);
  recent_.use(to);
}

void LibraryController::load(const QString& path) {
  if (const ModelId id = loaded_id(path)) return use(id);
  start(path, Admission::refuse, 0);
}

void LibraryController::choose(const QString& path) {
  if (const ModelId id = loaded_id(path)) return use(id);
  start(path, recent_.makes_room(path) ? Admission::make_room : Admission::refuse, 0);
}

void LibraryController::loadWith(const QString& path, Admission admission) {
  start(path, admission, loaded_id(path));
}

void LibraryController::retry() {
  start(path_, Admission::refuse, loaded_id(path_));
}

void LibraryController::bringBack() {
  if (!loaded() || problem_.is_set()) retry();
}

void LibraryController::useShorterContext() {
  if (shorter_context_ == 0) return;
  SavedLoad load = load_store_.read(path_);
  load.context_length = shorter_context_;
  load_store_.write(path_, load);
  retry();
}

void LibraryController::makeRoom() {
  start(path_, Admission::make_room, loaded_id(path_));
}

void LibraryController::use(quint64 model) {
  const auto found = models_.constFind(model);
  if (found == models_.cend() || (loaded() && model == model_.id && !problem_.is_set())) return;
  if (loading()) cancel();
  answer_with(*found);
}

void LibraryController::unload(quint64 model) {
  leaving_ << model;
  if (model == model_.id) emit aboutToLoad();
  engine_.unload(model, [this] { post(this, [this] { emit unloaded(); }); });
}

void LibraryController::start(const QString& path, Admission admission, ModelId replaces) {
  emit aboutToLoad();
  if (loading()) engine_.cancel(request_);

  path_ = path;
  name_ = path.isEmpty() ? tr("Etna Starter") : model_name_of(path);
  problem_ = {};
  gone_notice_.clear();
  read_something_ = false;
  if (job_) job_->deleteLater();
  job_ = new Job(this);
  settings_.set_loading(true);
  if (replaces != 0) leaving_ << replaces;

  const quint64 serial = ++serial_;
  const SavedLoad saved = load_store_.read(path);
  LoadRequest request = request_for(path, saved, settings_.device());
  request.admission = admission;
  request.replaces = replaces;
  const bool keep = saved.keep == SavedLoad::Keep::until_unloaded;
  Engine::LoadCallbacks callbacks;
  // The engine's thread alone writes it, before its last word.
  const auto admitted = std::make_shared<bool>(false);
  callbacks.progress = [this, serial, admitted, throttle = Throttle()](LoadProgress progress) mutable {
    *admitted = *admitted || progress.bytes_done > 0;
    if (throttle.passes(progress)) post(this, [this, serial, progress] { show_progress(serial, progress); });
  };
  callbacks.done = [this, serial, keep](ModelInfo model) {
    post(this, [this, serial, keep, model] {
      if (keep) engine_.set_idle_policy(model.id, IdlePolicy::keep);
      take_model(serial, model);
    });
  };
  callbacks.failed = [this, serial, admitted](Failure failure) {
    post(this, [this, serial, failure, read_something = *admitted] {
      if (serial == serial_) read_something_ = read_something;
      take_failure(serial, failure);
    });
  };
  request_ = engine_.load(std::move(request), std::move(callbacks));
  job_->set_canceller([this, request_id = request_] { engine_.cancel(request_id); });
  set_state(Loading);
}

void LibraryController::loadLast() {
  const QString last = settings_.store().value(last_key).toString();
  if (!last.isEmpty()) load(last == starter_mark ? QString() : last);
}

void LibraryController::openFolder(const QUrl& folder) {
  load(QDir::cleanPath(folder.toLocalFile()));
}

void LibraryController::openFile(const QUrl& file) {
  // Part of a model folder stands for the folder.
  const QFileInfo info(file.toLocalFile());
  const QString suffix = info.suffix().toLower();
  const bool is_part = suffix == QLatin1String("safetensors") || suffix == QLatin1String("json");
  load(is_part && !info.isDir() ? info.path() : info.filePath());
}

void LibraryController::cancel() {
  if (!loading()) return;
  ++serial_;  // whatever the engine still says about it is of no interest
  job_->cancel();
  end_load();
  emit cancelled();
}

void LibraryController::useProcessor() {
  settings_.set_device(QStringLiteral("cpu"));
  SavedLoad load = load_store_.read(path_);
  load.device.clear();
  load_store_.write(path_, load);
  start(path_, Admission::refuse, loaded_id(path_));
}

void LibraryController::forgetFailed() {
  recent_.forget(path_);
  if (settings_.store().value(last_key).toString() == path_) settings_.store().remove(last_key);
  dismissProblem();
}

void LibraryController::dismissProblem() {
  problem_ = {};
  gone_notice_.clear();
  set_state(state_ == Failed ? NoModel : state_);
}

/// Without a model that is in memory a failure is all there is to show.
void LibraryController::end_load() {
  settings_.set_loading(false);
  const auto before = models_.constFind(model_.id);
  if (before == models_.cend()) {
    model_ = {};
    return set_state(problem_.is_set() ? Failed : NoModel);
  }
  name_ = QString::fromStdString(before->name);
  if (!problem_.is_set()) path_ = paths_.value(model_.id);
  set_state(Loaded);
}

void LibraryController::show_progress(quint64 serial, const LoadProgress& progress) {
  if (serial != serial_) return;
  if (progress.bytes_total == 0) return;
  const double share = static_cast<double>(progress.bytes_done) / static_cast<double>(progress.bytes_total);
  job_->set_progress(share, tr("%1 % · %2")
                                .arg(std::floor(share * 100))
                                .arg(format::disk_progress(progress.bytes_done, progress.bytes_total)));
}

void LibraryController::take_model(quint64 serial, const ModelInfo& model) {
  models_[model.id] = model;
  if (serial != serial_) {
    // Cancelled too late to be stopped: it is in memory all the same.
    paths_[model.id] = QString::fromStdString(model.path);
    return unload(model.id);
  }
  paths_[model.id] = path_;
  settings_.set_loading(false);
  answer_with(model);
  job_->finish();
}

void LibraryController::answer_with(const ModelInfo& model) {
  model_ = model;
  path_ = paths_.value(model.id);
  name_ = model.name.empty() ? model_name_of(path_) : QString::fromStdString(model.name);
  problem_ = {};
  gone_notice_.clear();
  if (!path_.isEmpty()) recent_.use(path_);
  settings_.store().setValue(last_key, path_.isEmpty() ? starter_mark : path_);
  recent_.set_loaded(paths_.values());
  set_state(Loaded);
  emit ready();
}

void LibraryController::take_failure(quint64 serial, const Failure& failure) {
  if (serial != serial_) return;
  if (failure.code == Errc::cancelled) {
    job_->set_cancelled();
    end_load();
    emit cancelled();
    return;
  }
  const QString device = QString::fromStdString(request_for(path_, load_store_.read(path_), settings_.device()).device);
  const bool device_missing = device.contains(u':') && !devices_.isEmpty() && !devices_.contains(device);
  if (device_missing) return show_problem(device_problem(failure));
  if (failure.code != Errc::out_of_memory) return show_problem(load_problem(failure, path_));
  if (read_something_)
    return show_problem(make_problem(QStringLiteral("E-MEM-02"), QString::fromStdString(failure.message), path_));
  explain_shortage(serial, failure);
}

/// The ways out have numbers of their own: the estimate knows them.
void LibraryController::explain_shortage(quint64 serial, const Failure& failure) {
  LoadRequest request = request_for(path_, load_store_.read(path_), settings_.device());
  request.replaces = loaded_id(path_);
  estimator_.ask(QStringLiteral("failed load"), std::move(request), [this, serial, failure](const auto& estimate) {
    if (serial != serial_) return;
    shorter_context_ = estimate ? estimate->longest_context : 0;
    show_problem(shortage_problem(failure, path_, estimate));
  });
}

void LibraryController::show_problem(const Problem& problem) {
  problem_ = problem;
  failed_name_ = path_.isEmpty() ? tr("Etna Starter") : model_name_of(path_);
  end_load();
  job_->fail(problem_);
  emit failed(problem_);
}

void LibraryController::take_memory(const MemoryStatus& status, const std::vector<MemoryEvent>& events) {
  keep_peaks(status);
  QList<quint64> gone;
  for (auto model = models_.begin(); model != models_.end(); ++model) {
    if (std::ranges::find(status.models, model.key(), &LoadedModelStatus::id) == status.models.end())
      gone << model.key();
  }
  if (gone.isEmpty()) return;
  for (const quint64 id : gone) {
    if (!leaving_.contains(id) && adopt(id, status)) continue;
    models_.remove(id);
    const QString path = paths_.take(id);
    const bool wanted = leaving_.remove(id);
    if (id != model_.id) continue;
    model_ = {};
    if (loading()) continue;  // the one that comes answers
    path_ = path;
    failed_name_ = name_;
    if (!wanted) explain_loss(events);
    set_state(problem_.is_set() ? Failed : NoModel);
    if (problem_.is_set()) emit failed(problem_);
  }
  recent_.set_loaded(paths_.values());
  emit changed();
}

/// A model that the engine loaded again by itself, on a device that was lost, is the same one with another number.
bool LibraryController::adopt(quint64 gone, const MemoryStatus& status) {
  ModelInfo model = models_.value(gone);
  const auto again = std::ranges::find_if(status.models, [&](const LoadedModelStatus& loaded) {
    return loaded.path == model.path && !models_.contains(loaded.id);
  });
  // One that the user just asked for is announced by its own load.
  if (again == status.models.end() || loading()) return false;
  model.id = again->id;
  models_.remove(gone);
  models_[model.id] = model;
  paths_[model.id] = paths_.take(gone);
  if (model_.id == gone) model_ = model;
  return true;
}

/// Of the events since the last sample the latest that takes models away tells why.
void LibraryController::explain_loss(const std::vector<MemoryEvent>& events) {
  using Kind = MemoryEvent::Kind;
  QString sentence;
  for (const MemoryEvent& event : events) {
    sentence = QString::fromStdString(event.sentence);
    switch (event.kind) {
      case Kind::evicted: problem_ = make_problem(QStringLiteral("E-MEM-04"), sentence, name_); break;
      case Kind::device_lost: problem_ = lost_device_problem(sentence); break;
      case Kind::unloaded: gone_notice_ = sentence; break;
      default: break;
    }
  }
  if (!problem_.is_set() && gone_notice_.isEmpty()) gone_notice_ = tr("%1 was unloaded.").arg(name_);
  if (problem_.is_set()) gone_notice_.clear();
}

/// Again and again within ten minutes it is of no use to try.
Problem LibraryController::lost_device_problem(const QString& sentence) {
  constexpr qint64 window_s = 600;
  const qint64 now = Clock::now().time_since_epoch() / std::chrono::seconds(1);
  losses_.removeIf([now](qint64 then) { return now - then > window_s; });
  losses_ << now;
  const QString code = losses_.size() < 2 ? QStringLiteral("E-GPU-02") : QStringLiteral("E-GPU-03");
  return make_problem(code, sentence, QString::number(losses_.size()));
}

/// What each model took at most, for "measured last time". Written when it grew by a hundredth.
void LibraryController::keep_peaks(const MemoryStatus& status) {
  for (const LoadedModelStatus& model : status.models) {
    const auto path = paths_.constFind(model.id);
    if (path == paths_.cend()) continue;
    quint64& peak = peaks_[*path];
    if (model.bytes <= peak + peak / 100) continue;
    peak = model.bytes;
    load_store_.set_peak(*path, peak);
  }
}

void LibraryController::askFits() {
  for (const QString& path : recent_.paths()) {
    if (loaded_id(path) != 0) continue;
    estimator_.ask(QStringLiteral("fits ") + path, request_for(path, load_store_.read(path), settings_.device()),
                   [this, path](const auto& estimate) {
                     recent_.set_fit(path, estimate ? fit_hint(*estimate) : QString(),
                                     estimate && room_for(*estimate) != nullptr);
                   });
  }
}

void LibraryController::set_state(State state) {
  state_ = state;
  emit changed();
}

}  // namespace etna::gui

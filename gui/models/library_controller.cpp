#include "gui/models/library_controller.h"

#include <QDir>
#include <QFileInfo>
#include <chrono>
#include <cmath>

#include "gui/errors/catalogue.h"
#include "gui/jobs/post.h"
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
    : QObject(parent), engine_(engine), settings_(settings), recent_(settings.store()) {
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
  if (model_.context_length > 0) parts << tr("%1 tokens of context").arg(QLocale().toString(qulonglong(model_.context_length)));
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
  return loaded() && !wanted.isEmpty() && wanted != QString::fromStdString(model_.device_id);
}

void LibraryController::load(const QString& path) {
  emit aboutToLoad();
  if (loading()) engine_.cancel(request_);

  path_ = path;
  name_ = path.isEmpty() ? tr("Etna Starter") : model_name_of(path);
  model_ = {};
  problem_ = {};
  if (job_) job_->deleteLater();
  job_ = new Job(this);
  settings_.set_loading(true);

  const quint64 serial = ++serial_;
  LoadRequest request;
  request.path = path.toStdString();
  request.device = settings_.device().toStdString();
  Engine::LoadCallbacks callbacks;
  callbacks.progress = [this, serial, throttle = Throttle()](LoadProgress progress) mutable {
    if (throttle.passes(progress)) post(this, [this, serial, progress] { show_progress(serial, progress); });
  };
  callbacks.done = [this, serial](ModelInfo model) { post(this, [this, serial, model] { take_model(serial, model); }); };
  callbacks.failed = [this, serial](Failure failure) {
    post(this, [this, serial, failure] { take_failure(serial, failure); });
  };
  request_ = engine_.load(std::move(request), std::move(callbacks));
  job_->set_canceller([this, request = request_] { engine_.cancel(request); });
  set_state(Loading);
}

void LibraryController::loadLast() {
  const QString last = settings_.store().value(last_key).toString();
  if (!last.isEmpty()) load(last == starter_mark ? QString() : last);
}

void LibraryController::openFolder(const QUrl& folder) { load(QDir::cleanPath(folder.toLocalFile())); }

void LibraryController::openFile(const QUrl& file) {
  // Part of a model folder stands for the folder.
  const QFileInfo info(file.toLocalFile());
  const QString suffix = info.suffix().toLower();
  const bool is_part = suffix == QLatin1String("safetensors") || suffix == QLatin1String("json");
  load(is_part ? info.path() : info.filePath());
}

void LibraryController::cancel() {
  if (!loading()) return;
  ++serial_;  // whatever the engine still says about it is of no interest
  job_->cancel();
  settings_.set_loading(false);
  set_state(NoModel);
  emit cancelled();
}

void LibraryController::useProcessor() {
  settings_.set_device(QStringLiteral("cpu"));
  retry();
}

void LibraryController::forgetFailed() {
  recent_.forget(path_);
  if (settings_.store().value(last_key).toString() == path_) settings_.store().remove(last_key);
  dismissProblem();
}

void LibraryController::dismissProblem() {
  problem_ = {};
  set_state(state_ == Failed ? NoModel : state_);
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
  if (serial != serial_) return;
  model_ = model;
  if (!model.name.empty()) name_ = QString::fromStdString(model.name);
  if (!path_.isEmpty()) recent_.use(path_);
  settings_.store().setValue(last_key, path_.isEmpty() ? starter_mark : path_);
  settings_.set_loading(false);
  set_state(Loaded);
  job_->finish();
  emit ready();
}

void LibraryController::take_failure(quint64 serial, const Failure& failure) {
  if (serial != serial_) return;
  settings_.set_loading(false);
  if (failure.code == Errc::cancelled) {
    job_->set_cancelled();
    set_state(NoModel);
    emit cancelled();
    return;
  }
  problem_ = load_problem(failure, path_);
  set_state(Failed);
  job_->fail(problem_);
  emit failed(problem_);
}

void LibraryController::set_state(State state) {
  state_ = state;
  emit changed();
}

}  // namespace etna::gui

#include "gui/hub/first_run.h"

#include <algorithm>

#include "gui/hub/trouble.h"
#include "gui/text/format.h"

namespace etna::gui {

FirstRunController::FirstRunController(HubService& service, Engine& engine, LibraryController& library,
                                       DownloadsController& downloads, ShelfController& shelf, Background& disk,
                                       QObject* parent)
    : QObject(parent),
      service_(service),
      engine_(engine),
      library_(library),
      downloads_(downloads),
      shelf_(shelf),
      disk_(disk) {
  again_.setSingleShot(true);
  again_.setInterval(5000);
  connect(&again_, &QTimer::timeout, this, &FirstRunController::look);
  connect(&shelf_, &ShelfController::changed, this, &FirstRunController::changed);
  connect(&downloads_, &DownloadsController::changed, this, &FirstRunController::waitingChanged);
  connect(&downloads_, &DownloadsController::finished, this, [this](const hub::DownloadStatus& status) {
    if (awaited_.isEmpty() || QString::fromStdString(status.request.repository) != awaited_) return;
    awaited_.clear();
    // Somebody who chose another model meanwhile keeps it.
    if (!library_.loaded() && !library_.loading()) library_.load(loadable_path(status));
    emit waitingChanged();
  });
}

void FirstRunController::look() {
  shelf_.refresh();
  disk_.run(QStringLiteral("first run"), [this](const std::stop_token&) -> Background::Answer {
    Findings findings;
    findings.models = starter_models();
    findings.has_network = ask([this] { return service_.has_network(); }).value.value_or(true);
    const auto access = ask([this] { return service_.access(); });
    findings.offline = access.value && access.value->offline;
    findings.free_disk = ask([this] { return service_.space(); }).value.value_or(hub::Space()).available;
    for (const StarterModel& model : findings.models) {
      const auto estimate = ask([&] { return engine_.estimate(model.description, LoadRequest()); });
      findings.choices.push_back({estimate.value.value_or(LoadEstimate()), model.download_bytes});
    }
    const std::vector<DeviceInfo> devices = Engine::devices();
    findings.best =
        recommended_starter(findings.choices, findings.free_disk, std::ranges::any_of(devices, &DeviceInfo::is_gpu));
    return [this, findings] { take(findings); };
  });
}

void FirstRunController::take(const Findings& findings) {
  known_ = true;
  models_ = findings.models;
  choices_ = findings.choices;
  best_ = findings.best;
  has_network_ = findings.has_network;
  offline_ = findings.offline;
  free_disk_ = findings.free_disk;
  if (!has_network_ && !offline_) again_.start();
  emit changed();
}

void FirstRunController::leave() {
  again_.stop();
}

void FirstRunController::set_offline(bool offline) {
  if (offline == offline_ || !known_) return;
  offline_ = offline;
  emit changed();
}

QString FirstRunController::name() const {
  return best_ < 0 ? QString() : models_[static_cast<std::size_t>(best_)].name;
}

QString FirstRunController::note() const {
  if (!known_) return tr("Looking at this computer…");
  if (best_ < 0) return shortage();
  if (offline_) return tr("Offline mode is on, so nothing is downloaded. You can use a model you already have.");
  if (!has_network_) return tr("No connection. Etna will keep trying; you can use a model you already have.");
  const auto best = static_cast<std::size_t>(best_);
  return tr("%1 download · needs about %2 of memory · %3 free on this disk · licence %4")
      .arg(format::disk_bytes(models_[best].download_bytes), format::memory_bytes(choices_[best].estimate.total()),
           format::disk_bytes(free_disk_), models_[best].license);
}

/// What the smallest model lacks here, with its number.
QString FirstRunController::shortage() const {
  if (models_.empty()) return {};
  const StarterChoice& least = choices_.front();
  if (least.estimate.fit == Fit::too_big)
    return tr("Even the smallest well-known model (%1) needs %2 of memory, more than this computer has to spare.")
        .arg(models_.front().name, format::memory_bytes(least.estimate.total()));
  return tr("This disk has only %1 free. Even the smallest well-known model (%2) needs %3 and should leave %4 to the "
            "rest of the computer. A model on another disk can be used from there.")
      .arg(format::disk_bytes(free_disk_), models_.front().name, format::disk_bytes(least.download_bytes),
           format::disk_bytes(starter_disk_reserve));
}

QString FirstRunController::found() const {
  return shelf_.found_lines().join(u'\n');
}

void FirstRunController::start() {
  if (best_ < 0) return;
  const StarterModel& model = models_[static_cast<std::size_t>(best_)];
  awaited_ = model.repository;
  downloads_.start({.repository = awaited_.toStdString(), .title = model.name.toStdString()});
  emit waitingChanged();
}

QString FirstRunController::waiting() const {
  if (awaited_.isEmpty()) return {};
  const hub::DownloadStatus* status = downloads_.list()->find(awaited_.toStdString(), {});
  if (!status) return tr("The download begins");
  const QString name = QString::fromStdString(status->request.title);
  return tr("%1: %2").arg(name, QString::fromStdString(status->sentence));
}

}  // namespace etna::gui

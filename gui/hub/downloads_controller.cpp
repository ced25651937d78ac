#include "gui/hub/downloads_controller.h"

#include <algorithm>

#include "gui/hub/trouble.h"
#include "gui/jobs/post.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

QString time_text(std::chrono::seconds time) {
  const auto seconds = time.count();
  if (seconds < 60) return DownloadsController::tr("%1 s").arg(seconds);
  if (seconds < 7200) return DownloadsController::tr("%1 min").arg((seconds + 30) / 60);
  return DownloadsController::tr("%1 h").arg((seconds + 1800) / 3600);
}

}  // namespace

QString loadable_path(const hub::DownloadStatus& status) {
  if (status.state != hub::DownloadState::done || status.folder.empty()) return {};
  const auto is_gguf = [](const std::string& file) { return file.ends_with(".gguf"); };
  const auto found = std::ranges::find_if(status.request.files, is_gguf);
  const bool whole = found == status.request.files.end();
  return QString::fromStdString(whole ? status.folder.string() : (status.folder / *found).string());
}

DownloadsController::DownloadsController(HubService& service, Background& disk, QObject* parent)
    : QObject(parent), service_(service), disk_(disk) {
  qRegisterMetaType<hub::DownloadStatus>();
}

void DownloadsController::open() {
  if (opened_) return;
  opened_ = true;
  disk_.run(QStringLiteral("open downloads"), [this](const std::stop_token&) -> Background::Answer {
    const auto answer = ask([this] {
      // The queue tells of changes on threads of its own, one after the other.
      service_.listen(
          {.changed = [this](const hub::DownloadStatus& status) { post(this, [this, status] { take(status); }); },
           .removed =
               [this](hub::DownloadId id) {
                 post(this, [this, id] {
                   list_.remove(id);
                   emit changed();
                 });
               },
           .reordered =
               [this](const std::vector<hub::DownloadId>& order) {
                 post(this, [this, order] { list_.reorder(order); });
               }});
      return service_.downloads();
    });
    return [this, answer] {
      problem_ = answer.value ? QString() : tr("%1. %2").arg(answer.trouble.title, answer.trouble.text);
      if (answer.value)
        for (const hub::DownloadStatus& status : *answer.value) list_.update(status);
      opened_ = answer.value.has_value();
      emit changed();
    };
  });
  askSpace();
}

void DownloadsController::take(const hub::DownloadStatus& status) {
  const hub::DownloadStatus* before = list_.find(status.id);
  const bool was_done = !before || before->state == hub::DownloadState::done;
  list_.update(status);
  emit updated(status);
  if (status.state == hub::DownloadState::done && !was_done) {
    emit finished(status);
    askSpace();
  }
  emit changed();
}

void DownloadsController::act(std::function<void(HubService&)> action) {
  disk_.run(QStringLiteral("download action %1").arg(++serial_),
            [this, action = std::move(action)](const std::stop_token&) -> Background::Answer {
              const auto answer = ask([&] {
                action(service_);
                return true;
              });
              return [this, answer] {
                problem_ = answer.value ? QString() : tr("%1. %2").arg(answer.trouble.title, answer.trouble.text);
                emit changed();
              };
            });
}

void DownloadsController::start(hub::DownloadRequest request, const std::string& folder) {
  open();
  act([request = std::move(request), folder](HubService& service) {
    service.download(request);
    if (folder.empty()) return;
    for (const hub::DownloadStatus& status : service.downloads())
      if (status.request.repository == request.repository && status.request.revision == request.revision &&
          status.request.files == request.files)
        service.download_elsewhere(status.id, folder);
  });
}

void DownloadsController::goElsewhere(double id, const QUrl& folder) {
  act([id, path = folder.toLocalFile().toStdString()](HubService& service) {
    service.download_elsewhere(static_cast<hub::DownloadId>(id), path);
  });
}

void DownloadsController::pause(double id) {
  act([id](HubService& service) { service.pause(static_cast<hub::DownloadId>(id)); });
}

void DownloadsController::resume(double id) {
  act([id](HubService& service) { service.resume(static_cast<hub::DownloadId>(id)); });
}

void DownloadsController::keepPartial(double id) {
  act([id](HubService& service) { service.cancel(static_cast<hub::DownloadId>(id), hub::CancelledFiles::keep); });
}

void DownloadsController::removePartial(double id) {
  act([id](HubService& service) { service.cancel(static_cast<hub::DownloadId>(id), hub::CancelledFiles::remove); });
}

void DownloadsController::move(double id, int row) {
  act([id, row](HubService& service) {
    service.move(static_cast<hub::DownloadId>(id), static_cast<std::size_t>(std::max(0, row)));
  });
}

void DownloadsController::pauseAll() {
  for (const hub::DownloadStatus& row : list_.rows())
    if (hub::is_active(row.state)) pause(static_cast<double>(row.id));
}

void DownloadsController::resumeAll() {
  for (const hub::DownloadStatus& row : list_.rows())
    if (row.state == hub::DownloadState::paused) resume(static_cast<double>(row.id));
}

QString DownloadsController::pathOf(double id) const {
  const hub::DownloadStatus* status = list_.find(static_cast<hub::DownloadId>(id));
  return status ? loadable_path(*status) : QString();
}

void DownloadsController::askSpace() {
  disk_.run(QStringLiteral("space"), [this](const std::stop_token&) -> Background::Answer {
    const auto answer = ask([this] { return service_.space(); });
    return [this, answer] {
      free_bytes_ = answer.value ? answer.value->available : 0;
      space_ = answer.value ? tr("%1 free on this disk").arg(format::disk_bytes(free_bytes_)) : QString();
      emit spaceChanged();
      emit changed();
    };
  });
}

int DownloadsController::active() const {
  return static_cast<int>(std::ranges::count_if(
      list_.rows(), [](const hub::DownloadStatus& row) { return row.state != hub::DownloadState::done; }));
}

bool DownloadsController::moving() const {
  return std::ranges::any_of(list_.rows(), [](const hub::DownloadStatus& row) {
    return hub::is_active(row.state) && row.state != hub::DownloadState::done;
  });
}

QString DownloadsController::strip_text() const {
  if (active() == 0) return {};
  std::uint64_t done = 0, total = 0;
  std::chrono::seconds left{0};
  bool known = false;
  for (const hub::DownloadStatus& row : list_.rows()) {
    if (row.state == hub::DownloadState::done) continue;
    done += row.done_bytes;
    total += row.total_bytes;
    if (row.time_left) left = std::max(left, *row.time_left);
    known = known || row.time_left.has_value();
  }
  QStringList parts = {tr("↓ %1").arg(active())};
  if (total > 0) parts << tr("%1 %").arg(100 * done / total);
  if (!moving()) {
    parts << tr("paused");
  } else if (known) {
    parts << time_text(left);
  }
  return parts.join(QStringLiteral(" · "));
}

}  // namespace etna::gui

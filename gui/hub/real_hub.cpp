#include "gui/hub/real_hub.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>
#include <algorithm>

#include <ifaddrs.h>
#include <net/if.h>

#include "engine/base/error.h"
#include "hub/cache_scan.h"
#include "hub/download_hub_source.h"
#include "hub/token.h"
#include "hub/url.h"
#include "hub/verify.h"
#include "hub/verify_records.h"
#include "hub/version_head.h"

namespace etna::gui {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_readme = 2 << 20;

std::string host_of(const std::string& endpoint) {
  const auto begin = endpoint.find("://");
  const std::string rest = begin == std::string::npos ? endpoint : endpoint.substr(begin + 3);
  return rest.substr(0, rest.find('/'));
}

/// A copy of the trash's own: Qt's moveToTrash follows freedesktop.org's rules.
std::string move_to_desktop_trash(const std::string& path) {
  QString there;
  if (!QFile::moveToTrash(QString::fromStdString(path), &there))
    fail(Errc::io, "{}: it could not be moved to the Trash", path);
  return there.toStdString();
}

}  // namespace

struct RealHub::Parts {
  hub::HubEnvironment environment = hub::read_environment();
  std::optional<hub::Token> token;
  std::shared_ptr<hub::HttpClient> client;
  std::unique_ptr<hub::HubApi> api;
  std::unique_ptr<hub::Cache> cache;

  explicit Parts(const std::optional<hub::NetworkSettings>& network) {
    token = hub::find_token(environment, nullptr);
    const std::string value = token ? token->value : std::string();
    client = std::make_shared<hub::HttpClient>(network.value_or(hub::network_settings(environment)),
                                               [value] { return value; });
    api = std::make_unique<hub::HubApi>(client);
    cache = std::make_unique<hub::Cache>(environment.cache,
                                         environment.symlinks ? std::nullopt : std::optional(hub::Cache::Links::none));
  }
};

std::unique_ptr<HubService> make_hub_service() {
  const QString data =
      QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + QStringLiteral("/etna/hub");
  return std::make_unique<RealHub>(data.toStdString());
}

RealHub::RealHub(fs::path data, std::optional<hub::NetworkSettings> network)
    : data_(std::move(data)), network_(std::move(network)), folders_(data_ / "folders.json") {}

RealHub::~RealHub() = default;

RealHub::Parts& RealHub::parts() {
  const std::lock_guard lock(mutex_);
  if (!parts_) parts_ = std::make_unique<Parts>(network_);
  return *parts_;
}

HubAccess RealHub::access() {
  const Parts& all = parts();
  return {.host = host_of(all.environment.endpoint),
          .offline = all.environment.offline,
          .signed_in = all.token.has_value(),
          .token_place = all.token ? all.token->place : std::string(),
          .token_file = all.environment.token_file.string()};
}

bool RealHub::has_network() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return true;  // nobody knows: let the try decide
  bool found = false;
  for (const ifaddrs* each = first; each; each = each->ifa_next) {
    const bool up = (each->ifa_flags & IFF_UP) != 0 && (each->ifa_flags & IFF_RUNNING) != 0;
    const bool outside = (each->ifa_flags & IFF_LOOPBACK) == 0;
    const int family = each->ifa_addr ? each->ifa_addr->sa_family : AF_UNSPEC;
    found = found || (up && outside && (family == AF_INET || family == AF_INET6));
  }
  freeifaddrs(first);
  return found;
}

hub::SearchPage RealHub::search(const hub::SearchQuery& query, const std::string& cursor, const std::stop_token& stop) {
  return parts().api->search(query, cursor, stop);
}

HubCard RealHub::card(const std::string& id, const std::string& revision, const std::stop_token& stop) {
  const Parts& all = parts();
  HubCard card;
  card.info = all.api->model(id, revision, stop);
  card.tree = all.api->tree(card.info.id, card.info.commit, stop);
  card.versions = hub::versions_of(card.tree, card.info);
  for (const hub::ModelVersion& version : card.versions.versions) {
    const auto is_here = [&](const std::string& file) {
      return all.cache->find(card.info.id, card.info.commit, file).has_value();
    };
    const bool whole =
        std::ranges::all_of(version.weight_files, is_here) && std::ranges::all_of(version.other_files, is_here);
    const fs::path folder = all.cache->snapshot(card.info.id, card.info.commit);
    const bool single = version.format == hub::WeightFormat::gguf;
    card.present.push_back(!whole   ? std::string()
                           : single ? (folder / version.weight_files.front()).string()
                                    : folder.string());
  }
  return card;
}

std::string RealHub::readme(const HubCard& card, const std::stop_token& stop) {
  const hub::TreeFile* file = card.tree.find("README.md");
  if (!file) return {};
  if (file->size > longest_readme)
    return parts().api->read_range(card.info.id, card.info.commit, file->path, 0, longest_readme, nullptr, stop);
  return parts().api->read_text(card.info.id, card.info.commit, file->path, longest_readme, stop);
}

ModelDescription RealHub::describe(const HubCard& card, const hub::ModelVersion& version, const std::stop_token& stop) {
  const std::string key = card.info.id + "\n" + card.info.commit + "\n" + version.key;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = descriptions_.find(key); known != descriptions_.end()) return known->second;
  }
  hub::VersionHead head = hub::read_version_head(*parts().api, card.info, card.tree, version, stop);
  ModelDescription description;
  description.name = std::move(head.name);
  description.config_json = std::move(head.config_json);
  for (hub::TensorEntry& tensor : head.tensors)
    description.tensors.push_back(
        {std::move(tensor.name), std::move(tensor.dtype), std::move(tensor.shape), tensor.bytes});
  for (hub::GgufHead& part : head.gguf_parts)
    description.gguf_parts.push_back({std::move(part.bytes), part.file_bytes});
  const std::lock_guard lock(mutex_);
  return descriptions_.insert_or_assign(key, std::move(description)).first->second;
}

std::optional<hub::PastedModel> RealHub::pasted(const std::string& text) {
  static const std::string endpoint = hub::read_environment().endpoint;
  return hub::parse_pasted_model(text, endpoint);
}

hub::DownloadQueue& RealHub::queue() {
  Parts& all = parts();
  const std::lock_guard lock(mutex_);
  if (!queue_) {
    hub::DownloadQueue::Options options;
    options.data_folder = data_;
    options.cache_root = all.environment.cache;
    if (!all.environment.symlinks) options.links = hub::Cache::Links::none;
    options.source = std::make_shared<hub::HubSource>(all.client);
    queue_ = std::make_unique<hub::DownloadQueue>(std::move(options));
    queue_->set_listener(listener_);
    queue_->start();
  }
  return *queue_;
}

void RealHub::listen(hub::DownloadListener listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

std::vector<hub::DownloadStatus> RealHub::downloads() {
  return queue().list();
}

void RealHub::download(hub::DownloadRequest request) {
  queue().add(std::move(request));
}

void RealHub::pause(hub::DownloadId id) {
  queue().pause(id);
}

void RealHub::resume(hub::DownloadId id) {
  queue().resume(id);
}

void RealHub::cancel(hub::DownloadId id, hub::CancelledFiles files) {
  queue().cancel(id, files);
}

void RealHub::move(hub::DownloadId id, std::size_t index) {
  queue().move(id, index);
}

LibraryScan RealHub::library(const std::stop_token& stop) {
  const hub::Cache& cache = *parts().cache;
  LibraryScan scan;
  add_cache(scan, hub::scan_cache(cache, stop), cache.root().string());
  const hub::VerifyRecords records(data_ / "checked-files");
  for (LibraryModel& model : scan.models) {
    std::optional<std::int64_t> oldest;
    for (const LibraryFile& file : model.files) {
      const auto path = cache.find(model.repository, model.commit, file.name);
      const auto record = path ? records.find(*path) : std::nullopt;
      oldest = record ? std::min(oldest.value_or(record->unix_time), record->unix_time) : 0;
      if (oldest == 0) break;
    }
    model.verified = oldest.value_or(0);
  }
  const std::lock_guard lock(folders_mutex_);
  folders_.add_to(scan, stop);
  return scan;
}

void RealHub::link_folder(const std::string& folder) {
  const std::lock_guard lock(folders_mutex_);
  folders_.link(folder);
}

void RealHub::unlink_folder(const std::string& folder) {
  const std::lock_guard lock(folders_mutex_);
  folders_.unlink(folder);
}

Trashed RealHub::trash(const LibraryModel& model) {
  if (model.owner == FolderOwner::ollama) fail(Errc::unsupported, "{}: Ollama alone can remove it", model.name);
  if (model.owner == FolderOwner::hugging_face) {
    const hub::Cache& cache = *parts().cache;
    // A repository goes as a whole: never with versions that nobody spoke of.
    hub::CacheListing listing;
    if (auto repository = hub::scan_repository(cache, model.repository))
      listing.repositories.push_back(std::move(*repository));
    LibraryScan versions;
    add_cache(versions, listing, cache.root().string());
    if (versions.models.size() > 1)
      fail(Errc::unsupported, "{}: the cache holds other versions of it, which would go, too", model.name);
    const hub::TrashedModel gone = hub::move_to_trash(cache, hub::plan_removal(cache, model.repository));
    const std::lock_guard lock(mutex_);
    trashed_[gone.folder.string()] = gone;
    return {gone.folder.string(), model.name, gone.bytes};
  }
  const std::string there = move_to_desktop_trash(model.path);
  const std::lock_guard lock(mutex_);
  moved_[there] = {model.path, there};
  return {there, model.name, model.bytes};
}

void RealHub::restore(const std::string& ticket) {
  const hub::Cache& cache = *parts().cache;
  const std::lock_guard lock(mutex_);
  if (const auto gone = trashed_.extract(ticket)) return hub::restore(cache, gone.mapped());
  const auto moved = moved_.extract(ticket);
  if (!moved) fail(Errc::not_found, "{}: it is not in the Trash any more", ticket);
  if (!QFile::rename(QString::fromStdString(moved.mapped().to), QString::fromStdString(moved.mapped().from)))
    fail(Errc::io, "{}: it could not be put back", moved.mapped().from);
  const QFileInfo info(QString::fromStdString(moved.mapped().to));
  QFile::remove(info.path() + QStringLiteral("/../info/") + info.fileName() + QStringLiteral(".trashinfo"));
}

std::optional<bool> RealHub::check(const LibraryModel& model, const std::stop_token& stop) {
  const hub::Cache& cache = *parts().cache;
  if (model.repository.empty()) return {};
  const auto repository = hub::scan_repository(cache, model.repository);
  if (!repository) return {};
  bool compared = false;
  for (const hub::CachedSnapshot& snapshot : repository->snapshots) {
    if (snapshot.commit != model.commit) continue;
    for (const hub::CachedFile& file : snapshot.files) {
      const auto kind = hub::hash_kind(file.blob);
      const auto path = cache.find(model.repository, model.commit, file.path);
      if (!kind || !path) continue;
      if (stop.stop_requested()) fail(Errc::cancelled, "checking was stopped");
      if (hub::hash_file(*path, *kind) != file.blob) return false;
      compared = true;
    }
  }
  return compared ? std::optional(true) : std::nullopt;
}

hub::Space RealHub::space() {
  return hub::space_at(parts().environment.cache);
}

}  // namespace etna::gui

#include "gui/hub/real_hub.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>
#include <algorithm>
#include <utility>

#include <ifaddrs.h>
#include <net/if.h>

#include "engine/base/error.h"
#include "gui/hub/real_hub_parts.h"
#include "hub/cache_scan.h"
#include "hub/download_hub_source.h"
#include "hub/version_head.h"
#include "hub/token.h"
#include "hub/url.h"
#include "hub/verify.h"
#include "hub/verify_records.h"

namespace etna::gui {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_readme = 2 << 20;

std::string host_of(const std::string& endpoint) {
  const auto begin = endpoint.find("://");
  const std::string rest = begin == std::string::npos ? endpoint : endpoint.substr(begin + 3);
  return rest.substr(0, rest.find('/'));
}

ModelDescription description_of(hub::VersionHead head) {
  ModelDescription description;
  description.name = std::move(head.name);
  description.config_json = std::move(head.config_json);
  for (hub::GgufHead& part : head.gguf_parts) description.gguf_parts.push_back({std::move(part.bytes), part.file_bytes});
  for (hub::TensorEntry& tensor : head.tensors)
    description.tensors.push_back({std::move(tensor.name), std::move(tensor.dtype), std::move(tensor.shape), tensor.bytes});
  return description;
}

/// A copy of the trash's own: Qt's moveToTrash follows freedesktop.org's rules.
std::string move_to_desktop_trash(const std::string& path) {
  QString there;
  if (!QFile::moveToTrash(QString::fromStdString(path), &there))
    fail(Errc::io, "{}: it could not be moved to the Trash", path);
  return there.toStdString();
}

}  // namespace

std::unique_ptr<HubService> make_hub_service() {
  const QString data =
      QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + QStringLiteral("/etna/hub");
  return std::make_unique<RealHub>(data.toStdString());
}

RealHub::RealHub(fs::path data, std::optional<hub::NetworkSettings> network)
    : data_(std::move(data)), network_(std::move(network)), folders_(data_ / "folders.json") {}

RealHub::~RealHub() = default;

std::shared_ptr<RealHub::Parts> RealHub::parts() {
  const std::lock_guard lock(mutex_);
  if (!parts_) parts_ = std::make_shared<Parts>(choices_, network_, data_);
  return parts_;
}

std::shared_ptr<RealHub::Parts> RealHub::online() {
  auto all = parts();
  all->find_proxy();
  return all;
}

HubAccess RealHub::access() {
  const auto all = parts();
  const hub::NetworkSettings settings = all->client->settings();
  HubAccess access;
  access.host = host_of(settings.endpoint);
  access.offline = settings.offline;
  access.token_file = all->environment.token_file.string();
  access.endpoint = settings.endpoint;
  access.endpoint_is_default = settings.endpoint == hub::NetworkSettings().endpoint;
  access.endpoint_gets_token = settings.endpoint_gets_token;
  access.cache = all->environment.cache.string();
  access.variables = all->environment.variables;
  all->secrets->describe(access);
  return access;
}

void RealHub::configure(const HubChoices& choices) {
  HubChoices before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(choices_, choices);
  }
  if (before == choices) return;
  before.speed_limit = choices.speed_limit;
  if (before != choices) return rebuild();
  const std::shared_lock lock(queue_mutex_);
  if (queue_) queue_->set_speed_limit(choices.speed_limit);
}

void RealHub::rebuild() {
  const std::unique_lock queue_lock(queue_mutex_);
  const bool was_open = queue_ != nullptr;
  queue_.reset();  // within a second; what ran goes on with the next one
  {
    const std::lock_guard lock(mutex_);
    parts_.reset();
    descriptions_.clear();
  }
  if (was_open) open_queue();
}

hub::Account RealHub::sign_in(const std::string& token, const std::stop_token& stop) {
  const std::string clean = hub::clean_token(token);
  const auto all = online();
  const hub::NetworkSettings settings = all->client->settings();
  if (!settings.endpoint_gets_token)
    fail(Errc::invalid_argument, "Etna sends no token to {}. Allow that first.", host_of(settings.endpoint));
  const hub::HubApi asker(std::make_shared<hub::HttpClient>(settings, [&clean] { return clean; }));
  hub::Account account = asker.who_am_i(stop);
  all->secrets->keep_token(clean);
  return account;
}

hub::Account RealHub::who_am_i(const std::stop_token& stop) {
  return online()->api->who_am_i(stop);
}

void RealHub::sign_out() {
  parts()->secrets->forget_token();
}

void RealHub::set_proxy_password(const std::string& password) {
  parts()->secrets->keep_proxy_password(password);
  rebuild();
}

void RealHub::try_endpoint(const std::string& endpoint, const std::stop_token& stop) {
  hub::NetworkSettings settings = online()->client->settings();
  settings.endpoint = endpoint;
  settings.endpoint_gets_token = false;
  const hub::HubApi asker(std::make_shared<hub::HttpClient>(std::move(settings)));
  hub::SearchQuery query;
  query.limit = 1;
  asker.search(query, {}, stop);
}

void RealHub::check_access(const std::string& repository, const std::stop_token& stop) {
  online()->api->check_access(repository, stop);
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
  return online()->api->search(query, cursor, stop);
}

HubCard RealHub::card(const std::string& id, const std::string& revision, const std::stop_token& stop) {
  const auto all = online();
  HubCard card;
  card.info = all->api->model(id, revision, stop);
  card.tree = all->api->tree(card.info.id, card.info.commit, stop);
  card.versions = hub::versions_of(card.tree, card.info);
  for (const hub::ModelVersion& version : card.versions.versions) {
    const auto is_here = [&](const std::string& file) {
      return all->cache->find(card.info.id, card.info.commit, file).has_value();
    };
    const bool whole =
        std::ranges::all_of(version.weight_files, is_here) && std::ranges::all_of(version.other_files, is_here);
    const fs::path folder = all->cache->snapshot(card.info.id, card.info.commit);
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
    return online()->api->read_range(card.info.id, card.info.commit, file->path, 0, longest_readme, nullptr, stop);
  return online()->api->read_text(card.info.id, card.info.commit, file->path, longest_readme, stop);
}

ModelDescription RealHub::describe(const HubCard& card, const hub::ModelVersion& version, const std::stop_token& stop) {
  const std::string key = card.info.id + "\n" + card.info.commit + "\n" + version.key;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = descriptions_.find(key); known != descriptions_.end()) return known->second;
  }
  ModelDescription description = description_of(hub::read_version_head(*online()->api, card.info, card.tree, version, stop));
  const std::lock_guard lock(mutex_);
  return descriptions_.insert_or_assign(key, std::move(description)).first->second;
}

std::optional<hub::PastedModel> RealHub::pasted(const std::string& text) {
  static const std::string said =
      hub::read_environment().variables.endpoint.empty() ? std::string() : hub::read_environment().endpoint;
  const std::lock_guard lock(mutex_);
  const std::string& chosen = choices_.endpoint.empty() ? hub::NetworkSettings().endpoint : choices_.endpoint;
  return hub::parse_pasted_model(text, said.empty() ? chosen : said);
}

void RealHub::open_queue() {
  const auto all = online();
  hub::DownloadQueue::Options options;
  options.data_folder = data_;
  options.cache_root = all->environment.cache;
  if (!all->environment.symlinks) options.links = hub::Cache::Links::none;
  options.source = std::make_shared<PatientSource>(std::make_shared<hub::HubSource>(all->client));
  options.files_at_once = all->choices.files_at_once;
  auto queue = std::make_unique<hub::DownloadQueue>(std::move(options));
  {
    const std::lock_guard lock(mutex_);
    queue->set_listener(listener_);
    queue->set_speed_limit(choices_.speed_limit);
  }
  queue->start();
  queue_ = std::move(queue);
}

template <class Action>
auto RealHub::with_queue(Action action) {
  {
    const std::shared_lock lock(queue_mutex_);
    if (queue_) return action(*queue_);
  }
  const std::unique_lock lock(queue_mutex_);
  if (!queue_) open_queue();
  return action(*queue_);
}

void RealHub::listen(hub::DownloadListener listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

std::vector<hub::DownloadStatus> RealHub::downloads() {
  return with_queue([](hub::DownloadQueue& queue) { return queue.list(); });
}

void RealHub::download(hub::DownloadRequest request) {
  with_queue([&](hub::DownloadQueue& queue) { queue.add(std::move(request)); });
}

void RealHub::pause(hub::DownloadId id) {
  with_queue([&](hub::DownloadQueue& queue) { queue.pause(id); });
}

void RealHub::resume(hub::DownloadId id) {
  with_queue([&](hub::DownloadQueue& queue) { queue.resume(id); });
}

void RealHub::cancel(hub::DownloadId id, hub::CancelledFiles files) {
  with_queue([&](hub::DownloadQueue& queue) { queue.cancel(id, files); });
}

void RealHub::move(hub::DownloadId id, std::size_t index) {
  with_queue([&](hub::DownloadQueue& queue) { queue.move(id, index); });
}

LibraryScan RealHub::library(const std::stop_token& stop) {
  const auto all = parts();
  LibraryScan scan;
  add_cache(scan, hub::scan_cache(*all->cache, stop), all->cache->root().string());
  if (all->usual_cache) add_cache(scan, hub::scan_cache(*all->usual_cache, stop), all->usual_cache->root().string());
  const hub::VerifyRecords records(data_ / "checked-files");
  for (LibraryModel& model : scan.models) {
    std::optional<std::int64_t> oldest;
    for (const LibraryFile& file : model.files) {
      const auto path = all->cache_of(model).find(model.repository, model.commit, file.name);
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
    const auto all = parts();
    const hub::Cache& cache = all->cache_of(model);
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
    trashed_[gone.folder.string()] = {cache.root(), gone};
    return {gone.folder.string(), model.name, gone.bytes};
  }
  const std::string there = move_to_desktop_trash(model.path);
  const std::lock_guard lock(mutex_);
  moved_[there] = {model.path, there};
  return {there, model.name, model.bytes};
}

void RealHub::restore(const std::string& ticket) {
  const std::lock_guard lock(mutex_);
  if (const auto gone = trashed_.extract(ticket))
    return hub::restore(hub::Cache(gone.mapped().cache), gone.mapped().model);
  const auto moved = moved_.extract(ticket);
  if (!moved) fail(Errc::not_found, "{}: it is not in the Trash any more", ticket);
  if (!QFile::rename(QString::fromStdString(moved.mapped().to), QString::fromStdString(moved.mapped().from)))
    fail(Errc::io, "{}: it could not be put back", moved.mapped().from);
  const QFileInfo info(QString::fromStdString(moved.mapped().to));
  QFile::remove(info.path() + QStringLiteral("/../info/") + info.fileName() + QStringLiteral(".trashinfo"));
}

std::optional<bool> RealHub::check(const LibraryModel& model, const std::stop_token& stop) {
  if (model.repository.empty()) return {};
  const auto all = parts();
  const hub::Cache& cache = all->cache_of(model);
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
  return hub::space_at(parts()->environment.cache);
}

}  // namespace etna::gui

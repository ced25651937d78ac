#include "gui/hub/real_hub.h"

#include <QStandardPaths>
#include <algorithm>
#include <utility>

#include <ifaddrs.h>
#include <net/if.h>

#include "engine/base/error.h"
#include "gui/hub/real_hub_parts.h"
#include "hub/download_hub_source.h"
#include "hub/token.h"
#include "hub/url.h"
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

ModelDescription description_of(hub::VersionHead head) {
  ModelDescription description;
  description.name = std::move(head.name);
  description.config_json = std::move(head.config_json);
  for (hub::GgufHead& part : head.gguf_parts) description.gguf_parts.push_back({std::move(part.bytes), part.file_bytes});
  for (hub::TensorEntry& tensor : head.tensors)
    description.tensors.push_back({std::move(tensor.name), std::move(tensor.dtype), std::move(tensor.shape), tensor.bytes});
  return description;
}

}  // namespace

std::unique_ptr<HubService> make_hub_service() {
  const QString data =
      QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + QStringLiteral("/etna/hub");
  return std::make_unique<RealHub>(data.toStdString());
}

RealHub::RealHub(fs::path data, std::optional<hub::NetworkSettings> network)
    : data_(std::move(data)), network_(std::move(network)), library_(data_) {}

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
  std::vector<hub::Cache> caches{*all->cache};
  if (all->usual_cache) caches.push_back(*all->usual_cache);
  return library_.scan(caches, stop);
}

void RealHub::link_folder(const std::string& folder) {
  library_.link(folder);
}

void RealHub::unlink_folder(const std::string& folder) {
  library_.unlink(folder);
}

Trashed RealHub::trash(const LibraryModel& model) {
  return library_.trash(model);
}

void RealHub::restore(const std::string& ticket) {
  library_.restore(ticket);
}

std::optional<bool> RealHub::check(const LibraryModel& model, const std::stop_token& stop) {
  return library_.check(model, stop);
}

MovedModel RealHub::move_model(const LibraryModel& model, const std::string& folder, const MoveReport& report,
                               const std::stop_token& stop) {
  return library_.move(model, folder, report, stop);
}

void RealHub::download_elsewhere(hub::DownloadId id, const std::string& folder) {
  const std::string place = library_.new_place(folder);
  library_.link(place);
  with_queue([&](hub::DownloadQueue& queue) { queue.relocate(id, place); });
}

std::vector<Trashed> RealHub::trash_contents() {
  return library_.trash_contents();
}

void RealHub::delete_for_good(const std::string& ticket) {
  library_.delete_for_good(ticket);
}

void RealHub::listen_checks(std::function<void(const CheckNews&)> listener) {
  library_.listen_checks(std::move(listener));
}

void RealHub::hold_checks(bool hold) {
  library_.hold_checks(hold);
}

hub::Space RealHub::space() {
  return hub::space_at(parts()->environment.cache);
}

}  // namespace etna::gui

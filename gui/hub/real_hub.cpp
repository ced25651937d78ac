#include "gui/hub/real_hub.h"

#include <QStandardPaths>
#include <algorithm>

#include <ifaddrs.h>
#include <net/if.h>

#include "engine/base/error.h"
#include "hub/download_hub_source.h"
#include "hub/headers.h"
#include "hub/token.h"
#include "hub/url.h"

namespace etna::gui {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_readme = 2 << 20;
constexpr std::size_t longest_config = 1 << 20;

std::string host_of(const std::string& endpoint) {
  const auto begin = endpoint.find("://");
  const std::string rest = begin == std::string::npos ? endpoint : endpoint.substr(begin + 3);
  return rest.substr(0, rest.find('/'));
}

const hub::TreeFile& file_of(const hub::Tree& tree, const std::string& path) {
  const hub::TreeFile* file = tree.find(path);
  if (!file) fail(Errc::not_found, "{}: the repository has no such file", path);
  return *file;
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
    : data_(std::move(data)), network_(std::move(network)), library_(data_) {}

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
  ModelDescription description;
  description.name = card.info.id.substr(card.info.id.find('/') + 1);
  if (version.format == hub::WeightFormat::gguf) {
    const hub::TreeFile& file = file_of(card.tree, version.weight_files.front());
    hub::GgufHead head = hub::read_gguf_head(*parts().api, card.info.id, card.info.commit, file, stop);
    description.gguf_header = std::move(head.bytes);
    description.gguf_file_bytes = version.weight_bytes;
  } else {
    describe_safetensors(description, card, version, stop);
  }
  const std::lock_guard lock(mutex_);
  return descriptions_.insert_or_assign(key, std::move(description)).first->second;
}

void RealHub::describe_safetensors(ModelDescription& description, const HubCard& card, const hub::ModelVersion& version,
                                   const std::stop_token& stop) {
  const hub::HubApi& api = *parts().api;
  description.config_json = api.read_text(card.info.id, card.info.commit, "config.json", longest_config, stop);
  for (const std::string& path : version.weight_files) {
    const hub::SafetensorsHeader header =
        hub::read_safetensors_header(api, card.info.id, card.info.commit, file_of(card.tree, path), stop);
    for (const hub::TensorEntry& tensor : header.tensors)
      description.tensors.push_back({tensor.name, tensor.dtype, tensor.shape, tensor.bytes});
  }
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
  return library_.scan({*parts().cache}, stop);
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
  queue().relocate(id, place);
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
  return hub::space_at(parts().environment.cache);
}

}  // namespace etna::gui

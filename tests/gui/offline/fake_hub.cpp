#include "tests/gui/offline/fake_hub.h"

#include <algorithm>
#include <cstdlib>

#include "engine/engine.h"
#include "gui/hub/fit.h"
#include "hub/download_row.h"
#include "hub/problem.h"

namespace etna::gui {
namespace {

using namespace std::chrono_literals;

FakeHub* last_made = nullptr;

constexpr std::int64_t trashed_at = 1'778'700'000;

constexpr std::uint64_t chunk = 610'000'000;  // of a download, each tenth of a second

bool contains(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

[[noreturn]] void refuse(hub::Problem problem) {
  throw hub::HubError(std::move(problem));
}

}  // namespace

std::unique_ptr<HubService> make_hub_service() {
  return std::make_unique<FakeHub>();
}

FakeHub::FakeHub() : library_(fake_library(environment("ETNA_FAKE_LIBRARY", "usual"))) {
  last_made = this;
  const std::string access = environment("ETNA_FAKE_ACCESS", "");
  if (access == "token" || access == "file") token_ = "hf_made_up";
  if (access == "file") token_origin_ = hub::TokenOrigin::file;
  if (environment("ETNA_FAKE_DOWNLOADS", "") == "states") rows_ = fake_download_states();
  for (const hub::DownloadStatus& status : rows_) last_id_ = std::max(last_id_, status.id);
  thread_ = std::jthread([this](const std::stop_token& stop) { go_on(stop); });
}

FakeHub::~FakeHub() {
  thread_ = {};
  if (last_made == this) last_made = nullptr;
}

FakeHub* FakeHub::last() {
  return last_made;
}

HubAccess FakeHub::access() {
  const std::lock_guard lock(mutex_);
  const std::string place = "the desktop's password store";
  HubAccess access = {.host = "huggingface.co",
                      .offline = choices_.offline,
                      .signed_in = !token_.empty(),
                      .token_place = place,
                      .token_file = "/home/ada/.cache/huggingface/token",
                      .endpoint = "https://huggingface.co",
                      .token_origin = token_origin_,
                      .secret_place = place,
                      .has_proxy_password = !proxy_password_.empty(),
                      .cache = choices_.cache.empty() ? "/home/ada/.cache/huggingface/hub" : choices_.cache};
  if (token_origin_ == hub::TokenOrigin::file) access.token_place = access.token_file;
  if (!choices_.endpoint.empty()) {
    access.endpoint = choices_.endpoint;
    access.host = choices_.endpoint.substr(choices_.endpoint.find("://") + 3);
    access.endpoint_is_default = false;
    access.endpoint_gets_token = choices_.token_endpoint == choices_.endpoint;
  }
  if (environment("ETNA_FAKE_ACCESS", "") == "environment") {
    access.signed_in = access.offline = true;
    access.token_origin = hub::TokenOrigin::environment;
    access.token_place = "the environment variable HF_TOKEN";
    access.endpoint = "https://mirror.example.org";
    access.host = "mirror.example.org";
    access.endpoint_is_default = false;
    access.endpoint_gets_token = true;
    access.variables = {"HF_ENDPOINT", "HF_HOME", "HF_TOKEN", "HF_HUB_OFFLINE", "https_proxy", "SSL_CERT_FILE"};
  }
  return access;
}

void FakeHub::configure(const HubChoices& choices) {
  const std::lock_guard lock(mutex_);
  choices_ = choices;
}

HubChoices FakeHub::choices() {
  const std::lock_guard lock(mutex_);
  return choices_;
}

hub::Account FakeHub::sign_in(const std::string& token, const std::stop_token& stop) {
  wait(0.02, stop);
  if (contains(token, "bad")) refuse({.trouble = hub::Trouble::token_refused, .status = 401, .host = "huggingface.co"});
  if (contains(token, "broken")) refuse({.trouble = hub::Trouble::server, .status = 503, .host = "huggingface.co"});
  const std::lock_guard lock(mutex_);
  token_ = token;
  token_origin_ = hub::TokenOrigin::store;
  return {.name = "ada", .full_name = "Ada", .token_name = "laptop", .token_role = "read"};
}

hub::Account FakeHub::who_am_i(const std::stop_token& stop) {
  wait(0.02, stop);
  return {.name = "ada", .full_name = "Ada", .token_name = "laptop", .token_role = "read"};
}

void FakeHub::sign_out() {
  const std::lock_guard lock(mutex_);
  token_.clear();
  token_origin_ = hub::TokenOrigin::store;
}

void FakeHub::set_proxy_password(const std::string& password) {
  const std::lock_guard lock(mutex_);
  proxy_password_ = password;
}

void FakeHub::try_endpoint(const std::string& endpoint, const std::stop_token& stop) {
  wait(0.02, stop);
  if (contains(endpoint, "broken"))
    refuse({.trouble = hub::Trouble::unknown_host, .host = endpoint.substr(endpoint.find("://") + 3)});
}

void FakeHub::check_access(const std::string&, const std::stop_token&) {
  ++access_checks_;
  if (granted_) return;
  refuse({.trouble = hub::Trouble::gated,
          .gate = hub::Gate::waiting,
          .status = 403,
          .host = "huggingface.co",
          .server_message = "Your request to access this model is awaiting a review from the repo authors."});
}

bool FakeHub::has_network() {
  return environment("ETNA_FAKE_NETWORK", "") != "none";
}

void FakeHub::wait(double seconds, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, stop, std::chrono::duration<double>(seconds), [] { return false; });
}

hub::SearchPage FakeHub::search(const hub::SearchQuery& query, const std::string& cursor, const std::stop_token& stop) {
  ++searches_;
  bool limited = false;
  {
    const std::lock_guard lock(mutex_);
    last_query_ = query;
    limited = contains(query.text, "limited") && !std::exchange(was_limited_, true);
  }
  wait(contains(query.text, "slow") ? 2 : 0.02, stop);
  if (stop.stop_requested()) throw Error(Errc::cancelled, "stopped");
  if (limited)
    refuse(
        {.trouble = hub::Trouble::rate_limited, .retry = hub::Retry::after_delay, .retry_after = 38s, .status = 429});
  if (access().offline) refuse({.trouble = hub::Trouble::no_network, .reason = "Etna is set to stay offline."});
  if (contains(query.text, "offline") || !has_network())
    refuse({.trouble = hub::Trouble::no_network, .retry = hub::Retry::with_backoff});
  if (contains(query.text, "broken"))
    refuse(
        {.trouble = hub::Trouble::server, .retry = hub::Retry::with_backoff, .status = 503, .host = "huggingface.co"});
  hub::SearchPage page;
  if (contains(query.text, "nothing")) return page;
  for (const hub::ModelSummary& model : fake_models()) {
    const bool tagged = std::ranges::all_of(
        query.filters, [&](const std::string& tag) { return std::ranges::find(model.tags, tag) != model.tags.end(); });
    if (tagged) page.models.push_back(model);
  }
  if (contains(query.text, "pages") && cursor != "3") {
    page.next = cursor.empty() ? "2" : "3";
    for (hub::ModelSummary& model : page.models) model.id += cursor.empty() ? "-a" : "-b";
  }
  return page;
}

HubCard FakeHub::card(const std::string& id, const std::string&, const std::stop_token& stop) {
  ++cards_;
  wait(0.02, stop);
  if (stop.stop_requested()) throw Error(Errc::cancelled, "stopped");
  if (contains(id, "gone"))
    refuse({.trouble = hub::Trouble::not_found, .missing = hub::Missing::repository, .status = 401, .reason = id});
  return fake_card(id);
}

std::string FakeHub::readme(const HubCard&, const std::stop_token&) {
  return fake_readme();
}

ModelDescription FakeHub::describe(const HubCard& card, const hub::ModelVersion& version, const std::stop_token& stop) {
  ++descriptions_;
  wait(0.02, stop);
  if (contains(card.info.id, "gated") && !access().signed_in)
    refuse({.trouble = hub::Trouble::gated, .gate = hub::Gate::sign_in, .status = 401, .host = "huggingface.co"});
  if (contains(card.info.id, "gated") && !granted_)
    refuse({.trouble = hub::Trouble::gated,
            .gate = hub::Gate::ask,
            .status = 403,
            .host = "huggingface.co",
            .server_message = "You are not in the list of those who may use this model."});
  ModelDescription description;
  description.name = card.info.id;
  description.gguf_parts = {{.header = {}, .file_bytes = version.weight_bytes}};
  return description;
}

std::optional<hub::PastedModel> FakeHub::pasted(const std::string& text) {
  return hub::parse_pasted_model(text, "https://huggingface.co");
}

void FakeHub::listen(hub::DownloadListener listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

std::vector<hub::DownloadStatus> FakeHub::downloads() {
  const std::lock_guard lock(mutex_);
  return rows_;
}

hub::DownloadStatus* FakeHub::row(hub::DownloadId id) {
  const auto found = std::ranges::find(rows_, id, &hub::DownloadStatus::id);
  return found == rows_.end() ? nullptr : &*found;
}

void FakeHub::changed(hub::DownloadStatus& status) {
  status.sentence = hub::download_sentence(status);
  if (listener_.changed) listener_.changed(status);
}

void FakeHub::download(hub::DownloadRequest request) {
  const std::lock_guard lock(mutex_);
  hub::DownloadStatus status;
  status.id = ++last_id_;
  status.request = std::move(request);
  status.state = has_network() ? hub::DownloadState::downloading : hub::DownloadState::reconnecting;
  status.total_bytes = 4'900'000'000;
  status.rate = 48.3e6;
  rows_.push_back(status);
  changed(rows_.back());
}

void FakeHub::go_on(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    wait(0.1, stop);
    const std::lock_guard lock(mutex_);
    if (environment("ETNA_FAKE_DOWNLOADS", "") == "states") continue;
    for (hub::DownloadStatus& status : rows_) {
      if (status.state != hub::DownloadState::downloading) continue;
      status.done_bytes = std::min(status.total_bytes, status.done_bytes + chunk);
      if (status.done_bytes == status.total_bytes) {
        status.state = hub::DownloadState::done;
        status.folder = "/home/ada/.cache/huggingface/hub/" + status.request.repository;
      }
      changed(status);
    }
  }
}

void FakeHub::change(hub::DownloadId id, hub::DownloadState state) {
  const std::lock_guard lock(mutex_);
  hub::DownloadStatus* status = row(id);
  if (!status) return;
  status->state = state;
  status->problem = {};
  changed(*status);
}

void FakeHub::pause(hub::DownloadId id) {
  change(id, hub::DownloadState::paused);
}

void FakeHub::resume(hub::DownloadId id) {
  change(id, hub::DownloadState::downloading);
}

void FakeHub::cancel(hub::DownloadId id, hub::CancelledFiles) {
  const std::lock_guard lock(mutex_);
  std::erase_if(rows_, [&](const hub::DownloadStatus& status) { return status.id == id; });
  if (listener_.removed) listener_.removed(id);
}

void FakeHub::move(hub::DownloadId id, std::size_t index) {
  const std::lock_guard lock(mutex_);
  const auto from = std::ranges::find(rows_, id, &hub::DownloadStatus::id);
  if (from == rows_.end()) return;
  const hub::DownloadStatus status = *from;
  rows_.erase(from);
  rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(std::min(index, rows_.size())), status);
  std::vector<hub::DownloadId> order;
  for (const hub::DownloadStatus& each : rows_) order.push_back(each.id);
  if (listener_.reordered) listener_.reordered(order);
}

LibraryScan FakeHub::library(const std::stop_token&) {
  const std::lock_guard lock(mutex_);
  return library_;
}

void FakeHub::link_folder(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  library_.folders.push_back({.path = folder});
}

void FakeHub::unlink_folder(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  std::erase_if(library_.folders, [&](const LibraryFolder& each) { return each.path == folder; });
  std::erase_if(library_.models, [&](const LibraryModel& each) { return each.folder == folder; });
}

Trashed FakeHub::trash(const LibraryModel& model) {
  const std::lock_guard lock(mutex_);
  std::erase_if(library_.models, [&](const LibraryModel& each) { return each.path == model.path; });
  trash_[model.path] = model;
  return {model.path, model.name, model.bytes, trashed_at};
}

void FakeHub::restore(const std::string& ticket) {
  const std::lock_guard lock(mutex_);
  if (const auto found = trash_.extract(ticket)) library_.models.push_back(found.mapped());
}

std::optional<bool> FakeHub::check(const LibraryModel& model, const std::stop_token&) {
  if (model.repository.empty()) return {};
  return !contains(model.name, "damaged");
}

hub::Space FakeHub::space() {
  const bool small = environment("ETNA_FAKE_DISK", "") == "small";
  return {.available = small ? 1'400'000'000u : 212'000'000'000u, .total = 512'000'000'000};
}

MovedModel FakeHub::move_model(const LibraryModel& model, const std::string& folder, const MoveReport& report,
                               const std::stop_token& stop) {
  if (contains(folder, "full")) throw hub::DownloadError(Errc::io, hub::disk_full(folder, 3'100'000'000));
  const int steps = contains(folder, "slow") ? 1000 : 4;
  for (int step = 0; step < steps; ++step) {
    report(hub::CopyPhase::copying, model.bytes / 7 * 3, model.bytes);
    wait(0.05, stop);
    if (stop.stop_requested()) throw Error(Errc::cancelled, "stopped");
  }
  report(hub::CopyPhase::checking, model.bytes / 2, model.bytes);
  const Trashed old = trash(model);
  const std::lock_guard lock(mutex_);
  LibraryModel moved = model;
  moved.path = folder + "/" + model.name;
  moved.folder = folder;
  moved.owner = FolderOwner::user;
  library_.models.push_back(moved);
  return {moved.path, old, {}};
}

void FakeHub::download_elsewhere(hub::DownloadId id, const std::string& folder) {
  const std::lock_guard lock(mutex_);
  hub::DownloadStatus* status = row(id);
  if (!status) return;
  status->root = folder;
  status->state = hub::DownloadState::downloading;
  status->missing_space = 0;
  changed(*status);
}

std::vector<Trashed> FakeHub::trash_contents() {
  const std::lock_guard lock(mutex_);
  std::vector<Trashed> things;
  for (const auto& [path, model] : trash_) things.push_back({path, model.name, model.bytes, trashed_at});
  return things;
}

void FakeHub::delete_for_good(const std::string& ticket) {
  const std::lock_guard lock(mutex_);
  trash_.erase(ticket);
}

void FakeHub::listen_checks(std::function<void(const CheckNews&)> listener) {
  const std::lock_guard lock(mutex_);
  check_listener_ = std::move(listener);
}

void FakeHub::hold_checks(bool hold) {
  checks_held_ = hold;
}

void FakeHub::tell_check(const CheckNews& news) {
  const std::lock_guard lock(mutex_);
  if (check_listener_) check_listener_(news);
}

hub::SearchQuery FakeHub::last_query() {
  const std::lock_guard lock(mutex_);
  return last_query_;
}

void FakeHub::tell(hub::DownloadStatus status) {
  const std::lock_guard lock(mutex_);
  if (hub::DownloadStatus* known = row(status.id)) {
    *known = status;
    return changed(*known);
  }
  rows_.push_back(std::move(status));
  changed(rows_.back());
}

void FakeHub::set_library(LibraryScan scan) {
  const std::lock_guard lock(mutex_);
  library_ = std::move(scan);
}

}  // namespace etna::gui

namespace etna {

/// Of the made-up engine: sizes of the description in place of the name's.
LoadEstimate Engine::estimate(const ModelDescription& model, const LoadRequest& request) const {
  if (model.name.find("Mamba") != std::string::npos)
    throw Error(Errc::unsupported, "architecture ‘mamba2’ is not one that Etna knows");
  LoadRequest by_name = request;
  by_name.path = "/hub/" + (model.name.empty() ? std::string("model") : model.name);
  std::uint64_t weights = 0;
  for (const ModelDescription::GgufPart& part : model.gguf_parts) weights += part.file_bytes;
  for (const ModelDescription::Tensor& tensor : model.tensors) weights += tensor.bytes;
  const LoadEstimate named = estimate(by_name);
  return weights == 0 ? named : gui::sibling_estimate(named, named.weight_bytes(), weights);
}

}  // namespace etna

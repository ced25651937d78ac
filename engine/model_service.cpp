#include "engine/model_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "engine/base/amount.h"
#include "engine/base/error.h"
#include "engine/base/log.h"
#include "engine/io/starter_model.h"
#include "engine/session/chat_batch.h"
#include "engine/session/chat_prompt.h"
#include "engine/session/chat_session.h"
#include "engine/session/memory_policy.h"
#include "engine/session/memory_status.h"
#include "engine/session/model_internals.h"

namespace etna {

namespace {

constexpr const char* starter_name = "Etna Starter";

bool is_starter(const LoadRequest& request) { return request.path.empty() || request.path == starter_model_folder().string(); }

std::string name_of(const LoadRequest& request) {
  if (is_starter(request)) return starter_name;
  const std::filesystem::path path = std::filesystem::path(request.path).lexically_normal();
  return (path.has_filename() ? path.filename() : path.parent_path().filename()).string();
}

}  // namespace

ModelService::ModelService(Parts parts)
    : now_(parts.now),
      devices_(ledger_, std::move(parts.open)),
      monitor_(std::move(parts.pressure), parts.now),
      events_(parts.now),
      models_(parts.now),
      prompts_({.allocator = [this] { return prompt_allocator(); },
                .may_grow = [this] { return monitor_.read().level < PressureLevel::tight; }}),
      guard_(monitor_, events_,
             {.drop_caches = [this] { return drop_caches(); },
              .unload_idle = [this](double seconds, const std::string& why) { return unload_idle(seconds, why); }},
             parts.now),
      health_(parts.now) {
  set_memory_policy({});
  // Whatever is short of memory gets that of kept prompts first.
  ledger_->add_allocator(&prompts_, [this] {
    std::shared_ptr<Allocator> allocator;
    {
      const std::lock_guard lock(mutex_);
      allocator = prompt_allocator_;
    }
    if (prompts_.try_drop() > 0 && allocator) allocator->clear_cache();
  });
  ledger_->limit(system_pool());  // the computer's memory is reported from the beginning
}

ModelService::~ModelService() { ledger_->remove_trim(&prompts_); }

LoadRequest ModelService::with_path(LoadRequest request) {
  if (request.path.empty()) request.path = starter_model_folder().string();
  if (request.path.empty()) fail(Errc::not_found, "the starter model that belongs to Etna is missing; install Etna again or choose a model folder");
  return request;
}

ModelInfo ModelService::load(const LoadRequest& asked, const std::function<void(LoadProgress)>& progress, const std::stop_token& stop) {
  Progress{{}, stop}.check("loading the model");  // before anything goes for it
  LoadRequest request = with_path(asked);
  const OpenDevice device = devices_.open(request.device);
  device_at_work_ = device.info.id;
  const LoadEstimate estimate = admit(request, device);
  if (request.layers_on_device < 0 && estimate.layers_on_device < estimate.layers) request.layers_on_device = estimate.layers_on_device;
  ModelInfo info = load_admitted(request, device, models_.next_id(), progress, stop);
  const std::vector<MemoryReport> reports = ledger_->report();
  events_.add(MemoryEvent::Kind::loaded, fmt::format("Loaded {} ({})", info.name, amount(held_bytes(*models_.find(info.id), reports))));
  return info;
}

LoadEstimate ModelService::admit(const LoadRequest& request, const OpenDevice& device) {
  try {
    guard_.check_start(name_of(request));
  } catch (const Error& error) {
    events_.add(MemoryEvent::Kind::refused, error.what());
    throw;
  }
  std::vector<ModelId> evicted;
  const LoadEstimate estimate = estimator_.estimate(request, *device.backend, situation(request, device));
  if (estimate.missing_bytes > 0 && request.admission != Admission::force) {
    if (request.admission == Admission::make_room) evicted = make_room(request, device, estimate.missing_bytes);
    if (evicted.empty()) refuse(request, estimate);
  }
  // Nothing goes before it is certain that this is enough.
  if (request.replaces != 0) unload_saying(request.replaces, MemoryEvent::Kind::unloaded, {});
  for (const ModelId model : evicted) unload_saying(model, MemoryEvent::Kind::evicted, "to make room for " + name_of(request));
  return estimate;
}

/// The idle models that must go, longest unused first, without those that would not help; none if that is not enough.
std::vector<ModelId> ModelService::make_room(const LoadRequest& request, const OpenDevice& device, std::uint64_t missing) const {
  std::vector<ModelId> gone;
  for (const ResidentModel& model : unload_order(models_.list())) {
    if (model.info.id == request.replaces) continue;
    gone.push_back(model.info.id);
    const LoadEstimate estimate = estimator_.estimate(request, *device.backend, situation(request, device, gone));
    if (estimate.missing_bytes == 0) return gone;
    if (estimate.missing_bytes >= missing) gone.pop_back();
    missing = std::min(missing, estimate.missing_bytes);
  }
  return {};
}

void ModelService::refuse(const LoadRequest& request, const LoadEstimate& estimate) {
  std::string sentence = fmt::format("{} needs {}; {} may be used", name_of(request), amount(estimate.total()), amount(estimate.usable_bytes));
  for (const LoadEstimate::Room& room : estimate.unloading) {
    sentence += fmt::format("{} {} would free {}", &room == &estimate.unloading.front() ? ". Unloading" : ",", room.name, amount(room.frees_bytes));
  }
  if (estimate.longest_context > 0 && estimate.longest_context < estimate.context_length) {
    sentence += fmt::format(". A context of {} tokens fits", estimate.longest_context);
  }
  events_.add(MemoryEvent::Kind::refused, sentence);
  fail(Errc::out_of_memory, "{}", sentence);
}

ModelInfo ModelService::load_admitted(const LoadRequest& request, const OpenDevice& device, ModelId id,
                                      const std::function<void(LoadProgress)>& report, const std::stop_token& stop) {
  const bool forced = request.admission == Admission::force;
  const std::uint64_t others_before = others_bytes();
  const auto patience = forced ? MemoryGuard::Patience::none : MemoryGuard::Patience::as_long_as_possible;
  const Progress progress{[&](std::uint64_t done, std::uint64_t total) {
                            guard_.check("Loading was stopped", patience);
                            if (report) report({done, total});
                          },
                          stop};
  const ModelHostOptions options{.activations = request.activations,
                                 .context_length = request.context_length,
                                 .kv_cache = request.kv_cache,
                                 .adapter = request.adapter,
                                 .draft_model = request.draft_model,
                                 .layers_on_device = request.layers_on_device,
                                 .processor = request.layers_on_device >= 0 ? devices_.open("cpu").backend : nullptr,
                                 .limits = forced ? LimitRule::ignore : LimitRule::hold};
  const PhaseScope phase(*ledger_, MemoryPhase::loading);
  const auto quiet = prompts_.pause_disk();
  std::unique_ptr<ModelHost> host;
  try {
    host = ModelHost::load(request.path, device.backend, options, progress);
    progress.check("loading the model");
  } catch (const Error& error) {
    if (error.code() != Errc::out_of_memory) throw;
    const std::uint64_t others = others_bytes();
    std::string sentence = error.what();
    if (others > others_before) sentence += fmt::format("; other programs took {} meanwhile", amount(others - others_before));
    events_.add(MemoryEvent::Kind::out_of_memory, fmt::format("{}: {}", name_of(request), sentence));
    fail(Errc::out_of_memory, "{}", sentence);
  }
  ModelInfo info = host->info();
  info.id = id;
  info.device = device.info.name;
  info.device_id = device.info.id;
  info.is_starter = is_starter(request);
  if (info.is_starter) info.name = host->internals().info.name = starter_name;
  if (host->tokenizer()) describe_thinking(*host->tokenizer(), info);
  if (!info.has_chat_template) info.warnings.push_back("This model has no chat template: it continues your text instead of answering.");
  LoadRequest kept = request;
  kept.replaces = 0;  // is gone
  models_.add(std::move(kept), info, std::move(host));
  return info;
}

RunStatistics ModelService::chat(const ChatRequest& asked, ChatSink sink, const std::stop_token& stop) {
  RunStatistics statistics;
  const ChatRequest request = with_snapshot(asked);
  const auto quiet = prompts_.pause_disk();
  work_with(request.model, [&](ModelHost& host) { statistics = run_chat(host, request, guarded(std::move(sink)), stop, caches()); });
  return statistics;
}

void ModelService::chat_batch(std::span<const ChatRequest> requests, int rows, const std::function<ChatSink(std::size_t)>& sink_of,
                              const std::function<void(std::size_t, RunStatistics)>& answered, const std::stop_token& stop) {
  if (requests.empty()) return;
  const ModelId model = requests.front().model;
  if (!std::ranges::all_of(requests, [&](const ChatRequest& request) { return request.model == model; })) {
    fail(Errc::invalid_argument, "a batch of requests: they are for different models");
  }
  const auto quiet = prompts_.pause_disk();
  const auto sinks = [&](std::size_t index) { return guarded(sink_of(index)); };
  work_with(model, [&](ModelHost& host) { run_chat_batch(host, requests, rows, sinks, answered, stop); });
}

void ModelService::work_with(ModelId model, const std::function<void(ModelHost&)>& work) {
  ModelHost& host = models_.use(model);
  const ModelInfo info = models_.find(model)->info;
  const auto busy = models_.keep_busy(info.id);  // it looks around while it works: others may go, not this one
  device_at_work_ = info.device_id;
  try {
    work(host);
  } catch (const Error& error) {
    if (error.code() == Errc::out_of_memory) events_.add(MemoryEvent::Kind::out_of_memory, fmt::format("{}: {}", info.name, error.what()));
    if (error.code() == Errc::io && host.has_damaged_files()) {
      unload_saying(info.id, MemoryEvent::Kind::unloaded, fmt::format("because its file cannot be read: {}", error.what()));
    }
    throw;
  }
}

ChatSink ModelService::guarded(ChatSink sink) {
  sink.step = [this] { guard_.check("The reply was stopped"); };
  return sink;
}

void ModelService::unload(ModelId model) {
  if (model != 0) return unload_saying(model, MemoryEvent::Kind::unloaded, {});
  for (const ResidentModel& each : models_.list()) unload_saying(each.info.id, MemoryEvent::Kind::unloaded, {});
}

std::optional<ModelService::Freed> ModelService::remove(ModelId model) {
  const std::vector<MemoryReport> before = ledger_->report();
  const std::optional<ResidentModel> removed = models_.remove(model);
  if (!removed) return std::nullopt;
  return Freed{removed->info.name, held_bytes(*removed, before)};
}

void ModelService::unload_saying(ModelId model, MemoryEvent::Kind kind, const std::string& why) {
  const std::optional<Freed> freed = remove(model);
  if (!freed) return;
  events_.add(kind, fmt::format("Unloaded {} ({}){}{}", freed->name, amount(freed->bytes), why.empty() ? "" : " ", why));
}

bool ModelService::unload_idle(double least_idle_seconds, const std::string& why) {
  for (const ResidentModel& model : unload_order(models_.list(), least_idle_seconds)) {
    const bool beyond_limits = model.request.admission == Admission::force;
    if (beyond_limits && least_idle_seconds > 0) continue;  // that memory gets tight was accepted
    unload_saying(model.info.id, MemoryEvent::Kind::evicted, "to keep the system responsive: " + why);
    return true;
  }
  return false;
}

void ModelService::unload_unused() {
  const MemoryPolicy policy = memory_policy();
  for (const ResidentModel& model : models_.list()) {
    if (model.busy || unloads_in(model, policy).value_or(1) > 0) continue;
    unload_saying(model.info.id, MemoryEvent::Kind::unloaded, fmt::format("after {} without use", duration_text(model.idle_seconds)));
  }
}

std::string ModelService::recover_device() {
  const std::string device = device_at_work_;
  const DeviceHealth::Advice advice = health_.lost(device);
  std::vector<ResidentModel> lost;
  std::ranges::copy_if(models_.list(), std::back_inserter(lost), [&](const ResidentModel& model) { return model.info.device_id == device; });
  for (const ResidentModel& model : lost) models_.remove(model.info.id);
  estimator_.clear();
  devices_.forget(device);
  events_.add(MemoryEvent::Kind::device_lost, fmt::format("Device {} was lost with {} loaded model{}", device, lost.size(), lost.size() == 1 ? "" : "s"));
  if (advice == DeviceHealth::Advice::stop) return health_.sentence(device, advice, 0);
  int reloaded = 0;
  std::string problems;
  for (const ResidentModel& model : lost) {
    try {
      load_admitted(model.request, devices_.open(device), model.info.id, {}, {});
      models_.set_pinned(model.info.id, model.pinned);
      ++reloaded;
    } catch (const Error& error) {
      log::warning("device {}: loading {} again failed: {}", device, model.info.name, error.what());
      problems += fmt::format(" Loading {} again failed: {}.", model.info.name, error.what());
      if (error.code() != Errc::device_lost) continue;
      health_.lost(device);
      devices_.forget(device);
      break;
    }
  }
  return health_.sentence(device, advice, reloaded) + problems;
}

std::optional<std::chrono::milliseconds> ModelService::tick() {
  std::optional<double> seconds;
  try {
    if (!models_.empty()) guard_.look();
    unload_unused();
    seconds = seconds_to_next();
  } catch (const std::exception& error) {  // there is nobody to tell, and the next look may do better
    log::warning("looking after memory failed: {}", error.what());
    seconds = std::chrono::duration<double>(MemoryGuard::interval).count();
  }
  if (!seconds) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000) + 1);
}

std::optional<double> ModelService::seconds_to_next() const {
  const std::vector<ResidentModel> models = models_.list();
  if (models.empty()) return std::nullopt;
  const MemoryPolicy policy = memory_policy();
  double seconds = std::chrono::duration<double>(MemoryGuard::interval).count();
  for (const ResidentModel& model : models) {
    if (!model.busy) seconds = std::min(seconds, unloads_in(model, policy).value_or(seconds));
  }
  return seconds;
}

}  // namespace etna

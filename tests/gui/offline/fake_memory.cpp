#include "tests/gui/offline/fake_memory.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <string_view>

namespace etna {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t starter_bytes = 10'640'000;
constexpr std::uint64_t starter_context = 1024;
constexpr std::uint64_t usual_context = 8192;
constexpr std::uint64_t trained_context = 40'960;
constexpr int all_layers = 32;

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

double in_gib(std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(gib);
}

Fit fit_of(std::uint64_t total, std::uint64_t usable) {
  if (total > usable || usable == 0) return Fit::too_big;
  const double share = static_cast<double>(total) / static_cast<double>(usable);
  return share <= 0.7 ? Fit::fits_well : share <= 0.9 ? Fit::tight : Fit::very_tight;
}

std::uint64_t context_bytes(bool starter, std::uint64_t tokens, int bits) {
  const std::uint64_t bytes = tokens * (starter ? 24 * 1024 : 128 * 1024);
  return bits == 0 ? bytes : bytes * static_cast<std::uint64_t>(bits) / 16;
}

}  // namespace

std::string fake_name(const std::string& path) {
  return path.empty() ? "Etna Starter" : path.substr(path.find_last_of('/') + 1);
}

std::uint64_t fake_weights(const std::string& path) {
  if (path.empty()) return starter_bytes;
  const std::string name = fake_name(path);
  for (std::size_t i = 0; i + 1 < name.size(); ++i) {
    const bool begins = std::isdigit(static_cast<unsigned char>(name[i])) &&
                        (i == 0 || (!std::isdigit(static_cast<unsigned char>(name[i - 1])) && name[i - 1] != '.'));
    if (!begins) continue;
    std::size_t end = i;
    while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end]))) ++end;
    if (end < name.size() && name[end] == 'B')
      return static_cast<std::uint64_t>(std::atof(name.substr(i, end - i).c_str()) * 0.625e9);
  }
  return contains(path, "toobig") ? 17'500'000'000 : 2'500'000'000;
}

std::optional<Failure> fake_failure(const std::string& path) {
  const auto fail_with = [](Errc code, std::string message) { return Failure{code, std::move(message)}; };
  if (contains(path, "damaged"))
    return fail_with(
        Errc::corrupt,
        "model.safetensors: tensor model.layers.3.mlp.up_proj.weight ends at byte 41 943 040, the file has 39 845 888");
  if (contains(path, "unsupported"))
    return fail_with(Errc::unsupported, "config.json: model_type “mamba2” is not one that Etna knows");
  if (contains(path, "missing"))
    return fail_with(Errc::not_found, "model-00002-of-00003.safetensors is named in the index but not in the folder");
  if (contains(path, "unreadable")) return fail_with(Errc::io, "model.safetensors: reading failed at byte 8 388 608");
  if (contains(path, "runsout"))
    return fail_with(Errc::out_of_memory, "Other programs took 2.1 GiB while the model was loading");
  return {};
}

FakeMemory::FakeMemory() : story_(!environment("ETNA_FAKE_STORY").empty()) {}

double FakeMemory::now() const {
  if (story_) return 1000 + 0.5 * story_step_;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool FakeMemory::discrete() const {
  return environment("ETNA_FAKE_MEMORY") == "discrete";
}

std::vector<MemoryPoolStatus> FakeMemory::empty_pools() const {
  MemoryPoolStatus system;
  system.id = "system";
  system.name = "System memory";
  system.total_bytes = discrete() ? 33'500'000'000 : 16'642'998'272;
  system.other_bytes = 3'100'000'000;
  system.app_bytes = 96 * mib;
  system.limit_bytes = discrete() ? 26 * gib : 12 * gib;
  std::vector<MemoryPoolStatus> pools = {system};
  if (discrete()) {
    MemoryPoolStatus card;
    card.id = "gpu:0";
    card.name = "NVIDIA GeForce RTX 4070";
    card.is_system = false;
    card.total_bytes = 12'878'610'432;
    card.other_bytes = 700 * mib;
    card.limit_bytes = 11 * gib;
    card.note = "This driver does not report its memory budget. Etna uses its own count.";
    pools.push_back(card);
  }
  if (policy_.guardrail == Guardrail::careful) pools.front().limit_bytes -= 2 * gib;
  if (policy_.guardrail == Guardrail::off) pools.front().limit_bytes += gib / 2;
  return pools;
}

/// With everything that is loaded; the sums are exact.
std::vector<MemoryPoolStatus> FakeMemory::pools() const {
  std::vector<MemoryPoolStatus> pools = empty_pools();
  for (const Model& model : models_) {
    for (MemoryPoolStatus& pool : pools) {
      const auto part = std::ranges::find(model.estimate.pools, pool.id, &PoolEstimate::pool);
      if (part == model.estimate.pools.end()) continue;
      const auto add = [&](const char* tag, std::uint64_t bytes) {
        if (bytes > 0) pool.uses.push_back({model.name, tag, bytes, bytes + bytes / 50, model.id});
      };
      add("weights", part->weight_bytes);
      add("kv_cache", part->kv_cache_bytes);
      add("activations", part->working_bytes);
      pool.mapped_bytes += pool.is_system ? part->weight_bytes : 0;
    }
  }
  MemoryPoolStatus& home = pools.back();
  if (prompt_cache_ > 0) home.uses.push_back({"engine", "prompt_cache", prompt_cache_, prompt_cache_, 0});
  if (working_ > 0) home.uses.push_back({"engine", "activations", working_, working_, 0});
  if (!models_.empty()) home.cached_bytes = 4'194'304;
  std::uint64_t left = policy_.limit_bytes > 0 ? policy_.limit_bytes : ~std::uint64_t{0};
  for (MemoryPoolStatus& pool : pools) {
    for (const MemoryUse& use : pool.uses) pool.live_bytes += use.bytes;
    pool.peak_bytes = pool.live_bytes + pool.live_bytes / 20;
    pool.limit_bytes = std::min(pool.limit_bytes, left);
    left -= pool.limit_bytes;
    pool.free_bytes = pool.limit_bytes > pool.live_bytes ? pool.limit_bytes - pool.live_bytes : 0;
  }
  return pools;
}

LoadEstimate FakeMemory::estimate_of(const LoadRequest& request) const {
  const bool starter = request.path.empty();
  const std::uint64_t weights = fake_weights(request.path);
  LoadEstimate estimate;
  estimate.trained_context_length = starter ? starter_context : trained_context;
  estimate.context_length = request.context_length > 0
                                ? std::min(request.context_length, estimate.trained_context_length)
                                : std::min(estimate.trained_context_length, usual_context);
  estimate.layers = starter ? 8 : all_layers;
  estimate.device = request.device == "cpu" ? "cpu" : "vulkan:0";
  estimate.mapped_bytes = weights;
  const std::uint64_t context = context_bytes(starter, estimate.context_length, request.kv_cache.key_bits);
  const std::uint64_t working = starter ? 6 * mib : 300 * mib;
  const std::vector<MemoryPoolStatus> before = pools();
  const bool split = discrete() && estimate.device != "cpu";
  int on_device = estimate.layers;
  if (split) {
    const std::uint64_t room =
        before.back().free_bytes > context + working ? before.back().free_bytes - context - working : 0;
    const auto fitting =
        static_cast<int>(room / std::max<std::uint64_t>(1, weights / static_cast<std::uint64_t>(estimate.layers)));
    on_device = request.layers_on_device >= 0 ? request.layers_on_device : fitting;
    on_device = std::clamp(on_device, 0, estimate.layers);
  }
  estimate.layers_on_device = on_device;
  estimate.slowdown = 1 + 5.0 * (estimate.layers - on_device) / estimate.layers;
  const std::uint64_t there =
      split ? weights / static_cast<std::uint64_t>(estimate.layers) * static_cast<std::uint64_t>(on_device) : 0;
  PoolEstimate system{.pool = "system", .weight_bytes = weights - there};
  if (split) {
    estimate.pools = {system,
                      {.pool = "gpu:0", .weight_bytes = there, .kv_cache_bytes = context, .working_bytes = working}};
  } else {
    system.kv_cache_bytes = context;
    system.working_bytes = working;
    estimate.pools = {system};
  }
  return estimate;
}

/// Against what is free now.
void FakeMemory::judge(LoadEstimate& estimate, const LoadRequest& request) const {
  const std::vector<MemoryPoolStatus> now_pools = pools();
  std::uint64_t replaced = 0;
  for (const Model& model : models_) replaced += model.id == request.replaces ? model.estimate.total() : 0;
  for (PoolEstimate& part : estimate.pools) {
    const auto pool = std::ranges::find(now_pools, part.pool, &MemoryPoolStatus::id);
    part.usable_bytes = pool->free_bytes + (estimate.pools.size() == 1 || !pool->is_system ? replaced : 0);
    estimate.usable_bytes += part.usable_bytes;
  }
  const std::uint64_t total = estimate.total();
  estimate.fit = fit_of(total, estimate.usable_bytes);
  estimate.missing_bytes = total > estimate.usable_bytes ? total - estimate.usable_bytes : 0;

  const bool starter = request.path.empty();
  const auto total_with = [&](std::uint64_t tokens, int bits) {
    return total - estimate.kv_cache_bytes() + context_bytes(starter, tokens, bits);
  };
  for (std::uint64_t tokens = 256; tokens <= estimate.trained_context_length; tokens += 256) {
    if (total_with(tokens, request.kv_cache.key_bits) <= estimate.usable_bytes) estimate.longest_context = tokens;
  }
  if (estimate.fit != Fit::too_big) return;
  for (const int bits : {8, 4}) {
    const std::uint64_t packed = total_with(estimate.context_length, bits);
    if (packed > estimate.usable_bytes || packed >= total || estimate.suggested_kv_bits > 0) continue;
    estimate.suggested_kv_bits = bits;
    estimate.suggested_kv_total = packed;
  }
  for (const Model& model : models_) {
    if (model.pinned || model.busy || model.id == request.replaces) continue;
    const std::uint64_t frees = model.estimate.total();
    estimate.unloading.push_back({model.id, model.name, frees, fit_of(total, estimate.usable_bytes + frees)});
  }
}

LoadEstimate FakeMemory::estimate(const LoadRequest& request) {
  if (const auto failure = fake_failure(request.path); failure && failure->code != Errc::out_of_memory)
    throw Error(failure->code, failure->message);
  const std::lock_guard lock(mutex_);
  LoadEstimate estimate = estimate_of(request);
  judge(estimate, request);
  return estimate;
}

std::optional<Failure> FakeMemory::admit(const LoadRequest& request) {
  const std::lock_guard lock(mutex_);
  if (request.replaces != 0) let_go(request.replaces, MemoryEvent::Kind::unloaded, "Unloaded {}");
  LoadEstimate estimate = estimate_of(request);
  judge(estimate, request);
  if (estimate.fit != Fit::too_big || request.admission == Admission::force) return {};
  if (request.admission == Admission::make_room) {
    for (const LoadEstimate::Room& room : estimate.unloading) {
      let_go(room.model, MemoryEvent::Kind::evicted, "Unloaded {} to make room");
      LoadEstimate next = estimate_of(request);
      judge(next, request);
      if (next.fit != Fit::too_big) return {};
    }
  }
  std::string sentence = fmt::format("The model needs {:.1f} GiB; {:.1f} GiB may be used", in_gib(estimate.total()),
                                     in_gib(estimate.usable_bytes));
  tell(MemoryEvent::Kind::refused, fmt::format("Refused {}: {}", fake_name(request.path), sentence));
  return Failure{Errc::out_of_memory, sentence};
}

ModelId FakeMemory::add(const LoadRequest& request) {
  const std::lock_guard lock(mutex_);
  return add_model(request);
}

ModelId FakeMemory::add_model(const LoadRequest& request) {
  Model model;
  model.id = ++last_id_;
  model.name = fake_name(request.path);
  model.path = request.path;
  model.adapter = request.adapter;
  model.estimate = estimate_of(request);
  model.kv_bits = request.kv_cache.key_bits;
  model.used_at = now();
  if (contains(request.path, "evicted") || contains(request.path, "idle")) model.leaves_at = now() + 0.3;
  model.evicted = contains(request.path, "evicted");
  tell(MemoryEvent::Kind::loaded, fmt::format("Loaded {} ({:.1f} GiB)", model.name, in_gib(model.estimate.total())));
  models_.push_back(std::move(model));
  return models_.back().id;
}

void FakeMemory::tell(MemoryEvent::Kind kind, const std::string& sentence) {
  events_.push_back({events_.size() + 1, now(), kind, sentence});
}

void FakeMemory::let_go(ModelId id, MemoryEvent::Kind kind, const std::string& why) {
  const auto model = std::ranges::find(models_, id, &Model::id);
  if (model == models_.end()) return;
  tell(kind, fmt::format(fmt::runtime(why), model->name));
  models_.erase(model);
}

void FakeMemory::remove(ModelId id, MemoryEvent::Kind kind, const std::string& why) {
  const std::lock_guard lock(mutex_);
  let_go(id, kind, why);
}

void FakeMemory::remove_all() {
  const std::lock_guard lock(mutex_);
  while (!models_.empty()) let_go(models_.back().id, MemoryEvent::Kind::unloaded, "Unloaded {}");
}

void FakeMemory::set_busy(ModelId id, bool busy) {
  const std::lock_guard lock(mutex_);
  for (Model& model : models_) {
    if (model.id != id) continue;
    model.busy = busy;
    model.used_at = now();
  }
}

void FakeMemory::set_pinned(ModelId id, bool pinned) {
  const std::lock_guard lock(mutex_);
  for (Model& model : models_) model.pinned = model.id == id ? pinned : model.pinned;
}

bool FakeMemory::has(ModelId id) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::find(models_, id, &Model::id) != models_.end();
}

ModelId FakeMemory::last_used() const {
  const std::lock_guard lock(mutex_);
  const auto latest = std::ranges::max_element(models_, {}, &Model::used_at);
  return latest == models_.end() ? 0 : latest->id;
}

std::string FakeMemory::adapter_of(ModelId id) const {
  const std::lock_guard lock(mutex_);
  const auto model = std::ranges::find(models_, id, &Model::id);
  return model == models_.end() ? std::string() : model->adapter;
}

std::string FakeMemory::path_of(ModelId id) const {
  const std::lock_guard lock(mutex_);
  const auto model = std::ranges::find(models_, id, &Model::id);
  return model == models_.end() ? std::string() : model->path;
}

void FakeMemory::set_policy(const MemoryPolicy& policy) {
  const std::lock_guard lock(mutex_);
  policy_ = policy;
}

MemoryPolicy FakeMemory::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

std::uint64_t FakeMemory::drop_caches() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t bytes = prompt_cache_;
  if (bytes > 0)
    tell(MemoryEvent::Kind::cache_dropped, fmt::format("Cleared saved prompts ({:.1f} GiB)", in_gib(bytes)));
  prompt_cache_ = 0;
  return bytes;
}

void FakeMemory::leave_in_time() {
  for (const Model& model : std::vector<Model>(models_)) {
    if (model.leaves_at < 0 || model.leaves_at > now()) continue;
    if (model.evicted) {
      let_go(model.id, MemoryEvent::Kind::evicted, "Unloaded {}: memory pressure was critical for 4 s");
    } else {
      let_go(model.id, MemoryEvent::Kind::unloaded, "{} was unloaded after 15 min without use");
    }
  }
}

/// A minute in half seconds: two models come, one writes, prompts are saved, one goes.
void FakeMemory::go_on_with_story() {
  const int step = ++story_step_;
  LoadRequest request;
  switch (step) {
    case 18: request.path = "/models/Qwen3-8B"; break;
    case 66: request.path = "/models/Llama-3.2-3B"; break;
    case 104: let_go(last_id_, MemoryEvent::Kind::evicted, "Unloaded {} to keep the system responsive"); break;
    default: break;
  }
  if (!request.path.empty()) add_model(request);
  working_ = step >= 34 && step < 92 ? 180 * mib + static_cast<std::uint64_t>((step * 37) % 11) * 34 * mib : 0;
  if (step >= 46 && step < 98) prompt_cache_ = static_cast<std::uint64_t>(std::min(step - 45, 24)) * 48 * mib;
  if (step == 98) {
    tell(MemoryEvent::Kind::cache_dropped, "Gave back half of the saved prompts");
    prompt_cache_ /= 2;
  }
}

MemoryStatus FakeMemory::status() {
  const std::lock_guard lock(mutex_);
  if (story_) go_on_with_story();
  leave_in_time();
  MemoryStatus status;
  status.seconds = now();
  const std::string pressure = environment("ETNA_FAKE_PRESSURE");
  status.pressure = pressure == "busy"       ? MemoryPressure::busy
                    : pressure == "tight"    ? MemoryPressure::tight
                    : pressure == "critical" ? MemoryPressure::critical
                                             : MemoryPressure::calm;
  status.some_avg10 = 1.5 + 13 * static_cast<int>(status.pressure);
  status.full_avg10 = 0.4 + 4 * static_cast<int>(status.pressure);
  status.pressure_known = true;
  status.pools = pools();
  for (const MemoryPoolStatus& pool : status.pools) status.limit_bytes += pool.limit_bytes;
  for (const MemoryPoolStatus& pool : empty_pools()) status.recommended_limit_bytes += pool.limit_bytes;
  for (const Model& model : models_) {
    LoadedModelStatus loaded;
    loaded.id = model.id;
    loaded.name = model.name;
    loaded.path = model.path;
    loaded.device = "AMD Radeon 780M";
    loaded.context_length = model.estimate.context_length;
    loaded.settings = fmt::format("{} tokens of context · {}", model.estimate.context_length,
                                  model.kv_bits == 0 ? "f16" : fmt::format("{} bit", model.kv_bits));
    loaded.bytes = loaded.unload_frees = model.estimate.total();
    loaded.idle_seconds = now() - model.used_at;
    if (policy_.idle_unload_seconds > 0 && !model.pinned)
      loaded.unloads_in_seconds = std::max(0.0, policy_.idle_unload_seconds - loaded.idle_seconds);
    loaded.busy = model.busy;
    loaded.pinned = model.pinned;
    status.models.push_back(loaded);
  }
  status.peaks = {{"loading", 5 * gib}, {"reading a prompt", 6 * gib + 300 * mib}, {"writing", 6 * gib}};
  status.details = {"Device: AMD Radeon 780M, RADV, Mesa 22.3.6", "Heap 0: 15.5 GiB, budget 12.9 GiB, in use 6.1 GiB",
                    "Allocator: 41 slabs, 3.2 % lost to rests of them", "Page size: 4 KiB"};
  status.last_event = events_.size();
  return status;
}

std::vector<MemoryEvent> FakeMemory::events(std::uint64_t after) const {
  const std::lock_guard lock(mutex_);
  std::vector<MemoryEvent> later;
  for (const MemoryEvent& event : events_) {
    if (event.number > after) later.push_back(event);
  }
  return later;
}

}  // namespace etna

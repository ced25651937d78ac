// What ModelService says of memory, and what may be asked of it from any thread.
#include <algorithm>
#include <utility>

#include "engine/base/error.h"
#include "engine/model_service.h"
#include "engine/session/chat_prompt.h"
#include "engine/session/context_window.h"
#include "engine/session/memory_policy.h"
#include "engine/session/memory_status.h"

namespace etna {

namespace {

/// What a model holds, by pool.
std::vector<PoolShare> shares_of(const ResidentModel& model, std::span<const MemoryReport> reports) {
  std::vector<PoolShare> shares;
  for (const MemoryReport& report : reports) {
    if (const std::uint64_t bytes = held_bytes(model, report); bytes > 0) shares.push_back({report.pool, bytes});
  }
  return shares;
}

}  // namespace

MemoryStatus ModelService::memory() const {
  MemoryFacts facts;
  facts.seconds = seconds_of(now_());
  facts.pressure = monitor_.read();
  facts.policy = memory_policy();
  facts.models = models_.list();
  facts.reports = ledger_->report();
  facts.phase_peaks = ledger_->phase_peaks();
  facts.process_bytes = process_bytes();
  facts.allocations = ledger_->allocation_count();
  facts.devices = devices_.list();
  facts.last_event = events_.last();
  return make_memory_status(facts);
}

LoadEstimate ModelService::estimate(const LoadRequest& asked) const {
  const LoadRequest request = with_path(asked);
  const OpenDevice device = devices_.open(request.device);
  return estimator_.estimate(request, *device.backend, situation(request, device));
}

LoadEstimate ModelService::estimate(const ModelDescription& model, const LoadRequest& request) const {
  const OpenDevice device = devices_.open(request.device);
  return estimator_.estimate(model, request, *device.backend, situation(request, device));
}

/// `gone`: models that are looked at as if they were unloaded already, beside the one that the request replaces.
LoadSituation ModelService::situation(const LoadRequest& request, const OpenDevice& device, std::span<const ModelId> gone) const {
  const std::vector<ResidentModel> models = models_.list();
  const std::vector<MemoryReport> reports = ledger_->report();
  const auto is_gone = [&](const ResidentModel& model) { return model.info.id == request.replaces || std::ranges::count(gone, model.info.id) > 0; };
  LoadSituation situation;
  situation.device = device.info.id;
  if (device.backend->is_gpu()) {
    situation.processor = devices_.open("cpu").backend;
    situation.speeds = [card = device.info, processor = devices_.open("cpu").info] {
      return ReadSpeeds{.device = read_speed(card), .processor = read_speed(processor)};
    };
  }
  for (const ResidentModel& model : models) {
    if (!is_gone(model)) continue;
    const std::vector<PoolShare> shares = shares_of(model, reports);
    situation.replaced.insert(situation.replaced.end(), shares.begin(), shares.end());
  }
  for (const ResidentModel& model : unload_order(models)) {
    if (!is_gone(model)) situation.idle.push_back({model.info.id, model.info.name, shares_of(model, reports)});
  }
  situation.prompt_cache_bytes = memory_policy().prompt_cache_bytes;
  // Kept prompts are given up for it.
  if (const std::uint64_t kept = prompts_.memory_bytes(); kept > 0) situation.replaced.push_back({system_pool_id, kept});
  return situation;
}

std::optional<std::uint64_t> ModelService::count_tokens(const std::string& text, ModelId model) const {
  const std::shared_ptr<const Tokenizer> tokenizer = models_.tokenizer(model);
  if (!tokenizer) return std::nullopt;
  return tokenizer->encode(text, AddSpecialTokens::no).size();
}

std::optional<ContextUse> ModelService::context_use(const ChatRequest& request, const std::vector<AttachedText>& attached) const {
  const std::shared_ptr<const Tokenizer> tokenizer = models_.tokenizer(request.model);
  const std::optional<ResidentModel> model = models_.find(request.model);
  if (!tokenizer || !model) return std::nullopt;
  ChatRequest part = request;
  const auto length = [&](const std::vector<ChatMessage>& messages) {
    part.messages = messages;
    const bool asks = messages.empty() || messages.back().role != "assistant";
    part.prefill_response = asks ? request.prefill_response : std::string();
    return std::uint64_t{make_chat_prompt(*tokenizer, model->info.path, part, asks ? PromptEnd::answer : PromptEnd::message).ids.size()};
  };
  const auto count = [&](const std::string& text) { return std::uint64_t{tokenizer->encode(text, AddSpecialTokens::no).size()}; };
  return measure_context(request, attached, model->info.context_length, length, count);
}

void ModelService::set_idle_policy(ModelId model, IdlePolicy policy) { models_.set_pinned(model, policy == IdlePolicy::keep); }

void ModelService::set_memory_policy(const MemoryPolicy& policy) {
  if (!(policy.idle_unload_seconds >= 0)) fail(Errc::invalid_argument, "memory policy: {} seconds of idle time", policy.idle_unload_seconds);
  const std::lock_guard lock(mutex_);
  policy_ = policy;
  const MemoryReserve reserve = reserve_of(policy.guardrail);
  ledger_->set_reserve(reserve.bytes, reserve.share);
  ledger_->set_limit(policy.limit_bytes);
  devices_.set_reuse_cache(policy.reuse_cache_bytes);
  prompts_.set_memory_limit(policy.prompt_cache_bytes);
  monitor_.set_reserve(reserve.of(system_pool()->budget(0).capacity));
}

MemoryPolicy ModelService::memory_policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

std::uint64_t ModelService::drop_caches() {
  std::function<std::uint64_t()> drop_others;
  {
    const std::lock_guard lock(mutex_);
    drop_others = drop_others_;
  }
  std::uint64_t freed = drop_others ? drop_others() : 0;
  const std::uint64_t prompts = prompts_.drop();
  const std::uint64_t kept = ledger_->cached_bytes();
  ledger_->trim();
  freed += std::max(prompts, kept - std::min(kept, ledger_->cached_bytes()));  // what prompts gave was kept for reuse, then not any more
  return freed;
}

void ModelService::set_other_cache(std::function<std::uint64_t()> drop) {
  const std::lock_guard lock(mutex_);
  drop_others_ = std::move(drop);
}

std::uint64_t ModelService::others_bytes() const {
  const MemoryStatus status = memory();
  const auto system = std::ranges::find(status.pools, true, &MemoryPoolStatus::is_system);
  return system == status.pools.end() ? 0 : system->other_bytes;
}

}  // namespace etna

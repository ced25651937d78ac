#include "engine/session/model_internals.h"

#include "engine/session/memory_estimate.h"

namespace etna {

namespace {

/// A model that goes gives its memory back to the system.
void leave(Backend& backend, OwnerId owner) {
  backend.allocator()->remove_owner(owner);
  backend.allocator()->clear_cache();
}

}  // namespace

ModelHost::Internals::~Internals() {
  draft.reset();
  runner.reset();
  model.reset();
  if (backend) leave(*backend, owner);
  if (!processor) return;
  processor->model.reset();
  leave(*processor->backend, processor->owner);
}

std::vector<ModelPart> ModelHost::Internals::parts() const {
  std::vector<ModelPart> parts;
  if (processor) parts.push_back({processor->model.get(), processor->backend.get(), processor->owner});
  parts.push_back({model.get(), backend.get(), owner});
  return parts;
}

std::vector<OwnerId> ModelHost::Internals::owners() const {
  std::vector<OwnerId> owners{owner};
  if (processor) owners.push_back(processor->owner);
  if (!draft) return owners;
  const std::vector<OwnerId> more = draft->internals().owners();
  owners.insert(owners.end(), more.begin(), more.end());
  return owners;
}

void ModelHost::Internals::set_limits(LimitRule rule) {
  limits = rule;
  backend->allocator()->ledger()->set_rule(owner, rule);
  if (processor) processor->backend->allocator()->ledger()->set_rule(processor->owner, rule);
}

std::vector<Reservation> ModelHost::Internals::reserve(const RunnerOptions& options, const std::string& what,
                                                       const FurtherMemory& further) const {
  std::vector<Reservation> reservations;
  for (const ModelPart& part : parts()) {
    MemoryEstimate estimate = estimate_memory(config, part.model->cache_shapes(), 0, options);
    estimate.working_bytes *= static_cast<std::uint64_t>(further.texts);
    if (part.model == model.get()) estimate.working_bytes += further.logit_bytes;
    reservations.push_back(part.backend->allocator()->reserve(part.owner, estimate.total(), what));
  }
  return reservations;
}

std::set<MemoryLedger*> ModelHost::Internals::ledgers() const {
  std::set<MemoryLedger*> ledgers;
  for (const ModelPart& part : parts()) ledgers.insert(part.backend->allocator()->ledger().get());
  return ledgers;
}

void ModelHost::Internals::reset_peak() const {
  for (MemoryLedger* ledger : ledgers()) ledger->reset_peak();
}

std::uint64_t ModelHost::Internals::peak_bytes() const {
  std::uint64_t bytes = 0;
  for (const MemoryLedger* ledger : ledgers()) bytes += ledger->peak_bytes();
  return bytes;
}

}  // namespace etna

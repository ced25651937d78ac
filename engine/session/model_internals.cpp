#include "engine/session/model_internals.h"

namespace etna {

ModelHost::Internals::~Internals() {
  draft.reset();
  runner.reset();
  model.reset();
  if (processor) processor->model.reset();
  // A model that goes gives its memory back to the system.
  const auto leave = [](Backend& place, OwnerId whose) {
    place.allocator()->remove_owner(whose);
    place.allocator()->clear_cache();
  };
  if (processor) leave(*processor->backend, processor->owner);
  if (backend) leave(*backend, owner);
}

std::vector<ModelPart> ModelHost::Internals::parts() const {
  std::vector<ModelPart> parts;
  if (processor) parts.push_back({processor->model.get(), processor->backend.get(), processor->owner});
  parts.push_back({model.get(), backend.get(), owner});
  return parts;
}

std::vector<OwnerId> ModelHost::Internals::owners() const {
  std::vector<OwnerId> owners{owner};
  if (processor && processor->owner != owner) owners.push_back(processor->owner);
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

std::vector<Reservation> ModelHost::Internals::reserve(const LoadMemory& memory, const std::string& what) const {
  const Allocator& there = *backend->allocator();
  const Allocator* beside = processor ? processor->backend->allocator().get() : nullptr;
  std::vector<Reservation> reservations;
  if (!beside || beside->ledger() == there.ledger()) {
    reservations.push_back(there.ledger()->reserve(owner, pools_of(memory, there, beside), what));
    return reservations;
  }
  const PoolBytes rest{beside->heap().pools(Placement::device).front(), memory.processor.total()};
  reservations.push_back(there.ledger()->reserve(owner, pools_of(memory, there), what));
  reservations.push_back(beside->ledger()->reserve(processor->owner, std::span(&rest, 1), what));
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

#include "engine/session/model_internals.h"

namespace etna {

ModelHost::Internals::~Internals() {
  draft.reset();
  runner.reset();
  model.reset();
  if (processor) processor->model.reset();
  if (!backend) return;
  ledger().remove_owner(owner);
  // A model that goes gives its memory back to the system.
  if (processor) processor->backend->allocator()->clear_cache();
  backend->allocator()->clear_cache();
}

std::vector<ModelPart> ModelHost::Internals::parts() const {
  std::vector<ModelPart> parts;
  if (processor) parts.push_back({processor->model.get(), processor->backend.get(), owner});
  parts.push_back({model.get(), backend.get(), owner});
  return parts;
}

std::vector<OwnerId> ModelHost::Internals::owners() const {
  std::vector<OwnerId> owners{owner};
  if (!draft) return owners;
  const std::vector<OwnerId> more = draft->internals().owners();
  owners.insert(owners.end(), more.begin(), more.end());
  return owners;
}

void ModelHost::Internals::set_limits(LimitRule rule) {
  limits = rule;
  ledger().set_rule(owner, rule);
}

std::vector<PoolBytes> ModelHost::Internals::pools_of(const LoadMemory& memory) const {
  return etna::pools_of(memory, *backend->allocator(), processor ? processor->backend->allocator().get() : nullptr);
}

Reservation ModelHost::Internals::reserve(const LoadMemory& memory, const std::string& what) const {
  return ledger().reserve(owner, pools_of(memory.beside_weights()), what);
}

}  // namespace etna

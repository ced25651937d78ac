#include "engine/session/resident_models.h"

#include <algorithm>
#include <utility>

#include "engine/base/error.h"
#include "engine/session/model_internals.h"

namespace etna {

namespace {

constexpr std::size_t most_names = 100;

}  // namespace

ModelId ResidentModels::next_id() {
  const std::lock_guard lock(mutex_);
  return ++last_id_;
}

void ResidentModels::add(LoadRequest request, ModelInfo info, std::unique_ptr<ModelHost> host) {
  Entry entry;
  entry.owners = host->internals().owners();
  entry.tokenizer = host->tokenizer();
  entry.form = std::make_shared<const ContextForm>(ContextForm::of(*host->internals().runner, host->internals().fingerprint));
  entry.request = std::move(request);
  entry.info = std::move(info);
  entry.host = std::move(host);
  const std::lock_guard lock(mutex_);
  entry.last_used = now_();
  entry.use_number = ++uses_;
  std::erase_if(gone_, [&](const auto& name) { return name.first == entry.info.id; });
  entries_.push_back(std::move(entry));
}

ModelHost& ResidentModels::use(ModelId model) {
  const std::lock_guard lock(mutex_);
  if (Entry* found = entry(model)) {
    found->last_used = now_();
    found->use_number = ++uses_;
    return *found->host;
  }
  if (model == 0) fail(Errc::invalid_argument, "no model is loaded");
  const auto name = std::ranges::find(gone_, model, &std::pair<ModelId, std::string>::first);
  if (name == gone_.end()) fail(Errc::invalid_argument, "model {} is not loaded", model);
  fail(Errc::invalid_argument, "{} is not loaded any more; load it again to go on", name->second);
}

std::optional<ResidentModel> ResidentModels::remove(ModelId model) {
  std::unique_ptr<ModelHost> host;  // goes without the lock: this takes a while
  ResidentModel removed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(entries_, model, [](const Entry& of) { return of.info.id; });
    if (found == entries_.end()) return std::nullopt;
    removed = describe(*found);
    host = std::move(found->host);
    gone_.emplace_back(model, removed.info.name);
    if (gone_.size() > most_names) gone_.erase(gone_.begin());
    entries_.erase(found);
  }
  return removed;
}

std::optional<ResidentModel> ResidentModels::find(ModelId model) const {
  const std::lock_guard lock(mutex_);
  const Entry* found = entry(model);
  return found ? std::optional(describe(*found)) : std::nullopt;
}

std::vector<ResidentModel> ResidentModels::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<ResidentModel> models;
  for (const Entry& entry : entries_) models.push_back(describe(entry));
  return models;
}

bool ResidentModels::empty() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

void ResidentModels::set_pinned(ModelId model, bool pinned) {
  const std::lock_guard lock(mutex_);
  if (Entry* found = model == 0 ? nullptr : entry(model)) found->pinned = pinned;
}

std::shared_ptr<const Tokenizer> ResidentModels::tokenizer(ModelId model) const {
  const std::lock_guard lock(mutex_);
  const Entry* found = entry(model);
  return found ? found->tokenizer : nullptr;
}

std::shared_ptr<const ContextForm> ResidentModels::context_form(ModelId model) const {
  const std::lock_guard lock(mutex_);
  const Entry* found = entry(model);
  return found ? found->form : nullptr;
}

std::shared_ptr<const void> ResidentModels::keep_busy(ModelId model) {
  const std::lock_guard lock(mutex_);
  Entry* found = entry(model);
  if (!found) return nullptr;
  ++users_[found->info.id];
  return {this, [this, id = found->info.id](const void*) { release(id); }};
}

void ResidentModels::release(ModelId model) {
  const std::lock_guard lock(mutex_);
  if (--users_[model] == 0) users_.erase(model);
  if (Entry* found = entry(model)) found->last_used = now_();
}

ResidentModels::Entry* ResidentModels::entry(ModelId model) {
  if (model == 0) {
    const auto latest = std::ranges::max_element(entries_, {}, &Entry::use_number);
    return latest == entries_.end() ? nullptr : &*latest;
  }
  const auto found = std::ranges::find(entries_, model, [](const Entry& of) { return of.info.id; });
  return found == entries_.end() ? nullptr : &*found;
}

ResidentModel ResidentModels::describe(const Entry& entry) const {
  ResidentModel model{.request = entry.request, .info = entry.info, .owners = entry.owners, .pinned = entry.pinned};
  model.busy = users_.contains(entry.info.id);
  if (!model.busy) model.idle_seconds = std::max(0.0, std::chrono::duration<double>(now_() - entry.last_used).count());
  return model;
}

}  // namespace etna

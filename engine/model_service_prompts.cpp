#include <utility>

#include "engine/base/error.h"
#include "engine/model_service.h"
#include "engine/session/save_context.h"

namespace etna {

std::shared_ptr<Allocator> ModelService::prompt_allocator() {
  {
    const std::lock_guard lock(mutex_);
    if (prompt_allocator_) return prompt_allocator_;
  }
  std::shared_ptr<Allocator> allocator = devices_.open("cpu").backend->allocator();
  const std::lock_guard lock(mutex_);
  if (!prompt_allocator_) prompt_allocator_ = std::move(allocator);
  return prompt_allocator_;
}

void ModelService::set_prompt_cache(const PromptCacheSettings& settings) {
  prompts_.configure(settings);
  snapshots_.set_folder(settings.snapshot_folder);
}

/// A snapshot by its id is a file that the prompt continues.
ChatRequest ModelService::with_snapshot(ChatRequest request) const {
  if (request.snapshot.empty()) return request;
  if (!request.prompt_cache_file.empty()) fail(Errc::invalid_argument, "a prompt continues a snapshot or a file, not both");
  const SnapshotInfo snapshot = snapshots_.find(request.snapshot);
  if (!snapshot.problem.empty()) fail(Errc::corrupt, "{}", snapshot.problem);
  request.prompt_cache_file = snapshot.file.path;
  return request;
}

SavedContext ModelService::save_context(const SaveContextRequest& request, const ProgressFunction& progress, const std::stop_token& stop) {
  SavedContext saved;
  const auto quiet = prompts_.pause_disk();
  work_with(request.prompt.model, [&](ModelHost& host) {
    const auto report = [&](std::uint64_t done, std::uint64_t total) {
      guard_.check("Saving the context was stopped");
      if (progress) progress(done, total);
    };
    saved = etna::save_context(host, request, caches(), {report, stop});
  });
  return saved;
}

SnapshotFit ModelService::check_snapshot(const std::string& id, ModelId model) const {
  const std::shared_ptr<const ContextForm> form = models_.context_form(model);
  if (!form) return {false, "No model is loaded."};
  return check_fit(*form, snapshots_.find(id));
}

}  // namespace etna

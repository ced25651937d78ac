#include <cstdlib>
#include <filesystem>
#include <utility>

#include "engine/engine.h"
#include "engine/engine_worker.h"
#include "engine/io/prompt_cache_file.h"
#include "engine/session/cache_exchange.h"

namespace etna {

namespace {

/// XDG's rule; empty where there is no home.
std::filesystem::path base_folder(const char* variable, const char* in_home) {
  if (const char* folder = std::getenv(variable); folder && *folder == '/') return folder;
  if (const char* home = std::getenv("HOME"); home && *home) return std::filesystem::path(home) / in_home;
  return {};
}

}  // namespace

PromptCacheSettings Engine::usual_prompt_cache() {
  PromptCacheSettings settings;
  const std::filesystem::path caches = base_folder("XDG_CACHE_HOME", ".cache"), data = base_folder("XDG_DATA_HOME", ".local/share");
  if (!caches.empty()) settings.disk_folder = (caches / "etna" / "prompts").string();
  if (!data.empty()) settings.snapshot_folder = (data / "etna" / "snapshots").string();
  return settings;
}

void Engine::set_prompt_cache(const PromptCacheSettings& settings) { worker_->models.set_prompt_cache(settings); }

PromptCacheSettings Engine::prompt_cache_settings() const { return worker_->models.prompts().settings(); }

PromptCacheStatus Engine::prompt_cache() const { return worker_->models.prompts().status(); }

std::uint64_t Engine::clear_prompt_cache() { return worker_->models.prompts().drop(); }

std::vector<DiskCacheEntry> Engine::disk_cache() const {
  const auto disk = worker_->models.prompts().disk();
  return disk ? disk->list() : std::vector<DiskCacheEntry>{};
}

bool Engine::remove_from_disk_cache(const std::string& id) {
  const auto disk = worker_->models.prompts().disk();
  return disk && disk->remove(id);
}

std::uint64_t Engine::purge_disk_cache() {
  const auto disk = worker_->models.prompts().disk();
  return disk ? disk->purge() : 0;
}

std::vector<KeptPrompt> Engine::kept_prompts() const { return worker_->models.prompts().kept(); }

Engine::RequestId Engine::forget_prompts(PromptSelection which, std::function<void(std::uint64_t bytes)> done) {
  return worker_->thread.submit([&models = worker_->models, which = std::move(which), done = std::move(done)](const std::stop_token&) {
    const std::uint64_t bytes = models.prompts().forget(which);
    if (done) done(bytes);
  });
}

Engine::RequestId Engine::save_context(SaveContextRequest request, SaveCallbacks callbacks) {
  auto failed = callbacks.failed;
  auto busy = worker_->models.keep_busy(request.prompt.model);
  return worker_->thread.submit(
      [&models = worker_->models, request = std::move(request), callbacks = std::move(callbacks), busy = std::move(busy)](const std::stop_token& stop) mutable {
        SavedContext saved = models.save_context(request, callbacks.progress, stop);
        busy.reset();
        if (callbacks.done) callbacks.done(std::move(saved));
      },
      std::move(failed));
}

std::vector<SnapshotInfo> Engine::snapshots() const { return worker_->models.snapshots().list(); }

std::vector<ChatMessage> Engine::snapshot_messages(const std::string& id) const {
  return saved_messages(PromptCacheFile::open(worker_->models.snapshots().find(id).file.path));
}

SnapshotInfo Engine::rename_snapshot(const std::string& id, const std::string& name) { return worker_->models.snapshots().rename(id, name); }

void Engine::delete_snapshot(const std::string& id) { worker_->models.snapshots().remove(id); }

void Engine::export_snapshot(const std::string& id, const std::string& path) const { worker_->models.snapshots().export_to(id, path); }

SnapshotInfo Engine::import_snapshot(const std::string& path, const std::string& name) { return worker_->models.snapshots().import_from(path, name); }

SnapshotFit Engine::check_snapshot(const std::string& id, ModelId model) const { return worker_->models.check_snapshot(id, model); }

PromptCacheFileInfo Engine::describe_prompt_cache(const std::string& path) { return describe(PromptCacheFile::open(path)); }

}  // namespace etna

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <ctime>

#include "cli/commands/commands.h"
#include "cli/commands/engine_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"

namespace etna::cli {

namespace {

PromptCacheSettings settings_of(const std::string& folder) {
  PromptCacheSettings settings = Engine::usual_prompt_cache();
  if (!folder.empty()) settings.disk_folder = folder;
  if (settings.disk_folder.empty()) fail(Errc::not_found, "there is no home folder to keep prompts in; name a folder");
  return settings;
}

std::string time_text(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm local{};
  if (!::localtime_r(&time, &local)) return {};
  return fmt::format("{:%Y-%m-%d %H:%M}", local);
}

int list(const Engine& engine, const CacheOptions& options) {
  const std::vector<DiskCacheEntry> entries = engine.disk_cache();
  const PromptCacheStatus status = engine.prompt_cache();
  if (options.output == Output::json) {
    std::string all;
    for (const DiskCacheEntry& entry : entries) {
      if (!all.empty()) all += ",";
      all += JsonText()
                 .add("id", entry.id)
                 .add("model", entry.model)
                 .add("settings", entry.settings)
                 .add("begin", entry.begin)
                 .add("end", entry.end)
                 .add("bytes", entry.bytes)
                 .add("last_used", entry.last_used)
                 .object();
    }
    print(JsonText()
              .add("folder", engine.prompt_cache_settings().disk_folder)
              .add("bytes", status.disk_bytes)
              .add("limit_bytes", status.disk_limit_bytes)
              .add_json("entries", "[" + all + "]")
              .object() +
          "\n");
    return exit_success;
  }
  for (const DiskCacheEntry& entry : entries) {
    print(fmt::format("{}  {:>8}  tokens {:>6} to {:>6}  {}  {} ({})\n", entry.id, format_bytes(entry.bytes), entry.begin, entry.end, time_text(entry.last_used),
                      entry.model, entry.settings));
  }
  print(fmt::format("{} in {} piece{}; at most {}\n", format_bytes(status.disk_bytes), entries.size(), entries.size() == 1 ? "" : "s",
                    format_bytes(status.disk_limit_bytes)));
  return exit_success;
}

int remove(Engine& engine, const CacheOptions& options) {
  const std::uint64_t before = engine.prompt_cache().disk_bytes;
  for (const std::string& id : options.ids) {
    if (!engine.remove_from_disk_cache(id)) fail(Errc::not_found, "{}: there is no such piece of a prompt", id);
  }
  const std::uint64_t freed = before - engine.prompt_cache().disk_bytes;
  print(options.output == Output::json ? JsonText().add("freed_bytes", freed).object() + "\n" : fmt::format("Freed {}\n", format_bytes(freed)));
  return exit_success;
}

}  // namespace

PromptCacheSettings DiskCacheOptions::settings() const {
  PromptCacheSettings settings = settings_of(folder);
  if (limit_bytes > 0) settings.disk_bytes = limit_bytes;
  return settings;
}

int run_cache(const CacheOptions& options) {
  const PromptCacheSettings settings = settings_of(options.folder);
  if (options.action == CacheAction::where) {
    print(options.output == Output::json ? JsonText().add("folder", settings.disk_folder).object() + "\n" : settings.disk_folder + "\n");
    return exit_success;
  }
  Engine engine;
  engine.set_prompt_cache(settings);
  if (options.action == CacheAction::list) return list(engine, options);
  if (options.action == CacheAction::remove) return remove(engine, options);
  const std::uint64_t freed = engine.purge_disk_cache();
  print(options.output == Output::json ? JsonText().add("freed_bytes", freed).object() + "\n" : fmt::format("Freed {}\n", format_bytes(freed)));
  return exit_success;
}

}  // namespace etna::cli

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/log.h"
#include "engine/session/prompt_store.h"

namespace etna {

namespace {

constexpr std::uint64_t worth_telling = 16;  // tokens
constexpr std::size_t most_notes = 20;

void add(CachedTokens& sum, const CachedTokens& tokens) {
  sum.context += tokens.context;
  sum.memory += tokens.memory;
  sum.disk += tokens.disk;
  sum.snapshot += tokens.snapshot;
}

}  // namespace

CacheReport PromptStore::explain(const CachedModel& model, std::span<const std::int32_t> prompt, const std::string& conversation, const Reading& reading,
                                 std::size_t messages, const std::function<int(std::int64_t position)>& message_at) {
  const std::lock_guard lock(mutex_);
  CacheReport report;
  report.tokens = reading.tokens;
  report.restore_seconds = reading.seconds;
  const std::uint64_t cached = reading.tokens.total();
  const PromptHistory::Match past = history_.closest(model.fingerprint, prompt, conversation);
  const Contexts* contexts = contexts_for(model, static_cast<std::int64_t>(prompt.size()));
  const std::string settings = contexts ? contexts->settings : std::string();
  const bool own = past.prompt && !conversation.empty() && past.prompt->conversation == conversation;
  const auto miss = [&](CacheMiss why, std::uint64_t tokens) {
    report.miss = why;
    report.missed_tokens = tokens;
  };
  if (past.same > cached + worth_telling && past.same <= prompt.size()) {  // read before, and not there any more
    const std::uint64_t lost = std::min<std::uint64_t>(past.same, prompt.size() - 1) - cached;
    if (lost > worth_telling) {
      if (reading.positions) miss(CacheMiss::positions, lost);
      else if (past.prompt->settings != settings) miss(CacheMiss::settings_changed, lost);
      else if (reading.damaged) miss(CacheMiss::damaged, lost);
      else if (reading.slower) miss(CacheMiss::slower, lost);
      else if (reading.window || model.runner.forgets()) miss(CacheMiss::window, lost);
      else miss(CacheMiss::evicted, lost);
    }
  } else if (own || past.same > worth_telling) {
    const std::size_t before = past.prompt->tokens.size();
    const bool differs = before > past.same + worth_telling && prompt.size() > past.same + 1;
    const int message = differs ? message_at(static_cast<std::int64_t>(past.same)) : -1;
    const bool is_new = message >= 0 && static_cast<std::size_t>(message) + 1 >= messages;  // the last message is always new
    if (differs && !is_new && (own || message >= 0)) {
      miss(CacheMiss::text_changed, before - past.same);
      report.changed_message = message;
    }
  } else if (cached == 0) {
    miss(history_.knows(model.fingerprint) ? CacheMiss::new_text : CacheMiss::first_use, 0);
  }
  report.sentence = miss_sentence(report, past.prompt, settings);
  return report;
}

std::string PromptStore::miss_sentence(const CacheReport& report, const PastPrompt* past, const std::string& settings) const {
  switch (report.miss) {
    case CacheMiss::none: return {};
    case CacheMiss::first_use: return "first use of this model";
    case CacheMiss::new_text: return "no earlier prompt begins like this one";
    case CacheMiss::text_changed:
      return report.changed_message < 0 ? "the text changed" : fmt::format("the text changed at message {}", report.changed_message + 1);
    case CacheMiss::settings_changed: return fmt::format("the model's settings changed: its context was {} and is {}", past->settings, settings);
    case CacheMiss::evicted: return last_drop_.empty() ? "what was read before was not kept" : last_drop_;
    case CacheMiss::window: return "this model forgets what its window has passed, and nothing was kept where the text goes on";
    case CacheMiss::positions: return "positions of this model depend on the length of the text";
    case CacheMiss::slower: return "reading it from disk would have taken longer";
    case CacheMiss::damaged: return "what was kept on disk is gone or damaged";
    case CacheMiss::switched_off: return "caching was switched off";
  }
  return {};
}

void PromptStore::remember(const CachedModel& model, std::span<const std::int32_t> text, const std::string& conversation, const CacheReport& report,
                           std::uint64_t prompt_tokens) {
  {
    const std::lock_guard lock(state_mutex_);
    ++counts_.prompts;
    counts_.prompt_tokens += prompt_tokens;
    add(counts_.cached_tokens, report.tokens);
  }
  const std::lock_guard lock(mutex_);
  if (report.miss == CacheMiss::switched_off) return;
  const Contexts* contexts = contexts_for(model, static_cast<std::int64_t>(text.size()));
  history_.add(model.fingerprint, {.tokens = {text.begin(), text.end()}, .conversation = conversation, .settings = contexts ? contexts->settings : std::string(), .model = model.name});
}

void PromptStore::configure(const PromptCacheSettings& settings) {
  std::shared_ptr<PromptDisk> old = disk(), disk = old;  // the old one goes without a lock: it may have something to write
  const std::string folder = settings.enabled ? settings.disk_folder : std::string();
  if (folder.empty()) disk = nullptr;
  else if (!old || old->folder() != folder) disk = std::make_shared<PromptDisk>(folder, settings.disk_bytes, [this](const std::string& sentence) { note(sentence); });
  else disk->set_limit(settings.disk_bytes);
  const std::lock_guard lock(mutex_);
  {
    const std::lock_guard state(state_mutex_);
    settings_ = settings;
    disk_ = disk;
  }
  for (auto& [key, contexts] : contexts_) {
    if (disk == old) break;
    contexts->looked_at_disk = false;
    contexts->tree.for_each([](PrefixNode& node) { node.file.clear(); });
  }
  if (!settings.enabled) drop_all();
}

PromptCacheSettings PromptStore::settings() const {
  const std::lock_guard lock(state_mutex_);
  return settings_;
}

void PromptStore::set_memory_limit(std::uint64_t bytes) {
  limit_ = bytes;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;  // whoever is at work makes room with the next prompt
  ++uses_;
  while (bytes_ > limit_ && evict_one()) last_drop_ = "evicted to make room for other prompts";
}

std::vector<KeptPrompt> PromptStore::kept() const {
  using Key = std::array<std::string, 3>;
  std::map<Key, KeptPrompt> found;
  const auto place = [&](const std::string& conversation, const std::string& model, const std::string& settings) -> KeptPrompt& {
    KeptPrompt& kept = found[Key{conversation, model, settings}];
    kept.conversation = conversation, kept.model = model, kept.settings = settings;
    return kept;
  };
  const auto disk = this->disk();
  for (const DiskCacheEntry& entry : disk ? disk->list() : std::vector<DiskCacheEntry>{}) {
    KeptPrompt& kept = place(entry.conversation, entry.model, entry.settings);
    kept.disk_bytes += entry.bytes;
    kept.tokens = std::max(kept.tokens, entry.end);
    kept.last_used = std::max(kept.last_used, entry.last_used);
  }
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, contexts] : contexts_) {
      contexts->tree.for_each([&](const PrefixNode& node) {
        if (!node.segment) return;
        KeptPrompt& kept = place(node.conversation, contexts->model, contexts->settings);
        kept.memory_bytes += node.segment->bytes().size();
        kept.tokens = std::max(kept.tokens, static_cast<std::uint64_t>(node.end()));
        kept.last_used = std::max(kept.last_used, node.used_at);
      });
    }
  }
  std::vector<KeptPrompt> all;
  for (auto& [key, kept] : found) all.push_back(std::move(kept));
  std::ranges::stable_sort(all, std::ranges::greater{}, &KeptPrompt::last_used);
  return all;
}

std::uint64_t PromptStore::forget(const PromptSelection& which) {
  const auto disk = this->disk();  // first: what is read back meanwhile is found in memory then
  const PromptDisk::Forgotten on_disk = disk ? disk->forget(which) : PromptDisk::Forgotten{};
  const std::lock_guard lock(mutex_);
  const std::uint64_t before = bytes_;
  for (auto& [key, contexts] : contexts_) {
    contexts->tree.for_each([&](PrefixNode& node) {
      if (on_disk.ids.contains(node.file)) node.file.clear();
    });
    // A place without rows, here or on disk, that nothing continues is no use to anybody.
    const auto is_meant = [&](const PrefixNode& node) {
      return which.means(node.conversation, contexts->model) || (!node.segment && node.file.empty() && node.children.empty());
    };
    contexts->tree.remove_all(is_meant, [&](const PrefixNode& node) {
      if (!node.segment) return;
      bytes_ -= node.segment->bytes().size();
      --entries_;
    });
  }
  history_.forget(which);
  return on_disk.bytes + (before - bytes_);
}

PromptCacheStatus PromptStore::status() const {
  PromptCacheStatus status;
  std::shared_ptr<PromptDisk> disk;
  {
    const std::lock_guard lock(state_mutex_);
    status = counts_;
    status.enabled = settings_.enabled;
    disk = disk_;
  }
  status.memory_entries = entries_;
  status.memory_bytes = bytes_;
  status.memory_limit_bytes = limit_;
  if (disk) {
    status.disk_entries = disk->entries_count();
    status.disk_bytes = disk->bytes();
    status.disk_limit_bytes = disk->limit();
    status.waiting_bytes = disk->waiting_bytes();
  }
  return status;
}

std::shared_ptr<PromptDisk> PromptStore::disk() const {
  const std::lock_guard lock(state_mutex_);
  return disk_;
}

std::shared_ptr<void> PromptStore::pause_disk() const {
  const std::shared_ptr<PromptDisk> disk = this->disk();
  return disk ? disk->pause() : nullptr;
}

void PromptStore::note(const std::string& sentence) {
  log::warning("prompt cache: {}", sentence);
  {
    const std::lock_guard lock(state_mutex_);
    counts_.notes.push_back(sentence);
    if (counts_.notes.size() > most_notes) counts_.notes.erase(counts_.notes.begin());
  }
  if (parts_.note) parts_.note(sentence);
}

}  // namespace etna

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/session/memory_messages.h"

/// What screens, terminal and server are told of kept prompts, and what they may ask for (D8): plain values.
namespace etna {

/// Where tokens of a prompt came from that were not evaluated again.
struct CachedTokens {
  std::uint64_t context = 0;   ///< the model's own context had them still
  std::uint64_t memory = 0;    ///< a prefix that was kept in memory
  std::uint64_t disk = 0;      ///< … on disk
  std::uint64_t snapshot = 0;  ///< a named snapshot or a prompt-cache file

  std::uint64_t total() const { return context + memory + disk + snapshot; }
};

/// Why tokens were evaluated that might have come from a cache.
enum class CacheMiss {
  none,              ///< everything that was read before was there
  first_use,         ///< nothing was read with this model yet
  new_text,          ///< no earlier prompt begins like this one
  text_changed,      ///< an earlier prompt begins like it, then differs: CacheReport::changed_message
  settings_changed,  ///< kept for this model, but with other settings of its context
  evicted,           ///< given up for its memory, or for its place on disk
  window,            ///< the model looks back over a window that cannot be taken back to there
  positions,         ///< positions of this model depend on the length of the text
  slower,            ///< reading it from disk would have taken longer
  damaged,           ///< what was on disk cannot be read any more
  switched_off,      ///< the request asked for it
};

/// How much of a prompt came from caches, and why not more.
struct CacheReport {
  CachedTokens tokens;
  CacheMiss miss = CacheMiss::none;
  std::uint64_t missed_tokens = 0;  ///< read before, evaluated again; 0 where nothing is known of an earlier prompt
  int changed_message = -1;         ///< text_changed: index into ChatRequest::messages; -1: not known
  double restore_seconds = 0;       ///< spent on bringing kept prefixes back
  std::string sentence;             ///< for people: "the text changed at message 3"; empty for CacheMiss::none
};

/// What may be kept of a request.
enum class PromptCaching {
  keep,         ///< in memory, and on disk where that is switched on
  memory_only,  ///< nothing is written to disk: temporary chats
  off,          ///< nothing is kept and nothing that was kept is used
};

/// Where prompts are kept. How much memory they may take is MemoryPolicy::prompt_cache_bytes.
struct PromptCacheSettings {
  bool enabled = true;             ///< false: nothing is kept beyond the context of each model
  std::string disk_folder = {};    ///< of kept prefixes; empty: none on disk
  std::uint64_t disk_bytes = std::uint64_t{8} << 30;  ///< beyond it the longest unused go
  std::string snapshot_folder = {};  ///< of named snapshots; empty: none can be kept
};

struct PromptCacheStatus {
  bool enabled = true;
  std::uint64_t memory_entries = 0;  ///< pieces of kept prefixes
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_limit_bytes = 0;
  std::uint64_t disk_entries = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t disk_limit_bytes = 0;
  std::uint64_t waiting_bytes = 0;   ///< that will be written to disk
  std::uint64_t prompts = 0;         ///< read since the program started
  std::uint64_t prompt_tokens = 0;   ///< of them
  CachedTokens cached_tokens;        ///< of them
  std::vector<std::string> notes;    ///< the last things that went wrong, a sentence each

  /// Share of prompt tokens that came from a cache, 0 … 1.
  double hit_rate() const { return prompt_tokens > 0 ? static_cast<double>(cached_tokens.total()) / static_cast<double>(prompt_tokens) : 0; }
};

/// A piece of a prefix on disk.
struct DiskCacheEntry {
  std::string id;             ///< what remove takes: unique in the folder
  std::string model;          ///< its name when it was kept
  std::string settings;       ///< of its context: "f16", "f16, 8-bit keys and values"
  std::string conversation;   ///< of whoever kept it first; empty: none was said
  std::uint64_t begin = 0;    ///< it holds positions begin … end - 1 of a text
  std::uint64_t end = 0;
  std::uint64_t bytes = 0;    ///< of the file
  std::int64_t last_used = 0; ///< seconds since 1970
};

/// What is kept of the prompts of one conversation with one model, in memory and on disk together.
struct KeptPrompt {
  std::string conversation;        ///< ChatRequest::conversation of whoever read it first; empty: none was said
  std::string model;               ///< its name when it was kept
  std::string settings;            ///< of its context: "f16, 8-bit keys and values"
  std::uint64_t tokens = 0;        ///< of the longest prompt
  std::uint64_t memory_bytes = 0;
  std::uint64_t disk_bytes = 0;
  std::int64_t last_used = 0;      ///< seconds since 1970
};

/// Kept prompts to be forgotten; none: all conversations, all models.
struct PromptSelection {
  std::optional<std::string> conversation = {};
  std::optional<std::string> model = {};  ///< by its name

  bool means(const std::string& of_conversation, const std::string& of_model) const {
    return conversation.value_or(of_conversation) == of_conversation && model.value_or(of_model) == of_model;
  }
};

/// A prompt-cache file (formats.md §2.8), ours or mlx-lm's, by its header.
struct PromptCacheFileInfo {
  std::string path;
  std::string name;            ///< a snapshot's; empty: none
  std::string model;           ///< path or repository as the writer typed it; empty: not said
  std::string fingerprint;     ///< of the weights, where Etna wrote it
  std::string chat_template;
  std::uint64_t tokens = 0;    ///< positions that it holds
  bool has_ids = false;        ///< it says which tokens these are: prompts that begin with them use it by themselves
  bool has_messages = false;   ///< and which messages they are: Engine::snapshot_messages
  std::uint64_t bytes = 0;
  int layers = 0;
  std::string dtype;           ///< of plain rows: "float16", …
  int kv_bits = 0;             ///< of packed rows; 0: plain
  int group_size = 0;
  std::uint64_t max_size = 0;  ///< of layers that forget: the largest; 0: none does
  std::uint64_t keep = 0;      ///< first tokens that those never forget
  std::int64_t saved = 0;      ///< seconds since 1970
  std::int64_t last_used = 0;
};

/// A named context that a user keeps: a prompt-cache file in the snapshot folder.
struct SnapshotInfo {
  std::string id;              ///< its file's name without the suffix; never changes
  PromptCacheFileInfo file;
  std::string problem;         ///< why it cannot be used, in a sentence; empty: it can
};

/// Whether a snapshot can be used with a model.
struct SnapshotFit {
  bool fits = false;
  std::string sentence;        ///< why not, or what is not exact ("made with bfloat16, used as float16"); may be empty
};

}  // namespace etna

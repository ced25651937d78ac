#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/generation/prompt_cache.h"
#include "engine/session/messages.h"
#include "engine/session/prompt_disk.h"
#include "engine/session/prompt_history.h"

namespace etna {

/// A loaded model, to whoever keeps its contexts.
struct CachedModel {
  std::string name;         ///< for people
  std::string fingerprint;  ///< model_fingerprint()
  Runner& runner;           ///< of one row
};

/// Prefixes of prompts that models have read, kept in memory and on disk beyond the context of each (D2: their memory has
/// the tag prompt_cache, a limit, and is given up before anything else). What is kept is found by its tokens, for any text
/// that begins with them, by whichever chat; it survives its model's unloading.
///
/// Layers that look back over a window forget: their rows are kept as of the ends of messages (checkpoints), and a text
/// can be continued from there.
class PromptStore {
public:
  struct Parts {
    std::function<std::shared_ptr<Allocator>()> allocator;   ///< the computer's memory; asked when it is needed
    std::function<bool()> may_grow = {};                     ///< false while memory is short; empty: always true
    std::function<void(const std::string& sentence)> note = {};  ///< what went wrong on disk; any thread
  };

  explicit PromptStore(Parts parts);
  ~PromptStore();

  // The computing thread's.
  /// What the caches of a prompt are, before it is read.
  struct Reading {
    std::int64_t length = 0;  ///< tokens that the runner holds now: the rest is to be read
    CachedTokens tokens;
    double seconds = 0;
    bool slower = false;      ///< more was on disk, but reading it would have taken longer
    bool damaged = false;
    bool window = false;      ///< more tokens are known, but not what windows held at their end
    bool positions = false;   ///< positions of the model depend on the length of the text
  };

  /// Brings back as much of `prompt` as there is, always leaving one token to be read. `live` tokens of it are what the
  /// runner's row can be cut to; they stay if nothing better is there.
  Reading restore(const CachedModel& model, std::span<const std::int32_t> prompt, std::int64_t live);

  /// Keeps what the runner holds: all of `tokens`.
  void keep(const CachedModel& model, std::span<const std::int32_t> tokens, PromptCaching caching, const std::string& conversation = {});

  /// Where `prompt` and what was read before part, and why not more of it came from a cache. `message_at` finds the
  /// message of a token; it is asked only where that is to be told.
  CacheReport explain(const CachedModel& model, std::span<const std::int32_t> prompt, const std::string& conversation, const Reading& reading,
                      std::size_t messages, const std::function<int(std::int64_t position)>& message_at);

  /// The prompt was read, and answered.
  void remember(const CachedModel& model, std::span<const std::int32_t> text, const std::string& conversation, const CacheReport& report, std::uint64_t prompt_tokens);

  // Any thread's.
  void configure(const PromptCacheSettings& settings);
  PromptCacheSettings settings() const;
  void set_memory_limit(std::uint64_t bytes);
  PromptCacheStatus status() const;
  std::uint64_t memory_bytes() const { return bytes_; }
  std::uint64_t drop();            ///< all that is in memory and not in use; returns its bytes
  std::uint64_t try_drop();        ///< the same, or nothing while the store is at work

  /// What is kept, latest used first. Reads headers on disk.
  std::vector<KeptPrompt> kept() const;

  /// Prompts that are meant go, and what continues them, from memory and disk; bytes of both. What is asked now stays.
  std::uint64_t forget(const PromptSelection& which);
  std::shared_ptr<PromptDisk> disk() const;  ///< null: none
  void note(const std::string& sentence);

  /// Nothing is written to disk while somebody holds what this returns; may be null.
  std::shared_ptr<void> pause_disk() const;

private:
  /// Prefixes of one model and one kind of context.
  struct Contexts {
    explicit Contexts(std::vector<LayerNeed> layers) : tree(std::move(layers)) {}
    PrefixTree tree;
    std::vector<RowFormat> formats;
    std::string key, fingerprint, model, settings;
    bool looked_at_disk = false;
  };

  struct Work;

  struct Found {
    Contexts* contexts = nullptr;
    PrefixTree::Match match;
  };

  /// Which trees hold texts that end with so many tokens at most; by what the runner would make of them.
  Contexts* contexts_for(const CachedModel& model, std::int64_t length);
  Contexts* contexts_of(const CachedModel& model, std::vector<RowFormat> formats, std::int64_t length);
  Found find(const CachedModel& model, std::span<const std::int32_t> prompt, Reading& reading);
  void look_at_disk(Contexts& contexts);
  bool load_rows(Contexts& contexts, const PrefixTree::Match& match, const Runner& runner, std::int64_t live, Reading& reading);
  void write_rows(const CachedModel& model, const Found& found, std::int64_t kept);
  std::vector<LayerCover> covers(const Contexts& contexts, const Runner& runner, const PrefixTree::Match& at, std::int64_t end, std::int64_t length) const;
  std::shared_ptr<CacheSegment> allocate(const Contexts& contexts, const std::vector<LayerCover>& covers);
  bool make_room(std::uint64_t bytes);
  bool evict_one();
  void touch(PrefixNode* node);
  std::uint64_t drop_all();
  std::string miss_sentence(const CacheReport& report, const PastPrompt* past, const std::string& settings) const;

  Parts parts_;
  std::atomic<std::uint64_t> limit_{std::uint64_t{1} << 30};
  std::atomic<std::uint64_t> bytes_{0};    // of segments that trees hold
  std::atomic<std::uint64_t> entries_{0};

  mutable std::mutex mutex_;  // guards what follows; held while rows are copied
  std::atomic<std::thread::id> worker_;  // who restores or keeps now
  std::uint64_t uses_ = 0;
  std::string last_drop_;  // why something was given up, for a sentence
  std::map<std::string, std::unique_ptr<Contexts>> contexts_;
  PromptHistory history_;

  mutable std::mutex state_mutex_;  // guards what follows; never held for long; taken after mutex_
  PromptCacheSettings settings_;
  std::shared_ptr<PromptDisk> disk_;
  PromptCacheStatus counts_;  // prompts, tokens, notes
};

/// "f16, 8-bit keys and values, last 512 tokens": what of a context's settings makes rows differ.
std::string context_settings_text(const std::vector<RowFormat>& formats, const std::vector<LayerNeed>& needs);

}  // namespace etna

#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "engine/session/messages.h"

namespace etna {

/// Kept prompts and snapshots that are made up. A prompt takes 128 KiB a token; what is said in a chat again comes from
/// memory, for nine parts in ten. ETNA_FAKE_PROMPTS=1: some are there from the beginning.
///
/// Names decide: a snapshot called "…broken…" cannot be saved; a file called "…foreign…" does not say its text, one
/// called "…misfit…" was made with another model, one called "…damaged…" is no prompt cache.
class FakePrompts {
public:
  FakePrompts();

  void configure(const PromptCacheSettings& settings);
  PromptCacheSettings settings() const;
  PromptCacheStatus status() const;
  std::vector<KeptPrompt> kept() const;
  std::uint64_t forget(const PromptSelection& which);
  std::uint64_t clear();

  /// A prompt was read: what of it came from where.
  CacheReport read(const ChatRequest& request, const std::string& model, std::uint64_t tokens);

  std::vector<SnapshotInfo> snapshots() const;
  std::vector<ChatMessage> messages(const std::string& id) const;
  SnapshotInfo save(const SaveContextRequest& request, std::uint64_t tokens);
  SnapshotInfo rename(const std::string& id, const std::string& name);
  void remove(const std::string& id);
  void export_to(const std::string& id, const std::string& path) const;
  SnapshotInfo import_from(const std::string& path);
  SnapshotFit check(const std::string& id, bool loaded) const;

private:
  struct Snapshot {
    SnapshotInfo info;
    std::vector<ChatMessage> messages;
  };

  const Snapshot& find(const std::string& id) const;
  SnapshotInfo add(const std::string& name, const std::string& model, std::uint64_t tokens,
                   std::vector<ChatMessage> messages);

  mutable std::mutex mutex_;  // guards all below
  PromptCacheSettings settings_;
  PromptCacheStatus status_;
  std::vector<KeptPrompt> kept_;  // latest first
  std::vector<Snapshot> snapshots_;
  int last_id_ = 0;
};

}  // namespace etna

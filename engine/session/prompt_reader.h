#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/progress.h"
#include "engine/io/prompt_cache_file.h"
#include "engine/session/context_snapshots.h"
#include "engine/session/model_host.h"
#include "engine/session/prompt_store.h"

namespace etna {

/// Where prompts are kept; either may be null. Both outlive who is given them.
struct PromptCaches {
  PromptStore* store = nullptr;
  ContextSnapshots* snapshots = nullptr;
};

/// Reads a prompt into the only row of a model's runner, and no more of it than must be: what the row holds already, what is
/// kept of earlier prompts, and snapshots that it begins with come first.
class PromptReader {
public:
  /// Opens the request's prompt_cache_file. Throws what is wrong with it, or that it does not fit the model.
  PromptReader(ModelHost& host, const ChatRequest& request, const PromptCaches& caches);

  /// The whole text: what the file stands for, then `ids`. Tokens that the file does not name are numbers below 0.
  std::vector<std::int32_t> text(std::span<const std::int32_t> ids) const;

  /// Reads it; logits after its last token. The host's context is the text then. Throws cancelled between pieces.
  std::vector<float> read(const std::vector<std::int32_t>& text, const Progress& progress);

  /// Tokens at the beginning of the context that nobody knows.
  std::size_t unknown() const { return unknown_; }

  const CacheReport& report() const { return report_; }

  /// Keeps what the row holds now, for later prompts. Throws nothing: doing without is no failure.
  void keep() noexcept;

private:
  std::int64_t bring_back(const std::vector<std::int32_t>& text, const Progress& progress);
  std::vector<std::int64_t> checkpoints(const std::vector<std::int32_t>& text, std::int64_t from) const;
  CachedModel model() const;
  bool caches_prompts() const { return caches_.store && request_.caching != PromptCaching::off; }

  ModelHost& host_;
  ModelHost::Internals& in_;
  const ChatRequest& request_;
  PromptCaches caches_;
  std::optional<PromptCacheFile> file_;
  std::vector<std::int32_t> file_ids_;  // of the file, or numbers that stand for them
  std::size_t unknown_ = 0;
  std::size_t prompt_tokens_ = 0;
  CacheReport report_;
};

}  // namespace etna

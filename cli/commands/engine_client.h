#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/commands/answer_view.h"
#include "cli/commands/commands.h"
#include "engine/engine.h"

namespace etna::cli {

/// The engine for programs that wait: each call returns when the request has ended, and throws its failure. Ctrl+C
/// cancels the request that runs.
class EngineClient {
public:
  /// Shows progress on a terminal.
  ModelInfo load(const ModelOptions& options);

  /// What that would take; nothing is loaded.
  LoadEstimate estimate(const ModelOptions& options) const;

  /// Shows the answer while it is written, then the engine's warnings.
  RunStatistics chat(ChatRequest request, AnswerView& answer);

  /// Answers requests side by side; `answered` is given each when it is ready. All of it is over when this returns.
  void chat_batch(std::vector<ChatRequest> requests, int rows,
                  const std::function<void(std::size_t index, const AnswerView&, const RunStatistics&)>& answered);

  /// Reads a text and saves its context. Shows progress on a terminal.
  SavedContext save_context(SaveContextRequest request);

  void set_prompt_cache(const PromptCacheSettings& settings) { engine_.set_prompt_cache(settings); }

  /// For what returns at once.
  Engine& engine() { return engine_; }

  void unload(ModelId model);  ///< 0: all

  MemoryStatus memory() const { return engine_.memory(); }

private:
  Engine engine_;
};

/// What the starter is, said before it speaks.
void introduce(const ModelInfo& model);

/// Numbers and speeds, a line each.
std::string summary(const RunStatistics& statistics);

/// "92 % of the prompt (1840 of 2000 tokens; 1200 from memory, 640 from disk)", and why not more where that can be said.
std::string cache_summary(const RunStatistics& statistics);

}  // namespace etna::cli

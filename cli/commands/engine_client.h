#pragma once

#include <functional>
#include <string>

#include "cli/commands/commands.h"
#include "engine/engine.h"

namespace etna::cli {

/// The engine for programs that wait: each call returns when the request has ended, and throws its failure. Ctrl+C
/// cancels the request that runs.
class EngineClient {
public:
  /// Shows progress on a terminal.
  ModelInfo load(const ModelOptions& options);

  /// `text` is called on another thread, piece by piece.
  RunStatistics chat(ChatRequest request, std::function<void(const std::string&)> text);

private:
  Engine engine_;
};

/// What the starter is, said before it speaks.
void introduce(const ModelInfo& model);

/// "stopped: …" and speeds, one line.
std::string summary(const RunStatistics& statistics);

/// The same and more as a JSON object, with the answer's text.
std::string statistics_json(const std::string& text, const RunStatistics& statistics);

}  // namespace etna::cli

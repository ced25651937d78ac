#include <fmt/core.h>

#include "cli/commands/commands.h"
#include "cli/commands/engine_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/prompt_text.h"
#include "cli/commands/terminal.h"

namespace etna::cli {

int run_cache_prompt(const CachePromptOptions& options) {
  const std::string prompt = options.prompt == "-" ? read_prompt("-") : options.prompt;  // mlx-lm takes it as it stands here
  if (prompt.empty()) fail(Errc::invalid_argument, "the prompt is empty");
  EngineClient engine;
  const ModelInfo model = engine.load(options.model);
  introduce(model);
  SaveContextRequest request;
  request.prompt.messages = {{"user", prompt}};
  request.prompt.use_default_chat_template = options.use_default_template;
  if (!options.eos_token.empty()) request.prompt.extra_stop_tokens = {options.eos_token};
  request.path = options.prompt_cache_file;
  request.model_name = options.model.model;
  const SavedContext saved = engine.save_context(std::move(request));
  if (options.output == Output::json) {
    print(JsonText()
              .add("path", saved.snapshot.file.path)
              .add("model", saved.snapshot.file.model)
              .add("tokens", saved.tokens)
              .add("bytes", saved.snapshot.file.bytes)
              .add("tokens_per_second", saved.tokens_per_second())
              .add("peak_memory_bytes", saved.peak_memory_bytes)
              .object() +
          "\n");
    return exit_success;
  }
  print(fmt::format("Processed {} tokens ({:.2f} tok/s)\nPeak memory: {:.3f} GB\nSaved {} ({})\n", saved.tokens, saved.tokens_per_second(),
                    static_cast<double>(saved.peak_memory_bytes) / 1e9, saved.snapshot.file.path, format_bytes(saved.snapshot.file.bytes)));
  return exit_success;
}

}  // namespace etna::cli

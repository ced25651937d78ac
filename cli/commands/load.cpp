#include <fmt/core.h>

#include "cli/commands/commands.h"
#include "cli/commands/engine_client.h"
#include "cli/commands/estimate_text.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"

namespace etna::cli {

namespace {

int show_estimate(const LoadOptions& options, const LoadEstimate& estimate) {
  print(options.output == Output::json ? estimate_json(estimate) + "\n" : estimate_text(estimate));
  return estimate.fit == Fit::too_big && !options.model.force ? exit_memory : exit_success;
}

/// A few tokens: that a model loads does not mean that it works.
RunStatistics try_out(EngineClient& engine) {
  ChatRequest request;
  request.raw_prompt = "Hello";
  request.max_tokens = 2;
  request.sampling.temperature = 0;
  AnswerView nobody(Show::nothing);
  return engine.chat(std::move(request), nobody);
}

}  // namespace

int run_load(const LoadOptions& options) {
  EngineClient engine;
  const LoadEstimate estimate = engine.estimate(options.model);
  if (options.estimate) return show_estimate(options, estimate);

  const ModelInfo model = engine.load(options.model);
  introduce(model);
  const RunStatistics run = try_out(engine);
  if (options.output == Output::json) {
    print(JsonText()
              .add("name", model.name)
              .add("device", model.device_id)
              .add("format", model.format)
              .add("context_length", model.context_length)
              .add("load_seconds", model.load_seconds)
              .add("estimated_bytes", estimate.total())
              .add("peak_memory_bytes", run.peak_memory_bytes)
              .object() +
          "\n");
    return exit_success;
  }
  print(fmt::format("{} works on {}: {}, {} tokens of context, loaded in {:.2f} s\nPeak memory: {} (estimated {})\n", model.name, model.device,
                    model.format, model.context_length, model.load_seconds, format_memory(run.peak_memory_bytes), format_memory(estimate.total())));
  return exit_success;
}

}  // namespace etna::cli

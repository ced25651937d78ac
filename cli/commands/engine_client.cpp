#include "cli/commands/engine_client.h"

#include <fmt/core.h>

#include <chrono>
#include <future>
#include <memory>

#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"

namespace etna::cli {

namespace {

std::exception_ptr to_exception(const Failure& failure) {
  return std::make_exception_ptr(Error(failure.code, failure.message));
}

/// Waits for a request's end; Ctrl+C cancels it once.
template <class T>
T wait(std::future<T> result, const std::function<void()>& cancel) {
  const CatchInterrupt interrupt;
  bool cancelled = false;
  while (result.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
    if (interrupt.caught() && !cancelled) {
      cancelled = true;
      cancel();
    }
  }
  return result.get();
}

}  // namespace

ModelInfo EngineClient::load(const ModelOptions& options) {
  std::promise<ModelInfo> promise;
  ProgressLine line("Loading");
  LoadRequest request;
  request.path = options.model;
  request.device = options.device;
  request.activations = options.activations;
  request.kv_cache = options.kv_cache;
  const Engine::RequestId id =
      engine_.load(std::move(request),
                   {
                       .progress = [&](LoadProgress progress) { line.show(progress.bytes_done, progress.bytes_total); },
                       .done = [&](ModelInfo info) { promise.set_value(std::move(info)); },
                       .failed = [&](Failure failure) { promise.set_exception(to_exception(failure)); },
                   });
  return wait(promise.get_future(), [&] { engine_.cancel(id); });
}

RunStatistics EngineClient::chat(ChatRequest request, std::function<void(const std::string&)> text) {
  std::promise<RunStatistics> promise;
  const Engine::RequestId id = engine_.chat(
      std::move(request), {
                              .prompt_progress = {},
                              .text = [&](const std::string& piece) { text(piece); },
                              .done = [&](RunStatistics statistics) { promise.set_value(statistics); },
                              .failed = [&](Failure failure) { promise.set_exception(to_exception(failure)); },
                          });
  return wait(promise.get_future(), [&] { engine_.cancel(id); });
}

void introduce(const ModelInfo& model) {
  if (model.is_starter) {
    note("This is Etna's starter model: tiny, for trying things out, no source of facts. Choose another with --model.");
  }
  for (const std::string& warning : model.warnings) note("Warning: " + warning);
}

std::string summary(const RunStatistics& statistics) {
  return fmt::format(
      "Prompt: {} tokens, {:.3f} tokens-per-sec\nGeneration: {} tokens, {:.3f} tokens-per-sec\n"
      "Peak memory: {:.3f} GB\nStopped: {}\n",
      statistics.prompt_tokens, statistics.prompt_tokens_per_second(), statistics.generated_tokens,
      statistics.decode_tokens_per_second(), static_cast<double>(statistics.peak_memory_bytes) / 1e9,
      words(statistics.stop_reason));
}

std::string statistics_json(const std::string& text, const RunStatistics& statistics) {
  return JsonText()
      .add("text", text)
      .add("stop_reason", words(statistics.stop_reason))
      .add("prompt_tokens", statistics.prompt_tokens)
      .add("cached_tokens", statistics.cached_tokens)
      .add("generated_tokens", statistics.generated_tokens)
      .add("first_token_seconds", statistics.first_token_seconds)
      .add("prompt_tokens_per_second", statistics.prompt_tokens_per_second())
      .add("decode_tokens_per_second", statistics.decode_tokens_per_second())
      .add("peak_memory_bytes", statistics.peak_memory_bytes)
      .object();
}

}  // namespace etna::cli

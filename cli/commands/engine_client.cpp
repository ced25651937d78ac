#include "cli/commands/engine_client.h"

#include <fmt/core.h>

#include <chrono>
#include <future>
#include <memory>

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

RunStatistics EngineClient::chat(ChatRequest request, AnswerView& answer) {
  std::promise<RunStatistics> promise;
  std::vector<std::string> warnings;  // said after the answer: they would stand in the middle of it
  const Engine::RequestId id = engine_.chat(
      std::move(request), {
                              .prompt_progress = {},
                              .text = [&](const std::string& piece) { answer.add_text(piece); },
                              .thinking = [&](const std::string& piece) { answer.add_thinking(piece); },
                              .tool_call = [&](const ToolCall& call) { answer.add_tool_call(call); },
                              .warning = [&](const std::string& sentence) { warnings.push_back(sentence); },
                              .done = [&](RunStatistics statistics) { promise.set_value(statistics); },
                              .failed = [&](Failure failure) { promise.set_exception(to_exception(failure)); },
                          });
  const RunStatistics statistics = wait(promise.get_future(), [&] { engine_.cancel(id); });
  answer.finish();
  for (const std::string& warning : warnings) note("Warning: " + warning);
  return statistics;
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

}  // namespace etna::cli

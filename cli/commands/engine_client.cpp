#include "cli/commands/engine_client.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <utility>

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

LoadRequest request_of(const ModelOptions& options) {
  LoadRequest request;
  request.path = options.model;
  request.device = options.device;
  request.activations = options.activations;
  request.context_length = options.context_length;
  request.kv_cache = options.kv_cache;
  request.adapter = options.adapter;
  request.draft_model = options.draft_model;
  request.layers_on_device = options.layers_on_device;
  request.admission = options.force ? Admission::force : Admission::refuse;
  return request;
}

}  // namespace

LoadEstimate EngineClient::estimate(const ModelOptions& options) const { return engine_.estimate(request_of(options)); }

ModelInfo EngineClient::load(const ModelOptions& options) {
  std::promise<ModelInfo> promise;
  ProgressLine line("Loading");
  const Engine::RequestId id =
      engine_.load(request_of(options),
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

void EngineClient::chat_batch(
    std::vector<ChatRequest> requests, int rows,
    const std::function<void(std::size_t, const AnswerView&, const RunStatistics&)>& answered) {
  std::promise<bool> promise;
  std::deque<AnswerView> answers;  // views are not copied
  for (std::size_t i = 0; i < requests.size(); ++i) answers.emplace_back(Show::nothing);
  const Engine::RequestId id = engine_.chat_batch(
      std::move(requests), rows,
      {
          .text = [&](std::size_t index, const std::string& piece) { answers[index].add_text(piece); },
          .thinking = [&](std::size_t index, const std::string& piece) { answers[index].add_thinking(piece); },
          .tool_call = [&](std::size_t index, const ToolCall& call) { answers[index].add_tool_call(call); },
          .warning = [](std::size_t index, const std::string& sentence) {
            note(fmt::format("Warning: prompt {}: {}", index + 1, sentence));
          },
          .answered = [&](std::size_t index, const RunStatistics& statistics) { answered(index, answers[index], statistics); },
          .done = [&] { promise.set_value(true); },
          .failed = [&](const Failure& failure) { promise.set_exception(to_exception(failure)); },
      });
  wait(promise.get_future(), [&] { engine_.cancel(id); });
}

SavedContext EngineClient::save_context(SaveContextRequest request) {
  std::promise<SavedContext> promise;
  ProgressLine line("Processed");
  const Engine::RequestId id = engine_.save_context(
      std::move(request), {
                              .progress = [&](std::uint64_t done, std::uint64_t total) { line.show(done, total); },
                              .done = [&](SavedContext saved) { promise.set_value(std::move(saved)); },
                              .failed = [&](const Failure& failure) { promise.set_exception(to_exception(failure)); },
                          });
  return wait(promise.get_future(), [&] { engine_.cancel(id); });
}

void EngineClient::unload(ModelId model) {
  std::promise<bool> promise;
  engine_.unload(model, [&] { promise.set_value(true); });
  wait(promise.get_future(), [] {});
}

void introduce(const ModelInfo& model) {
  if (model.is_starter) {
    note("This is Etna's starter model: tiny, for trying things out, no source of facts. Choose another with --model.");
  }
  if (const std::string placement = placement_text(model); !placement.empty()) note(placement + ", the rest on the processor.");
  for (const std::string& warning : model.warnings) note("Warning: " + warning);
}

std::string cache_summary(const RunStatistics& statistics) {
  const CachedTokens& tokens = statistics.cache.tokens;
  const std::uint64_t prompt = std::max<std::uint64_t>(statistics.prompt_tokens, 1);
  std::string text = fmt::format("{} % of the prompt ({} of {} tokens", 100 * statistics.cached_tokens / prompt, statistics.cached_tokens, statistics.prompt_tokens);
  const std::pair<std::uint64_t, const char*> sources[] = {
      {tokens.context, "the model's context"}, {tokens.memory, "memory"}, {tokens.disk, "disk"}, {tokens.snapshot, "a saved context"}};
  const char* before = "; ";
  for (const auto& [count, source] : sources) {
    if (count > 0) text += fmt::format("{}{} from {}", std::exchange(before, ", "), count, source);
  }
  text += ")";
  if (!statistics.cache.sentence.empty()) text += ": " + statistics.cache.sentence;
  return text;
}

std::string summary(const RunStatistics& statistics) {
  std::string drafts;
  if (statistics.drafted_tokens > 0) {
    drafts = fmt::format("Drafts: {} tokens, {} accepted\n", statistics.drafted_tokens, statistics.accepted_tokens);
  }
  return fmt::format(
      "Prompt: {} tokens, {:.3f} tokens-per-sec\nCache: {}\nGeneration: {} tokens, {:.3f} tokens-per-sec\n"
      "{}Peak memory: {:.3f} GB\nStopped: {}\n",
      statistics.prompt_tokens, statistics.prompt_tokens_per_second(), cache_summary(statistics), statistics.generated_tokens,
      statistics.decode_tokens_per_second(), drafts, static_cast<double>(statistics.peak_memory_bytes) / 1e9,
      words(statistics.stop_reason));
}

}  // namespace etna::cli

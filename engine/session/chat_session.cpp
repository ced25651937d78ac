#include "engine/session/chat_session.h"

#include <algorithm>
#include <chrono>

#include "engine/base/error.h"
#include "engine/generation/sampler.h"
#include "engine/generation/stop_tokens.h"
#include "engine/session/chat_prompt.h"
#include "engine/session/model_internals.h"

namespace etna {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

SamplingParameters sampling_parameters(const SamplingSettings& settings) {
  SamplingParameters parameters;
  parameters.temperature = settings.temperature;
  parameters.top_p = settings.top_p;
  parameters.top_k = settings.top_k;
  parameters.min_p = settings.min_p;
  parameters.repetition_penalty = settings.repetition_penalty;
  parameters.validate();
  return parameters;
}

/// Whether the device can draw by itself: no filters, no penalties.
bool device_can_pick(const SamplingSettings& settings) {
  const bool no_filters = (settings.top_p <= 0 || settings.top_p >= 1) && settings.top_k == 0 && settings.min_p == 0;
  return settings.repetition_penalty == 0 && (settings.temperature == 0 || no_filters);
}

/// One answer: prompt, then token after token until something ends it.
class Answer {
public:
  Answer(ModelHost& host, const ChatRequest& request, const ChatPrompt& prompt, const ChatSink& sink,
         std::stop_token stop)
      : host_(host.internals()),
        request_(request),
        sink_(sink),
        stop_(std::move(stop)),
        end_tokens_(stop_tokens(host.config().eos_token_ids, host.tokenizer().get(), prompt.extra_stop_tokens)),
        sampler_(sampling_parameters(request.sampling), request.sampling.seed),
        output_(host.tokenizer(), prompt.format, prompt.start, prompt.stop_texts, sink) {}

  RunStatistics run(const std::vector<std::int32_t>& prompt) {
    host_.backend->allocator()->reset_peak();
    statistics_.prompt_tokens = prompt.size();
    if (prompt.size() >= static_cast<std::size_t>(host_.runner->capacity())) {
      statistics_.stop_reason = StopReason::context_full;
      return statistics_;
    }
    try {
      const std::int32_t first = read_prompt(prompt);
      const auto begin = last_token_ = Clock::now();
      if (accept(first)) decode(first);
      statistics_.decode_seconds = seconds_since(begin);
    } catch (const Error& error) {
      if (error.code() != Errc::cancelled) throw;
      statistics_.stop_reason = StopReason::stopped;
    }
    finish();
    statistics_.peak_memory_bytes = host_.backend->allocator()->report().peak_bytes;
    return statistics_;
  }

private:
  std::int32_t read_prompt(const std::vector<std::int32_t>& prompt) {
    const auto begin = Clock::now();
    std::vector<std::int32_t>& context = host_.context;
    const auto [here, there] = std::ranges::mismatch(prompt, context);
    const auto same = std::min<std::ptrdiff_t>(here - prompt.begin(), static_cast<std::ptrdiff_t>(prompt.size()) - 1);
    const bool rows_stay = host_.runner->keeps_rows(static_cast<std::int64_t>(prompt.size()));
    const std::int64_t kept = host_.runner->truncate(0, rows_stay ? same : 0);
    statistics_.cached_tokens = static_cast<std::uint64_t>(kept);
    context.resize(static_cast<std::size_t>(kept));
    const auto rest = std::span(prompt).subspan(static_cast<std::size_t>(kept));
    const std::int64_t last = static_cast<std::int64_t>(rest.size()) - 1;
    const std::vector<float> logits = host_.runner->append_for_logits(0, rest, std::span(&last, 1), {sink_.prompt_progress, stop_});
    context = prompt;
    const std::int32_t id = sampler_.sample(logits, context);
    statistics_.prompt_seconds = statistics_.first_token_seconds = seconds_since(begin);
    return id;
  }

  void decode(std::int32_t id) {
    while (!answer_from(id)) {
      // The text outgrew a long rope: all of it is read again, with the factors for longer texts.
      id = read_again(id);
      if (!accept(id)) return;
    }
  }

  /// Whether the answer came to its end; false: the text with `id`, the last token shown, must be read again.
  bool answer_from(std::int32_t& id) {
    if (device_can_pick(request_.sampling)) {
      const DevicePick pick{static_cast<float>(request_.sampling.temperature)};
      const std::uint64_t seed = request_.sampling.seed.value_or(static_cast<std::uint64_t>(Clock::now().time_since_epoch().count()));
      const std::unique_ptr<Runner::Stream> stream = host_.runner->stream(id, pick, seed);
      for (;;) {
        const std::optional<std::int32_t> next = stream->next();
        if (!next && must_read_again()) return false;
        if (!next) return end(StopReason::context_full), true;
        host_.context.push_back(id);
        id = *next;
        if (!accept(id)) return true;
      }
    }
    for (;;) {
      if (host_.runner->length(0) >= host_.runner->capacity()) return end(StopReason::context_full), true;
      if (must_read_again()) return false;
      const std::span<const float> logits = host_.runner->step(std::span(&id, 1));
      host_.context.push_back(id);
      id = sampler_.sample(logits, host_.context);
      if (!accept(id)) return true;
    }
  }

  bool must_read_again() const { return !host_.runner->keeps_rows(static_cast<std::int64_t>(host_.context.size()) + 1); }

  std::int32_t read_again(std::int32_t id) {
    host_.context.push_back(id);
    host_.runner->truncate(0, 0);
    const std::int64_t last = static_cast<std::int64_t>(host_.context.size()) - 1;
    const std::vector<float> logits = host_.runner->append_for_logits(0, host_.context, std::span(&last, 1), {{}, stop_});
    return sampler_.sample(logits, host_.context);
  }

  /// Shows a token; false when the answer ends with it.
  bool accept(std::int32_t id) {
    if (stop_.stop_requested()) return end(StopReason::stopped), false;
    if (std::ranges::find(end_tokens_, id) != end_tokens_.end()) return end(StopReason::end_of_text), false;
    ++statistics_.generated_tokens;
    show(id);
    if (output_.stopped()) return end(StopReason::stop_text), false;
    if (statistics_.generated_tokens >= request_.max_tokens) return end(StopReason::length), false;
    return true;
  }

  void end(StopReason reason) { statistics_.stop_reason = reason; }

  void show(std::int32_t id) {
    const auto now = Clock::now();
    const bool was_thinking = output_.thinking();
    output_.push(id);
    if (was_thinking) statistics_.thinking_seconds += std::chrono::duration<double>(now - last_token_).count();
    if (was_thinking || output_.thinking()) ++statistics_.thinking_tokens;
    last_token_ = now;
  }

  void finish() {
    output_.finish();
    statistics_.tool_calls = output_.tool_calls();
    const bool waits_for_tool = statistics_.stop_reason == StopReason::end_of_text && statistics_.tool_calls > 0;
    if (waits_for_tool) end(StopReason::tool_call);
  }

  ModelHost::Internals& host_;
  const ChatRequest& request_;
  const ChatSink& sink_;
  std::stop_token stop_;
  std::vector<std::int32_t> end_tokens_;
  Sampler sampler_;
  ChatOutput output_;
  Clock::time_point last_token_;
  RunStatistics statistics_;
};

}  // namespace

RunStatistics run_chat(ModelHost& host, const ChatRequest& request, const ChatSink& sink, std::stop_token stop) {
  const auto tokenizer = host.tokenizer();
  if (!tokenizer) fail(Errc::not_found, "{}: has no tokenizer.json, so text cannot be read or written", host.info().path);
  const ChatPrompt prompt = make_chat_prompt(*tokenizer, host.info().path, request);
  if (prompt.ids.empty()) fail(Errc::invalid_argument, "chat: the prompt has no tokens");
  Answer answer(host, request, prompt, sink, std::move(stop));
  for (const std::string& warning : prompt.warnings) {
    if (sink.warning) sink.warning(warning);
  }
  return answer.run(prompt.ids);
}

}  // namespace etna

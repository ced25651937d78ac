#include "engine/session/chat_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "engine/base/error.h"
#include "engine/generation/prompt_lookup.h"
#include "engine/session/chat_request.h"
#include "engine/session/draft_model.h"
#include "engine/session/model_internals.h"
#include "engine/session/running_answer.h"

namespace etna {

namespace {

/// With the token before them as many positions as one group of logits has, and fewer than a ring cache can take back.
constexpr int most_drafts = 31;

SpeculationSettings checked(const SpeculationSettings& settings) {
  if (settings.draft_tokens < 1 || settings.draft_tokens > most_drafts) {
    fail(Errc::invalid_argument, "speculation: {} draft tokens, not between 1 and {}", settings.draft_tokens, most_drafts);
  }
  if (settings.prompt_lookup < 0) fail(Errc::invalid_argument, "speculation: prompt look-up compares {} tokens", settings.prompt_lookup);
  return settings;
}

/// One answer: prompt, then token after token until something ends it.
class Answer {
public:
  Answer(ModelHost& host, const ChatRequest& request, const ChatPrompt& prompt, const ChatSink& sink,
         std::stop_token stop, const PromptCaches& caches)
      : host_(host.internals()),
        request_(request),
        caches_(caches),
        reader_(host, request, caches),
        sink_(sink),
        stop_(std::move(stop)),
        picker_(token_picker(host, request, prompt)),
        speculation_(checked(request.speculation)),
        answer_(host.tokenizer(), prompt, end_tokens(host, prompt), request.max_tokens, sink) {}

  RunStatistics run(const std::vector<std::int32_t>& prompt, const ContextFit& fit) {
    host_.reset_peak();
    const std::vector<std::int32_t> text = reader_.text(prompt);
    answer_.statistics().prompt_tokens = text.size();
    if (request_.sampling.temperature > 0) answer_.statistics().seed = picker_.seed();
    answer_.statistics().context = fit;
    const std::uint64_t reserve = std::max<std::uint64_t>(request_.reply_reserve, 1);  // a file comes before the prompt
    if (!fit.fits || text.size() + reserve > static_cast<std::size_t>(host_.runner->capacity())) {
      answer_.end(StopReason::context_full);
      return answer_.statistics();
    }
    try {
      const std::int32_t first = read_prompt(text);
      if (accept(first)) decode(first);
    } catch (const Error& error) {
      if (error.code() == Errc::out_of_memory) answer_.finish();  // what was said is kept, all of it
      if (error.code() != Errc::cancelled) throw;
      answer_.end(StopReason::stopped);
    }
    RunStatistics statistics = answer_.finish();
    statistics.peak_memory_bytes = host_.peak_bytes();
    reader_.keep();
    if (caches_.store) {
      const CachedModel model{host_.info.name, host_.fingerprint, *host_.runner};
      caches_.store->remember(model, known(), request_.conversation, statistics.cache, statistics.prompt_tokens);
    }
    return statistics;
  }

private:
  /// Tokens of the context that are known: all but those of a file that does not name them.
  std::span<const std::int32_t> known() const { return std::span(host_.context).subspan(std::min(reader_.unknown(), host_.context.size())); }

  std::int32_t read_prompt(const std::vector<std::int32_t>& text) {
    const PhaseScope phase(*host_.backend->allocator()->ledger(), MemoryPhase::prompt);
    const auto report = [this](std::uint64_t done, std::uint64_t total) {
      if (sink_.step) sink_.step();
      if (sink_.prompt_progress) sink_.prompt_progress(done, total);
    };
    const std::vector<float> logits = reader_.read(text, {report, stop_});
    answer_.statistics().cache = reader_.report();
    answer_.statistics().cached_tokens = reader_.report().tokens.total();
    return picker_.pick(logits, known());
  }

  void decode(std::int32_t id) {
    const PhaseScope phase(*host_.backend->allocator()->ledger(), MemoryPhase::writing);
    if (can_speculate()) return decode_with_drafts(id);
    if (picker_.device_can_pick()) return decode_on_device(id);
    std::optional<std::int32_t> next = id;
    while ((next = next_token(*next)) && accept(*next)) {
    }
  }

  void decode_on_device(std::int32_t id) {
    std::unique_ptr<Runner::Stream> stream = host_.runner->stream(id, {picker_.temperature()}, picker_.seed());
    for (;;) {
      std::optional<std::int32_t> next = stream->next();
      if (next) {
        host_.context.push_back(id);
      } else {  // a full context, or one to be read again
        stream.reset();
        next = next_token(id);
        if (!next) return;
      }
      id = *next;
      if (!accept(id)) return;
      if (!stream) stream = host_.runner->stream(id, {picker_.temperature()}, picker_.seed());
    }
  }

  /// Reads `id` and picks what follows; none when the context is full.
  std::optional<std::int32_t> next_token(std::int32_t id) {
    Runner& runner = *host_.runner;
    std::vector<std::int32_t>& context = host_.context;
    if (runner.length(0) >= runner.capacity()) return answer_.end(StopReason::context_full), std::nullopt;
    if (runner.keeps_rows(runner.length(0) + 1)) {
      const std::span<const float> logits = runner.step(std::span(&id, 1));
      context.push_back(id);
      return picker_.pick(logits, known());
    }
    if (reader_.unknown() > 0) return answer_.end(StopReason::context_full), std::nullopt;  // nobody could read it again
    std::vector<std::int32_t> text = std::move(context);
    context.clear();
    text.push_back(id);
    runner.truncate(0, 0);
    const std::int64_t last = static_cast<std::int64_t>(text.size()) - 1;
    const std::vector<float> logits = runner.append_for_logits(0, text, std::span(&last, 1), {{}, stop_});
    context = std::move(text);
    return picker_.pick(logits, context);
  }

  /// Whether to guess ahead; says why not where it was asked for.
  bool can_speculate() {
    const bool looks_up = speculation_.prompt_lookup > 0;
    if (!host_.draft && !looks_up) return false;
    const bool depends = host_.runner->rotates_by_length(), draft_depends = host_.draft && !draft_guesses();
    if (sink_.warning && (depends || draft_depends)) {
      sink_.warning(fmt::format("No tokens were guessed ahead{}: the positions of the {} depend on the length of the text.",
                                depends ? "" : " by the draft model", depends ? "model" : "draft model"));
    }
    return !depends && (looks_up || !draft_depends);
  }

  bool draft_guesses() const { return host_.draft && !host_.draft->internals().runner->rotates_by_length(); }

  /// Guesses at what follows `id`, from the text itself or else by the draft model.
  std::vector<std::int32_t> make_drafts(std::int32_t id) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(answer_.left(), static_cast<std::uint64_t>(speculation_.draft_tokens)));
    std::vector<std::int32_t> text(known().begin(), known().end());
    text.push_back(id);
    const auto found = look_up_continuation(text, static_cast<std::size_t>(speculation_.prompt_lookup), count);
    if (!found.empty()) return {found.begin(), found.end()};
    if (!draft_guesses()) return {};
    return draft_tokens(*host_.draft, text, count, picker_, host_.info.vocab_size, {{}, stop_});
  }

  /// Whether `count` more positions can be read at once: the context has room, and caches are packed after the same
  /// token as without drafts.
  bool has_room(std::int64_t count) const {
    const RunnerOptions& options = host_.runner_options;
    const std::int64_t length = host_.runner->length(0), start = options.quantized_kv_start;
    const bool packs = (options.key_bits != 0 || options.value_bits != 0) && length < start && start < length + count;
    return length + count <= host_.runner->capacity() && !packs;
  }

  /// Guesses are read together with the token before them; the model's own picks confirm them one after the other, so
  /// that the answer is the same as without (formats.md §3.7).
  void decode_with_drafts(std::int32_t id) {
    const std::int64_t width = speculation_.draft_tokens + 1;
    for (;;) {
      const std::vector<std::int32_t> drafts = has_room(width) ? make_drafts(id) : std::vector<std::int32_t>{};
      if (drafts.empty()) {
        const std::optional<std::int32_t> next = next_token(id);
        if (!next || !accept(*next)) return;
        id = *next;
        continue;
      }
      const std::optional<std::int32_t> next = check_drafts(id, drafts, width);
      if (!next) return;
      id = *next;
    }
  }

  /// The first token that was not guessed; none when the answer has ended.
  std::optional<std::int32_t> check_drafts(std::int32_t id, std::span<const std::int32_t> drafts, std::int64_t width) {
    Runner& runner = *host_.runner;
    std::vector<std::int32_t> ids{id};
    ids.insert(ids.end(), drafts.begin(), drafts.end());
    ids.resize(static_cast<std::size_t>(width), id);  // always as many: one plan serves all
    std::vector<std::int64_t> positions(ids.size());
    std::iota(positions.begin(), positions.end(), std::int64_t{0});
    const std::vector<float> logits = runner.append_for_logits(0, ids, positions);
    answer_.statistics().drafted_tokens += drafts.size();
    bool goes_on = true;
    for (std::size_t i = 0;; ++i) {
      host_.context.push_back(ids[i]);
      const std::size_t vocab = host_.info.vocab_size;
      id = picker_.pick(std::span(logits).subspan(i * vocab, vocab), known());
      const bool is_right = i < drafts.size() && id == drafts[i];
      answer_.statistics().accepted_tokens += is_right ? 1 : 0;
      goes_on = accept(id);
      if (!is_right || !goes_on) break;
    }
    const auto kept = static_cast<std::size_t>(runner.truncate(0, static_cast<std::int64_t>(host_.context.size())));
    if (kept < host_.context.size()) runner.append_for_logits(0, std::span(host_.context).subspan(kept), {});
    return goes_on ? std::optional(id) : std::nullopt;
  }

  /// Shows a token; false when the answer ends with it.
  bool accept(std::int32_t id) {
    if (stop_.stop_requested()) return answer_.end(StopReason::stopped), false;
    if (sink_.step) sink_.step();
    return answer_.accept(id);
  }

  ModelHost::Internals& host_;
  const ChatRequest& request_;
  PromptCaches caches_;
  PromptReader reader_;
  const ChatSink& sink_;
  std::stop_token stop_;
  TokenPicker picker_;
  SpeculationSettings speculation_;
  RunningAnswer answer_;
};

}  // namespace

RunStatistics run_chat(ModelHost& host, const ChatRequest& request, const ChatSink& sink, std::stop_token stop, const PromptCaches& caches) {
  host.check_files();
  const FittedRequest fitted = fit_request(host, request, static_cast<std::uint64_t>(host.internals().runner->capacity()));
  Answer answer(host, fitted.request, fitted.prompt, sink, std::move(stop), caches);
  for (const std::string& warning : fitted.prompt.warnings) {
    if (sink.warning) sink.warning(warning);
  }
  if (sink.context) sink.context(fitted.fit);
  return answer.run(fitted.prompt.ids, fitted.fit);
}

}  // namespace etna

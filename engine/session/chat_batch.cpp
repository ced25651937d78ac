#include "engine/session/chat_batch.h"

#include <algorithm>
#include <utility>

#include "engine/base/error.h"
#include "engine/session/chat_request.h"
#include "engine/session/model_internals.h"
#include "engine/session/running_answer.h"

namespace etna {

struct ChatBatch::Entry {
  Entry(const ModelHost& host, const FittedRequest& fitted, ChatSink to, std::function<void(RunStatistics)> when_done)
      : sink(std::move(to)),
        done(std::move(when_done)),
        answer(host.tokenizer(), fitted.prompt, end_tokens(host, fitted.prompt), fitted.request.max_tokens, sink) {
    answer.statistics().context = fitted.fit;
  }

  ChatSink sink;
  std::function<void(RunStatistics)> done;
  RunningAnswer answer;
};

ChatBatch::ChatBatch(ModelHost& host, const ChatBatchOptions& options) : host_(host) {
  ModelHost::Internals& in = host.internals();
  RunnerOptions runner = in.runner_options;
  const bool alone = in.runner->rotates_by_length();
  runner.batch = alone ? 1 : std::max<std::int64_t>(options.rows, 1);
  if (options.capacity > 0) runner.capacity = std::min(runner.capacity, static_cast<std::int64_t>(options.capacity));
  reservations_ = in.reserve(in.rehearsal->measure(runner).beside_weights(), "a batch of answers");
  runner.working_sizes = in.rehearsal->working_sizes(runner);
  runner_ = std::make_unique<Runner>(in.parts(), in.config.vocab_size, runner);
  generator_ = std::make_unique<BatchGenerator>(*runner_, runner.batch, options.prompt_piece);
}

ChatBatch::~ChatBatch() = default;

BatchId ChatBatch::insert(const ChatRequest& request, ChatSink sink, std::function<void(RunStatistics)> done) {
  host_.check_files();
  const FittedRequest fitted = fit_request(host_, request, static_cast<std::uint64_t>(runner_->capacity()));
  const ChatPrompt& prompt = fitted.prompt;
  auto entry = std::make_unique<Entry>(host_, fitted, std::move(sink), std::move(done));
  for (const std::string& warning : prompt.warnings) {
    if (entry->sink.warning) entry->sink.warning(warning);
  }
  const BatchId id = generator_->insert({.prompt = prompt.ids,
                                         .picker = token_picker(host_, request, prompt),
                                         .max_tokens = request.max_tokens,
                                         .end_tokens = end_tokens(host_, prompt),
                                         .room = std::max<std::uint64_t>(request.reply_reserve, 1)});
  entries_.emplace(id, std::move(entry));
  return id;
}

void ChatBatch::remove(BatchId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  generator_->remove(id);
  found->second->answer.end(StopReason::stopped);
  finish(id);
}

bool ChatBatch::next(const std::stop_token& stop) {
  while (stop.stop_requested() && !entries_.empty()) remove(entries_.begin()->first);
  if (generator_->idle()) return false;
  if (const ChatSink& any = entries_.begin()->second->sink; any.step) any.step();
  std::vector<BatchToken> tokens;
  try {
    tokens = generator_->next({{}, stop});
  } catch (const Error& error) {
    if (error.code() != Errc::cancelled) throw;
    return true;  // the next call ends all answers
  }
  for (const BatchToken& token : tokens) {
    RunningAnswer& answer = entries_.at(token.id)->answer;
    answer.statistics().cached_tokens = answer.statistics().cache.tokens.context = static_cast<std::uint64_t>(token.cached);
    const bool goes_on = token.token && answer.accept(*token.token);
    if (goes_on && !token.end) continue;
    if (!token.token || goes_on) answer.end(StopReason::context_full);
    generator_->remove(token.id);  // a stop text: the generator does not know yet
    finish(token.id);
  }
  return true;
}

void ChatBatch::finish(BatchId id) {
  const auto entry = entries_.extract(id);
  RunStatistics statistics = entry.mapped()->answer.finish();
  statistics.peak_memory_bytes = host_.internals().peak_bytes();
  if (entry.mapped()->done) entry.mapped()->done(statistics);
}

void run_chat_batch(ModelHost& host, std::span<const ChatRequest> requests, std::int64_t rows,
                    const std::function<ChatSink(std::size_t)>& sink_of,
                    const std::function<void(std::size_t, RunStatistics)>& answered, const std::stop_token& stop) {
  if (requests.empty()) return;
  std::uint64_t longest = 0;
  for (const ChatRequest& request : requests) {
    const std::uint64_t prompt = read_chat_request(host, request).ids.size();
    const std::uint64_t answer = std::max(request.max_tokens, request.reply_reserve);
    longest = std::max(longest, prompt + std::min(answer, host.info().context_length));
  }
  host.internals().reset_peak();
  const PhaseScope phase(*host.backend().allocator()->ledger(), MemoryPhase::writing);  // prompts are read between the tokens
  ChatBatch batch(host, {.rows = std::min(rows, static_cast<std::int64_t>(requests.size())), .capacity = longest});
  for (std::size_t i = 0; i < requests.size(); ++i) {
    batch.insert(requests[i], sink_of(i), [&answered, i](const RunStatistics& statistics) { answered(i, statistics); });
  }
  while (batch.next(stop)) {
  }
}

}  // namespace etna

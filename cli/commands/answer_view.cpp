#include "cli/commands/answer_view.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"

namespace etna::cli {

namespace {

constexpr std::string_view dim = "\033[2m";
constexpr std::string_view plain = "\033[0m";

bool terminal_with_colours() {
  const char* no_color = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

}  // namespace

AnswerView::AnswerView(Show show) : show_(show), colours_(show == Show::everything && terminal_with_colours()) {}

AnswerView::~AnswerView() {
  end_colours();
}

void AnswerView::add_text(const std::string& piece) {
  text_ += piece;
  if (show_ == Show::nothing) return;
  begin(Part::answer);
  print(piece);
}

void AnswerView::add_thinking(const std::string& piece) {
  thinking_ += piece;
  if (show_ != Show::everything) return;
  begin(Part::thinking);
  print(piece);
}

void AnswerView::add_tool_call(const ToolCall& call) {
  tool_calls_.push_back(call);
  if (show_ != Show::everything) return;
  begin(Part::tool_call);
  print(fmt::format("Tool call: {} {}", call.name, call.arguments));
}

void AnswerView::finish() {
  end_colours();
  part_ = Part::none;
  if (show_ != Show::nothing) print("\n");
}

void AnswerView::end_colours() {
  if (part_ == Part::thinking && colours_) print(plain);
}

/// Sets parts apart. Pieces of the same part follow each other; each tool call has lines of its own.
void AnswerView::begin(Part part) {
  if (part_ == part && part != Part::tool_call) return;
  end_colours();
  if (part_ != Part::none) print("\n\n");
  if (part == Part::thinking) print(colours_ ? dim : "Thinking:\n");
  if (part == Part::answer && part_ == Part::thinking && !colours_) print("Answer:\n");
  part_ = part;
}

namespace {

/// Names for scripts.
const char* name(CacheMiss miss) {
  switch (miss) {
    case CacheMiss::none: return "none";
    case CacheMiss::first_use: return "first_use";
    case CacheMiss::new_text: return "new_text";
    case CacheMiss::text_changed: return "text_changed";
    case CacheMiss::settings_changed: return "settings_changed";
    case CacheMiss::evicted: return "evicted";
    case CacheMiss::window: return "window";
    case CacheMiss::positions: return "positions";
    case CacheMiss::slower: return "slower";
    case CacheMiss::damaged: return "damaged";
    case CacheMiss::switched_off: return "switched_off";
  }
  return "";
}

std::string cache_json(const CacheReport& cache) {
  return JsonText()
      .add("context_tokens", cache.tokens.context)
      .add("memory_tokens", cache.tokens.memory)
      .add("disk_tokens", cache.tokens.disk)
      .add("snapshot_tokens", cache.tokens.snapshot)
      .add("restore_seconds", cache.restore_seconds)
      .add("miss", name(cache.miss))
      .add("missed_tokens", cache.missed_tokens)
      .add("changed_message", cache.changed_message)
      .add("sentence", cache.sentence)
      .object();
}

}  // namespace

std::string answer_json(const AnswerView& answer, const RunStatistics& statistics) {
  std::string calls;
  for (const ToolCall& call : answer.tool_calls()) {
    if (!calls.empty()) calls += ",";
    calls += JsonText().add("name", call.name).add_json("arguments", call.arguments).add("id", call.id).object();
  }
  return JsonText()
      .add("text", answer.text())
      .add("thinking", answer.thinking())
      .add_json("tool_calls", "[" + calls + "]")
      .add("stop_reason", words(statistics.stop_reason))
      .add("prompt_tokens", statistics.prompt_tokens)
      .add("cached_tokens", statistics.cached_tokens)
      .add_json("cache", cache_json(statistics.cache))
      .add("generated_tokens", statistics.generated_tokens)
      .add("thinking_tokens", statistics.thinking_tokens)
      .add("drafted_tokens", statistics.drafted_tokens)
      .add("accepted_tokens", statistics.accepted_tokens)
      .add("thinking_seconds", statistics.thinking_seconds)
      .add("first_token_seconds", statistics.first_token_seconds)
      .add("prompt_tokens_per_second", statistics.prompt_tokens_per_second())
      .add("decode_tokens_per_second", statistics.decode_tokens_per_second())
      .add("peak_memory_bytes", statistics.peak_memory_bytes)
      .object();
}

}  // namespace etna::cli

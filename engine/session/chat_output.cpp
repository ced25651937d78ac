#include "engine/session/chat_output.h"

#include <algorithm>
#include <utility>

namespace etna {

namespace {

constexpr std::string_view blanks = " \n\r\t";

std::string_view without_leading_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
}

void send(const std::function<void(std::string)>& receiver, std::string text) {
  if (!text.empty() && receiver) receiver(std::move(text));
}

}  // namespace

ChatOutput::ChatOutput(std::shared_ptr<const Tokenizer> tokenizer, OutputFormat format, OutputStart start,
                       std::vector<std::string> stop_texts, const ChatSink& sink)
    : tokenizer_(std::move(tokenizer)),
      decoder_(tokenizer_, SkipSpecialTokens::yes),
      parser_(std::move(format), start),
      stop_texts_(std::move(stop_texts)),
      sink_(sink) {}

void ChatOutput::push(std::int32_t id) {
  if (stopped()) return;
  const std::string_view token = tokenizer_->token(id);
  const bool has_meaning = tokenizer_->is_special(id) && parser_.expects(token);
  if (has_meaning && is_half_mark(token)) half_mark_ = token;
  take(parser_.push(decoder_.push(id, has_meaning ? SkipSpecialTokens::no : SkipSpecialTokens::yes)));
}

void ChatOutput::finish() {
  if (stopped()) return;
  take(parser_.push(decoder_.finish()));
  take(parser_.finish());
  if (!stopped()) send(sink_.text, stop_texts_.finish());
}

void ChatOutput::take(const std::vector<OutputPiece>& pieces) {
  for (const OutputPiece& piece : pieces) {
    if (stopped()) return;
    if (piece.call) {
      call(*piece.call);
      continue;
    }
    std::string text = piece.text;
    if (piece.error.empty()) hide_half_mark(text);
    if (piece.kind == OutputKind::thinking) {
      half_mark_.clear();  // it has become a whole one
      think(text);
    } else {
      if (!piece.error.empty())
        send(sink_.warning, "A tool call could not be read and is shown as text: " + piece.error);
      answer(text);
    }
  }
  if (parser_.thinking()) trims_answer_ = true;
}

/// What followed did not make it a mark: no person is to see it. The parser kept it in one piece until then.
void ChatOutput::hide_half_mark(std::string& text) {
  const std::size_t at = half_mark_.empty() ? text.npos : text.find(half_mark_);
  if (at == text.npos) return;
  text.erase(at, half_mark_.size());
  half_mark_.clear();
}

bool ChatOutput::is_half_mark(std::string_view token) const {
  bool is_part = false;
  for (const std::string_view mark : parser_.marks()) {
    if (mark == token) return false;
    is_part = is_part || mark.find(token) != mark.npos;
  }
  return is_part;
}

void ChatOutput::answer(std::string_view text) {
  if (thought_) begins_thinking_ = true;
  held_space_.clear();
  if (trims_answer_) text = without_leading_blanks(text);
  if (text.empty()) return;
  trims_answer_ = false;
  send(sink_.text, stop_texts_.push(text));
}

void ChatOutput::think(std::string_view text) {
  end_part();
  if (begins_thinking_) {
    text = without_leading_blanks(text);
    if (text.empty()) return;
    begins_thinking_ = false;
    held_space_ = thought_ ? "\n\n" : "";
    thought_ = true;
  }
  const std::size_t end = text.find_last_not_of(blanks);
  if (end != text.npos) {
    send(sink_.thinking, std::exchange(held_space_, {}) + std::string(text.substr(0, end + 1)));
    text.remove_prefix(end + 1);
  }
  held_space_ += text;
}

void ChatOutput::call(const ToolCall& call) {
  end_part();
  if (thought_) begins_thinking_ = true;
  held_space_.clear();
  ++tool_calls_;
  if (sink_.tool_call) sink_.tool_call(call);
}

/// A mark has ended the answer so far: what was held back of it cannot become a stop text any more.
void ChatOutput::end_part() {
  send(sink_.text, stop_texts_.finish());
  trims_answer_ = true;
}

}  // namespace etna

#include "engine/generation/output_parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "engine/base/error.h"

namespace etna {

namespace {

constexpr std::size_t max_call = std::size_t{1} << 20;
constexpr std::size_t max_header = 1024;
constexpr std::string_view message_mark = "<|message|>";

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \n\r\t") == text.npos;
}

}  // namespace

OutputParser::OutputParser(OutputFormat format, OutputStart start)
    : format_(std::move(format)), state_(start == OutputStart::thinking ? State::thinking : State::answer) {
  add_transitions();
  const bool is_harmony = format_.tools != nullptr && format_.tools->begin.empty();
  if (is_harmony && start == OutputStart::answer) state_ = State::header;
  answer_is_blank_ = start != OutputStart::continued_answer;
  for (const Transition& transition : transitions_) {
    if (first_characters_.find(transition.mark.front()) == first_characters_.npos) {
      first_characters_ += transition.mark.front();
    }
  }
}

void OutputParser::add_transitions() {
  if (const ThinkingMarks* thinking = format_.thinking) {
    transitions_.push_back({State::answer, thinking->open, State::thinking});
    transitions_.push_back({State::thinking, thinking->close, State::answer});
  }
  const ToolCallFormat* tools = format_.tools;
  if (tools == nullptr) return;
  if (tools->begin.empty()) return add_harmony();
  for (const CallMark& mark : tools->begin) {
    const bool is_call = mark.begin == CallBegin::start_of_answer;
    transitions_.push_back(
        {State::answer, mark.text, State::call, Action::none, is_call ? MarkText::kept : MarkText::dropped});
    if (tools->end.empty() && !is_call) {
      transitions_.push_back({State::call, mark.text, State::call, Action::parse_call});
    }
  }
  if (!tools->end.empty()) transitions_.push_back({State::call, tools->end, State::answer, Action::parse_call});
}

/// Messages as gpt-oss writes them: <|start|>assistant<|channel|>analysis<|message|>…<|end|>. The prompt ends with
/// "<|start|>assistant", so the output begins inside of a header, unless it continues a message.
void OutputParser::add_harmony() {
  for (const std::string_view mark : {"<|start|>", "<|channel|>"}) {
    transitions_.push_back({State::answer, mark, State::header});
    transitions_.push_back({State::thinking, mark, State::header});
    transitions_.push_back({State::call, mark, State::header, Action::parse_call});
  }
  for (const std::string_view mark : {"<|end|>", "<|return|>", "<|call|>"}) {
    transitions_.push_back({State::answer, mark, State::answer});
    transitions_.push_back({State::thinking, mark, State::answer});
    transitions_.push_back({State::call, mark, State::answer, Action::parse_call});
  }
  transitions_.push_back({State::header, message_mark, State::answer, Action::read_header});
}

std::vector<std::string_view> OutputParser::marks() const {
  std::vector<std::string_view> result;
  for (const Transition& transition : transitions_) {
    if (std::ranges::find(result, transition.mark) == result.end()) result.push_back(transition.mark);
  }
  return result;
}

bool OutputParser::expects(std::string_view special_token) const {
  if (state_ == State::call || state_ == State::header) return true;
  return std::ranges::any_of(transitions_, [&](const Transition& transition) {
    return transition.from == state_ && transition.mark.find(special_token) != transition.mark.npos;
  });
}

std::vector<OutputPiece> OutputParser::push(std::string_view chunk) {
  const std::string text = std::exchange(held_, {}) + std::string(chunk);
  std::size_t at = 0;
  for (;;) {
    const Match match = find_mark(text, at);
    at += consume(std::string_view(text).substr(at, match.at - at));
    if (at < match.at) continue;  // what was read grew too long to be a call or a header: the rest is an answer
    if (match.mark == nullptr) break;
    at += match.mark->mark.size();
    take(*match.mark);
  }
  held_ = text.substr(at);
  return std::exchange(pieces_, {});
}

std::vector<OutputPiece> OutputParser::finish() {
  const std::string held = std::exchange(held_, {});
  const std::size_t consumed = consume(held);
  consume(std::string_view(held).substr(consumed));
  if (state_ == State::call) parse_call({});
  if (state_ == State::header) emit(OutputKind::answer, std::exchange(body_, {}));
  enter(State::answer);
  return std::exchange(pieces_, {});
}

/// The first mark of the current state at or after `from`, or the end of the text that may become one.
OutputParser::Match OutputParser::find_mark(std::string_view text, std::size_t from) const {
  for (std::size_t at = from; at < text.size(); ++at) {
    at = std::min(text.find_first_of(first_characters_, at), text.size());
    const std::string_view rest = text.substr(at);
    if (rest.empty()) break;
    const Transition* complete = nullptr;
    bool incomplete = false;
    for (const Transition& transition : transitions_) {
      if (transition.from != state_) continue;
      const bool whole = rest.starts_with(transition.mark);
      if (!whole && !transition.mark.starts_with(rest)) continue;
      if (!may_begin(transition, text.substr(from, at - from))) continue;
      if (whole) {
        if (complete == nullptr || complete->mark.size() < transition.mark.size()) complete = &transition;
      } else {
        incomplete = true;
      }
    }
    if (complete != nullptr || incomplete) return {.at = at, .mark = complete};
  }
  return {.at = text.size()};
}

/// Calls without a mark of their own begin where nothing was answered before.
bool OutputParser::may_begin(const Transition& transition, std::string_view before) const {
  return transition.mark_text == MarkText::dropped || (answer_is_blank_ && is_blank(before));
}

/// Takes text of the current state, without marks; how much of it. What grows too long for a call or a header becomes
/// an answer, and the text after it was not taken.
std::size_t OutputParser::consume(std::string_view text) {
  if (state_ == State::answer || state_ == State::thinking) {
    emit(state_ == State::answer ? OutputKind::answer : OutputKind::thinking, text);
    return text.size();
  }
  const std::size_t limit = state_ == State::call ? max_call : max_header;
  const std::size_t taken = std::min(text.size(), limit + 1 - body_.size());
  body_ += text.substr(0, taken);
  if (body_.size() > limit) {
    if (state_ == State::call)
      give_up_call(fmt::format("a tool call is longer than {} bytes", limit));
    else
      emit(OutputKind::answer, body_);
    enter(State::answer);
  }
  return taken;
}

void OutputParser::take(const Transition& transition) {
  if (transition.action == Action::parse_call) parse_call(transition.to == State::answer ? transition.mark : "");
  if (transition.action == Action::read_header) return read_header();
  enter(transition.to);
  if (state_ == State::header) body_ = transition.mark;
  if (state_ != State::call) return;
  begun_by_itself_ = transition.mark_text == MarkText::kept;
  if (begun_by_itself_)
    body_ = transition.mark;
  else
    begin_mark_ = transition.mark;
}

void OutputParser::enter(State state) {
  state_ = state;
  body_.clear();
  begin_mark_ = {};
  begun_by_itself_ = false;
}

/// A message with a recipient is a call, one on the channel "analysis" is thinking, the others are for the user.
void OutputParser::read_header() {
  const std::string header = std::exchange(body_, {});
  if (header.find("to=") != header.npos) {
    enter(State::call);
    body_ = header + std::string(message_mark);
  } else {
    enter(header.find("<|channel|>analysis") != header.npos ? State::thinking : State::answer);
  }
}

void OutputParser::parse_call(std::string_view end_mark) {
  try {
    for (ToolCall& call : format_.tools->parse(body_, format_.schemas)) {
      if (call.id.empty()) call.id = fmt::format("call_{}", calls_);
      ++calls_;
      pieces_.push_back({.kind = OutputKind::tool_call, .text = {}, .call = std::move(call), .error = {}});
    }
  } catch (const Error& error) {
    body_ += end_mark;
    give_up_call(error.what());
  }
}

/// What was meant as a call is shown as the model wrote it.
void OutputParser::give_up_call(std::string error) {
  const std::string text = std::string(begin_mark_) + std::exchange(body_, {});
  if (begun_by_itself_) return emit(OutputKind::answer, text);
  answer_is_blank_ = false;
  pieces_.push_back({.kind = OutputKind::answer, .text = text, .call = {}, .error = std::move(error)});
}

void OutputParser::emit(OutputKind kind, std::string_view text) {
  if (text.empty()) return;
  if (kind == OutputKind::answer && !is_blank(text)) answer_is_blank_ = false;
  const bool joins =
      !pieces_.empty() && pieces_.back().kind == kind && pieces_.back().error.empty() && !pieces_.back().call;
  if (!joins) pieces_.push_back({.kind = kind, .text = {}, .call = {}, .error = {}});
  pieces_.back().text += text;
}

}  // namespace etna

#include "engine/generation/thinking.h"

#include <algorithm>
#include <array>

namespace etna {

namespace {

constexpr std::array<ThinkingMarks, 3> known = {{
    {"<think>", "</think>"},
    {"<longcat_think>", "</longcat_think>"},
    {"<|channel>thought", "<channel|>"},
}};

/// The part of an open mark that is one token: Gemma 4's ends with a plain word.
std::string_view token_of(std::string_view mark) {
  return mark.substr(0, mark.find('>') + 1);
}

}  // namespace

std::span<const ThinkingMarks> thinking_marks() {
  return known;
}

const ThinkingMarks* find_thinking_marks(const std::function<bool(std::string_view)>& has_token,
                                         std::string_view chat_template) {
  const auto in_vocabulary = [&](const ThinkingMarks& marks) {
    return has_token(token_of(marks.open)) && has_token(marks.close);
  };
  const auto in_template = [&](const ThinkingMarks& marks) {
    return chat_template.find(marks.open) != chat_template.npos &&
           chat_template.find(marks.close) != chat_template.npos;
  };
  auto found = std::ranges::find_if(known, in_vocabulary);
  if (found == known.end()) found = std::ranges::find_if(known, in_template);
  return found == known.end() ? nullptr : &*found;
}

bool prompt_opens_thinking(std::string_view prompt, const ThinkingMarks& marks, std::string_view prefill) {
  const std::size_t opened = prefill.rfind(marks.open);
  const std::size_t closed = prefill.rfind(marks.close);
  if (opened != prefill.npos || closed != prefill.npos) {
    return opened != prefill.npos && (closed == prefill.npos || closed < opened);
  }
  if (prompt.ends_with(prefill)) prompt.remove_suffix(prefill.size());
  const std::size_t open = prompt.rfind(marks.open);
  if (open == prompt.npos) return false;
  return prompt.find_first_not_of(" \n\r\t", open + marks.open.size()) == prompt.npos;
}

}  // namespace etna

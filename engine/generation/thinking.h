#pragma once

#include <functional>
#include <span>
#include <string_view>

namespace etna {

/// What a model writes around the part of its output that is meant for itself.
struct ThinkingMarks {
  std::string_view open;
  std::string_view close;
};

/// All pairs that are known, in the order in which they are tried (formats.md §1.7). gpt-oss is not among them: its
/// channels belong to the harmony format.
std::span<const ThinkingMarks> thinking_marks();

/// The pair that a model uses; nullptr: it does not think. `has_token` says whether the vocabulary has a token of that
/// spelling; a template that writes both marks counts as well.
const ThinkingMarks* find_thinking_marks(const std::function<bool(std::string_view)>& has_token,
                                         std::string_view chat_template = {});

/// Whether a rendered prompt ends inside of a thinking part, as those of models do that must think. `prefill` is what
/// the prompt's end says in the assistant's name: an open mark counts there wherever it stands.
bool prompt_opens_thinking(std::string_view prompt, const ThinkingMarks& marks, std::string_view prefill = {});

}  // namespace etna

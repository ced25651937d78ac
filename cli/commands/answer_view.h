#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace etna::cli {

/// What of an answer is printed while it is written.
enum class Show {
  nothing,
  answer,      ///< the answer alone: for programs that read it
  everything,  ///< what the model thinks and the tools that it calls, too
};

/// Keeps an answer and prints it on the way. On a terminal what the model thinks is dim; elsewhere, and where NO_COLOR
/// is set, it stands under a heading of its own.
class AnswerView {
public:
  explicit AnswerView(Show show);
  ~AnswerView();  ///< an answer that failed half-way leaves no colours behind
  AnswerView(const AnswerView&) = delete;
  AnswerView& operator=(const AnswerView&) = delete;

  void add_text(const std::string& piece);
  void add_thinking(const std::string& piece);
  void add_tool_call(const ToolCall& call);

  /// The answer is over: the last line is ended.
  void finish();

  const std::string& text() const { return text_; }

  const std::string& thinking() const { return thinking_; }

  const std::vector<ToolCall>& tool_calls() const { return tool_calls_; }

private:
  enum class Part { none, answer, thinking, tool_call };

  void begin(Part part);
  void end_colours();

  Show show_;
  bool colours_;
  Part part_ = Part::none;  // what was printed last
  std::string text_, thinking_;
  std::vector<ToolCall> tool_calls_;
};

/// The answer and how it went, as a JSON object.
std::string answer_json(const AnswerView& answer, const RunStatistics& statistics);

}  // namespace etna::cli

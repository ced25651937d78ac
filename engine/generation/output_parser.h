#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/generation/thinking.h"
#include "engine/generation/tool_calls.h"

namespace etna {

enum class OutputKind { answer, thinking, tool_call };

/// A part of a model's output. Marks are not in the text.
struct OutputPiece {
  OutputKind kind = OutputKind::answer;
  std::string text;              ///< of an answer or of thinking
  std::optional<ToolCall> call;  ///< of a tool call
  std::string error;             ///< why the text, which was meant as a call, is none; empty otherwise
};

/// What a model's output is made of; from its vocabulary and its chat template.
struct OutputFormat {
  const ThinkingMarks* thinking = nullptr;  ///< nullptr: the model does not think
  const ToolCallFormat* tools = nullptr;    ///< nullptr: calls are not looked for; right when no tools were offered
  ToolSchemas schemas;                      ///< of the tools that were offered
};

/// Where in the assistant's message the prompt ends, that is, the output begins.
enum class OutputStart {
  answer,            ///< at the message's very beginning
  continued_answer,  ///< inside of an answer that the prompt has begun
  thinking,          ///< the prompt has opened it already
};

/// Sorts a model's output, while it is written, into answer, thinking and tool calls. What may be the beginning of a
/// mark is held back until it is certain; tool calls are held back until they are complete. How the text is cut into
/// chunks makes no difference to what the pieces say.
///
/// The marks of a format may be special tokens: the text must contain those that expects() names.
///
/// A call without an id gets "call_0", "call_1", …. One that is malformed, or longer than 1 MiB, becomes a piece of the
/// answer, as the model wrote it, with an error. One that the output's end cuts short counts if it is complete but for
/// its end mark, which models often leave to the end-of-text token.
class OutputParser {
public:
  explicit OutputParser(OutputFormat format, OutputStart start = OutputStart::answer);

  /// The pieces that became certain; neighbours differ in kind, or are calls or errors.
  std::vector<OutputPiece> push(std::string_view chunk);

  /// What is left when no more text comes.
  std::vector<OutputPiece> finish();

  /// The marks that are looked for, each once.
  std::vector<std::string_view> marks() const;

  /// Whether the text of a special token has a meaning here: it is a mark of the current state or a part of one, or
  /// stands inside of a call, whose notation may consist of special tokens. The others are not for people.
  bool expects(std::string_view special_token) const;

  /// Whether what comes next is thinking, until a mark says otherwise.
  bool thinking() const { return state_ == State::thinking; }

private:
  /// Header: harmony's, between <|start|> or <|channel|> and <|message|>; it decides what its message is.
  enum class State { answer, thinking, call, header };

  /// What to do at a mark.
  enum class Action { none, parse_call, read_header };

  enum class MarkText { dropped, kept };  ///< kept: the mark is the beginning of what it begins

  struct Transition {
    State from;
    std::string_view mark;
    State to;
    Action action = Action::none;
    MarkText mark_text = MarkText::dropped;
  };

  struct Match {
    std::size_t at = 0;                ///< where the mark, or what may become one, begins
    const Transition* mark = nullptr;  ///< nullptr: none is complete
  };

  void add_transitions();
  void add_harmony();
  Match find_mark(std::string_view text, std::size_t from) const;
  bool may_begin(const Transition& transition, std::string_view before) const;
  std::size_t consume(std::string_view text);
  void take(const Transition& transition);
  void enter(State state);
  void read_header();
  void parse_call(std::string_view end_mark);
  void give_up_call(std::string error);
  void emit(OutputKind kind, std::string_view text);

  OutputFormat format_;
  std::vector<Transition> transitions_;
  std::string first_characters_;  ///< of all marks
  State state_;
  std::string held_;              ///< may become a mark
  std::string body_;              ///< of the call or header that is being read
  std::string_view begin_mark_;   ///< of the call; not in body_
  bool begun_by_itself_ = false;  ///< the call has no mark of its own: it may be nothing but an answer in JSON
  bool answer_is_blank_ = true;   ///< nothing but spaces was answered
  int calls_ = 0;
  std::vector<OutputPiece> pieces_;
};

}  // namespace etna

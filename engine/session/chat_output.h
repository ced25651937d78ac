#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/generation/output_parser.h"
#include "engine/generation/stop.h"
#include "engine/generation/stream_decoder.h"
#include "engine/session/context_messages.h"

namespace etna {

/// Where a running answer goes; called on the thread that runs it.
struct ChatSink {
  std::function<void(std::uint64_t done, std::uint64_t total)> prompt_progress = {};
  std::function<void(std::string text)> text = {};      ///< the next piece of the answer
  std::function<void(std::string text)> thinking = {};  ///< the next piece of what the model thinks
  std::function<void(ToolCall call)> tool_call = {};    ///< a whole one
  std::function<void(std::string sentence)> warning = {};
  std::function<void(const ContextFit&)> context = {};  ///< before anything is evaluated
  std::function<void(std::uint64_t tokens)> generated = {};  ///< so far
  std::function<void()> step = {};  ///< before each token and piece of a prompt; what it throws ends the answer
};

/// Turns the tokens of an answer into its parts, while they are written. Marks never show, nor does half of one; what
/// looks like a tool call and is none is shown as text, with a warning. How the text is cut into tokens makes no
/// difference to what the parts say.
///
/// White space around the marks belongs to them: thinking has none at its ends, an answer none after thinking or after
/// a call. Several parts of thinking are set apart by an empty line.
class ChatOutput {
public:
  /// `sink` must live as long.
  ChatOutput(std::shared_ptr<const Tokenizer> tokenizer, OutputFormat format, OutputStart start,
             std::vector<std::string> stop_texts, const ChatSink& sink);

  void push(std::int32_t id);

  /// No more tokens come: what was held back is shown, unless a stop text has ended the answer.
  void finish();

  /// Whether a stop text was found. Only answers are searched.
  bool stopped() const { return stop_texts_.stopped(); }

  bool thinking() const { return parser_.thinking(); }

  std::uint64_t tool_calls() const { return tool_calls_; }

private:
  void take(const std::vector<OutputPiece>& pieces);
  void answer(std::string_view text);
  void think(std::string_view text);
  void call(const ToolCall& call);
  void end_part();
  bool is_half_mark(std::string_view token) const;
  void hide_half_mark(std::string& text);

  std::shared_ptr<const Tokenizer> tokenizer_;
  StreamDecoder decoder_;
  OutputParser parser_;
  StopTexts stop_texts_;
  const ChatSink& sink_;
  bool trims_answer_ = false;    ///< nothing but white space came since the last mark
  bool begins_thinking_ = true;  ///< the next thinking is a new part
  bool thought_ = false;         ///< some thinking was shown
  std::string held_space_;       ///< may be the end of a part of thinking
  std::string half_mark_;        ///< a special token that is a mark only together with what follows
  std::uint64_t tool_calls_ = 0;
};

}  // namespace etna

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// What screens, terminal and server say and are told about a conversation's place in the model's context (D8): plain
/// values.
namespace etna {

/// What happens to a conversation that is longer than the context. Left out are always whole turns: a message of the
/// user's and everything up to the next one. The instructions in front, the first turn and the last one stay.
enum class OverflowPolicy {
  stop,         ///< nothing is evaluated: StopReason::context_full
  drop_oldest,  ///< the oldest turns behind the first one, no more than must be
  drop_middle,  ///< of the middle: about as many turns of the beginning stay as of the end
};

/// Messages that the model was not shown; they follow one another.
struct LeftOut {
  std::uint64_t first = 0;     ///< index into ChatRequest::messages
  std::uint64_t messages = 0;  ///< 0: the model was shown all
  std::uint64_t turns = 0;

  friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

/// How a conversation fits the context.
struct ContextFit {
  std::uint64_t size = 0;    ///< tokens of the context; 0: nobody looked
  std::uint64_t needed = 0;  ///< by the whole conversation, with the room kept for the reply
  LeftOut left_out;          ///< so that it fits; nothing where it fits as it is, or not in any case
  bool fits = false;         ///< with what was left out

  friend bool operator==(const ContextFit&, const ContextFit&) = default;
};

/// A file's text inside a message.
struct AttachedText {
  std::size_t message = 0;  ///< index into ChatRequest::messages
  std::string text;
};

/// What takes a conversation's place in the context, in tokens of the prompt as the template renders it.
struct ContextUse {
  std::uint64_t system = 0;       ///< instructions
  std::uint64_t history = 0;      ///< earlier messages, without what was attached to them
  std::uint64_t attachments = 0;  ///< all of them
  std::uint64_t message = 0;      ///< the last one, where it is the user's, without what is attached to it
  std::uint64_t reserve = 0;      ///< kept free for the reply
  std::uint64_t size = 0;         ///< of the context
  ContextFit fit;                 ///< by the request's policy

  std::uint64_t used() const { return system + history + attachments + message; }

  friend bool operator==(const ContextUse&, const ContextUse&) = default;
};

/// Room for a reply as Etna keeps it: an eighth of the context, or what the reply may have at most where that is less.
std::uint64_t usual_reply_reserve(std::uint64_t context, std::uint64_t max_tokens);

}  // namespace etna

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/session/messages.h"

namespace etna {

/// How many tokens a conversation has as the model reads it, up to where the assistant is to speak; up to the end where
/// the last message is the assistant's.
using ConversationLength = std::function<std::uint64_t(const std::vector<ChatMessage>&)>;

/// Which turns go, by the request's policy, so that the rest and its reply_reserve (at least one token) have no more
/// than `size` tokens. As few as possible; a handful of renderings finds them. `whole`: the length of all messages.
///
/// A request without messages that could be left out (plain text, a file that stands for its beginning) fits or does
/// not.
ContextFit fit_context(const ChatRequest& request, std::uint64_t size, std::uint64_t whole,
                       const ConversationLength& length);

/// The request's messages without those.
std::vector<ChatMessage> shown_to_model(const std::vector<ChatMessage>& messages, const LeftOut& left_out);

/// What each part of a conversation takes. `count`: tokens of a plain text. Parts add up to the length of the whole;
/// where a text belongs is known to a few tokens, because a template writes around it.
ContextUse measure_context(const ChatRequest& request, std::span<const AttachedText> attached, std::uint64_t size,
                           const ConversationLength& length,
                           const std::function<std::uint64_t(const std::string&)>& count);

}  // namespace etna

#pragma once

#include <vector>

#include "engine/session/messages.h"
#include "gui/chat/message_list.h"
#include "gui/chat/store/chat_records.h"

/// Between the store's values and those of the screens.
namespace etna::gui {

MessageList::Message shown_message(const chats::Message& message);
std::vector<MessageList::Message> shown_messages(const chats::Transcript& transcript);

/// How a reply ended, as the store keeps it.
chats::ReplyEnd reply_end(const MessageList::Message& message);

/// How a model is asked in a chat: its own suggestions, what a person changed, the rest as Etna does.
SamplingSettings sampling_for(const ModelInfo& model, const chats::ChatSettings& settings);

}  // namespace etna::gui

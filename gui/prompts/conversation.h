#pragma once

#include <optional>
#include <string>

#include "gui/chat/chat_list.h"

/// How chats are called where prompts are kept (ChatRequest::conversation).
namespace etna::gui {

std::string conversation_of(const Chat& chat);

/// The saved chat of that name; none: it is no chat's.
std::optional<chats::ChatId> chat_of(const std::string& conversation);

}  // namespace etna::gui

#include "gui/prompts/conversation.h"

#include <charconv>
#include <string_view>

namespace etna::gui {
namespace {

constexpr std::string_view saved = "chat ", temporary = "temporary ";

}  // namespace

std::string conversation_of(const Chat& chat) {
  if (chat.temporary) return std::string(temporary) + std::to_string(chat.id);
  return std::string(saved) + std::to_string(chat.stored);
}

std::optional<chats::ChatId> chat_of(const std::string& conversation) {
  if (!conversation.starts_with(saved)) return {};
  const char* const begin = conversation.data() + saved.size();
  const char* const end = conversation.data() + conversation.size();
  chats::ChatId id = 0;
  const auto [next, error] = std::from_chars(begin, end, id);
  return error == std::errc() && next == end ? std::optional(id) : std::nullopt;
}

}  // namespace etna::gui

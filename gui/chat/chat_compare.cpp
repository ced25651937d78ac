// What a comparison of two models takes from a chat, and brings back to it.
#include "gui/chat/chat_controller.h"

namespace etna::gui {

ChatController::Continuation ChatController::continuation() {
  const Chat& chat = current();
  Continuation continuation;
  continuation.chat = chat.id;
  continuation.stored = chat.temporary ? 0 : chat.stored;
  continuation.end = end_of(*chat.messages);
  continuation.settings = chat.settings;
  continuation.history = chat.messages->request_before(chat.messages->count());
  if (!chat.settings.system_prompt.empty())
    continuation.history.insert(continuation.history.begin(), {"system", chat.settings.system_prompt});
  return continuation;
}

void ChatController::keep_question(int id, chats::Message message, chats::ChatStore::Answer<chats::Saved> answer) {
  Chat& chat = *chats_.find(id);
  if (chat.title.isEmpty()) {
    const bool known = chat.saved;
    const std::string& text = message.text.empty() ? message.attachments.front().name : message.text;
    chats_.set_title(id, title_from(QString::fromStdString(text)));
    if (known) store().rename(chat.stored, chat.title.toStdString(), chats::TitleSource::first_words);
    emit titleChanged();
  }
  keep_chat(chat);
  unsaved_drafts_.remove(id);
  unsaved_parts_.remove(id);
  store().send_message(chat.stored, std::move(message), drafts_of(chat), std::move(answer));
}

void ChatController::show_stored(int id, chats::MessageId message) {
  const Chat* chat = chats_.find(id);
  if (!chat || chat->temporary) return;
  store().show_version(chat->stored, message, [this, id](const auto& outcome) { take_transcript(id, outcome); });
}

void ChatController::add_exchange(int id, const MessageList::Message& question, const MessageList::Message& answer) {
  Chat* chat = chats_.find(id);
  if (!chat) return;
  std::vector<MessageList::Message> both{question, answer};
  for (MessageList::Message& message : both) {
    message.stored = store().new_id();
  }
  chat->messages->replace_from(chat->messages->count(), std::move(both));
  emit stateChanged();
}

}  // namespace etna::gui

// Where chats are: opened at a message, back from the trash, copied; and what a store for reading only does not allow.
#include <algorithm>

#include "gui/chat/chat_controller.h"

namespace etna::gui {

QString ChatController::refusal() const {
  if (!keeper_.refuses()) return {};
  return keeper_.read_only() ? tr("These chats were made by a newer Etna and are open for reading only.")
                             : tr("The chats could not be opened, so nothing in them can be changed.");
}

bool ChatController::refuses(const Chat& chat) const {
  return keeper_.refuses() && !chat.temporary;
}

void ChatController::show_at(chats::ChatId chat, chats::MessageId message, const QString& words) {
  const int row = chats_.row_of_stored(chat);
  if (row < 0) return;
  const int id = chats_.at(row).id;
  wanted_.reset();
  if (message != 0) wanted_ = WantedMessage{.chat = id, .message = message, .words = words};
  select(id);
  find_wanted();
}

/// The message may lie in another branch than the one that is shown.
void ChatController::find_wanted() {
  if (!wanted_ || wanted_->chat != current_ || opening()) return;
  for (int row = 0; row < messages()->count(); ++row) {
    if (messages()->at(row).stored != wanted_->message) continue;
    const QString words = wanted_->words;
    wanted_.reset();
    emit messageWanted(row, words);
    return;
  }
  if (wanted_->asked || keeper_.refuses() || is_writing_in(current_)) return wanted_.reset();
  wanted_->asked = true;
  store().show_version(current().stored, wanted_->message,
                       [this, id = current_](const chats::Outcome<chats::Transcript>& outcome) {
                         if (outcome) return take_transcript(id, outcome);
                         wanted_.reset();  // it was deleted meanwhile
                       });
}

void ChatController::take_back(const chats::ChatSummary& chat) {
  if (removed_ && removed_->chat.stored == chat.id) {
    chats_.put_back(removed_->row, std::move(removed_->chat));
    removed_.reset();
    emit undoOver();
  } else if (chats_.row_of_stored(chat.id) < 0) {
    chats_.add_stored(chat);
  }
  emit currentChanged();
}

void ChatController::take_imported(const chats::ImportReport& report) {
  chats_.set_folders(report.folders);
  for (const chats::ChatSummary& chat : report.chats) chats_.add_stored(chat);
  emit currentChanged();
}

void ChatController::forget_erased(chats::ChatId chat) {
  if (!removed_ || (chat != 0 && removed_->chat.stored != chat)) return;
  forgetRemoved();
  emit undoOver();
}

void ChatController::duplicate(int id) {
  const Chat* chat = chats_.find(id);
  if (!chat || !chat->saved || keeper_.refuses() || is_writing_in(id)) return;
  // Of a chat that was not opened yet the last message is not known here.
  store().load(chat->stored, [this, stored = chat->stored](const chats::Outcome<chats::Transcript>& read) {
    if (!read || read->messages.empty()) return;
    chats::NewChat made;
    made.id = store().new_id();
    store().branch(stored, read->messages.back().id, made, [this](const chats::Outcome<chats::Transcript>& outcome) {
      if (!outcome) return;
      const int copy = chats_.add_stored(outcome->chat);
      take_transcript(copy, outcome);
      select(copy);
    });
  });
}

}  // namespace etna::gui

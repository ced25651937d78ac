// Sending, and what gives a message another version: editing, writing again, switching, branching, deleting.
#include <algorithm>

#include "gui/chat/chat_controller.h"

namespace etna::gui {

/// What the next message follows.
chats::MessageId ChatController::end_of(const MessageList& messages) const {
  return messages.count() == 0 ? 0 : messages.at(messages.count() - 1).stored;
}

/// What followed stays in the store, as the other version's.
void ChatController::cut_from(int row) {
  messages()->remove_from(row);
}

void ChatController::send() {
  if (can_queue()) return queue_draft();
  if (!can_send()) return;
  MessageList& list = *messages();
  Outgoing message{.text = draft().trimmed(), .files = attachments()->files(), .parent = end_of(list)};
  for (int row = 0; editing() && row < list.count(); ++row) {
    if (list.at(row).stored != edited_) continue;
    message.parent = list.at(row).parent;
    message.versions = list.at(row).versions + 1;
    cut_from(row);
  }
  if (editing()) {
    cancelEdit();  // the draft from before comes back
  } else {
    set_draft({});
    attachments()->set_files({});
  }
  post_message(current_, std::move(message));
  chats_.touch(current_);
  emit currentChanged();
  emit sent();
}

/// Shows the message, keeps it, and asks for its reply.
void ChatController::post_message(int id, Outgoing outgoing) {
  Chat& chat = *chats_.find(id);
  MessageList& list = *chat.messages;
  chats::Message message;
  message.id = store().new_id();
  message.parent = outgoing.parent;
  message.text = outgoing.text.toStdString();
  message.attachments = stored_files(outgoing.files);
  if (chat.title.isEmpty() && !chat.temporary) {
    const bool known = chat.saved;
    chats_.set_title(id, title_from(outgoing.text.isEmpty() ? outgoing.files.front().name() : outgoing.text));
    if (known) store().rename(chat.stored, chat.title.toStdString(), chats::TitleSource::first_words);
    emit titleChanged();
  }
  const int row = list.add(MessageList::User, outgoing.text, MessageList::Done);
  list.set_place(row, message.id, message.parent, outgoing.versions, outgoing.versions);
  if (!outgoing.files.empty()) list.set_files(row, std::move(outgoing.files));
  keep_chat(chat);
  begin_reply(id);
  if (chat.temporary) {
    reply_->asked_for = true;
    return ask_when_saved(reply_);
  }
  const auto saved = [this, reply = reply_](const auto& outcome) { on_saved(reply, outcome); };
  if (!chat.drafts_known) return store().add_message(chat.stored, std::move(message), saved);
  // The message leaves the composer and comes into the chat at once, whatever happens to the program.
  unsaved_drafts_.remove(id);
  unsaved_parts_.remove(id);
  store().send_message(chat.stored, std::move(message), drafts_of(chat), saved);
}

void ChatController::regenerate() {
  if (!can_regenerate()) return;
  const int row = messages()->last_reply();
  const int versions = messages()->at(row).versions;
  const bool was_kept = messages()->at(row).stored != 0;
  cut_from(row);
  begin_reply(current_, was_kept ? versions + 1 : 1);
  // The message that it answers may still wait for the disk.
  if (temporary())
    on_saved(reply_, chats::Saved{});
  else
    store().flush([this, reply = reply_](const auto& outcome) { on_saved(reply, outcome); });
  emit sent();
}

bool ChatController::can_continue() const {
  if (!can_regenerate()) return false;
  const int row = messages()->last_reply();
  const MessageList::Message& message = messages()->at(row);
  // A model writes on from the beginning of an answer, not from the middle of its thoughts.
  if (row != messages()->count() - 1 || message.text.isEmpty()) return false;
  if (message.state == MessageList::Interrupted) return true;
  if (message.state != MessageList::Done || !message.statistics) return false;
  const StopReason reason = message.statistics->stop_reason;
  return reason == StopReason::length || reason == StopReason::stopped || reason == StopReason::model_unloaded;
}

void ChatController::continueReply() {
  if (!can_continue()) return;
  const int row = messages()->last_reply();
  reply_ = make_reply(current_, row);
  reply_->continues = true;
  messages()->set_statistics(row, {});
  messages()->set_problem(row, {});
  messages()->set_state(row, library_.loaded() ? MessageList::Reading : MessageList::Waiting);
  if (temporary())
    on_saved(reply_, chats::Saved{});
  else
    store().flush([this, reply = reply_](const auto& outcome) { on_saved(reply, outcome); });
  emit stateChanged();
  emit sent();
}

void ChatController::beginEdit(int row) {
  if (reply_ || row < 0 || row >= messages()->count()) return;
  const MessageList::Message& message = messages()->at(row);
  if (message.sender != MessageList::User || message.stored == 0) return;
  if (!editing()) {
    draft_before_edit_ = draft();
    files_before_edit_ = attachments()->files();
  }
  edited_ = message.stored;
  attachments()->set_files(message.files);
  set_draft(message.text);
  emit editingChanged();
}

void ChatController::cancelEdit() {
  if (!editing()) return;
  attachments()->set_files(files_before_edit_);
  set_draft(draft_before_edit_);
  edited_ = 0;
  draft_before_edit_.clear();
  files_before_edit_.clear();
  emit editingChanged();
}

void ChatController::switchVersion(int row, int step) {
  if (is_writing_in(current_) || opening() || temporary() || row < 0 || row >= messages()->count()) return;
  current().loaded = false;  // nothing is sent until the other version is here
  store().switch_version(current().stored, messages()->at(row).stored, step,
                         [this, id = current_](const auto& outcome) { take_transcript(id, outcome); });
}

void ChatController::branch(int row) {
  if (temporary() || row < 0 || row >= messages()->count()) return;
  if (is_writing_in(current_) && row >= reply_->row) return;
  chats::NewChat made;
  made.id = store().new_id();
  store().branch(current().stored, messages()->at(row).stored, made,
                 [this](const chats::Outcome<chats::Transcript>& outcome) {
                   if (!outcome) return;
                   const int id = chats_.add_stored(outcome->chat);
                   take_transcript(id, outcome);
                   select(id);
                 });
}

void ChatController::removeMessage(int row) {
  if (is_writing_in(current_) || temporary() || row < 0 || row >= messages()->count()) return;
  forgetRemoved();
  removed_message_ = RemovedMessage{current_, messages()->at(row).stored};
  store().delete_message(current().stored, removed_message_->stored,
                         [this, id = current_](const auto& outcome) { take_transcript(id, outcome); });
  emit messageRemoved();
}

}  // namespace etna::gui

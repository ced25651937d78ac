// What waits in the composer: the draft with its files, and the queue. All of it is in the store a second later.
#include <algorithm>

#include "gui/chat/chat_controller.h"

namespace etna::gui {
namespace {

/// Nothing stands between the reply and what follows it.
bool ended_well(const chats::ReplyEnd& end) {
  if (end.state != chats::MessageState::done || !end.statistics) return false;
  const StopReason reason = end.statistics->stop_reason;
  return reason == StopReason::end_of_text || reason == StopReason::stop_text || reason == StopReason::tool_call;
}

chats::Draft stored_draft(const QString& text, const AttachedFiles& files) {
  return {.text = text.toStdString(), .attachments = stored_files(files)};
}

}  // namespace

void ChatController::connect_drafts() {
  connect(this, &ChatController::draftChanged, this, [this] { desk_.note_draft(draft()); });
  connect(&library_, &LibraryController::ready, &desk_, &AttachmentDesk::count_again);
  connect(&desk_, &AttachmentDesk::textMoved, this, [this](const QString& text) {
    QString left = draft();
    const qsizetype at = left.indexOf(text);
    if (at >= 0) set_draft(left.remove(at, text.size()));
  });
  connect(&desk_, &AttachmentDesk::textPutBack, this, [this](const QString& text) { set_draft(draft() + text); });
  connect(&desk_, &AttachmentDesk::modelDropped, &library_, &LibraryController::openFile);
  connect(&chats_, &ChatList::filesChanged, this, [this](int id) {
    if (!(editing() && id == current_)) note_draft(id, true);
  });
  connect(&chats_, &ChatList::filesCounted, this, &ChatController::stateChanged);
  connect(&chats_, &ChatList::queueChanged, this, [this](int id) {
    note_draft(id, true);
    emit stateChanged();
  });
  connect(&chats_, &ChatList::queueFreed, this, [this](int id) {
    send_next(id);
    emit stateChanged();
  });
}

/// It is in the store a second after the first change. `whole`: not only its text is other than what is kept.
void ChatController::note_draft(int id, bool whole) {
  const Chat* chat = chats_.find(id);
  if (!chat || chat->temporary) return;
  unsaved_drafts_.insert(id);
  if (whole) unsaved_parts_.insert(id);
  if (!draft_pause_.isActive()) draft_pause_.start();
}

chats::Drafts ChatController::drafts_of(const Chat& chat) const {
  const bool edits = editing() && chat.id == current_;
  chats::Drafts drafts;
  drafts.writing = edits ? stored_draft(draft_before_edit_, files_before_edit_)
                         : stored_draft(chat.draft, chat.attachments->files());
  for (const QueuedMessage& message : chat.queue->messages())
    drafts.queue.push_back(stored_draft(message.text, message.files));
  return drafts;
}

void ChatController::save_drafts() {
  draft_pause_.stop();
  for (const int id : std::exchange(unsaved_drafts_, {})) {
    const bool whole = unsaved_parts_.remove(id);
    Chat* chat = chats_.find(id);
    if (!chat || chat->temporary) continue;
    if (!chat->draft.isEmpty() || chat->attachments->count() > 0 || chat->queue->count() > 0) keep_chat(*chat);
    if (!chat->saved) continue;
    if (whole && chat->drafts_known) {
      store().save_drafts(chat->stored, drafts_of(*chat));
      continue;
    }
    if (whole) unsaved_parts_.insert(id);  // as soon as it is known what the store has
    const bool edits = editing() && id == current_;
    store().save_draft(chat->stored, (edits ? draft_before_edit_ : chat->draft).toStdString());
  }
}

void ChatController::load_drafts(int id) {
  const Chat& chat = *chats_.find(id);
  if (chat.drafts_known || !chat.saved) return;
  store().load_drafts(chat.stored,
                      [this, id](const chats::Outcome<chats::Drafts>& outcome) { take_drafts(id, outcome); });
}

/// What the store has comes before what was added since. The text came with the list of the chats.
void ChatController::take_drafts(int id, const chats::Outcome<chats::Drafts>& outcome) {
  Chat* chat = chats_.find(id);
  if (!chat || chat->drafts_known || !outcome) return;
  chat->drafts_known = true;
  AttachedFiles files = attached_files(outcome->writing.attachments);
  std::vector<QueuedMessage> queue;
  for (const chats::Draft& draft : outcome->queue)
    queue.push_back({.text = QString::fromStdString(draft.text), .files = attached_files(draft.attachments)});
  const bool edits = editing() && id == current_;
  AttachedFiles& kept = files_before_edit_;
  if (edits) {
    kept.insert(kept.begin(), files.begin(), files.end());
  } else if (!files.empty()) {
    const AttachedFiles added = chat->attachments->files();
    files.insert(files.end(), added.begin(), added.end());
    chat->attachments->set_files(files);
  }
  if (!queue.empty()) chat->queue->set_pause(tr("Not sent, because Etna was closed."));
  chat->queue->put_first(std::move(queue));
  if (unsaved_parts_.contains(id)) note_draft(id, true);
  if (id == current_) desk_.count_again();
  emit stateChanged();
}

bool ChatController::has_draft() const {
  return !attachments()->reading() && (!draft().trimmed().isEmpty() || attachments()->count() > 0);
}

bool ChatController::can_queue() const {
  return writing() && !editing() && has_draft();
}

bool ChatController::can_send_queued() const {
  return queue()->count() > 0 && queue()->edited_row() != 0 && hint().isEmpty() && !reply_ && !opening();
}

void ChatController::queue_draft() {
  QueuedMessage message{.text = draft().trimmed(), .files = attachments()->files()};
  set_draft({});
  attachments()->set_files({});
  queue()->add(std::move(message));
  save_drafts();  // a message in the queue does not wait a second for the disk
}

/// A reply has ended: the next message follows, or waits for the person.
void ChatController::follow_queue(int id, const chats::ReplyEnd& end) {
  const Chat* chat = chats_.find(id);
  if (!chat || chat->queue->count() == 0) return;
  if (ended_well(end)) return send_next(id);
  const bool stopped = end.statistics && end.statistics->stop_reason == StopReason::stopped;
  const bool failed = end.state == chats::MessageState::failed || !end.statistics;
  chat->queue->set_pause(stopped  ? tr("Not sent, because you stopped the reply.")
                         : failed ? tr("Not sent, because the reply failed.")
                                  : tr("Not sent, because the reply is not complete."));
}

/// The first of the queue, if nothing holds it.
void ChatController::send_next(int id) {
  const Chat* chat = chats_.find(id);
  if (!chat || reply_ || !chat->loaded || !chat->queue->ready()) return;
  if (!library_.loaded() && !library_.loading()) return chat->queue->set_pause(tr("Not sent, because no model is loaded."));
  if (keeper_.refuses() && !chat->temporary) return chat->queue->set_pause(tr("Not sent, because nothing can be saved."));
  QueuedMessage first = chat->queue->take_first();
  post_message(id, {.text = first.text, .files = std::move(first.files), .parent = end_of(*chat->messages)});
  if (id == current_) emit sent();
}

void ChatController::sendQueued() {
  if (!can_send_queued()) return;
  queue()->set_pause({});
  send_next(current_);
}

bool ChatController::editLast() {
  if (queue()->count() > 0) {
    queue()->edit(queue()->count() - 1);
    return true;
  }
  for (int row = messages()->count() - 1; row >= 0 && !reply_; --row) {
    if (messages()->at(row).sender != MessageList::User) continue;
    beginEdit(row);
    return editing();
  }
  return false;
}

}  // namespace etna::gui

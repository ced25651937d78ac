#include "gui/chat/chat_controller.h"

#include <QLocale>
#include <algorithm>

#include "gui/chat/stored_message.h"
#include "gui/errors/catalogue.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr int draft_pause_ms = 1000;

}  // namespace

ChatController::ChatController(Engine& engine, LibraryController& library, ChatKeeper& keeper, QObject* parent)
    : QObject(parent), engine_(engine), library_(library), keeper_(keeper), counter_(engine), desk_(engine) {
  frame_.setSingleShot(true);
  frame_.setTimerType(Qt::PreciseTimer);
  connect(&frame_, &QTimer::timeout, this, &ChatController::show_text);
  second_.setInterval(1000);
  connect(&second_, &QTimer::timeout, this, &ChatController::show_thinking_time);
  connect(&library_, &LibraryController::changed, this, &ChatController::stateChanged);
  connect(&library_, &LibraryController::aboutToLoad, this, &ChatController::on_model_leaving);
  connect(&library_, &LibraryController::ready, this, &ChatController::on_model_ready);
  connect(&counter_, &TokenCounter::changed, this, &ChatController::draftTokensChanged);
  connect(this, &ChatController::draftChanged, this, [this] { counter_.set_text(draft()); });
  connect(&library_, &LibraryController::ready, this, [this] { counter_.set_text(draft()); });
  draft_pause_.setSingleShot(true);
  draft_pause_.setInterval(draft_pause_ms);
  connect(&draft_pause_, &QTimer::timeout, this, &ChatController::save_drafts);
  connect(&keeper_, &ChatKeeper::opened, this, &ChatController::open_stored);
  connect(&keeper_, &ChatKeeper::reopened, this, &ChatController::read_again);
  connect(&keeper_, &ChatKeeper::changed, this, &ChatController::storeProblemChanged);
  connect(&keeper_, &ChatKeeper::changed, this, &ChatController::stateChanged);
  connect_drafts();
  current_ = chats_.add(store().new_id());
  desk_.set_list(attachments());
  keeper_.open();
}

void ChatController::shut_down() {
  show_text();  // the last words of a reply
  cancelEdit();
  save_drafts();
  desk_.stop();
}

Chat& ChatController::current() {
  return *chats_.find(current_);
}

/// The chats of earlier days come below the new one that is shown.
void ChatController::open_stored(const chats::Opened& opened) {
  chats_.set_folders(opened.folders);
  for (const chats::ChatSummary& summary : opened.chats) chats_.add_stored(summary);
  emit currentChanged();
  emit stateChanged();
}

/// The store was repaired: messages may be missing.
void ChatController::read_again() {
  for (int row = 0; row < chats_.count(); ++row) {
    Chat& chat = *chats_.find(chats_.at(row).id);
    if (chat.saved && !is_writing_in(chat.id)) chat.loaded = false;
  }
  if (!current().loaded) load_messages(current_);
}

void ChatController::load_messages(int id) {
  store().load(chats_.find(id)->stored,
               [this, id](const chats::Outcome<chats::Transcript>& outcome) { take_transcript(id, outcome); });
  emit stateChanged();
}

/// What differs from what is shown changes: messages that stay keep their place on the screen.
void ChatController::take_transcript(int id, const chats::Outcome<chats::Transcript>& outcome) {
  Chat* chat = chats_.find(id);
  if (!chat || is_writing_in(id)) return;
  MessageList& list = *chat->messages;
  chat->loaded = true;
  if (!outcome) {
    const int row = list.add(MessageList::Model, {}, MessageList::Broken);
    list.set_problem(row, make_problem(QStringLiteral("E-CHAT-02"), QString::fromStdString(outcome.failure().message)));
  } else {
    std::vector<MessageList::Message> messages = shown_messages(*outcome);
    int same = 0;
    while (same < list.count() && same < std::ssize(messages)) {
      const MessageList::Message& now = messages[static_cast<std::size_t>(same)];
      const MessageList::Message& shown = list.at(same);
      if (shown.stored != now.stored || shown.text != now.text || shown.state != now.state) break;
      list.set_place(same++, now.stored, now.parent, now.version, now.versions);
    }
    messages.erase(messages.begin(), messages.begin() + same);
    list.replace_from(same, std::move(messages));
  }
  emit stateChanged();
  if (id == current_) emit currentChanged();
}

/// The store learns of a chat when there is something in it.
void ChatController::keep_chat(Chat& chat) {
  if (chat.saved || chat.temporary || keeper_.refuses()) return;
  chat.saved = true;
  store().create_chat({.id = chat.stored,
                       .title = chat.title.toStdString(),
                       .title_source = chats::TitleSource::first_words,
                       .folder = chat.folder,
                       .settings = chat.settings});
}

bool ChatController::opening() const {
  const int row = current_row();
  return row >= 0 && !chats_.at(row).loaded;
}

bool ChatController::temporary() const {
  const int row = current_row();
  return row >= 0 && chats_.at(row).temporary;
}

QString ChatController::system_prompt() const {
  return QString::fromStdString(chats_.at(current_row()).settings.system_prompt);
}

void ChatController::set_system_prompt(const QString& text) {
  Chat& chat = current();
  if (system_prompt() == text) return;
  chat.settings.system_prompt = text.toStdString();
  if (chat.saved) store().set_settings(chat.stored, chat.settings);
  emit settingsChanged();
}

MessageList* ChatController::messages() const {
  const int row = current_row();
  return row < 0 ? nullptr : chats_.at(row).messages;
}

QString ChatController::title() const {
  return chats_.data(chats_.index(current_row()), ChatList::TitleRole).toString();
}

QString ChatController::draft() const {
  return chats_.at(current_row()).draft;
}

void ChatController::set_draft(const QString& draft) {
  Chat* chat = chats_.find(current_);
  if (chat->draft == draft) return;
  chat->draft = draft;
  if (!editing()) note_draft(current_, false);
  emit draftChanged();
  emit stateChanged();
}

bool ChatController::can_switch_thinking() const {
  return library_.loaded() && library_.model().can_switch_thinking;
}

bool ChatController::thinking() const {
  return chats_.at(current_row()).settings.thinks.value_or(true);
}

void ChatController::set_thinking(bool thinking) {
  Chat& chat = current();
  if (this->thinking() == thinking) return;
  chat.settings.thinks = thinking;
  if (chat.saved) store().set_settings(chat.stored, chat.settings);
  emit stateChanged();
}

bool ChatController::can_send() const {
  return hint().isEmpty() && !reply_ && !opening() && has_draft();
}

bool ChatController::writing() const {
  return reply_ && reply_->chat == current_;
}

bool ChatController::can_regenerate() const {
  return !reply_ && !opening() && (library_.loaded() || library_.loading()) && messages()->last_reply() >= 0;
}

bool ChatController::last_reply_broken() const {
  const int row = messages()->last_reply();
  return row >= 0 && messages()->at(row).state == MessageList::Broken;
}

QString ChatController::hint() const {
  if (keeper_.refuses() && !temporary()) return tr("Nothing can be saved. A temporary chat works.");
  if (!library_.loaded() && !library_.loading() && expected_.isEmpty()) return tr("Choose a model to begin.");
  if (reply_ && reply_->chat != current_) return tr("Another chat's reply is still being written.");
  return {};
}

QString ChatController::placeholder() const {
  switch (library_.state()) {
    case LibraryController::Loading: return tr("Ask something. It will be sent when the model is ready.");
    case LibraryController::Loaded: return tr("Message %1").arg(library_.name());
    default:
      return expected_.isEmpty() ? tr("Choose a model to begin")
                                 : tr("Ask something. It will be sent when the model is ready.");
  }
}

void ChatController::set_expected(const QString& sentence) {
  if (sentence == expected_) return;
  expected_ = sentence;
  emit stateChanged();
}

QString ChatController::speed() const {
  if (reply_ && reply_->request != 0) return tr("writing…");
  return last_rate_ > 0 ? format::rate(last_rate_) : QString();
}

double ChatController::context_used() const {
  const int row = messages()->last_reply();
  const auto context = library_.model().context_length;
  if (row < 0 || !messages()->at(row).statistics || !library_.loaded() || context == 0) return 0;
  const RunStatistics& statistics = *messages()->at(row).statistics;
  const auto tokens = statistics.prompt_tokens + statistics.generated_tokens;
  return std::min(1.0, static_cast<double>(tokens) / static_cast<double>(context));
}

QString ChatController::context_text() const {
  const double used = context_used();
  if (used <= 0) return {};
  const auto context = static_cast<double>(library_.model().context_length);
  const QLocale locale;
  return tr("%1 of %2 tokens").arg(locale.toString(qRound64(used * context)), locale.toString(qRound64(context)));
}

void ChatController::newChat() {
  // An untouched chat is as good as a new one.
  const auto untouched = [this](int row) {
    const Chat& chat = chats_.at(row);
    return chat.loaded && !chat.temporary && chat.messages->count() == 0 && chat.title.isEmpty();
  };
  for (int row = 0; row < chats_.count(); ++row) {
    if (untouched(row)) return select(chats_.at(row).id);
  }
  select(chats_.add(store().new_id()));
}

void ChatController::newTemporaryChat() {
  const int id = chats_.add();
  chats_.find(id)->temporary = true;
  select(id);
}

void ChatController::select(int id) {
  if (chats_.row_of(id) < 0) return;
  if (id != current_) cancelEdit();
  current_ = id;
  if (!current().loaded) load_messages(id);
  load_drafts(id);
  desk_.set_list(attachments());
  emit currentChanged();
  emit titleChanged();
  emit draftChanged();
  emit settingsChanged();
  emit stateChanged();
}

void ChatController::rename(int id, const QString& title) {
  if (title.simplified().isEmpty()) return;
  Chat* chat = chats_.find(id);
  if (!chat) return;
  chats_.set_title(id, title.simplified());
  keep_chat(*chat);
  if (chat->saved) store().rename(chat->stored, chat->title.toStdString(), chats::TitleSource::person);
  emit titleChanged();
}

void ChatController::setPinned(int id, bool pinned) {
  Chat* chat = chats_.find(id);
  if (!chat || chat->temporary) return;
  keep_chat(*chat);
  if (!chat->saved) return;
  store().set_pinned(chat->stored, pinned);
  chats_.set_pinned(id, pinned);
  emit currentChanged();
}

void ChatController::addFolder(const QString& name) {
  if (name.simplified().isEmpty()) return;
  std::vector<chats::Folder> folders = chats_.folders();
  const int position = folders.empty() ? 0 : folders.back().position + 1;
  folders.push_back({.id = store().new_id(), .name = name.simplified().toStdString(), .position = position});
  store().save_folder(folders.back());
  chats_.set_folders(std::move(folders));
}

void ChatController::renameFolder(int index, const QString& name) {
  std::vector<chats::Folder> folders = chats_.folders();
  if (index < 0 || index >= std::ssize(folders) || name.simplified().isEmpty()) return;
  chats::Folder& folder = folders[static_cast<std::size_t>(index)];
  folder.name = name.simplified().toStdString();
  store().save_folder(folder);
  chats_.set_folders(std::move(folders));
}

void ChatController::removeFolder(int index) {
  std::vector<chats::Folder> folders = chats_.folders();
  if (index < 0 || index >= std::ssize(folders)) return;
  store().remove_folder(folders[static_cast<std::size_t>(index)].id);
  folders.erase(folders.begin() + index);
  chats_.set_folders(std::move(folders));
  emit currentChanged();
}

void ChatController::moveToFolder(int id, int index) {
  Chat* chat = chats_.find(id);
  if (!chat || chat->temporary || index >= std::ssize(chats_.folders())) return;
  const chats::FolderId folder = index < 0 ? 0 : chats_.folders()[static_cast<std::size_t>(index)].id;
  keep_chat(*chat);
  if (!chat->saved) return;
  store().set_folder(chat->stored, folder);
  chats_.set_folder(id, folder);
  emit currentChanged();
}

void ChatController::trySaving() {
  keeper_.try_again();
}

void ChatController::openReadOnly() {
  keeper_.open_read_only();
}

void ChatController::dismissStoreProblem() {
  keeper_.dismiss();
}

void ChatController::remove(int id) {
  const int row = chats_.row_of(id);
  if (row < 0) return;
  if (reply_ && reply_->chat == id) stop();
  forgetRemoved();

  const QString title = chats_.data(chats_.index(row), ChatList::TitleRole).toString();
  const bool was_current = id == current_;
  if (was_current) {
    // The screen moves on before the chat goes, so that it never shows one that is gone.
    if (chats_.count() == 1) chats_.add(store().new_id());
    const int gone = chats_.row_of(id);
    select(chats_.at(gone + 1 < chats_.count() ? gone + 1 : gone - 1).id);
  }
  const int from = chats_.row_of(id);
  if (chats_.at(from).saved) store().trash(chats_.at(from).stored);
  removed_ = RemovedChat{from, chats_.take(from)};
  emit currentChanged();
  emit removed(title);
}

void ChatController::undoRemove() {
  if (removed_message_) {
    const auto [chat, stored] = *std::exchange(removed_message_, {});
    if (const Chat* found = chats_.find(chat))
      store().undelete_message(
          found->stored, stored,
          [this, chat = chat](const chats::Outcome<chats::Transcript>& outcome) { take_transcript(chat, outcome); });
  }
  if (!removed_) return;
  const int id = removed_->chat.id;
  if (removed_->chat.saved) store().restore(removed_->chat.stored);
  chats_.put_back(removed_->row, std::move(removed_->chat));
  removed_.reset();
  select(id);
}

void ChatController::forgetRemoved() {
  removed_message_.reset();
  if (!removed_) return;
  removed_->chat.messages->deleteLater();
  removed_->chat.attachments->deleteLater();
  removed_->chat.queue->deleteLater();
  removed_.reset();
}

QString ChatController::lastProblemDetails() const {
  if (store_problem().is_set()) return store_problem().details;
  const int row = messages()->last_reply();
  return row < 0 ? QString() : messages()->at(row).problem.details;
}

QString ChatController::lastReply() const {
  const int row = messages()->last_reply();
  return row < 0 ? QString() : messages()->at(row).text;
}

}  // namespace etna::gui

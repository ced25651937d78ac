#pragma once

#include <QtQml/qqmlregistration.h>
#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QSet>
#include <QTimer>
#include <memory>
#include <optional>

#include "gui/chat/chat_keeper.h"
#include "gui/chat/chat_list.h"
#include "gui/chat/text_inbox.h"
#include "gui/chat/token_counter.h"
#include "gui/models/library_controller.h"

namespace etna::gui {

/// The chats and the reply that is being written. One reply at a time, in whatever chat is shown meanwhile.
///
/// What is shown changes at once; the store follows. A person's message goes to the engine when it is on the disk.
class ChatController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the chats")
  Q_PROPERTY(etna::gui::ChatList* chats READ chats CONSTANT)
  Q_PROPERTY(etna::gui::MessageList* messages READ messages NOTIFY currentChanged)
  Q_PROPERTY(int currentId READ current_id NOTIFY currentChanged)
  Q_PROPERTY(int currentRow READ current_row NOTIFY currentChanged)
  Q_PROPERTY(QString title READ title NOTIFY titleChanged)
  Q_PROPERTY(QString draft READ draft WRITE set_draft NOTIFY draftChanged)
  Q_PROPERTY(bool canSend READ can_send NOTIFY stateChanged)
  Q_PROPERTY(bool writing READ writing NOTIFY stateChanged)
  Q_PROPERTY(bool canRegenerate READ can_regenerate NOTIFY stateChanged)
  Q_PROPERTY(bool lastReplyBroken READ last_reply_broken NOTIFY stateChanged)
  Q_PROPERTY(QString hint READ hint NOTIFY stateChanged)
  Q_PROPERTY(QString expected READ expected NOTIFY stateChanged)
  Q_PROPERTY(QString placeholder READ placeholder NOTIFY stateChanged)
  Q_PROPERTY(QString speed READ speed NOTIFY stateChanged)
  Q_PROPERTY(double contextUsed READ context_used NOTIFY stateChanged)
  Q_PROPERTY(QString contextText READ context_text NOTIFY stateChanged)
  Q_PROPERTY(bool canSwitchThinking READ can_switch_thinking NOTIFY stateChanged)
  Q_PROPERTY(bool thinking READ thinking WRITE set_thinking NOTIFY stateChanged)
  Q_PROPERTY(bool opening READ opening NOTIFY stateChanged)
  Q_PROPERTY(bool temporary READ temporary NOTIFY currentChanged)
  Q_PROPERTY(bool editing READ editing NOTIFY editingChanged)
  Q_PROPERTY(bool canContinue READ can_continue NOTIFY stateChanged)
  Q_PROPERTY(etna::gui::Problem storeProblem READ store_problem NOTIFY storeProblemChanged)
  Q_PROPERTY(QString systemPrompt READ system_prompt WRITE set_system_prompt NOTIFY settingsChanged)
  Q_PROPERTY(QString draftTokens READ draft_tokens NOTIFY draftTokensChanged)
  Q_PROPERTY(QString refusal READ refusal NOTIFY storeProblemChanged)

public:
  ChatController(Engine& engine, LibraryController& library, ChatKeeper& keeper, QObject* parent = nullptr);

  /// Saves what was typed last. The keeper's store ends after this.
  void shut_down();

  ChatList* chats() { return &chats_; }

  MessageList* messages() const;

  int current_id() const { return current_; }

  int current_row() const { return chats_.row_of(current_); }

  QString title() const;
  QString draft() const;
  void set_draft(const QString& draft);

  bool can_send() const;
  bool writing() const;  ///< a reply is being written or waited for, in the chat that is shown
  bool can_regenerate() const;
  bool last_reply_broken() const;
  QString hint() const;  ///< why nothing can be sent; empty: it can

  /// A model that is on its way: "Qwen3 4B: 2.1 of 4.9 GB · about 58 s left". Messages wait for it; empty: none is.
  const QString& expected() const { return expected_; }

  void set_expected(const QString& sentence);

  QString placeholder() const;
  QString speed() const;        ///< "38.2 tok/s" of the last reply, "writing…" during one
  double context_used() const;  ///< 0 to 1 of the model's context, by the last reply of this chat; 0: unknown
  QString context_text() const;

  QString draft_tokens() const { return counter_.text(); }  ///< "312 tokens" of a long draft, else empty

  bool can_switch_thinking() const;  ///< the model can think before it answers, or not
  bool thinking() const;             ///< whether it is to, in this chat
  void set_thinking(bool thinking);

  bool opening() const;    ///< the messages of the chat that is shown are still being read
  bool temporary() const;  ///< the chat that is shown is not saved

  bool editing() const { return edited_ != 0; }  ///< the draft is a new version of a message

  /// The last reply was cut off, stopped or ended at a limit, and the model can write on.
  bool can_continue() const;

  const Problem& store_problem() const { return keeper_.problem(); }

  /// Why kept chats can be neither renamed, moved nor deleted; empty: they can.
  QString refusal() const;

  /// Shows a kept chat; messageWanted() follows if `message` is not 0 and is there.
  /// `words`: what was looked for in it.
  void show_at(chats::ChatId chat, chats::MessageId message, const QString& words = {});

  /// A chat came out of the trash, or from a file.
  void take_back(const chats::ChatSummary& chat);

  /// Chats came from a file, with their folders.
  void take_imported(const chats::ImportReport& report);

  /// A chat in the trash is gone for good, or all are (0): they cannot be brought back any more.
  void forget_erased(chats::ChatId chat);

  QString system_prompt() const;
  void set_system_prompt(const QString& text);

  Q_INVOKABLE void newChat();
  Q_INVOKABLE void newTemporaryChat();
  Q_INVOKABLE void select(int id);
  Q_INVOKABLE void rename(int id, const QString& title);
  Q_INVOKABLE void remove(int id);
  Q_INVOKABLE void undoRemove();
  Q_INVOKABLE void forgetRemoved();  ///< undo is over
  Q_INVOKABLE void setPinned(int id, bool pinned);
  Q_INVOKABLE void addFolder(const QString& name);
  Q_INVOKABLE void renameFolder(int index, const QString& name);
  Q_INVOKABLE void removeFolder(int index);          ///< its chats stay
  Q_INVOKABLE void moveToFolder(int id, int index);  ///< of ChatList::folderNames; -1: to none
  Q_INVOKABLE void duplicate(int id);  ///< another chat with the messages that are shown
  Q_INVOKABLE void trySaving();                      ///< now, after a disk error
  Q_INVOKABLE void openReadOnly();                   ///< a newer Etna's chats
  Q_INVOKABLE void dismissStoreProblem();
  Q_INVOKABLE void send();
  Q_INVOKABLE void stop();  ///< the text stands still at once
  Q_INVOKABLE void regenerate();
  Q_INVOKABLE void continueReply();     ///< the last one, where it stands
  Q_INVOKABLE void beginEdit(int row);  ///< a message of the person's; its text becomes the draft
  Q_INVOKABLE void cancelEdit();
  Q_INVOKABLE void switchVersion(int row, int step);
  Q_INVOKABLE void branch(int row);  ///< a new chat up to this message
  Q_INVOKABLE void removeMessage(int row);
  Q_INVOKABLE QString lastReply() const;
  Q_INVOKABLE QString lastProblemDetails() const;  ///< of a reply that broke, for a report

signals:
  void currentChanged();
  void selected();  ///< a chat was chosen to be looked at, the one that is shown or another
  void titleChanged();
  void draftChanged();
  void draftTokensChanged();
  void stateChanged();
  void sent();
  void removed(const QString& title, bool kept);     ///< kept: it lies in the trash now
  void messageRemoved();
  void undoOver();                                   ///< what was removed last cannot come back by undoRemove()
  void trashChanged();                               ///< chats went there, or came back
  void messageWanted(int row, const QString& words);  ///< it is to be looked at; these words in it, if there are any
  void editingChanged();
  void settingsChanged();
  void storeProblemChanged();
  void finished();  ///< a reply ended, however

private:
  /// One reply on its way. The engine's callbacks hold it too, so that answers to a stopped one find their place.
  struct Reply {
    int chat = 0;
    chats::ChatId stored_chat = 0;  ///< 0: a temporary chat, nothing is kept
    chats::MessageId stored = 0;
    QPointer<MessageList> messages;
    int row = 0;
    std::uint64_t serial = 0;  ///< of the message: tells whether it is still there
    bool asked_for = false;  ///< the message that it answers is on the disk
    bool kept = false;       ///< the store knows of it
    bool continues = false;  ///< it goes on where it stands
    chats::ReplyEnd end;     ///< when it was stopped
    Engine::RequestId request = 0;
    TextInbox inbox;
    bool frozen = false;           ///< stopped: no more text
    QElapsedTimer thinking_since;  ///< valid while the model thinks
    double thought_before = 0;     ///< seconds of the parts of its thinking that are over

    double thinking_seconds() const {
      return thought_before + (thinking_since.isValid() ? static_cast<double>(thinking_since.elapsed()) / 1000 : 0);
    }

    /// Whether the message is still in its chat: it may have been deleted, or replaced by another try.
    bool is_there() const {
      return messages && row < messages->count() && messages->at(row).serial == serial;
    }
  };

  struct RemovedChat {
    int row;
    Chat chat;
  };

  struct RemovedMessage {
    int chat;
    chats::MessageId stored;
  };

  using ReplyPointer = std::shared_ptr<Reply>;

  Chat& current();

  chats::ChatStore& store() { return keeper_.store(); }

  void open_stored(const chats::Opened& opened);
  void read_again();
  void load_messages(int id);
  void take_transcript(int id, const chats::Outcome<chats::Transcript>& outcome);
  void keep_chat(Chat& chat);
  void save_drafts();

  bool is_writing_in(int id) const { return reply_ && reply_->chat == id; }

  chats::MessageId end_of(const MessageList& messages) const;
  void cut_from(int row);
  bool refuses(const Chat& chat) const;  ///< a change of the chat would not be kept
  void find_wanted();

  void begin_reply(int version = 1);
  ReplyPointer make_reply(int row);
  void ask_when_saved(const ReplyPointer& reply);
  void on_saved(const ReplyPointer& reply, const chats::Outcome<chats::Saved>& outcome);
  void keep_reply(Reply& reply);
  void keep_end(Reply& reply, const chats::ReplyEnd& end);
  ChatRequest request_for(const Reply& reply);
  void ask_engine(const ReplyPointer& reply);
  void show_text();
  void take_pending_text(Reply& reply);
  void take_thinking(Reply& reply, const std::string& text);
  void show_thinking_time();
  void end_thinking(Reply& reply);
  void tell_screen(const ReplyPointer& reply);
  void take_done(const ReplyPointer& reply, const RunStatistics& statistics);
  void take_failure(const ReplyPointer& reply, const Problem& problem);
  void end_reply();
  void on_model_ready();
  void on_model_leaving();

  Engine& engine_;
  LibraryController& library_;
  ChatKeeper& keeper_;
  TokenCounter counter_;
  ChatList chats_;
  int current_ = 0;
  ReplyPointer reply_;  ///< the one that runs or waits
  QTimer frame_;        ///< collects text between two frames
  QTimer second_;       ///< shows how long the model has been thinking
  QTimer draft_pause_;  ///< collects key presses
  QSet<int> unsaved_drafts_;
  std::optional<RemovedChat> removed_;
  std::optional<RemovedMessage> removed_message_;

  struct WantedMessage {
    int chat;
    chats::MessageId message;
    QString words;
    bool asked = false;  ///< for the branch that it is in
  };

  std::optional<WantedMessage> wanted_;
  chats::MessageId edited_ = 0;  ///< in the chat that is shown; 0: none
  QString draft_before_edit_;
  double last_rate_ = 0;
  QString expected_;
};

}  // namespace etna::gui

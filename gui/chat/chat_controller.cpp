#include "gui/chat/chat_controller.h"

#include <QLocale>
#include <algorithm>

#include "gui/errors/catalogue.h"
#include "gui/jobs/post.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr int frame_ms = 16;

// Replies end by themselves or with the context; this only bounds a model that never stops.
constexpr std::uint64_t longest_reply_tokens = 8192;

/// Laying out the growing block costs time in proportion to its length. A very long one is shown less often, so that
/// it never takes more than about a quarter of the GUI thread.
int update_interval_ms(qsizetype growing_characters) {
  return static_cast<int>(std::clamp<qsizetype>(growing_characters / 120, frame_ms, 250));
}

SamplingSettings sampling_for(const ModelInfo& model) {
  SamplingSettings sampling;
  sampling.temperature = model.suggested_temperature.value_or(sampling.temperature);
  sampling.top_p = model.suggested_top_p.value_or(sampling.top_p);
  sampling.top_k = model.suggested_top_k.value_or(sampling.top_k);
  return sampling;
}

}  // namespace

ChatController::ChatController(Engine& engine, LibraryController& library, QObject* parent)
    : QObject(parent), engine_(engine), library_(library), counter_(engine) {
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
  current_ = chats_.add();
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
  emit draftChanged();
  emit stateChanged();
}

bool ChatController::can_switch_thinking() const {
  return library_.loaded() && library_.model().can_switch_thinking;
}

bool ChatController::thinking() const {
  return chats_.at(current_row()).thinks;
}

void ChatController::set_thinking(bool thinking) {
  Chat* chat = chats_.find(current_);
  if (chat->thinks == thinking) return;
  chat->thinks = thinking;
  emit stateChanged();
}

bool ChatController::can_send() const {
  return hint().isEmpty() && !reply_ && !draft().trimmed().isEmpty();
}

bool ChatController::writing() const {
  return reply_ && reply_->chat == current_;
}

bool ChatController::can_regenerate() const {
  return !reply_ && (library_.loaded() || library_.loading()) && messages()->last_reply() >= 0;
}

bool ChatController::last_reply_broken() const {
  const int row = messages()->last_reply();
  return row >= 0 && messages()->at(row).state == MessageList::Broken;
}

QString ChatController::hint() const {
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
    return chats_.at(row).messages->count() == 0 && chats_.at(row).title.isEmpty();
  };
  if (chats_.count() > 0 && untouched(0)) {
    select(chats_.at(0).id);
  } else {
    select(chats_.add());
  }
}

void ChatController::select(int id) {
  if (chats_.row_of(id) < 0) return;
  current_ = id;
  emit currentChanged();
  emit titleChanged();
  emit draftChanged();
  emit stateChanged();
}

void ChatController::rename(int id, const QString& title) {
  if (title.simplified().isEmpty()) return;
  chats_.set_title(id, title.simplified());
  emit titleChanged();
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
    if (chats_.count() == 1) chats_.add();
    const int gone = chats_.row_of(id);
    select(chats_.at(gone + 1 < chats_.count() ? gone + 1 : gone - 1).id);
  }
  const int from = chats_.row_of(id);
  removed_ = Removed{from, chats_.take(from)};
  emit currentChanged();
  emit removed(title);
}

void ChatController::undoRemove() {
  if (!removed_) return;
  const int id = removed_->chat.id;
  chats_.put_back(removed_->row, std::move(removed_->chat));
  removed_.reset();
  select(id);
}

void ChatController::forgetRemoved() {
  if (!removed_) return;
  removed_->chat.messages->deleteLater();
  removed_.reset();
}

void ChatController::send() {
  if (!can_send()) return;
  const QString text = draft().trimmed();
  set_draft({});
  messages()->add(MessageList::User, text, MessageList::Done);
  if (chats_.at(current_row()).title.isEmpty()) {
    chats_.set_title(current_, title_from(text));
    emit titleChanged();
  }
  begin_reply();
  emit sent();
}

void ChatController::regenerate() {
  if (!can_regenerate()) return;
  messages()->remove_from(messages()->last_reply());
  begin_reply();
  emit sent();
}

void ChatController::begin_reply() {
  const bool ready = library_.loaded();
  reply_ = std::make_shared<Reply>();
  reply_->chat = current_;
  reply_->messages = messages();
  reply_->row =
      messages()->add(MessageList::Model, {}, ready ? MessageList::Reading : MessageList::Waiting, library_.name());
  reply_->blocks = messages()->at(reply_->row).blocks;
  chats_.set_writing(current_, true);
  if (ready) ask_engine(reply_);
  emit stateChanged();
}

void ChatController::ask_engine(const ReplyPointer& reply) {
  ChatRequest request;
  request.messages = reply->messages->request_before(reply->row);
  request.model = library_.model().id;
  request.sampling = sampling_for(library_.model());
  request.max_tokens = longest_reply_tokens;
  const Chat* chat = chats_.find(reply->chat);
  if (chat && can_switch_thinking()) request.enable_thinking = chat->thinks;

  Engine::ChatCallbacks callbacks;
  callbacks.text = [this, reply](const std::string& piece) {
    if (reply->inbox.put([&](ReplyPieces& pieces) { pieces.text += piece; })) tell_screen(reply);
  };
  callbacks.thinking = [this, reply](const std::string& piece) {
    if (reply->inbox.put([&](ReplyPieces& pieces) { pieces.thinking += piece; })) tell_screen(reply);
  };
  callbacks.tool_call = [this, reply](const ToolCall& call) {
    if (reply->inbox.put([&](ReplyPieces& pieces) { pieces.tool_calls.push_back(call); })) tell_screen(reply);
  };
  callbacks.warning = [this, reply](const std::string& sentence) {
    if (reply->inbox.put([&](ReplyPieces& pieces) { pieces.warnings.push_back(sentence); })) tell_screen(reply);
  };
  callbacks.done = [this, reply](RunStatistics statistics) {
    post(this, [this, reply, statistics] { take_done(reply, statistics); });
  };
  callbacks.failed = [this, reply](Failure failure) {
    post(this, [this, reply, failure] {
      const bool lost = failure.code == Errc::device_lost;
      take_failure(reply, lost ? library_.lost_device_problem(QString::fromStdString(failure.message))
                               : reply_problem(failure));
    });
  };
  reply->request = engine_.chat(std::move(request), std::move(callbacks));
}

/// Called on the engine's thread.
void ChatController::tell_screen(const ReplyPointer& reply) {
  post(this, [this, reply] {
    if (frame_.isActive() || reply != reply_ || !reply->is_there()) return;
    const MessageList::Message& message = reply->messages->at(reply->row);
    const qsizetype thoughts = message.thinking_open && message.thinks_now ? message.thinking.size() : 0;
    frame_.start(update_interval_ms(std::max(reply->blocks->last_block_size(), thoughts)));
  });
}

void ChatController::show_text() {
  if (reply_) take_pending_text(*reply_);
}

void ChatController::take_pending_text(Reply& reply) {
  const ReplyPieces pieces = reply.inbox.take();
  if (pieces.empty() || reply.frozen || !reply.is_there()) return;
  MessageList& messages = *reply.messages;
  messages.set_state(reply.row, MessageList::Writing);
  if (!pieces.thinking.empty()) take_thinking(reply, pieces.thinking);
  if (!pieces.text.empty() || !pieces.tool_calls.empty()) end_thinking(reply);
  messages.append_text(reply.row, QString::fromStdString(pieces.text));
  for (const ToolCall& call : pieces.tool_calls) messages.add_tool_call(reply.row, call);
  for (const std::string& warning : pieces.warnings) messages.add_notice(reply.row, QString::fromStdString(warning));
}

void ChatController::take_thinking(Reply& reply, const std::string& text) {
  reply.messages->append_thinking(reply.row, QString::fromStdString(text));
  if (reply.thinking_since.isValid()) return;
  reply.thinking_since.start();
  reply.messages->set_thinking_time(reply.row, reply.thinking_seconds(), true);
  second_.start();
}

void ChatController::show_thinking_time() {
  if (!reply_ || !reply_->thinking_since.isValid() || !reply_->is_there()) return;
  reply_->messages->set_thinking_time(reply_->row, reply_->thinking_seconds(), true);
}

/// The time on the screen stands still; the engine's own number follows when the reply ends.
void ChatController::end_thinking(Reply& reply) {
  if (!reply.thinking_since.isValid()) return;
  second_.stop();
  reply.thought_before = reply.thinking_seconds();
  reply.thinking_since.invalidate();
  if (reply.is_there()) reply.messages->set_thinking_time(reply.row, reply.thought_before, false);
}

void ChatController::stop() {
  if (!reply_) return;
  const ReplyPointer reply = reply_;
  reply->frozen = true;
  end_thinking(*reply);
  if (reply->request != 0) engine_.cancel(reply->request);
  if (reply->is_there()) {
    RunStatistics statistics;  // the engine's own numbers follow
    statistics.stop_reason = StopReason::stopped;
    if (reply->request == 0) reply->messages->set_statistics(reply->row, statistics);
    reply->messages->set_state(reply->row, MessageList::Done);
  }
  end_reply();
}

void ChatController::take_done(const ReplyPointer& reply, const RunStatistics& statistics) {
  take_pending_text(*reply);
  end_thinking(*reply);
  if (reply->is_there()) {
    if (statistics.thinking_seconds > 0) {
      reply->messages->set_thinking_time(reply->row, statistics.thinking_seconds, false);
    }
    reply->messages->set_statistics(reply->row, statistics);
    reply->messages->set_state(reply->row, MessageList::Done);
  }
  if (statistics.generated_tokens > 1) last_rate_ = statistics.decode_tokens_per_second();
  if (reply == reply_) {
    end_reply();
  } else {
    emit stateChanged();
  }
}

void ChatController::take_failure(const ReplyPointer& reply, const Problem& problem) {
  take_pending_text(*reply);
  end_thinking(*reply);
  if (!reply->frozen && reply->is_there()) {
    reply->messages->set_problem(reply->row, problem);
    reply->messages->set_state(reply->row, MessageList::Broken);
  }
  if (reply == reply_) end_reply();
}

void ChatController::end_reply() {
  frame_.stop();
  chats_.set_writing(reply_->chat, false);
  reply_.reset();
  emit stateChanged();
  emit finished();
}

void ChatController::on_model_ready() {
  if (!reply_ || reply_->request != 0) return;
  reply_->messages->set_state(reply_->row, MessageList::Reading);
  ask_engine(reply_);
}

void ChatController::on_model_leaving() {
  // A reply that waits for a model goes on waiting: whichever model comes answers it.
  if (reply_ && reply_->request != 0) stop();
}

QString ChatController::lastProblemDetails() const {
  const int row = messages()->last_reply();
  return row < 0 ? QString() : messages()->at(row).problem.details;
}

QString ChatController::lastReply() const {
  const int row = messages()->last_reply();
  return row < 0 ? QString() : messages()->at(row).text;
}

}  // namespace etna::gui

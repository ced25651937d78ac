// The reply that is being written: from the engine to the screen and into the store.
#include <algorithm>

#include "gui/chat/chat_controller.h"
#include "gui/chat/stored_message.h"
#include "gui/errors/catalogue.h"
#include "gui/jobs/post.h"

namespace etna::gui {
namespace {

constexpr int frame_ms = 16;

// Replies end by themselves or with the context; this only bounds a model that never stops.
constexpr std::uint64_t longest_reply_tokens = 8192;

}  // namespace

void ChatController::begin_reply(int version) {
  const bool ready = library_.loaded();
  MessageList& list = *messages();
  const chats::MessageId parent = end_of(list);
  const int row =
      list.add(MessageList::Model, {}, ready ? MessageList::Reading : MessageList::Waiting, library_.name());
  list.set_place(row, temporary() ? 0 : store().new_id(), parent, version, version);
  reply_ = make_reply(row);
  emit stateChanged();
}

ChatController::ReplyPointer ChatController::make_reply(int row) {
  auto reply = std::make_shared<Reply>();
  reply->chat = current_;
  reply->stored_chat = temporary() ? 0 : current().stored;
  reply->stored = messages()->at(row).stored;
  reply->messages = messages();
  reply->row = row;
  reply->serial = messages()->at(row).serial;
  reply->thought_before = messages()->at(row).thinking_seconds;
  chats_.set_writing(current_, true);
  return reply;
}

/// The message is on the disk: now the engine may see it.
void ChatController::on_saved(const ReplyPointer& reply, const chats::Outcome<chats::Saved>& outcome) {
  if (!outcome) {
    if (!reply->frozen) take_failure(reply, reply_problem(outcome.failure()));
    return;
  }
  reply->asked_for = true;
  ask_when_saved(reply);
}

void ChatController::ask_when_saved(const ReplyPointer& reply) {
  if (reply != reply_ || !reply->asked_for || reply->request != 0 || !library_.loaded() || !reply->messages) return;
  ask_engine(reply);
}

/// The store learns that a reply begins, or goes on.
void ChatController::keep_reply(Reply& reply) {
  if (reply.stored_chat == 0 || reply.kept || !reply.is_there()) return;
  reply.kept = true;
  const ModelInfo& model = library_.model();
  chats::Run run;
  run.model_name = library_.name().toStdString();
  run.model_path = model.path;
  run.device = model.device;
  const Chat* chat = chats_.find(reply.chat);
  run.sampling = sampling_for(model, chat ? chat->settings : chats::ChatSettings{});
  run.max_tokens = longest_reply_tokens;
  if (reply.continues) return store().continue_reply(reply.stored_chat, reply.stored, run);
  chats::Message message;
  message.id = reply.stored;
  message.parent = reply.messages->at(reply.row).parent;
  message.model_name = run.model_name;
  message.run = run;
  store().begin_reply(reply.stored_chat, message);
}

void ChatController::keep_end(Reply& reply, const chats::ReplyEnd& end) {
  if (reply.stored_chat != 0 && reply.kept) store().end_reply(reply.stored_chat, reply.stored, end);
}

ChatRequest ChatController::request_for(const Reply& reply) {
  const Chat* chat = chats_.find(reply.chat);
  const chats::ChatSettings settings = chat ? chat->settings : chats::ChatSettings{};
  ChatRequest request;
  request.messages = reply.messages->request_before(reply.row);
  if (!settings.system_prompt.empty())
    request.messages.insert(request.messages.begin(), {"system", settings.system_prompt});
  if (reply.continues) request.prefill_response = reply.messages->at(reply.row).text.toStdString();
  request.model = library_.model().id;
  request.sampling = sampling_for(library_.model(), settings);
  request.max_tokens = settings.max_tokens.value_or(longest_reply_tokens);
  request.stop_texts = settings.stop_texts;
  if (can_switch_thinking()) request.enable_thinking = settings.thinks.value_or(true);
  return request;
}

void ChatController::ask_engine(const ReplyPointer& reply) {
  ChatRequest request = request_for(*reply);
  keep_reply(*reply);

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
      take_failure(
          reply, lost ? library_.lost_device_problem(QString::fromStdString(failure.message)) : reply_problem(failure));
    });
  };
  reply->request = engine_.chat(std::move(request), std::move(callbacks));
}

/// Called on the engine's thread.
void ChatController::tell_screen(const ReplyPointer& reply) {
  post(this, [this, reply] {
    if (frame_.isActive() || reply != reply_ || !reply->is_there()) return;
    frame_.start(frame_ms);
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
  if (reply.kept) store().append_reply(reply.stored, pieces.text, pieces.thinking);
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
    keep_reply(*reply);
    reply->end = reply_end(reply->messages->at(reply->row));
    reply->end.statistics = statistics;
    keep_end(*reply, reply->end);
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
    reply->end = reply_end(reply->messages->at(reply->row));
  }
  reply->end.statistics = statistics;
  keep_end(*reply, reply->end);
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
    keep_end(*reply, reply_end(reply->messages->at(reply->row)));
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
  ask_when_saved(reply_);
}

void ChatController::on_model_leaving() {
  // A reply that waits for a model goes on waiting: whichever model comes answers it.
  if (reply_ && reply_->request != 0) stop();
}

}  // namespace etna::gui

// A chat's settings, what of it the model is shown, and a reply that waits because the chat is too long.
#include <algorithm>

#include "gui/chat/chat_controller.h"
#include "gui/chat/stored_message.h"

namespace etna::gui {

OverflowPolicy policy_of(chats::Overflow overflow) {
  switch (overflow) {
    case chats::Overflow::ask: return OverflowPolicy::stop;
    case chats::Overflow::drop_oldest: return OverflowPolicy::drop_oldest;
    case chats::Overflow::drop_middle: return OverflowPolicy::drop_middle;
  }
  return OverflowPolicy::stop;
}

const chats::ChatSettings& ChatController::settings() const {
  return chats_.at(current_row()).settings;
}

void ChatController::change_settings(const chats::ChatSettings& settings) {
  Chat& chat = current();
  if (chat.settings == settings) return;
  chat.settings = settings;
  // A slider changes them many times a second.
  if (!chat.temporary) unsaved_settings_.insert(current_);
  if (!draft_pause_.isActive()) draft_pause_.start();
  emit settingsChanged();
  emit stateChanged();
}

ChatRequest ChatController::request_with(std::vector<ChatMessage> messages, const chats::ChatSettings& settings) const {
  ChatRequest request;
  request.messages = std::move(messages);
  if (!settings.system_prompt.empty())
    request.messages.insert(request.messages.begin(), {"system", settings.system_prompt});
  request.model = library_.model().id;
  request.sampling = sampling_for(library_.model(), settings);
  request.max_tokens = settings.max_tokens.value_or(longest_reply_tokens);
  request.stop_texts = settings.stop_texts;
  request.overflow = policy_of(settings.overflow);
  request.reply_reserve = usual_reply_reserve(library_.model().context_length, request.max_tokens);
  if (can_switch_thinking()) request.enable_thinking = settings.thinks.value_or(true);
  return request;
}

ChatRequest ChatController::next_request() const {
  const MessageList& list = *messages();
  const bool waits = reply_ && reply_->chat == current_ && reply_->overflow;
  ChatRequest request = request_with(list.request_before(waits ? reply_->row : list.count()), settings());
  if (const QString typed = draft().trimmed(); !typed.isEmpty() && !waits)
    request.messages.push_back({"user", typed.toStdString()});
  return request;
}

const ContextFit* ChatController::overflow() const {
  return reply_ && reply_->chat == current_ && reply_->overflow ? &*reply_->overflow : nullptr;
}

/// Indices of a request become those of the chat: its instructions are no message there.
ContextFit ChatController::in_chat(const Reply& reply, ContextFit fit) {
  if (fit.left_out.messages > 0) fit.left_out.first -= std::min(fit.left_out.first, reply.instructions);
  return fit;
}

void ChatController::take_fit(const ReplyPointer& reply, const ContextFit& fit) {
  if (fit.fits && !reply->frozen && reply->is_there())
    reply->messages->set_left_out(reply->row, in_chat(*reply, fit).left_out);
}

/// Nothing was evaluated: a person says what is to be done, and until then the reply waits.
bool ChatController::waits_for_answer(const ReplyPointer& reply, const RunStatistics& statistics) {
  const bool too_long = statistics.stop_reason == StopReason::context_full && statistics.generated_tokens == 0 &&
                        statistics.context.size > 0 && !statistics.context.fits;
  if (!too_long || reply != reply_ || reply->frozen || !reply->is_there()) return false;
  reply->overflow = statistics.context;
  reply->request = 0;
  reply->messages->set_state(reply->row, MessageList::Waiting);
  emit stateChanged();
  return true;
}

void ChatController::leave_out_once(OverflowPolicy policy) {
  if (!overflow() || !library_.loaded()) return;
  reply_->overflow_once = policy;
  reply_->overflow.reset();
  messages()->set_state(reply_->row, MessageList::Reading);
  ask_when_saved(reply_);
  emit stateChanged();
}

void ChatController::wait_for_model() {
  if (!overflow()) return;
  reply_->overflow.reset();
  emit stateChanged();
}

}  // namespace etna::gui

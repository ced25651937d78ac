#include "gui/chat/stored_message.h"

#include "gui/errors/catalogue.h"

namespace etna::gui {
namespace {

MessageList::State state_of(chats::MessageState state) {
  switch (state) {
    case chats::MessageState::done: return MessageList::Done;
    case chats::MessageState::failed: return MessageList::Broken;
    case chats::MessageState::unreadable: return MessageList::Unreadable;
    // Whoever is writing it, it is not this window: it would show its own message.
    case chats::MessageState::streaming:
    case chats::MessageState::interrupted: return MessageList::Interrupted;
  }
  return MessageList::Unreadable;
}

}  // namespace

MessageList::Message shown_message(const chats::Message& message) {
  MessageList::Message shown;
  shown.sender = message.role == chats::Role::user ? MessageList::User : MessageList::Model;
  shown.text = QString::fromStdString(message.text);
  shown.state = state_of(message.state);
  shown.model_name = QString::fromStdString(message.model_name);
  if (message.run) shown.statistics = message.run->statistics;
  if (message.problem)
    shown.problem =
        make_problem(QString::fromStdString(message.problem->code), QString::fromStdString(message.problem->sentence));
  shown.thinking = QString::fromStdString(message.thinking);
  shown.thinking_seconds = message.thinking_seconds;
  shown.tool_calls = message.tool_calls;
  shown.notice = QString::fromStdString(message.notice);
  shown.stored = message.id;
  shown.parent = message.parent;
  shown.version = message.version;
  shown.versions = message.versions;
  shown.files = attached_files(message.attachments);
  return shown;
}

std::vector<MessageList::Message> shown_messages(const chats::Transcript& transcript) {
  std::vector<MessageList::Message> shown;
  shown.reserve(transcript.messages.size());
  for (const chats::Message& message : transcript.messages) shown.push_back(shown_message(message));
  return shown;
}

chats::ReplyEnd reply_end(const MessageList::Message& message) {
  chats::ReplyEnd end;
  end.state = message.state == MessageList::Broken ? chats::MessageState::failed : chats::MessageState::done;
  end.thinking_seconds = message.thinking_seconds;
  end.tool_calls = message.tool_calls;
  end.notice = message.notice.toStdString();
  end.statistics = message.statistics;
  if (message.problem.is_set()) {
    // The details' second line is the engine's own sentence.
    const QString sentence = message.problem.details.section(u'\n', 1, 1);
    end.problem = chats::ReplyProblem{message.problem.code.toStdString(), sentence.toStdString()};
  }
  return end;
}

SamplingSettings sampling_for(const ModelInfo& model, const chats::ChatSettings& settings) {
  SamplingSettings sampling;
  sampling.temperature = settings.temperature.value_or(model.suggested_temperature.value_or(sampling.temperature));
  sampling.top_p = settings.top_p.value_or(model.suggested_top_p.value_or(sampling.top_p));
  sampling.top_k = settings.top_k.value_or(model.suggested_top_k.value_or(sampling.top_k));
  sampling.min_p = settings.min_p.value_or(sampling.min_p);
  sampling.repetition_penalty = settings.repetition_penalty.value_or(sampling.repetition_penalty);
  sampling.seed = settings.seed;
  return sampling;
}

}  // namespace etna::gui

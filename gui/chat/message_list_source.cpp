#include "gui/chat/message_list_source.h"

#include "gui/text/format.h"

namespace etna::gui {
namespace {

bool has_ended(const MessageList::Message& message) {
  return message.state != MessageList::Waiting && message.state != MessageList::Reading && message.state != MessageList::Writing;
}

TranscriptMessage::State state_of(MessageList::State state) {
  switch (state) {
    case MessageList::Waiting: return TranscriptMessage::State::waiting;
    case MessageList::Reading: return TranscriptMessage::State::reading;
    case MessageList::Writing: return TranscriptMessage::State::writing;
    case MessageList::Broken: return TranscriptMessage::State::broken;
    default: return TranscriptMessage::State::done;
  }
}

}  // namespace

void MessageListSource::set_messages(MessageList* messages) {
  if (messages == messages_) return;
  if (messages_) disconnect(messages_, nullptr, this, nullptr);
  messages_ = messages;
  if (messages) {
    connect(messages, &MessageList::rowsInserted, this, [this](const QModelIndex&, int first, int last) {
      for (int row = first; row <= last; ++row) sizes_.insert(row, told_of(row));
      emit inserted(first, last - first + 1);
    });
    connect(messages, &MessageList::rowsRemoved, this, [this](const QModelIndex&, int first, int last) {
      sizes_.remove(first, last - first + 1);
      emit removed(first, last - first + 1);
    });
    connect(messages, &MessageList::modelReset, this, &MessageListSource::restart);
    connect(messages, &MessageList::dataChanged, this,
            [this](const QModelIndex& from, const QModelIndex& to, const QList<int>& roles) {
              for (int row = from.row(); row <= to.row(); ++row) take(row, roles);
            });
    // The rows go before the list: nobody asks for them afterwards.
    connect(messages, &QObject::destroyed, this, [this] {
      sizes_.clear();
      emit reset();
    });
  }
  restart();
  emit messagesChanged();
}

void MessageListSource::restart() {
  sizes_.clear();
  for (int row = 0; messages_ && row < messages_->count(); ++row) sizes_ << told_of(row);
  emit reset();
}

MessageListSource::Told MessageListSource::told_of(int row) {
  const MessageList::Message& message = messages_->at(row);
  return {++last_id_, message.text.size(), message.thinking.size(), has_ended(message)};
}

/// The list says which of a message's values changed; what grew is told by its new end.
void MessageListSource::take(int row, const QList<int>& roles) {
  const MessageList::Message& message = messages_->at(row);
  Told& told = sizes_[row];
  const auto has = [&](int role) { return roles.isEmpty() || roles.contains(role); };
  bool other = roles.isEmpty();
  for (const int role : roles)
    other =
        other || (role != MessageList::TextRole && role != MessageList::ThinkingRole && role != MessageList::LastRole);
  if (has(MessageList::TextRole) && message.text.size() > told.text) {
    const QString piece = message.text.mid(std::exchange(told.text, message.text.size()));
    emit textAppended(row, piece);
  } else if (has(MessageList::TextRole) && message.text.size() < told.text) {
    told.text = message.text.size();
    emit replaced(row);
  }
  if (has(MessageList::ThinkingRole) && message.thinking.size() > told.thinking) {
    const QString piece = message.thinking.mid(std::exchange(told.thinking, message.thinking.size()));
    emit thinkingAppended(row, piece);
  }
  if (other) emit changed(row);
  if (has_ended(message) && !told.ended) {
    told.ended = true;
    emit finished(row);
  }
}

TranscriptMessage MessageListSource::message(int row) const {
  const MessageList::Message& from = messages_->at(row);
  TranscriptMessage message;
  message.id = sizes_.at(row).id;
  message.role = from.sender == MessageList::User ? TranscriptMessage::Role::user : TranscriptMessage::Role::model;
  message.state = state_of(from.state);
  message.text = from.text;
  message.author = from.model_name;
  message.thinking = {from.thinking, format::thinking_title(from.thinking_seconds, from.thinks_now),
                      from.thinking_open};
  for (const ToolCall& call : from.tool_calls)
    message.tool_calls << TranscriptToolCall{
        QString::fromStdString(call.name), QString::fromStdString(call.arguments), {}};
  const QModelIndex index = messages_->index(row);
  for (const AttachedFile& file : from.files) message.attachments << TranscriptAttachment{file.name(), file.detail()};
  message.statistics = messages_->data(index, MessageList::StatisticsRole).toString();
  message.notice = messages_->data(index, MessageList::NoticeRole).toString();
  message.version = from.version;
  message.versions = from.versions;
  if (has_ended(from)) {
    message.actions = Branch | Delete | (message.role == TranscriptMessage::Role::user ? Edit : Regenerate | Continue);
  }
  message.problem = QVariant::fromValue(from.problem);
  return message;
}

void MessageListSource::act(int row, int action) {
  if (!controller_) return;
  switch (action) {
    case Edit: return controller_->beginEdit(row);
    case Regenerate: return controller_->regenerate();
    case Branch: return controller_->branch(row);
    case Continue: return controller_->continueReply();
    case Delete: return controller_->removeMessage(row);
    case VersionBefore: return controller_->switchVersion(row, -1);
    case VersionAfter: return controller_->switchVersion(row, 1);
    default: return;
  }
}

int MessageListSource::size_hint(int row) const {
  return static_cast<int>(messages_->at(row).text.size());
}

TranscriptMessage::Role MessageListSource::role(int row) const {
  return messages_->at(row).sender == MessageList::User ? TranscriptMessage::Role::user
                                                        : TranscriptMessage::Role::model;
}

}  // namespace etna::gui

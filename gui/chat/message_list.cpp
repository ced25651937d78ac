#include "gui/chat/message_list.h"

#include <algorithm>

#include "gui/text/format.h"

namespace etna::gui {
namespace {

QStringList each_call(const MessageList::Message& message, std::string ToolCall::*member) {
  QStringList result;
  for (const ToolCall& call : message.tool_calls) result << QString::fromStdString(call.*member);
  return result;
}

}  // namespace

int MessageList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(messages_.size());
}

QVariant MessageList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Message& message = at(index.row());
  switch (role) {
    case SenderRole: return message.sender;
    case TextRole: return message.text;
    case StateRole: return message.state;
    case StatisticsRole:
      if (message.state == Interrupted) return tr("stopped: the app closed");
      return message.statistics ? format::statistics_line(*message.statistics) : QString();
    case ProblemRole: return QVariant::fromValue(message.problem);
    case LastRole: return index.row() == count() - 1;
    case ModelNameRole: return message.model_name;
    case ThinkingRole: return message.thinking;
    case ThinkingTitleRole: return format::thinking_title(message.thinking_seconds, message.thinks_now);
    case ThinkingOpenRole: return message.thinking_open;
    case ToolNamesRole: return each_call(message, &ToolCall::name);
    case ToolArgumentsRole: return each_call(message, &ToolCall::arguments);
    case NoticeRole: return message.state == Unreadable ? tr("This message could not be read.") : message.notice;
    case VersionRole: return message.version;
    case VersionsRole: return message.versions;
    default: return {};
  }
}

QHash<int, QByteArray> MessageList::roleNames() const {
  return {{SenderRole, "sender"},
          {TextRole, "text"},
          {StateRole, "messageState"},
          {StatisticsRole, "statistics"},
          {ProblemRole, "problem"},
          {LastRole, "last"},
          {ModelNameRole, "modelName"},
          {ThinkingRole, "thinking"},
          {NoticeRole, "notice"},
          {VersionRole, "version"},
          {VersionsRole, "versions"},
          {ThinkingTitleRole, "thinkingTitle"},
          {ThinkingOpenRole, "thinkingOpen"},
          {ToolNamesRole, "toolNames"},
          {ToolArgumentsRole, "toolArguments"}};
}

int MessageList::add(Sender sender, const QString& text, State state, const QString& model_name) {
  const int row = count();
  beginInsertRows({}, row, row);
  Message message{.sender = sender,
                  .text = text,
                  .state = state,
                  .model_name = model_name,
                  .statistics = {},
                  .problem = {},
                  .serial = ++last_serial_};
  messages_.push_back(std::move(message));
  endInsertRows();
  if (row > 0) announce(row - 1, {LastRole});
  emit countChanged();
  return row;
}

void MessageList::set_place(int row, chats::MessageId stored, chats::MessageId parent, int version, int versions) {
  Message& message = messages_.at(static_cast<std::size_t>(row));
  message.stored = stored;
  message.parent = parent;
  message.version = version;
  message.versions = versions;
  announce(row, {VersionRole, VersionsRole});
}

void MessageList::replace_from(int row, std::vector<Message> messages) {
  remove_from(row);
  if (messages.empty()) return;
  const int last = count() + static_cast<int>(messages.size()) - 1;
  beginInsertRows({}, count(), last);
  for (Message& message : messages) {
    message.serial = ++last_serial_;
    messages_.push_back(std::move(message));
  }
  endInsertRows();
  if (row > 0) announce(row - 1, {LastRole});
  emit countChanged();
}

void MessageList::append_text(int row, const QString& piece) {
  if (piece.isEmpty()) return;
  messages_.at(static_cast<std::size_t>(row)).text += piece;
  announce(row, {TextRole});
  emit grown();
}

void MessageList::append_thinking(int row, const QString& piece) {
  if (piece.isEmpty()) return;
  messages_.at(static_cast<std::size_t>(row)).thinking += piece;
  announce(row, {ThinkingRole});
  emit grown();
}

void MessageList::set_thinking_time(int row, double seconds, bool thinks_now) {
  Message& message = messages_.at(static_cast<std::size_t>(row));
  message.thinking_seconds = seconds;
  message.thinks_now = thinks_now;
  announce(row, {ThinkingTitleRole});
}

void MessageList::add_tool_call(int row, const ToolCall& call) {
  messages_.at(static_cast<std::size_t>(row)).tool_calls.push_back(call);
  announce(row, {ToolNamesRole, ToolArgumentsRole});
  emit grown();
}

void MessageList::add_notice(int row, const QString& sentence) {
  QString& notice = messages_.at(static_cast<std::size_t>(row)).notice;
  notice = notice.isEmpty() ? sentence : notice + u'\n' + sentence;
  announce(row, {NoticeRole});
}

void MessageList::setThinkingOpen(int row, bool open) {
  if (row < 0 || row >= count() || at(row).thinking_open == open) return;
  messages_.at(static_cast<std::size_t>(row)).thinking_open = open;
  announce(row, {ThinkingOpenRole});
}

void MessageList::set_state(int row, State state) {
  Message& message = messages_.at(static_cast<std::size_t>(row));
  if (message.state == state) return;
  message.state = state;
  announce(row, {StateRole, StatisticsRole, NoticeRole});
}

void MessageList::set_statistics(int row, const std::optional<RunStatistics>& statistics) {
  messages_.at(static_cast<std::size_t>(row)).statistics = statistics;
  announce(row, {StatisticsRole});
}

void MessageList::set_problem(int row, const Problem& problem) {
  messages_.at(static_cast<std::size_t>(row)).problem = problem;
  announce(row, {ProblemRole});
}

void MessageList::remove_from(int row) {
  if (row >= count()) return;
  beginRemoveRows({}, row, count() - 1);
  messages_.resize(static_cast<std::size_t>(row));
  endRemoveRows();
  if (row > 0) announce(row - 1, {LastRole});
  emit countChanged();
}

std::vector<ChatMessage> MessageList::request_before(int row) const {
  std::vector<ChatMessage> request;
  for (int i = 0; i < row; ++i) {
    const Message& message = at(i);
    if (message.text.isEmpty()) continue;
    // No tools are offered: a call that a model makes up has no answer, which templates refuse.
    request.push_back(
        {message.sender == User ? "user" : "assistant", message.text.toStdString(), message.thinking.toStdString()});
  }
  return request;
}

int MessageList::last_reply() const {
  for (int row = count() - 1; row >= 0; --row) {
    if (at(row).sender == Model) return row;
  }
  return -1;
}

void MessageList::announce(int row, const QList<int>& roles) {
  emit dataChanged(index(row), index(row), roles);
}

}  // namespace etna::gui

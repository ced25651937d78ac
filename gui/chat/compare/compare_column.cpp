#include "gui/chat/compare/compare_column.h"

#include <QFileInfo>
#include <cmath>

#include "gui/models/recent_models.h"
#include "gui/text/format.h"

namespace etna::gui {

void CompareColumn::set_target(const CompareTarget& target) {
  if (target == target_) return;
  target_ = target;
  emit targetChanged();
}

QString CompareColumn::adapter_name() const {
  return target_.adapter.isEmpty() ? QString() : QFileInfo(target_.adapter).fileName();
}

QString CompareColumn::name() const {
  const QString model = target_.path.isEmpty() ? tr("Etna Starter") : model_name_of(target_.path);
  return target_.adapter.isEmpty() ? model : tr("%1 with %2", "model, adapter").arg(model, adapter_name());
}

QString CompareColumn::state_text() const {
  switch (state_) {
    case Waiting: return tr("Waits for the other answer");
    case Loading: return tr("Loading %1 %").arg(std::floor(progress_ * 100));
    case Reading: return tr("Reading the question");
    default: return {};
  }
}

QString CompareColumn::statistics() const {
  const int row = answer_row();
  if (state_ != Done || row < 0 || !messages_.at(row).statistics) return {};
  return format::statistics_line(*messages_.at(row).statistics);
}

/// The question before is not shown any more: it is in the chat.
void CompareColumn::ask(const QString& text, const AttachedFiles& files, chats::MessageId answer) {
  messages_.remove_from(0);
  const int row = messages_.add(MessageList::User, text, MessageList::Done);
  if (!files.empty()) messages_.set_files(row, files);
  messages_.add(MessageList::Model, {}, MessageList::Reading, name());
  answer_ = answer;
  problem_ = {};
  kept_ = false;
  set_state(Waiting);
}

void CompareColumn::set_state(State state) {
  state_ = state;
  emit changed();
}

void CompareColumn::set_progress(double share) {
  progress_ = share;
  emit changed();
}

void CompareColumn::take(const ReplyPieces& pieces) {
  const int row = answer_row();
  if (pieces.empty() || row < 0) return;
  messages_.set_state(row, MessageList::Writing);
  messages_.append_thinking(row, QString::fromStdString(pieces.thinking));
  messages_.append_text(row, QString::fromStdString(pieces.text));
  for (const ToolCall& call : pieces.tool_calls) messages_.add_tool_call(row, call);
  for (const std::string& warning : pieces.warnings) messages_.add_notice(row, QString::fromStdString(warning));
  if (state_ != Writing) set_state(Writing);
}

void CompareColumn::end(const RunStatistics& statistics) {
  const int row = answer_row();
  if (row < 0) return;
  if (statistics.thinking_seconds > 0) messages_.set_thinking_time(row, statistics.thinking_seconds, false);
  messages_.set_statistics(row, statistics);
  messages_.set_state(row, MessageList::Done);
  set_state(Done);
}

void CompareColumn::fail(const Problem& problem) {
  const int row = answer_row();
  if (row >= 0) {
    messages_.set_problem(row, problem);
    messages_.set_state(row, MessageList::Broken);
  }
  problem_ = problem;
  set_state(Broken);
}

void CompareColumn::set_kept(bool kept) {
  kept_ = kept;
  emit changed();
}

void CompareColumn::clear() {
  messages_.remove_from(0);
  problem_ = {};
  kept_ = false;
  answer_ = 0;
  set_state(Idle);
}

}  // namespace etna::gui

#include "gui/chat/trash/chat_trash.h"

#include <QDateTime>
#include <QPointer>
#include <algorithm>

namespace etna::gui {
namespace {

constexpr chats::Time day_ms = 24 * 60 * 60 * 1000;

}  // namespace

QString trash_note(chats::Time trashed, chats::Time now, int days) {
  const QDate then = QDateTime::fromMSecsSinceEpoch(trashed).date();
  const auto ago = static_cast<int>(std::max<qint64>(0, then.daysTo(QDateTime::fromMSecsSinceEpoch(now).date())));
  // A day that has begun counts: nothing goes before it was said to.
  const chats::Time rest = trashed + days * day_ms - now;
  const auto left = static_cast<int>(std::clamp<chats::Time>((rest + day_ms - 1) / day_ms, 0, days));
  const QString deleted = ago == 0   ? ChatTrash::tr("Deleted today")
                          : ago == 1 ? ChatTrash::tr("Deleted yesterday")
                                     : ChatTrash::tr("Deleted %1 days ago").arg(ago);
  const QString stays = left == 0   ? ChatTrash::tr("goes at the next start")
                        : left == 1 ? ChatTrash::tr("1 day left")
                                    : ChatTrash::tr("%1 days left").arg(left);
  return ChatTrash::tr("%1 · %2", "when deleted, how long it stays").arg(deleted, stays);
}

ChatTrash::ChatTrash(ChatKeeper& keeper, ChatController& chats, QObject* parent)
    : QAbstractListModel(parent), keeper_(keeper), controller_(chats) {
  connect(&keeper_, &ChatKeeper::opened, this, &ChatTrash::refresh);
  connect(&keeper_, &ChatKeeper::reopened, this, &ChatTrash::refresh);
  connect(&controller_, &ChatController::trashChanged, this, &ChatTrash::refresh);
}

int ChatTrash::days() const {
  return static_cast<int>(chats::ChatStore::Options{}.trash.count() / 24);
}

int ChatTrash::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(chats_.size());
}

QVariant ChatTrash::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const chats::ChatSummary& chat = chats_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case TicketRole: return static_cast<double>(chat.id);  // 53 bits: see chat_ids.h
    case TitleRole: return chat.title.empty() ? tr("New chat") : QString::fromStdString(chat.title);
    case NoteRole: return trash_note(chat.trashed.value_or(0), QDateTime::currentMSecsSinceEpoch(), days());
    default: return {};
  }
}

QHash<int, QByteArray> ChatTrash::roleNames() const {
  return {{TicketRole, "ticket"}, {TitleRole, "title"}, {NoteRole, "note"}};
}

int ChatTrash::rowOf(double ticket) const {
  const auto found = std::ranges::find(chats_, static_cast<chats::ChatId>(ticket), &chats::ChatSummary::id);
  return found == chats_.end() ? -1 : static_cast<int>(found - chats_.begin());
}

QString ChatTrash::titleOf(double ticket) const {
  const int row = rowOf(ticket);
  return row < 0 ? QString() : data(index(row), TitleRole).toString();
}

void ChatTrash::refresh() {
  keeper_.store().chats(true, [self = QPointer(this)](const chats::Outcome<std::vector<chats::ChatSummary>>& outcome) {
    if (self && outcome) self->show(*outcome);
  });
}

/// Rows that stay keep their place: a list that is read must not jump.
void ChatTrash::show(std::vector<chats::ChatSummary> chats) {
  for (int row = count() - 1; row >= 0; --row) {
    const chats::ChatId id = chats_[static_cast<std::size_t>(row)].id;
    if (std::ranges::find(chats, id, &chats::ChatSummary::id) == chats.end()) remove_row(row);
  }
  for (int row = 0; row < std::ssize(chats); ++row) {
    const auto place = static_cast<std::size_t>(row);
    if (row < count() && chats_[place].id == chats[place].id) continue;
    if (const int old = rowOf(static_cast<double>(chats[place].id)); old >= 0) remove_row(old);
    beginInsertRows({}, row, row);
    chats_.insert(chats_.begin() + row, chats[place]);
    endInsertRows();
  }
  known_ = true;
  emit countChanged();
}

void ChatTrash::remove_row(int row) {
  beginRemoveRows({}, row, row);
  chats_.erase(chats_.begin() + row);
  endRemoveRows();
  emit countChanged();
}

void ChatTrash::tell(const QString& problem) {
  if (problem == problem_) return;
  problem_ = problem;
  emit problemChanged();
}

void ChatTrash::restore(double ticket) {
  const int row = rowOf(ticket);
  if (row < 0 || keeper_.refuses()) return;
  const QString title = titleOf(ticket);
  remove_row(row);
  keeper_.store().restore(static_cast<chats::ChatId>(ticket), [self = QPointer(this), title](
                                                                  const chats::Outcome<chats::ChatSummary>& outcome) {
    if (!self) return;
    self->tell(
        outcome ? QString()
                : tr("“%1” could not be restored: %2").arg(title, QString::fromStdString(outcome.failure().message)));
    self->refresh();
    if (!outcome) return;
    self->controller_.take_back(*outcome);
    emit self->restored(title);
  });
}

void ChatTrash::erase(double ticket) {
  const int row = rowOf(ticket);
  if (row < 0 || keeper_.refuses()) return;
  const auto id = static_cast<chats::ChatId>(ticket);
  remove_row(row);
  controller_.forget_erased(id);
  keeper_.store().erase(id, [self = QPointer(this)](const chats::Outcome<chats::Saved>&) {
    if (self) self->refresh();
  });
}

void ChatTrash::empty() {
  if (keeper_.refuses()) return;
  controller_.forget_erased(0);
  keeper_.store().empty_trash([self = QPointer(this)](const chats::Outcome<chats::Saved>&) {
    if (self) self->refresh();
  });
}

}  // namespace etna::gui

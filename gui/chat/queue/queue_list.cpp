#include "gui/chat/queue/queue_list.h"

namespace etna::gui {

int QueueList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(messages_.size());
}

QVariant QueueList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const QueuedMessage& message = messages_.at(static_cast<std::size_t>(index.row()));
  switch (role) {
    case TextRole: return message.text;
    case FilesRole: {
      QStringList names;
      for (const AttachedFile& file : message.files) names << file.name();
      return names.join(QStringLiteral(", "));
    }
    default: return {};
  }
}

QHash<int, QByteArray> QueueList::roleNames() const {
  return {{TextRole, "message"}, {FilesRole, "files"}};
}

void QueueList::set_pause(const QString& sentence) {
  if (sentence == pause_) return;
  pause_ = sentence;
  emit pauseChanged();
}

void QueueList::add(QueuedMessage message) {
  beginInsertRows({}, count(), count());
  messages_.push_back(std::move(message));
  endInsertRows();
  emit countChanged();
  emit changed();
}

void QueueList::put_first(std::vector<QueuedMessage> messages) {
  if (messages.empty()) return;
  const int number = static_cast<int>(messages.size());
  beginInsertRows({}, 0, number - 1);
  messages_.insert(messages_.begin(), std::make_move_iterator(messages.begin()),
                   std::make_move_iterator(messages.end()));
  endInsertRows();
  if (edited_ >= 0) set_edited(edited_ + number);
  emit countChanged();
  emit changed();
}

QueuedMessage QueueList::take_first() {
  beginRemoveRows({}, 0, 0);
  QueuedMessage first = std::move(messages_.front());
  messages_.erase(messages_.begin());
  endRemoveRows();
  if (edited_ >= 0) set_edited(edited_ - 1);
  if (messages_.empty()) set_pause({});
  emit countChanged();
  emit changed();
  return first;
}

void QueueList::remove(int row) {
  if (row < 0 || row >= count()) return;
  beginRemoveRows({}, row, row);
  messages_.erase(messages_.begin() + row);
  endRemoveRows();
  const bool was_edited = row == edited_;
  if (edited_ >= row) set_edited(was_edited ? -1 : edited_ - 1);
  if (messages_.empty()) set_pause({});
  emit countChanged();
  emit changed();
  if (was_edited) emit freed();
}

void QueueList::edit(int row) {
  if (row >= 0 && row < count()) set_edited(row);
}

void QueueList::finishEdit(const QString& text) {
  if (edited_ < 0) return;
  const int row = edited_;
  QueuedMessage& message = messages_.at(static_cast<std::size_t>(row));
  if (text.trimmed().isEmpty() && message.files.empty()) return remove(row);
  const bool same = message.text == text.trimmed();
  message.text = text.trimmed();
  set_edited(-1);
  if (!same) {
    emit dataChanged(index(row), index(row), {TextRole});
    emit changed();
  }
  emit freed();
}

void QueueList::cancelEdit() {
  if (edited_ < 0) return;
  set_edited(-1);
  emit freed();
}

void QueueList::set_edited(int row) {
  if (row == edited_) return;
  edited_ = row;
  emit editedRowChanged();
}

}  // namespace etna::gui

#include "gui/chat/attachments/attachment_list.h"

#include <algorithm>

namespace etna::gui {

int AttachmentList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant AttachmentList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_.at(static_cast<std::size_t>(index.row()));
  switch (role) {
    case NameRole: return row.name;
    case DetailRole: return row.file.file ? row.file.detail() : tr("reading…");
    case ReadingRole: return row.file.file == nullptr;
    default: return {};
  }
}

QHash<int, QByteArray> AttachmentList::roleNames() const {
  return {{NameRole, "name"}, {DetailRole, "detail"}, {ReadingRole, "reading"}};
}

bool AttachmentList::reading() const {
  return std::ranges::any_of(rows_, [](const Row& row) { return row.file.file == nullptr; });
}

qint64 AttachmentList::bytes() const {
  qint64 sum = 0;
  for (const Row& row : rows_) sum += row.file.file ? static_cast<qint64>(row.file.file->bytes.size()) : 0;
  return sum;
}

int AttachmentList::row_of(quint64 key) const {
  const auto found = std::ranges::find(rows_, key, &Row::key);
  return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

void AttachmentList::insert(Row row) {
  beginInsertRows({}, count(), count());
  row.key = ++last_key_;
  rows_.push_back(std::move(row));
  endInsertRows();
  emit countChanged();
}

quint64 AttachmentList::begin(const QString& name) {
  insert({.name = name, .file = {}});
  return last_key_;
}

void AttachmentList::finish(quint64 key, AttachedFile file) {
  const int row = row_of(key);
  if (row < 0) return;
  rows_[static_cast<std::size_t>(row)].file = std::move(file);
  emit dataChanged(index(row), index(row), {DetailRole, ReadingRole});
  emit countChanged();
  emit changed();
}

void AttachmentList::drop(quint64 key) {
  remove(row_of(key));
}

void AttachmentList::add(AttachedFile file) {
  const QString name = file.name();
  insert({.name = name, .file = std::move(file)});
  emit changed();
}

void AttachmentList::set_tokens(const std::shared_ptr<const chats::Attachment>& file,
                                std::optional<std::uint64_t> tokens) {
  for (int row = 0; row < count(); ++row) {
    AttachedFile& attached = rows_[static_cast<std::size_t>(row)].file;
    if (attached.file != file || attached.tokens == tokens) continue;
    attached.tokens = tokens;
    emit dataChanged(index(row), index(row), {DetailRole});
  }
}

AttachedFiles AttachmentList::files() const {
  AttachedFiles files;
  for (const Row& row : rows_) {
    if (row.file.file) files.push_back(row.file);
  }
  return files;
}

void AttachmentList::set_files(const AttachedFiles& files) {
  if (rows_.empty() && files.empty()) return;
  beginResetModel();
  rows_.clear();
  for (const AttachedFile& file : files) rows_.push_back({.key = ++last_key_, .name = file.name(), .file = file});
  endResetModel();
  emit countChanged();
  emit changed();
}

void AttachmentList::remove(int row) {
  if (row < 0 || row >= count()) return;
  beginRemoveRows({}, row, row);
  const bool was_here = rows_[static_cast<std::size_t>(row)].file.file != nullptr;
  rows_.erase(rows_.begin() + row);
  endRemoveRows();
  emit countChanged();
  if (was_here) emit changed();
}

QString AttachmentList::textOf(int row) const {
  if (row < 0 || row >= count() || !at(row).file) return {};
  return QString::fromStdString(at(row).file->bytes);
}

}  // namespace etna::gui

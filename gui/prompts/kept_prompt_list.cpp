#include "gui/prompts/kept_prompt_list.h"

#include "gui/prompts/prompt_text.h"
#include "gui/text/format.h"

namespace etna::gui {

int KeptPromptList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QHash<int, QByteArray> KeptPromptList::roleNames() const {
  return {{TitleRole, "title"},   {ModelRole, "modelName"}, {DetailRole, "detail"},
          {MemoryRole, "memory"}, {DiskRole, "disk"},       {PlaceRole, "place"}};
}

QVariant KeptPromptList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const KeptPrompt& row = at(index.row());
  switch (role) {
    case Qt::DisplayRole:
    case TitleRole: return title_of_(row.conversation);
    case ModelRole: return QString::fromStdString(row.model);
    case DetailRole: {
      const QString tokens = format::tokens(row.tokens);
      return row.settings.empty() ? tokens : tr("%1 · %2").arg(tokens, QString::fromStdString(row.settings));
    }
    case MemoryRole:
      return row.memory_bytes > 0 ? tr("%1 in memory").arg(format::memory_bytes(row.memory_bytes)) : QString();
    case DiskRole: return row.disk_bytes > 0 ? tr("%1 on disk").arg(format::disk_bytes(row.disk_bytes)) : QString();
    case PlaceRole: {
      QStringList parts{data(index, MemoryRole).toString(), data(index, DiskRole).toString(), used_text(row.last_used)};
      parts.removeAll({});
      return parts.join(QStringLiteral(" · "));
    }
    default: return {};
  }
}

QStringList KeptPromptList::models() const {
  QStringList names;
  for (const KeptPrompt& row : rows_) {
    const QString name = QString::fromStdString(row.model);
    if (!names.contains(name)) names << name;
  }
  return names;
}

std::uint64_t KeptPromptList::bytes() const {
  std::uint64_t bytes = 0;
  for (const KeptPrompt& row : rows_) bytes += row.memory_bytes + row.disk_bytes;
  return bytes;
}

void KeptPromptList::set(std::vector<KeptPrompt> rows) {
  beginResetModel();
  rows_ = std::move(rows);
  endResetModel();
  emit countChanged();
}

}  // namespace etna::gui

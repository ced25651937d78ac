#include "gui/prompts/snapshot_list.h"

#include <algorithm>

#include "gui/prompts/prompt_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

/// What a model was called: files say a path or a repository.
QString model_name(const std::string& model) {
  const QString name = QString::fromStdString(model);
  return name.isEmpty() ? SnapshotList::tr("model not said") : name.section(u'/', -1, -1, QString::SectionSkipEmpty);
}

}  // namespace

int SnapshotList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QHash<int, QByteArray> SnapshotList::roleNames() const {
  return {{NameRole, "name"}, {ModelRole, "modelName"}, {DetailRole, "detail"},
          {UsedRole, "used"}, {NoteRole, "note"},       {UsableRole, "usable"}};
}

QVariant SnapshotList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const auto& [info, fit] = at(index.row());
  switch (role) {
    case Qt::DisplayRole:
    case NameRole: return QString::fromStdString(info.file.name);
    case ModelRole: return model_name(info.file.model);
    case DetailRole:
      return tr("%1 · %2", "tokens, size").arg(format::tokens(info.file.tokens), format::disk_bytes(info.file.bytes));
    case UsedRole: return used_text(info.file.last_used);
    case NoteRole: return QString::fromStdString(info.problem.empty() ? fit.sentence : info.problem);
    case UsableRole: return info.problem.empty() && fit.fits;
    default: return {};
  }
}

int SnapshotList::row_of(const std::string& id) const {
  const auto found = std::ranges::find(rows_, id, [](const ShownSnapshot& row) { return row.info.id; });
  return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

void SnapshotList::set(std::vector<ShownSnapshot> rows) {
  beginResetModel();
  rows_ = std::move(rows);
  endResetModel();
  emit countChanged();
}

}  // namespace etna::gui

#include "gui/hub/shelf_list.h"

#include <QDateTime>
#include <QDir>
#include <QLocale>
#include <algorithm>
#include <utility>

#include "gui/hub/result_list.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

/// Below 0, 0 or above, without regard to case; equal for ASCII letters only.
int compare_names(const std::string& a, const std::string& b) {
  const auto lower = [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
  };
  const auto [in_a, in_b] = std::ranges::mismatch(a, b, {}, lower, lower);
  if (in_a == a.end()) return in_b == b.end() ? 0 : -1;
  if (in_b == b.end()) return 1;
  return static_cast<unsigned char>(lower(*in_a)) < static_cast<unsigned char>(lower(*in_b)) ? -1 : 1;
}

template <class Number>
int compare_numbers(Number a, Number b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

}  // namespace

QString models_text(std::uint64_t count) {
  return count == 1 ? ShelfList::tr("1 model") : ShelfList::tr("%1 models").arg(QLocale().toString(qulonglong(count)));
}

QString owner_label(FolderOwner owner, const std::string& folder) {
  switch (owner) {
    case FolderOwner::hugging_face: return ShelfList::tr("Hugging Face cache");
    case FolderOwner::lm_studio: return QStringLiteral("LM Studio");
    case FolderOwner::ollama: return QStringLiteral("Ollama");
    case FolderOwner::llama_cpp: return QStringLiteral("llama.cpp");
    case FolderOwner::user: return QDir(QString::fromStdString(folder)).dirName();
  }
  return {};
}

int ShelfList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QHash<int, QByteArray> ShelfList::roleNames() const {
  return {
      {PathRole, "path"},         {NameRole, "name"},    {PublisherRole, "publisher"}, {ParametersRole, "parameters"},
      {VersionRole, "version"},   {SizeRole, "size"},    {MemoryRole, "memory"},       {UsedRole, "used"},
      {FolderRole, "folder"},     {OwnerRole, "owner"},  {OnlineRole, "online"},       {LoadedRole, "inMemory"},
      {SelectedRole, "selected"}, {OpenRole, "open"},    {OriginRole, "origin"},       {CheckedRole, "checked"},
      {DetailsRole, "details"},   {SpokenRole, "spoken"}};
}

QVariant ShelfList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const LibraryModel& row = rows_[static_cast<std::size_t>(index.row())];
  const QString path = QString::fromStdString(row.path);
  switch (role) {
    case PathRole: return path;
    case Qt::DisplayRole:
    case NameRole: return QString::fromStdString(row.name);
    case PublisherRole: return QString::fromStdString(row.publisher);
    case ParametersRole: return short_parameters(row.parameters);
    case VersionRole: return QString::fromStdString(row.version);
    case SizeRole: return format::disk_bytes(row.bytes);
    case MemoryRole: {
      const Memory memory = memory_.value(path);
      return memory.bytes > 0 ? format::memory_bytes(memory.bytes) : memory.hint;
    }
    case UsedRole: return used_text(path);
    case FolderRole: return owner_label(row.owner, row.folder);
    case OwnerRole: return static_cast<int>(row.owner);
    case OnlineRole: return row.online;
    case LoadedRole: return loaded_.contains(path);
    case SelectedRole: return selected_.contains(path);
    case OpenRole: return open_.contains(path);
    case OriginRole: return origin(row);
    case CheckedRole: return checked_text(row);
    case DetailsRole: {
      QStringList lines = {origin(row), checked_text(row)};
      for (const std::string& adapter : row.adapters) lines << tr("Adapter: %1").arg(QString::fromStdString(adapter));
      for (const LibraryFile& file : row.files)
        lines << tr("%1 · %2").arg(QString::fromStdString(file.name), format::disk_bytes(file.bytes));
      return lines;
    }
    case SpokenRole: {
      QStringList words = {QString::fromStdString(row.name), QString::fromStdString(row.version),
                           format::disk_bytes(row.bytes), owner_label(row.owner, row.folder)};
      if (loaded_.contains(path)) words << tr("in memory");
      if (!row.online) words << tr("its disk is not connected");
      if (selected_.contains(path)) words << tr("selected");
      words.removeAll(QString());
      return words.join(QStringLiteral(", "));
    }
    default: return {};
  }
}

QString ShelfList::origin(const LibraryModel& model) {
  const QString repository = QString::fromStdString(model.repository);
  if (model.repository.empty()) return QString::fromStdString(model.path);
  return model.commit.empty() ? repository
                              : tr("%1 at %2").arg(repository, QString::fromStdString(model.commit.substr(0, 8)));
}

QString ShelfList::checked_text(const LibraryModel& model) const {
  if (const QString words = checked_.value(QString::fromStdString(model.path)); !words.isEmpty()) return words;
  if (model.verified == 0) return tr("Not checked yet");
  const QDate date = QDateTime::fromSecsSinceEpoch(model.verified).date();
  return tr("Verified %1").arg(QLocale().toString(date, QStringLiteral("d MMM yyyy")));
}

QString ShelfList::used_text(const QString& path) const {
  const qint64 time = used_.value(path);
  if (time == 0) return {};
  const QDate date = QDateTime::fromSecsSinceEpoch(time).date();
  const qint64 days = date.daysTo(QDate::currentDate());
  if (days == 0) return tr("today");
  if (days == 1) return tr("yesterday");
  return QLocale().toString(date, days < 300 ? QStringLiteral("d MMM") : QStringLiteral("d MMM yyyy"));
}

bool ShelfList::before(const LibraryModel& a, const LibraryModel& b) const {
  const auto compared = [&] {
    switch (column_) {
      case ParametersColumn: return compare_numbers(a.parameters, b.parameters);
      case VersionColumn: return compare_names(a.version, b.version);
      case SizeColumn: return compare_numbers(a.bytes, b.bytes);
      case MemoryColumn:
        return compare_numbers(memory_.value(QString::fromStdString(a.path)).bytes,
                               memory_.value(QString::fromStdString(b.path)).bytes);
      case UsedColumn:
        return compare_numbers(used_.value(QString::fromStdString(a.path)),
                               used_.value(QString::fromStdString(b.path)));
      case FolderColumn:
        return a.owner != b.owner ? compare_numbers(static_cast<int>(a.owner), static_cast<int>(b.owner))
                                  : compare_names(a.folder, b.folder);
      default: return compare_names(a.name, b.name);
    }
  };
  if (const int order = compared(); order != 0) return descending_ ? order > 0 : order < 0;
  if (const int order = compare_names(a.name, b.name); order != 0) return order < 0;
  return a.path < b.path;
}

void ShelfList::insert_run(std::size_t at, std::vector<LibraryModel>::iterator begin,
                           std::vector<LibraryModel>::iterator end) {
  if (begin == end) return;
  beginInsertRows({}, static_cast<int>(at), static_cast<int>(at + static_cast<std::size_t>(end - begin)) - 1);
  rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(at), std::make_move_iterator(begin),
               std::make_move_iterator(end));
  endInsertRows();
}

void ShelfList::set_models(const std::vector<LibraryModel>& models) {
  std::vector<LibraryModel> wanted = models;
  const auto order = [this](const LibraryModel& a, const LibraryModel& b) { return before(a, b); };
  std::ranges::sort(wanted, order);
  // Both lists are sorted alike: what is only here goes, what is only there comes, neighbours together.
  std::size_t at = 0;
  auto next = wanted.begin();
  while (at < rows_.size() || next != wanted.end()) {
    if (at < rows_.size() && next != wanted.end() && rows_[at].path == next->path && !before(rows_[at], *next) &&
        !before(*next, rows_[at])) {
      if (!(rows_[at] == *next)) {
        rows_[at] = std::move(*next);
        emit dataChanged(index(static_cast<int>(at)), index(static_cast<int>(at)));
      }
      ++at, ++next;
      continue;
    }
    std::size_t last = at;
    while (last < rows_.size() && (next == wanted.end() || before(rows_[last], *next))) ++last;
    if (last > at) {
      beginRemoveRows({}, static_cast<int>(at), static_cast<int>(last) - 1);
      rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(at), rows_.begin() + static_cast<std::ptrdiff_t>(last));
      endRemoveRows();
      continue;
    }
    auto end = next;
    while (end != wanted.end() && (at == rows_.size() || before(*end, rows_[at]))) ++end;
    const auto run = static_cast<std::size_t>(end - next);
    insert_run(at, next, end);
    at += run;
    next = end;
  }
  QSet<QString> there;
  for (const LibraryModel& row : rows_) there << QString::fromStdString(row.path);
  if (const auto chosen = selected_.size(); selected_.intersect(there).size() != chosen) emit selectionChanged();
  emit countChanged();
}

void ShelfList::sortBy(int column) {
  descending_ =
      column == column_ ? !descending_ : column != NameColumn && column != VersionColumn && column != FolderColumn;
  column_ = column;
  emit layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
  QStringList paths;
  const QModelIndexList kept = persistentIndexList();
  for (const QModelIndex& old : kept) paths << pathAt(old.row());
  std::ranges::sort(rows_, [this](const LibraryModel& a, const LibraryModel& b) { return before(a, b); });
  for (qsizetype i = 0; i < kept.size(); ++i) changePersistentIndex(kept[i], index(row_of(paths[i])));
  emit layoutChanged({}, QAbstractItemModel::VerticalSortHint);
  emit sortChanged();
}

int ShelfList::row_of(const QString& path) const {
  const auto found = std::ranges::find(rows_, path.toStdString(), &LibraryModel::path);
  return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

QString ShelfList::pathAt(int row) const {
  return row >= 0 && row < count() ? QString::fromStdString(rows_[static_cast<std::size_t>(row)].path) : QString();
}

const LibraryModel* ShelfList::find(const QString& path) const {
  const int row = row_of(path);
  return row < 0 ? nullptr : &rows_[static_cast<std::size_t>(row)];
}

void ShelfList::announce(const QString& path, const QList<int>& roles) {
  if (const int row = row_of(path); row >= 0) emit dataChanged(index(row), index(row), roles);
}

void ShelfList::set_last_used(const QHash<QString, qint64>& unix_times) {
  used_ = unix_times;
  if (count() > 0) emit dataChanged(index(0), index(count() - 1), {UsedRole});
}

void ShelfList::set_loaded(const QSet<QString>& paths) {
  const QSet<QString> different = (paths - loaded_) + (loaded_ - paths);
  loaded_ = paths;
  for (const QString& path : different) announce(path, {LoadedRole, SpokenRole});
}

void ShelfList::set_memory(const QString& path, std::uint64_t bytes, const QString& hint) {
  memory_[path] = {bytes, hint};
  announce(path, {MemoryRole});
}

void ShelfList::set_checked(const QString& path, const QString& words) {
  checked_[path] = words;
  announce(path, {CheckedRole, DetailsRole});
}

void ShelfList::toggle(int row) {
  const QString path = pathAt(row);
  if (path.isEmpty()) return;
  if (!selected_.remove(path)) selected_ << path;
  anchor_ = path;
  announce(path, {SelectedRole, SpokenRole});
  emit selectionChanged();
}

void ShelfList::selectOnly(int row) {
  selectNone();
  toggle(row);
}

void ShelfList::selectTo(int row) {
  const int from = std::max(0, row_of(anchor_));
  for (int i = std::min(from, row); i <= std::max(from, row) && i < count(); ++i) selected_ << pathAt(i);
  emit dataChanged(index(std::min(from, row)), index(std::max(from, row)), {SelectedRole, SpokenRole});
  emit selectionChanged();
}

void ShelfList::selectAll() {
  for (int row = 0; row < count(); ++row) selected_ << pathAt(row);
  if (count() > 0) emit dataChanged(index(0), index(count() - 1), {SelectedRole, SpokenRole});
  emit selectionChanged();
}

void ShelfList::selectNone() {
  const QSet<QString> before = std::exchange(selected_, {});
  for (const QString& path : before) announce(path, {SelectedRole, SpokenRole});
  emit selectionChanged();
}

void ShelfList::toggleOpen(int row) {
  const QString path = pathAt(row);
  if (path.isEmpty()) return;
  if (!open_.remove(path)) open_ << path;
  announce(path, {OpenRole});
}

QStringList ShelfList::selected() const {
  QStringList paths;
  for (const LibraryModel& row : rows_)
    if (const QString path = QString::fromStdString(row.path); selected_.contains(path)) paths << path;
  return paths;
}

std::uint64_t ShelfList::bytes() const {
  std::uint64_t bytes = 0;
  for (const LibraryModel& row : rows_) bytes += row.bytes;
  return bytes;
}

}  // namespace etna::gui

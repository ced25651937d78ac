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

/// For sorting without regard to case, of ASCII letters only.
std::string lower(std::string name) {
  for (char& letter : name)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  return name;
}

/// More pieces than this are not changed one by one.
constexpr int most_runs = 64;

template <class Value>
int compare(const Value& a, const Value& b) {
  return a < b ? -1 : b < a ? 1 : 0;
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
  return {{PathRole, "path"},
          {NameRole, "name"},
          {PublisherRole, "publisher"},
          {ParametersRole, "parameters"},
          {VersionRole, "version"},
          {SizeRole, "size"},
          {MemoryRole, "memory"},
          {UsedRole, "used"},
          {FolderRole, "folder"},
          {OwnerRole, "owner"},
          {OnlineRole, "online"},
          {LoadedRole, "inMemory"},
          {SelectedRole, "selected"},
          {OpenRole, "open"},
          {OriginRole, "origin"},
          {StateRole, "condition"},
          {StateTextRole, "conditionText"},
          {CheckedRole, "checkText"},
          {DetailsRole, "details"},
          {SpokenRole, "spoken"}};
}

QVariant ShelfList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = *rows_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case PathRole: return row.path;
    case Qt::DisplayRole:
    case NameRole: return QString::fromStdString(row.model.name);
    case PublisherRole: return QString::fromStdString(row.model.publisher);
    case ParametersRole: return short_parameters(row.model.parameters);
    case VersionRole: return QString::fromStdString(row.model.version);
    case SizeRole: return format::disk_bytes(row.model.bytes);
    case MemoryRole: return row.memory > 0 ? format::memory_bytes(row.memory) : row.memory_hint;
    case UsedRole: return used_text(row.used);
    case FolderRole: return owner_label(row.model.owner, row.model.folder);
    case OwnerRole: return static_cast<int>(row.model.owner);
    case OnlineRole: return row.model.online;
    case LoadedRole: return row.loaded;
    case SelectedRole: return row.selected;
    case OpenRole: return row.open;
    case OriginRole: return origin(row.model);
    case StateRole: return state_of(row);
    case StateTextRole: return state_text(row);
    case CheckedRole: return checked_text(row);
    case DetailsRole: return details(row);
    case SpokenRole: return spoken(row);
    default: return {};
  }
}

ShelfList::State ShelfList::state_of(const Row& row) const {
  if (row.moving) return Moving;
  if (!row.model.online) return Away;
  switch (row.check) {
    case Check::damaged: return Damaged;
    case Check::unreadable: return Unreadable;
    case Check::checking: return Checking;
    default: break;
  }
  if (row.loaded) return InMemory;
  if (row.check == Check::waiting) return Unchecked;
  return row.check == Check::checked ? Verified : Unknown;
}

QString ShelfList::state_text(const Row& row) const {
  switch (state_of(row)) {
    case Damaged: return tr("Damaged");
    case Unreadable: return tr("Can't be read");
    case Away: return tr("Disk is away");
    case Moving: return tr("Moving…");
    case Checking: return tr("Checking %1 %").arg(row.check_percent);
    case InMemory: return tr("In memory");
    case Unchecked: return tr("Not checked yet");
    case Verified: return tr("Verified");
    case Unknown: return {};
  }
  return {};
}

QString ShelfList::checked_text(const Row& row) const {
  switch (row.check) {
    case Check::checking: return tr("Checking the files… %1 %").arg(row.check_percent);
    case Check::waiting: return tr("Not checked yet: Etna does that when nothing else is going on");
    case Check::damaged: return tr("Damaged: it is not what was downloaded");
    case Check::unreadable: return tr("Can't be read: %1").arg(row.check_reason);
    case Check::incomparable: return tr("There is nothing to compare it with");
    case Check::none:
      return row.model.repository.empty() ? tr("Not from a hub: no checksum is known") : tr("Not checked yet");
    case Check::checked: break;
  }
  const QDate date = QDateTime::fromSecsSinceEpoch(row.model.verified).date();
  return date == QDate::currentDate() ? tr("Verified today")
                                      : tr("Verified %1").arg(QLocale().toString(date, QStringLiteral("d MMM yyyy")));
}

QStringList ShelfList::details(const Row& row) const {
  QStringList lines = {origin(row.model), checked_text(row)};
  for (const std::string& adapter : row.model.adapters) lines << tr("Adapter: %1").arg(QString::fromStdString(adapter));
  for (const LibraryFile& file : row.model.files)
    lines << tr("%1 · %2").arg(QString::fromStdString(file.name), format::disk_bytes(file.bytes));
  return lines;
}

QString ShelfList::spoken(const Row& row) const {
  QStringList words = {QString::fromStdString(row.model.name), QString::fromStdString(row.model.version),
                       format::disk_bytes(row.model.bytes), owner_label(row.model.owner, row.model.folder),
                       row.model.online ? state_text(row) : tr("its disk is not connected")};
  if (row.selected) words << tr("selected");
  words.removeAll(QString());
  return words.join(QStringLiteral(", "));
}

QString ShelfList::origin(const LibraryModel& model) {
  const QString repository = QString::fromStdString(model.repository);
  if (model.repository.empty()) return QString::fromStdString(model.path);
  return model.commit.empty() ? repository
                              : tr("%1 at %2").arg(repository, QString::fromStdString(model.commit.substr(0, 8)));
}

QString ShelfList::used_text(qint64 time) {
  if (time == 0) return {};
  const QDate date = QDateTime::fromSecsSinceEpoch(time).date();
  const qint64 days = date.daysTo(QDate::currentDate());
  if (days == 0) return tr("today");
  if (days == 1) return tr("yesterday");
  return QLocale().toString(date, days < 300 ? QStringLiteral("d MMM") : QStringLiteral("d MMM yyyy"));
}

bool ShelfList::before(const Row& a, const Row& b) const {
  const auto compared = [&] {
    switch (column_) {
      case ParametersColumn: return compare(a.model.parameters, b.model.parameters);
      case VersionColumn: return compare(a.model.version, b.model.version);
      case SizeColumn: return compare(a.model.bytes, b.model.bytes);
      case MemoryColumn: return compare(a.memory, b.memory);
      case UsedColumn: return compare(a.used, b.used);
      case FolderColumn:
        return a.model.owner != b.model.owner ? compare(a.model.owner, b.model.owner)
                                              : compare(a.model.folder, b.model.folder);
      case StateColumn: return compare(state_of(a), state_of(b));
      default: return compare(a.sort_name, b.sort_name);
    }
  };
  if (const int order = compared(); order != 0) return descending_ ? order > 0 : order < 0;
  if (const int order = compare(a.sort_name, b.sort_name); order != 0) return order < 0;
  return a.model.path < b.model.path;
}

bool ShelfList::passes(Row& row, const QStringList& words) const {
  if (words.isEmpty()) return true;
  if (row.words.isEmpty()) {
    const QStringList parts = {QString::fromStdString(row.model.name), QString::fromStdString(row.model.publisher),
                               QString::fromStdString(row.model.version),
                               owner_label(row.model.owner, row.model.folder)};
    row.words = parts.join(u'\n').toCaseFolded();
  }
  return std::ranges::all_of(words, [&](const QString& word) { return row.words.contains(word); });
}

std::vector<ShelfList::RowPtr> ShelfList::shown() const {
  const QStringList words = filter_.toCaseFolded().split(u' ', Qt::SkipEmptyParts);
  std::vector<RowPtr> rows;
  rows.reserve(all_.size());
  for (const RowPtr& row : all_)
    if (passes(*row, words)) rows.push_back(row);
  return rows;
}

void ShelfList::set_filter(const QString& text) {
  if (text == filter_) return;
  filter_ = text;
  const std::vector<RowPtr> wanted = shown();
  if (runs_between(wanted) > most_runs) {
    // Nearly another list: at once instead of in a thousand steps.
    remove_rows(0, rows_.size());
    insert_rows(0, wanted.begin(), wanted.end());
  } else {
    merge(wanted);
  }
  emit filterChanged();
  emit countChanged();
}

/// How many pieces go or come; both lists are parts of all_, in its order.
int ShelfList::runs_between(const std::vector<RowPtr>& wanted) const {
  int runs = 0, before = 0;
  auto next = wanted.begin();
  for (const RowPtr& row : all_) {
    const bool stays = next != wanted.end() && *next == row;
    if (stays) ++next;
    const int kind = (row->at >= 0 ? 1 : 0) - (stays ? 1 : 0);
    if (kind != 0 && kind != before) ++runs;
    before = kind;
  }
  return runs;
}

void ShelfList::remove_rows(std::size_t first, std::size_t end) {
  if (first == end) return;
  beginRemoveRows({}, static_cast<int>(first), static_cast<int>(end) - 1);
  for (std::size_t i = first; i < end; ++i) rows_[i]->at = -1;
  rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(first), rows_.begin() + static_cast<std::ptrdiff_t>(end));
  number(first);
  endRemoveRows();
}

void ShelfList::insert_rows(std::size_t at, std::vector<RowPtr>::const_iterator begin,
                            std::vector<RowPtr>::const_iterator end) {
  if (begin == end) return;
  beginInsertRows({}, static_cast<int>(at), static_cast<int>(at) + static_cast<int>(end - begin) - 1);
  rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(at), begin, end);
  number(at);
  endInsertRows();
}

void ShelfList::number(std::size_t from) {
  for (std::size_t i = from; i < rows_.size(); ++i) rows_[i]->at = static_cast<int>(i);
}

ShelfList::RowPtr ShelfList::row_for(LibraryModel model, const RowPtr& old) const {
  if (old && old->model == model) return old;
  const auto row = old ? std::make_shared<Row>(*old) : std::make_shared<Row>();
  row->path = QString::fromStdString(model.path);
  row->sort_name = lower(model.name);
  row->words.clear();
  row->at = -1;
  row->used = used_.value(row->path);
  row->loaded = loaded_.contains(row->path);
  const bool still_checked = row->check == Check::checking && model.check_waits;
  if (!still_checked) {
    row->check = model.damaged        ? Check::damaged
                 : model.check_waits  ? Check::waiting
                 : model.verified > 0 ? Check::checked
                                      : Check::none;
  }
  row->model = std::move(model);
  return row;
}

void ShelfList::set_models(std::vector<LibraryModel> models) {
  const auto order = [this](const RowPtr& a, const RowPtr& b) { return before(*a, *b); };
  // What became known since the last sorting may have put rows out of their order.
  if (!std::ranges::is_sorted(all_, order)) sort();
  QHash<QString, RowPtr> next;
  next.reserve(static_cast<qsizetype>(models.size()));
  all_.clear();
  bytes_ = 0;
  for (LibraryModel& model : models) {
    const QString path = QString::fromStdString(model.path);
    if (next.contains(path)) continue;
    bytes_ += model.bytes;
    all_.push_back(row_for(std::move(model), by_path_.value(path)));
    next[path] = all_.back();
  }
  std::ranges::sort(all_, order);
  by_path_ = std::move(next);
  merge(shown());
  const int selected = static_cast<int>(std::ranges::count_if(all_, [](const RowPtr& row) { return row->selected; }));
  if (std::exchange(selected_, selected) != selected) emit selectionChanged();
  emit countChanged();
}

/// Both lists are sorted alike: what is only here goes, what is only there comes, neighbours together.
void ShelfList::merge(const std::vector<RowPtr>& wanted) {
  std::size_t at = 0;
  auto next = wanted.begin();
  while (at < rows_.size() || next != wanted.end()) {
    const bool both = at < rows_.size() && next != wanted.end();
    if (both && (rows_[at] == *next ||
                 (rows_[at]->path == (*next)->path && !before(*rows_[at], **next) && !before(**next, *rows_[at])))) {
      if (rows_[at] != *next) {
        rows_[at] = *next;
        rows_[at]->at = static_cast<int>(at);
        emit dataChanged(index(static_cast<int>(at)), index(static_cast<int>(at)));
      }
      ++at, ++next;
      continue;
    }
    std::size_t last = at;
    while (last < rows_.size() && (next == wanted.end() || before(*rows_[last], **next))) ++last;
    if (last > at) {
      remove_rows(at, last);
      continue;
    }
    auto end = next;
    while (end != wanted.end() && (at == rows_.size() || before(**end, *rows_[at]))) ++end;
    insert_rows(at, next, end);
    at += static_cast<std::size_t>(end - next);
    next = end;
  }
}

void ShelfList::sort() {
  emit layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
  std::vector<RowPtr> kept_rows;
  const QModelIndexList kept = persistentIndexList();
  for (const QModelIndex& old : kept) kept_rows.push_back(rows_[static_cast<std::size_t>(old.row())]);
  std::ranges::sort(all_, [this](const RowPtr& a, const RowPtr& b) { return before(*a, *b); });
  rows_ = shown();
  number(0);
  for (qsizetype i = 0; i < kept.size(); ++i)
    changePersistentIndex(kept[i], index(kept_rows[static_cast<std::size_t>(i)]->at));
  emit layoutChanged({}, QAbstractItemModel::VerticalSortHint);
}

void ShelfList::sortBy(int column) {
  const bool words = column == NameColumn || column == VersionColumn || column == FolderColumn || column == StateColumn;
  descending_ = column == column_ ? !descending_ : !words;
  column_ = column;
  sort();
  emit sortChanged();
}

QString ShelfList::pathAt(int row) const {
  return row >= 0 && row < count() ? rows_[static_cast<std::size_t>(row)]->path : QString();
}

const LibraryModel* ShelfList::find(const QString& path) const {
  const RowPtr row = by_path_.value(path);
  return row ? &row->model : nullptr;
}

bool ShelfList::knows_memory(const QString& path) const {
  const RowPtr row = by_path_.value(path);
  return row && row->memory_asked;
}

void ShelfList::announce(const Row& row, const QList<int>& roles) {
  if (row.at >= 0) emit dataChanged(index(row.at), index(row.at), roles);
}

void ShelfList::set_last_used(const QHash<QString, qint64>& unix_times) {
  used_ = unix_times;
  for (auto it = used_.begin(); it != used_.end(); ++it) {
    const RowPtr row = by_path_.value(it.key());
    if (!row || row->used == it.value()) continue;
    row->used = it.value();
    announce(*row, {UsedRole});
  }
}

void ShelfList::set_loaded(const QSet<QString>& paths) {
  const QSet<QString> different = (paths - loaded_) + (loaded_ - paths);
  loaded_ = paths;
  for (const QString& path : different) {
    const RowPtr row = by_path_.value(path);
    if (!row) continue;
    row->loaded = loaded_.contains(path);
    announce(*row, {LoadedRole, StateRole, StateTextRole, SpokenRole});
  }
}

void ShelfList::set_memory(const QString& path, std::uint64_t bytes, const QString& hint) {
  const RowPtr row = by_path_.value(path);
  if (!row) return;
  row->memory = bytes;
  row->memory_hint = hint;
  row->memory_asked = true;
  announce(*row, {MemoryRole});
}

void ShelfList::set_check(const CheckNews& news) {
  const RowPtr row = by_path_.value(QString::fromStdString(news.path));
  if (!row) return;
  const int percent = static_cast<int>(100 * news.progress);
  const auto check = [&] {
    switch (news.state) {
      case CheckNews::State::waiting: return Check::waiting;
      case CheckNews::State::checking: return Check::checking;
      case CheckNews::State::checked: return Check::checked;
      case CheckNews::State::damaged: return Check::damaged;
      case CheckNews::State::unreadable: return Check::unreadable;
    }
    return Check::none;
  }();
  if (row->check == check && row->check_percent == percent) return;
  row->check = check;
  row->check_percent = percent;
  row->check_reason = QString::fromStdString(news.reason);
  if (check == Check::checked) row->model.verified = QDateTime::currentSecsSinceEpoch();
  row->model.damaged = check == Check::damaged;
  announce(*row, {StateRole, StateTextRole, CheckedRole, DetailsRole, SpokenRole});
}

void ShelfList::set_incomparable(const QString& path) {
  const RowPtr row = by_path_.value(path);
  if (!row) return;
  row->check = Check::incomparable;
  announce(*row, {StateRole, StateTextRole, CheckedRole, DetailsRole, SpokenRole});
}

void ShelfList::set_moving(const QString& path, bool moving) {
  const RowPtr row = by_path_.value(path);
  if (!row || row->moving == moving) return;
  row->moving = moving;
  announce(*row, {StateRole, StateTextRole, SpokenRole});
}

void ShelfList::toggle(int row) {
  const RowPtr chosen = by_path_.value(pathAt(row));
  if (!chosen) return;
  chosen->selected = !chosen->selected;
  selected_ += chosen->selected ? 1 : -1;
  anchor_ = chosen->path;
  announce(*chosen, {SelectedRole, SpokenRole});
  emit selectionChanged();
}

void ShelfList::selectOnly(int row) {
  selectNone();
  toggle(row);
}

void ShelfList::selectTo(int row) {
  const RowPtr anchor = by_path_.value(anchor_);
  const int from = anchor ? std::max(0, anchor->at) : 0;
  const int first = std::min(from, row), last = std::min(std::max(from, row), count() - 1);
  if (first < 0 || last < first) return;
  for (int i = first; i <= last; ++i) {
    Row& each = *rows_[static_cast<std::size_t>(i)];
    if (!std::exchange(each.selected, true)) ++selected_;
  }
  emit dataChanged(index(first), index(last), {SelectedRole, SpokenRole});
  emit selectionChanged();
}

void ShelfList::selectAll() {
  anchor_ = pathAt(0);
  selectTo(count() - 1);
}

void ShelfList::selectNone() {
  if (selected_ == 0) return;
  for (const RowPtr& row : all_) row->selected = false;
  selected_ = 0;
  if (count() > 0) emit dataChanged(index(0), index(count() - 1), {SelectedRole, SpokenRole});
  emit selectionChanged();
}

void ShelfList::toggleOpen(int row) {
  const RowPtr chosen = by_path_.value(pathAt(row));
  if (!chosen) return;
  chosen->open = !chosen->open;
  announce(*chosen, {OpenRole});
}

QStringList ShelfList::selected() const {
  QStringList paths;
  for (const RowPtr& row : all_)
    if (row->selected) paths << row->path;
  return paths;
}

}  // namespace etna::gui

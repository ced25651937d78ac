#include "gui/hub/download_list.h"

#include <algorithm>

namespace etna::gui {
namespace {

QString name_of(const hub::DownloadRequest& request) {
  const QString title = QString::fromStdString(request.title.empty() ? request.repository : request.title);
  return title.mid(title.lastIndexOf(u'/') + 1).section(QStringLiteral(" · "), 0, 0);
}

/// "Qwen3-4B · 4-bit (Q4)" is what the card calls it.
QString version_of(const hub::DownloadRequest& request) {
  return QString::fromStdString(request.title).section(QStringLiteral(" · "), 1);
}

bool can_pause(hub::DownloadState state) {
  using enum hub::DownloadState;
  return state == queued || state == preparing || state == downloading || state == reconnecting || state == verifying ||
         state == repairing;
}

bool can_resume(hub::DownloadState state) {
  using enum hub::DownloadState;
  return state == paused || state == out_of_space || state == needs_access || state == failed || state == reconnecting;
}

static_assert(static_cast<int>(hub::DownloadState::failed) == DownloadList::Failed);

}  // namespace

double progress_of(const hub::DownloadStatus& status) {
  if (status.state == hub::DownloadState::done) return 1;
  if (status.total_bytes == 0) return -1;
  return static_cast<double>(status.done_bytes) / static_cast<double>(status.total_bytes);
}

int DownloadList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QHash<int, QByteArray> DownloadList::roleNames() const {
  return {{IdRole, "downloadId"},         {NameRole, "name"},       {VersionRole, "version"},
          {RepositoryRole, "repository"}, {StateRole, "state"},     {SentenceRole, "sentence"},
          {ProgressRole, "progress"},     {BusyRole, "busy"},       {CanPauseRole, "canPause"},
          {CanResumeRole, "canResume"},   {DetailsRole, "details"}, {FolderRole, "folder"},
          {NeedsRoomRole, "needsRoom"},   {SpokenRole, "spoken"}};
}

QVariant DownloadList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const hub::DownloadStatus& row = rows_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case IdRole: return static_cast<double>(row.id);
    case Qt::DisplayRole:
    case NameRole: return name_of(row.request);
    case VersionRole: return version_of(row.request);
    case RepositoryRole: return QString::fromStdString(row.request.repository);
    case StateRole: return static_cast<int>(row.state);
    case SentenceRole: return QString::fromStdString(row.sentence);
    case ProgressRole: return progress_of(row);
    case BusyRole: return hub::is_active(row.state) && row.state != hub::DownloadState::out_of_space;
    case CanPauseRole: return can_pause(row.state);
    case CanResumeRole: return can_resume(row.state);
    case DetailsRole:
      return row.problem.code.empty()
                 ? QString()
                 : QString::fromStdString(row.problem.code + "\n" + row.problem.title + "\n" + row.problem.text);
    case FolderRole: return QString::fromStdString(row.root.string());
    case NeedsRoomRole:
      // A disk that is full, or that a file is too large for, or that may not be written.
      return row.state == hub::DownloadState::out_of_space || row.problem.code == "E-DSK-01" ||
             row.problem.code == "E-DSK-02";
    case SpokenRole:
      return tr("%1 %2: %3").arg(name_of(row.request), version_of(row.request), QString::fromStdString(row.sentence));
    default: return {};
  }
}

int DownloadList::row_of(hub::DownloadId id) const {
  const auto found = std::ranges::find(rows_, id, &hub::DownloadStatus::id);
  return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

const hub::DownloadStatus* DownloadList::find(hub::DownloadId id) const {
  const int row = row_of(id);
  return row < 0 ? nullptr : &rows_[static_cast<std::size_t>(row)];
}

const hub::DownloadStatus* DownloadList::find(const std::string& repository,
                                              const std::vector<std::string>& files) const {
  const auto is_it = [&](const hub::DownloadStatus& row) {
    return row.request.repository == repository && (row.request.files.empty() || row.request.files == files);
  };
  const auto found = std::ranges::find_if(rows_, is_it);
  return found == rows_.end() ? nullptr : &*found;
}

void DownloadList::replace(const std::vector<hub::DownloadStatus>& rows) {
  beginResetModel();
  rows_ = rows;
  endResetModel();
  emit countChanged();
}

void DownloadList::update(const hub::DownloadStatus& status) {
  const int row = row_of(status.id);
  if (row < 0) {
    beginInsertRows({}, count(), count());
    rows_.push_back(status);
    endInsertRows();
    return emit countChanged();
  }
  if (rows_[static_cast<std::size_t>(row)] == status) return;
  rows_[static_cast<std::size_t>(row)] = status;
  emit dataChanged(index(row), index(row));
}

void DownloadList::remove(hub::DownloadId id) {
  const int row = row_of(id);
  if (row < 0) return;
  beginRemoveRows({}, row, row);
  rows_.erase(rows_.begin() + row);
  endRemoveRows();
  emit countChanged();
}

void DownloadList::reorder(const std::vector<hub::DownloadId>& order) {
  // One move for each row that is not where it belongs.
  for (int to = 0; to < static_cast<int>(order.size()); ++to) {
    const int from = row_of(order[static_cast<std::size_t>(to)]);
    if (from < 0 || from == to || to >= count()) continue;
    beginMoveRows({}, from, from, {}, from > to ? to : to + 1);
    const auto begin = rows_.begin();
    if (from > to) {
      std::rotate(begin + to, begin + from, begin + from + 1);
    } else {
      std::rotate(begin + from, begin + from + 1, begin + to + 1);
    }
    endMoveRows();
  }
}

}  // namespace etna::gui

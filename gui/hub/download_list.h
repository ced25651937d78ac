#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QVector>
#include <optional>

#include "hub/downloads.h"

namespace etna::gui {

/// The downloads, in their order. Rows change by what changed, never as a whole.
class DownloadList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The downloads own their list")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum State {
    Queued,
    Preparing,
    Downloading,
    Reconnecting,
    Paused,
    OutOfSpace,
    NeedsAccess,
    Verifying,
    Repairing,
    Finishing,
    Done,
    Failed
  };
  Q_ENUM(State)

  enum Role {
    IdRole = Qt::UserRole,
    NameRole,
    VersionRole,
    RepositoryRole,
    StateRole,
    SentenceRole,
    ProgressRole,
    BusyRole,
    CanPauseRole,
    CanResumeRole,
    DetailsRole,
    FolderRole,
    NeedsRoomRole,
    SpokenRole
  };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  void replace(const std::vector<hub::DownloadStatus>& rows);
  void update(const hub::DownloadStatus& status);
  void remove(hub::DownloadId id);
  void reorder(const std::vector<hub::DownloadId>& order);

  const std::vector<hub::DownloadStatus>& rows() const { return rows_; }

  const hub::DownloadStatus* find(hub::DownloadId id) const;

  /// The download of these files, wherever it is in its life.
  const hub::DownloadStatus* find(const std::string& repository, const std::vector<std::string>& files) const;

signals:
  void countChanged();

private:
  int row_of(hub::DownloadId id) const;

  std::vector<hub::DownloadStatus> rows_;
};

/// 0 to 1; below 0 while nobody knows.
double progress_of(const hub::DownloadStatus& status);

}  // namespace etna::gui

#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <memory>
#include <optional>
#include <vector>

#include "gui/hub/fit.h"
#include "gui/plot/segment_list.h"
#include "hub/versions.h"

namespace etna::gui {

/// What can be chosen from in a repository, each with its download, its memory as a bar, and one with a recommendation.
class VersionList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The card owns its versions")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role {
    LabelRole = Qt::UserRole,
    DownloadRole,
    MemoryRole,
    FitRole,
    WordsRole,
    RecommendedRole,
    KnownRole,
    TickRole,
    SegmentsRole,
    PresentRole,
    SpokenRole
  };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  void replace(const std::vector<hub::ModelVersion>& versions, const std::vector<std::string>& present);

  /// `exact`: from the version's own headers.
  void set_estimate(int row, const LoadEstimate& estimate, bool exact);

  /// Nothing can be told of this version.
  void set_unknown(int row);

  void set_recommendation(const Recommendation& recommendation);
  void set_present(int row, const std::string& path);

  const hub::ModelVersion& version(int row) const { return rows_[static_cast<std::size_t>(row)].version; }

  const std::optional<LoadEstimate>& estimate(int row) const { return rows_[static_cast<std::size_t>(row)].estimate; }

  const std::string& present(int row) const { return rows_[static_cast<std::size_t>(row)].present; }

  std::vector<Candidate> candidates() const;

  int recommended() const { return recommendation_.index; }

signals:
  void countChanged();

private:
  struct Row {
    hub::ModelVersion version;
    std::string present;
    std::optional<LoadEstimate> estimate;
    bool exact = false;
    double tick = -1;
    std::unique_ptr<SegmentList> segments;
  };

  QString words(int row) const;
  QString memory_text(const Row& row) const;

  std::vector<Row> rows_;
  Recommendation recommendation_;
};

}  // namespace etna::gui

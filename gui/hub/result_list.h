#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QSet>
#include <QVector>
#include <vector>

#include "engine/session/memory_messages.h"
#include "hub/api.h"

namespace etna::gui {

/// What a search found, in the server's order or with what fits first. Pages come one after the other; rows that the
/// filter hides stay known, so that switching it off costs no request.
class ResultList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The search owns its results")
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(int hidden READ hidden NOTIFY countChanged)

public:
  enum Role {
    IdRole = Qt::UserRole,
    NameRole,
    PublisherRole,
    LineRole,
    ChipsRole,
    DownloadsRole,
    ChangedRole,
    FitRole,
    FitTextRole,
    ShareRole,
    PresentRole,
    GatedRole,
    SpokenRole
  };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  int hidden() const { return static_cast<int>(all_.size()) - rowCount(); }

  /// A new search.
  void replace(const std::vector<hub::ModelSummary>& models);

  /// The next page of it.
  void append(const std::vector<hub::ModelSummary>& models);

  /// What models may use in all, and whether those that need more are hidden and the others sorted by how well they
  /// fit.
  void set_limit(std::uint64_t bytes);
  void set_filter(bool only_fitting, bool fitting_first);

  /// Repositories that are on this computer: never hidden.
  void set_present(const QSet<QString>& repositories);

  /// The engine's own answer for the version to take.
  void set_exact(const QString& id, Fit fit, std::uint64_t memory_bytes);

  int row_of(const QString& id) const;

  const std::vector<hub::ModelSummary>& models() const { return models_; }

signals:
  void countChanged();

private:
  struct Row {
    hub::ModelSummary model;
    std::uint64_t parameters = 0;
    std::uint64_t memory_bytes = 0;  ///< 0: not known
    Fit fit = Fit::too_big;
    bool exact = false;
    bool present = false;
  };

  Row row_for(const hub::ModelSummary& model) const;
  bool is_shown(const Row& row) const;
  QVector<int> arranged() const;
  void arrange_again();
  QString fit_text(const Row& row) const;
  QString line(const Row& row) const;
  QStringList chips(const Row& row) const;

  std::vector<Row> all_;
  std::vector<hub::ModelSummary> models_;  ///< as they came, to be kept for a day without network
  QVector<int> shown_;                     ///< indices of all_
  QSet<QString> present_;
  std::uint64_t limit_ = 0;
  bool only_fitting_ = false;
  bool fitting_first_ = false;
};

/// "1.2 M", "38 k", "912".
QString short_count(std::uint64_t count);

/// "12 May" of "2026-05-12T…", with the year where it is another one; empty if it is no date.
QString short_date(const std::string& iso);

/// "8B", "0.6B", "350M".
QString short_parameters(std::uint64_t count);

}  // namespace etna::gui

#pragma once

#include <QDate>
#include <QString>
#include <optional>
#include <vector>

#include "hub/api.h"

namespace etna::gui {

/// The last results, kept for when there is no network.
struct KeptResults {
  QDate date;
  std::vector<hub::ModelSummary> models;
};

/// Not on the thread of the screens: both use the disk. What can't be written is not kept; what can't be read is none.
void keep_results(const QString& file, const KeptResults& results);
std::optional<KeptResults> kept_results(const QString& file);

}  // namespace etna::gui

#pragma once

#include <span>
#include <string>

#include "gui/store/database.h"

namespace etna::store {

struct Salvaged {
  std::uint64_t rows = 0;
  std::uint64_t lost_ranges = 0;  ///< stretches of row ids between readable rows that could not be read
};

/// Copies each row of a table that can be read from a damaged database into one that is whole; both have the table, and
/// columns that only one of them has are left out. Rows that exist already are kept. Rows behind a page that cannot be
/// read are looked for from the other end and by halving the gap between.
Salvaged salvage_table(Database& damaged, Database& whole, const std::string& table);

}  // namespace etna::store

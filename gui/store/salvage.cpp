#include "gui/store/salvage.h"

#include <deque>
#include <limits>
#include <optional>
#include <set>
#include <vector>

namespace etna::store {
namespace {

/// A page that cannot be read hides an unknown stretch of ids; so often is its inside looked at.
constexpr int most_probes = 4096;

std::set<std::string> columns_of(Database& database, const std::string& table) {
  std::set<std::string> names;
  Statement info = database.prepare("SELECT name FROM pragma_table_info('" + table + "')");
  while (info.step()) names.insert(info.text(0));
  return names;
}

class Copier {
public:
  Copier(Database& damaged, Database& whole, const std::string& table)
      : damaged_(damaged), whole_(whole), table_(table) {
    const std::set<std::string> there = columns_of(whole, table);
    std::string marks;
    for (const std::string& column : columns_of(damaged, table)) {
      if (!there.contains(column)) continue;
      names_ += (names_.empty() ? "" : ", ") + column;
      marks += marks.empty() ? "?" : ", ?";
      ++width_;
    }
    insert_ = "INSERT OR IGNORE INTO " + table + "(" + names_ + ") VALUES (" + marks + ")";
  }

  Salvaged run() {
    if (width_ == 0) return result_;

    struct Gap {
      std::int64_t low, high;
    };

    std::deque<Gap> gaps{{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}};
    for (int probes = 0; !gaps.empty() && probes < most_probes; ++probes) {
      auto [low, high] = gaps.front();
      gaps.pop_front();
      const auto stopped_at = copy(low, high, true);
      if (!stopped_at) continue;
      const auto stopped_above = copy(*stopped_at, high, false);
      if (!stopped_above || *stopped_at >= *stopped_above) {
        result_.lost_ranges += 1;
        continue;
      }
      // Both ends lie at something that cannot be read; perhaps not at the same.
      const std::int64_t middle =
          *stopped_at + static_cast<std::int64_t>(
                            (static_cast<std::uint64_t>(*stopped_above) - static_cast<std::uint64_t>(*stopped_at)) / 2);
      gaps.push_back({*stopped_at, middle});
      gaps.push_back({middle + 1, *stopped_above});
    }
    result_.lost_ranges += gaps.empty() ? 0 : 1;
    return result_;
  }

private:
  /// Copies from one end on. None: all of it; else the first id, counted from that end, that is not known to be
  /// readable.
  std::optional<std::int64_t> copy(std::int64_t low, std::int64_t high, bool upwards) {
    std::int64_t next = upwards ? low : high;
    try {
      Statement rows = damaged_.prepare("SELECT rowid, " + names_ + " FROM " + table_ +
                                        " WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid " + (upwards ? "ASC" : "DESC"));
      rows.with(low, high);
      Statement insert = whole_.prepare(insert_);
      while (rows.step()) {
        const std::int64_t id = rows.integer(0);
        for (int column = 0; column < width_; ++column) rows.copy_column(column + 1, insert, column + 1);
        keep(insert);
        if (id == (upwards ? high : low)) return std::nullopt;
        next = upwards ? id + 1 : id - 1;
      }
      return std::nullopt;
    } catch (const SqliteError& error) {
      if (!error.damaged() && !error.disk_failed()) throw;
      return next;
    }
  }

  void keep(Statement& insert) {
    try {
      insert.run();
      result_.rows += static_cast<std::uint64_t>(whole_.changes());
    } catch (const SqliteError& error) {
      // Readable, but not a row of this table any more.
      insert.reset();
      if (!error.refused()) throw;
      result_.lost_ranges += 1;
    }
  }

  Database& damaged_;
  Database& whole_;
  std::string table_, names_, insert_;
  int width_ = 0;
  Salvaged result_;
};

}  // namespace

Salvaged salvage_table(Database& damaged, Database& whole, const std::string& table) {
  try {
    return Copier(damaged, whole, table).run();
  } catch (const SqliteError& error) {
    if (!error.damaged() || error.disk_full()) throw;
    return {.rows = 0, .lost_ranges = 1};
  }
}

}  // namespace etna::store

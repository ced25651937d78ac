#include "gui/store/salvage.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/gui/store/temporary_folder.h"

namespace etna::store {
namespace {

constexpr int page = 4096;

/// A table of 2000 rows over many pages; some of them are overwritten with nonsense.
class Salvage : public testing::Test {
protected:
  void damage(const std::vector<int>& pages) {
    {
      Database database = Database::open(path_, Database::Mode::create);
      database.run(
          "CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT, old TEXT);"
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
          "INSERT INTO t SELECT i * 1000, printf('%0300d', i), 'x' FROM n; PRAGMA wal_checkpoint(TRUNCATE)");
      pages_ = database.value("PRAGMA page_count");
    }
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    for (const int number : pages) {
      file.seekp(static_cast<std::streamoff>(number - 1) * page);
      file << std::string(page, '\xAA');
    }
  }

  Salvaged run() {
    Database damaged = Database::open(path_, Database::Mode::as_it_is);
    whole_.run("CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT, added TEXT)");
    return salvage_table(damaged, whole_, "t");
  }

  const test::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "t.db";
  Database whole_ = Database::in_memory();
  std::int64_t pages_ = 0;
};

TEST_F(Salvage, copies_all_of_a_healthy_table) {
  damage({});
  const Salvaged result = run();
  EXPECT_EQ(result.rows, 2000u);
  EXPECT_EQ(result.lost_ranges, 0u);
  EXPECT_EQ(whole_.value("SELECT count(*) FROM t WHERE text = printf('%0300d', id / 1000)"), 2000);
}

TEST_F(Salvage, loses_no_more_than_the_rows_of_the_damaged_pages) {
  damage({20, 21, 60, 100});
  ASSERT_GT(pages_, 120);
  const Salvaged result = run();
  EXPECT_GE(result.rows, 2000u - 4 * 16);
  EXPECT_GE(result.lost_ranges, 1u);
  EXPECT_EQ(whole_.value("SELECT count(*) FROM t WHERE text <> printf('%0300d', id / 1000)"), 0);
}

TEST_F(Salvage, an_unreadable_list_of_tables_saves_nothing_and_says_so) {
  damage({2});  // the root of the table
  EXPECT_GE(run().lost_ranges, 1u);
}

}  // namespace
}  // namespace etna::store

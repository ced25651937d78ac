#include "gui/store/migration.h"

#include <gtest/gtest.h>

#include <array>

namespace etna::store {
namespace {

const Migration first{1, [](Database& database) { database.run("CREATE TABLE t(a)"); }};
const Migration second{2, [](Database& database) { database.run("ALTER TABLE t ADD b; UPDATE t SET b = a + 1"); }};
const Migration broken{2, [](Database& database) {
                         database.run("ALTER TABLE t ADD b; DELETE FROM t");
                         fail(Errc::io, "half-way");
                       }};

TEST(Migration, runs_the_steps_that_are_missing_and_no_others) {
  Database database = Database::in_memory();
  int copies = 0;
  migrate(database, std::array{first}, [&] { ++copies; });
  EXPECT_EQ(copies, 0) << "there was nothing to copy";
  database.run("INSERT INTO t VALUES (1)");
  migrate(database, std::array{first, second}, [&] { ++copies; });
  migrate(database, std::array{first, second}, [&] { ++copies; });
  EXPECT_EQ(copies, 1);
  EXPECT_EQ(database.user_version(), 2);
  EXPECT_EQ(database.value("SELECT b FROM t"), 2);
}

TEST(Migration, that_fails_leaves_the_old_state) {
  Database database = Database::in_memory();
  migrate(database, std::array{first});
  database.run("INSERT INTO t VALUES (1)");
  EXPECT_THROW(migrate(database, std::array{first, broken}), Error);
  EXPECT_EQ(database.user_version(), 1);
  EXPECT_EQ(database.value("SELECT count(*) FROM t"), 1);
  EXPECT_EQ(database.value("SELECT count(*) FROM pragma_table_info('t')"), 1);
}

TEST(Migration, refuses_a_newer_state_with_both_versions) {
  Database database = Database::in_memory();
  database.run("PRAGMA user_version = 7");
  try {
    migrate(database, std::array{first});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::unsupported);
    EXPECT_NE(std::string(error.what()).find("7"), std::string::npos);
  }
}

}  // namespace
}  // namespace etna::store

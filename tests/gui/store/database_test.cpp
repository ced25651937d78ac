#include "gui/store/database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "gui/store/file_lock.h"
#include "tests/gui/store/fault_vfs.h"
#include "tests/gui/store/temporary_folder.h"

namespace etna::store {
namespace {

TEST(Database, values_come_back_as_they_went_in) {
  Database database = Database::in_memory();
  database.run("CREATE TABLE t(a INTEGER, b REAL, c TEXT, d BLOB)");
  Statement insert = database.prepare("INSERT INTO t VALUES (?,?,?,?)");
  insert.with(std::int64_t{1} << 60, 0.5, std::string("a\0b", 3));
  insert.bind_blob(4, std::string_view("\xff\0", 2));
  insert.run();
  Statement row = database.prepare("SELECT a, b, c, d, NULL FROM t");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.integer(0), std::int64_t{1} << 60);
  EXPECT_EQ(row.real(1), 0.5);
  EXPECT_EQ(row.text(2), std::string("a\0b", 3));
  EXPECT_EQ(row.blob(3), std::string("\xff\0", 2));
  EXPECT_FALSE(row.optional_integer(4));
}

TEST(Database, text_that_is_not_utf8_is_read_with_replacement_characters) {
  Database database = Database::in_memory();
  Statement row = database.prepare("SELECT CAST(x'41ff42' AS TEXT)");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.text(0),
            "A\xEF\xBF\xBD"
            "B");
}

TEST(Database, a_transaction_that_is_left_is_undone) {
  Database database = Database::in_memory();
  database.run("CREATE TABLE t(a)");
  try {
    Transaction transaction(database);
    database.run("INSERT INTO t VALUES (1)");
    throw std::runtime_error("left");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(database.value("SELECT count(*) FROM t"), 0);
  {
    Transaction transaction(database);
    {
      Savepoint part(database);
      database.run("INSERT INTO t VALUES (1)");
    }
    Savepoint part(database);
    database.run("INSERT INTO t VALUES (2)");
    part.keep();
    transaction.commit();
  }
  EXPECT_EQ(database.value("SELECT sum(a) FROM t"), 2);
}

TEST(Database, a_full_disk_is_told_from_a_broken_one_and_from_a_mistake) {
  test::FaultVfs::install();
  const test::TemporaryFolder folder;
  Database database = Database::open(folder / "t.db", Database::Mode::create, test::FaultVfs::name);
  database.run("CREATE TABLE t(a UNIQUE)");
  const auto error_of = [&](const std::string& sql) {
    try {
      database.run(sql);
    } catch (const SqliteError& error) {
      return error;
    }
    return SqliteError(0, "none");
  };
  test::FaultVfs::fail_from(1, SQLITE_FULL);
  EXPECT_TRUE(error_of("INSERT INTO t VALUES (1)").disk_full());
  test::FaultVfs::fail_from(1, SQLITE_IOERR_WRITE);
  EXPECT_TRUE(error_of("INSERT INTO t VALUES (1)").disk_failed());
  test::FaultVfs::clear();
  database.run("INSERT INTO t VALUES (1)");
  const SqliteError mistake = error_of("INSERT INTO t VALUES (1)");
  EXPECT_TRUE(mistake.refused());
  EXPECT_FALSE(mistake.disk_full() || mistake.disk_failed() || mistake.damaged());
}

TEST(Database, a_file_that_is_none_says_so) {
  const test::TemporaryFolder folder;
  std::FILE* file = std::fopen((folder / "t.db").c_str(), "w");
  std::fputs(std::string(8192, 'x').c_str(), file);
  std::fclose(file);
  try {
    Database::open(folder / "t.db", Database::Mode::create);
    FAIL();
  } catch (const SqliteError& error) {
    EXPECT_TRUE(error.damaged());
    EXPECT_EQ(error.code(), Errc::corrupt);
  }
}

TEST(FileLock, belongs_to_one_at_a_time) {
  const test::TemporaryFolder folder;
  auto first = FileLock::take(folder / "lock");
  ASSERT_TRUE(first);
  EXPECT_FALSE(FileLock::take(folder / "lock"));
  first.reset();
  EXPECT_TRUE(FileLock::take(folder / "lock"));
}

}  // namespace
}  // namespace etna::store

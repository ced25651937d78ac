#include "gui/store/backup.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/gui/store/temporary_folder.h"

namespace etna::store {
namespace {

TEST(Backups, are_whole_databases_and_the_newest_three_stay) {
  const test::TemporaryFolder folder;
  Database database = Database::open(folder / "chats.db", Database::Mode::create);
  database.run("CREATE TABLE t(a); INSERT INTO t VALUES (7)");
  std::filesystem::create_directories(folder / "backups");
  for (const char* day : {"01", "02", "03", "04"})
    std::ofstream(folder / (std::string("backups/chats-2020-01-") + day + "T10-00-00-daily.db")).close();
  std::ofstream(folder / "backups/chats-2020-01-01T10-00-00-before-v2.db").close();
  std::ofstream(folder / "backups/notes.txt").close();

  Backups backups(folder / "backups", "chats");
  EXPECT_TRUE(backups.is_due());
  const Backups::Backup made = backups.make(database, "daily");
  EXPECT_FALSE(backups.is_due());
  const auto list = backups.list();
  ASSERT_EQ(list.size(), 4u) << "three daily ones, one before a migration";
  EXPECT_EQ(list[0].path, made.path);
  EXPECT_EQ(list[1].path.filename(), "chats-2020-01-04T10-00-00-daily.db");
  EXPECT_EQ(list[3].label, "before-v2");
  EXPECT_TRUE(std::filesystem::exists(folder / "backups/notes.txt"));
  Database copy = Database::open(made.path, Database::Mode::read_only);
  EXPECT_EQ(copy.value("SELECT a FROM t"), 7);
}

TEST(Backups, one_of_the_future_does_not_count) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "chats-2999-01-01T10-00-00-daily.db").close();
  EXPECT_TRUE(Backups(folder.path(), "chats").is_due());
}

TEST(Backups, a_copy_is_of_one_moment_while_another_connection_writes) {
  const test::TemporaryFolder folder;
  Database writer = Database::open(folder / "chats.db", Database::Mode::create);
  writer.run("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  Database reader = Database::open(folder / "chats.db", Database::Mode::read_only);
  reader.run("BEGIN");
  EXPECT_EQ(reader.value("SELECT count(*) FROM t"), 1);
  writer.run("INSERT INTO t VALUES (2)");
  Backups backups(folder / "backups", "chats");
  Database copy = Database::open(backups.make(reader, "daily").path, Database::Mode::read_only);
  EXPECT_EQ(copy.value("SELECT count(*) FROM t"), 1);
}

TEST(FreeName, counts_until_nothing_is_there) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(free_name(folder / "chats.db", "damaged").filename(), "chats-damaged.db");
  std::ofstream(folder / "chats-damaged.db").close();
  EXPECT_EQ(free_name(folder / "chats.db", "damaged").filename(), "chats-damaged-2.db");
}

}  // namespace
}  // namespace etna::store

// C5: a store with damaged pages is repaired; the damaged file stays.
#include <nlohmann/json.hpp>

#include "gui/chat/store/chat_opening.h"
#include "tests/gui/chat/store/store_fixture.h"

namespace etna::chats {
namespace {

namespace fs = std::filesystem;

constexpr int page = 4096;

class DamageTest : public StoreTest {
protected:
  void SetUp() override {
    start();
    for (int c = 0; c < 20; ++c) {
      const ChatId chat = new_chat("Chat " + std::to_string(c));
      MessageId last = 0;
      for (int m = 0; m < 20; ++m) {
        const Message message = make(m % 2 ? Role::assistant : Role::user, text_of(c, m), last);
        store_->add_message(chat, message, {});
        last = message.id;
      }
      chats_.push_back(chat);
    }
    ASSERT_TRUE(flush());
  }

  static std::string text_of(int chat, int message) {
    std::string text = "chat " + std::to_string(chat) + " message " + std::to_string(message);
    while (text.size() < 700) text += " and so on";
    return text;
  }

  /// Closes the store and overwrites the pages that hold a table, or some of them.
  void damage(const std::string& table, int first, int count, bool whole_page = true) {
    store_.reset();
    std::vector<std::int64_t> pages;
    {
      store::Database database = store::Database::open(path_, store::Database::Mode::create);
      database.run("PRAGMA wal_checkpoint(TRUNCATE)");
      store::Statement rows =
          database.prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno");
      rows.with(table);
      while (rows.step()) pages.push_back(rows.integer(0));
    }
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    for (int i = first; i < first + count && i < static_cast<int>(pages.size()); ++i) {
      file.seekp((pages[static_cast<std::size_t>(i)] - 1) * page);
      file << std::string(whole_page ? page : 60, '\xA5');
    }
  }

  void damage_first_page() {
    store_.reset();
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file << std::string(page, '\x5A');
  }

  /// How many messages are as they were; those that are not must say so.
  int count_intact() {
    int intact = 0;
    for (std::size_t c = 0; c < chats_.size(); ++c) {
      const auto transcript = wait<Transcript>([&](auto answer) { store_->load(chats_[c], answer); });
      if (!transcript) continue;
      for (const Message& message : transcript->messages) {
        if (message.state == MessageState::unreadable) continue;
        EXPECT_TRUE(message.text.starts_with("chat " + std::to_string(c) + " ")) << message.text;
        ++intact;
      }
    }
    return intact;
  }

  void check_file() {
    store_.reset();
    store::Database database = connect(options(), store::Database::Mode::create);
    EXPECT_EQ(database.quick_check(), "");
    EXPECT_FALSE(database.prepare("PRAGMA foreign_key_check").step());
  }

  const fs::path path_ = folder_ / "chats.db";
  std::vector<ChatId> chats_;
};

TEST_F(DamageTest, a_damaged_page_of_messages_costs_only_its_messages) {
  damage("message", 10, 1);
  start();
  const OpenReport& report = (*opening_)->report;
  EXPECT_EQ(report.kind, OpenReport::Kind::repaired);
  EXPECT_TRUE(fs::exists(report.kept));
  EXPECT_EQ(report.chats, 20u);
  EXPECT_GT(report.lost_messages, 0u);
  EXPECT_LT(report.lost_messages, 12u);
  EXPECT_EQ(count_intact() + static_cast<int>(report.lost_messages), 400);
  const ChatId chat = chats_[3];
  add(chat, Role::user, "goes on", load(chat).messages.back().id);
  restart();
  EXPECT_EQ((*opening_)->report.kind, OpenReport::Kind::fine);
  check_file();
}

TEST_F(DamageTest, what_is_missing_comes_from_the_backup) {
  ASSERT_TRUE(wait<std::string>([&](auto answer) { store_->back_up(answer); }));
  damage("message", 5, 8);
  start();
  EXPECT_EQ((*opening_)->report.kind, OpenReport::Kind::repaired);
  EXPECT_FALSE((*opening_)->report.backup_date.empty());
  EXPECT_EQ((*opening_)->report.lost_messages, 0u);
  EXPECT_EQ(count_intact(), 400);
  check_file();
}

TEST_F(DamageTest, a_file_without_a_readable_first_page_is_replaced_by_the_backup) {
  ASSERT_TRUE(wait<std::string>([&](auto answer) { store_->back_up(answer); }));
  damage_first_page();
  start();
  EXPECT_EQ((*opening_)->report.from_backup, 20u);
  EXPECT_EQ(count_intact(), 400);
}

TEST_F(DamageTest, without_a_backup_the_damaged_file_stays_and_the_program_runs) {
  damage_first_page();
  start();
  EXPECT_EQ((*opening_)->report.chats, 0u);
  EXPECT_TRUE(fs::exists((*opening_)->report.kept));
  add(new_chat("new"), Role::user, "works");
}

TEST_F(DamageTest, each_table_can_lose_pages) {
  for (const char* table :
       {"chat", "node", "sqlite_autoindex_node_1", "node_message", "message_words_data", "message"}) {
    SCOPED_TRACE(table);
    damage(table, 0, 1, false);
    start();
    EXPECT_GT(count_intact(), 0);
    SearchRequest request;
    request.text = "message";
    EXPECT_TRUE(wait<SearchResults>([&](auto answer) { store_->search(request, answer); }));
    check_file();
  }
}

TEST_F(DamageTest, a_repair_that_was_cut_off_is_finished_at_the_next_start) {
  store_.reset();
  fs::rename(path_, folder_ / "chats.db.recovered");
  start();
  EXPECT_EQ(count_intact(), 400);
}

TEST_F(DamageTest, an_empty_file_is_a_new_store) {
  store_.reset();
  fs::resize_file(path_, 0);
  fs::remove(folder_ / "chats.db-wal");
  start();
  EXPECT_EQ((*opening_)->report.kind, OpenReport::Kind::created);
}

}  // namespace
}  // namespace etna::chats

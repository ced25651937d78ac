// C3: what happens when the disk is full or fails.
#include <sqlite3.h>

#include <set>

#include "gui/chat/store/chat_opening.h"
#include "tests/gui/chat/store/store_fixture.h"
#include "tests/gui/store/fault_vfs.h"

namespace etna::chats {
namespace {

using test::FaultVfs;

class FaultTest : public StoreTest {
protected:
  void SetUp() override {
    FaultVfs::install();
    FaultVfs::clear();
  }

  void TearDown() override { FaultVfs::clear(); }

  ChatStore::Options options() override {
    ChatStore::Options options = StoreTest::options();
    options.vfs = FaultVfs::name;
    return options;
  }

  bool state_is(StoreStatus::State state) { return !statuses_.empty() && statuses_.back().state == state; }

  /// Nothing is damaged, and the full-text index knows exactly the finished messages.
  void check() {
    store_.reset();
    FaultVfs::clear();
    store::Database database = connect(options(), store::Database::Mode::create);
    EXPECT_EQ(database.quick_check(), "");
    EXPECT_NO_THROW(database.run("INSERT INTO message_words(message_words, rank) VALUES ('integrity-check', 1)"));
    EXPECT_FALSE(database.prepare("PRAGMA foreign_key_check").step());
  }
};

TEST_F(FaultTest, a_full_disk_keeps_changes_waiting_and_saves_them_in_order_when_there_is_room) {
  start();
  const ChatId chat = new_chat("one");
  const MessageId first = add(chat, Role::user, "before");
  FaultVfs::fail_from(1, SQLITE_FULL);
  int saved = 0;
  MessageId last = first;
  for (int i = 0; i < 5; ++i) {
    const Message message = make(Role::user, std::to_string(i), last);
    store_->add_message(chat, message, [&](const Outcome<Saved>& outcome) { saved += outcome ? 1 : 100; });
    last = message.id;
  }
  ASSERT_TRUE(inbox_.becomes([this] { return state_is(StoreStatus::State::not_saving); }));
  EXPECT_TRUE(statuses_.back().disk_full);
  EXPECT_EQ(statuses_.back().code, "E-DSK-01");
  EXPECT_GE(statuses_.back().waiting, 1u);
  EXPECT_EQ(load(chat).messages.size(), 1u) << "reading goes on";
  EXPECT_EQ(saved, 0) << "nothing is said to be saved that is not";
  FaultVfs::clear();
  ASSERT_TRUE(inbox_.becomes([&] { return saved == 5; }));
  ASSERT_TRUE(inbox_.becomes([this] { return state_is(StoreStatus::State::ready); }));
  EXPECT_EQ(load(chat).messages.size(), 6u);
  check();
}

TEST_F(FaultTest, try_again_does_not_wait_for_the_clock) {
  auto chosen = options();
  chosen.retry = std::chrono::hours(1);
  ASSERT_TRUE(start(chosen));
  const ChatId chat = new_chat("one");
  ASSERT_TRUE(flush());
  FaultVfs::fail_from(1, SQLITE_IOERR_WRITE);
  bool saved = false;
  store_->rename(chat, "two", TitleSource::person,
                 [&](const Outcome<Saved>& outcome) { saved = static_cast<bool>(outcome); });
  ASSERT_TRUE(inbox_.becomes([this] { return state_is(StoreStatus::State::not_saving); }));
  EXPECT_FALSE(statuses_.back().disk_full);
  EXPECT_EQ(statuses_.back().code, "E-DSK-03");
  FaultVfs::clear();
  store_->try_again();
  EXPECT_TRUE(inbox_.becomes([&] { return saved; }));
}

TEST_F(FaultTest, a_growing_reply_survives_a_full_disk) {
  auto chosen = options();
  chosen.journal = 5ms;
  ASSERT_TRUE(start(chosen));
  const ChatId chat = new_chat("one");
  const Message reply = make(Role::assistant, "");
  store_->begin_reply(chat, reply);
  ASSERT_TRUE(flush());
  std::string written;
  for (int i = 0; i < 200; ++i) {
    if (i == 50) FaultVfs::fail_from(1, SQLITE_FULL);
    if (i == 150) FaultVfs::clear();
    written += std::to_string(i) + ' ';
    store_->append_reply(reply.id, std::to_string(i) + ' ');
    std::this_thread::sleep_for(1ms);
  }
  const auto ended = wait<Saved>([&](auto answer) { store_->end_reply(chat, reply.id, {}, answer); });
  ASSERT_TRUE(ended);
  EXPECT_EQ(load(chat).messages.back().text, written);
  check();
}

TEST_F(FaultTest, a_store_that_cannot_be_opened_yet_opens_when_the_disk_lets_it) {
  FaultVfs::fail_from(1, SQLITE_FULL);
  store_ = std::make_unique<ChatStore>(options());
  store_->open([this](Outcome<Opened> outcome) { opening_ = std::move(outcome); });
  ASSERT_TRUE(inbox_.becomes([this] { return state_is(StoreStatus::State::not_saving); }));
  const ChatId chat = new_chat("typed meanwhile");
  FaultVfs::clear();
  ASSERT_TRUE(inbox_.becomes([this] { return opening_.has_value(); }));
  EXPECT_TRUE(*opening_);
  EXPECT_EQ(load(chat).chat.title, "typed meanwhile");
}

/// Every point at which a disk can fail, one after the other: what was acknowledged is there, once.
void everything_acknowledged_is_there_once(StoreTest&, const std::set<MessageId>& acknowledged,
                                           const Transcript& transcript) {
  std::set<MessageId> there;
  for (const Message& message : transcript.messages) {
    EXPECT_TRUE(there.insert(message.id).second);
    EXPECT_EQ(message.text, "text") << "applied twice";
  }
  for (const MessageId id : acknowledged) EXPECT_TRUE(there.contains(id));
}

class EveryFault : public FaultTest, public testing::WithParamInterface<std::pair<int, bool>> {};

TEST_P(EveryFault, once_at_each_moment_loses_nothing_and_does_nothing_twice) {
  const auto [code, syncs_only] = GetParam();
  auto chosen = options();
  chosen.retry = 1ms;
  chosen.journal = 1ms;
  ASSERT_TRUE(start(chosen));
  const ChatId chat = new_chat("one");
  ASSERT_TRUE(flush());
  std::set<MessageId> acknowledged;
  MessageId last = 0;
  for (long moment = 1; moment <= 14; ++moment) {
    if (syncs_only)
      FaultVfs::fail_syncs_from(moment, code, 1);
    else
      FaultVfs::fail_from(moment, code, 1);
    const Message message = make(Role::assistant, "te", last);
    last = message.id;
    store_->begin_reply(chat, message);
    store_->append_reply(message.id, "xt");
    const auto ended = wait<Saved>([&](auto answer) { store_->end_reply(chat, message.id, {}, answer); });
    ASSERT_TRUE(ended);
    acknowledged.insert(message.id);
    FaultVfs::clear();
  }
  const Transcript transcript = load(chat);
  EXPECT_EQ(transcript.messages.size(), acknowledged.size());
  everything_acknowledged_is_there_once(*this, acknowledged, transcript);
  check();
}

INSTANTIATE_TEST_SUITE_P(, EveryFault,
                         testing::Values(std::pair{SQLITE_FULL, false}, std::pair{SQLITE_IOERR_WRITE, false},
                                         std::pair{SQLITE_IOERR_FSYNC, true}));

}  // namespace
}  // namespace etna::chats

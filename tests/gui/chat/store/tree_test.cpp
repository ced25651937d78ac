// Versions of messages, branches, deleted messages.
#include "tests/gui/chat/store/store_fixture.h"

namespace etna::chats {
namespace {

using Texts = std::vector<std::string>;

class TreeTest : public StoreTest {
protected:
  void SetUp() override {
    start();
    chat_ = new_chat("Plans");
    question_ = add(chat_, Role::user, "q");
    answer_ = add(chat_, Role::assistant, "a1", question_);
    followup_ = add(chat_, Role::user, "f", answer_);
    end_ = add(chat_, Role::assistant, "e", followup_);
  }

  Texts show(MessageId id) {
    const auto transcript = wait<Transcript>([&](auto answer) { store_->show_version(chat_, id, answer); });
    EXPECT_TRUE(transcript);
    return texts(chat_);
  }

  ChatId chat_ = 0;
  MessageId question_ = 0, answer_ = 0, followup_ = 0, end_ = 0;
};

TEST_F(TreeTest, a_new_version_is_shown_and_the_old_one_stays_with_all_that_followed) {
  const MessageId second = add(chat_, Role::assistant, "a2", question_);
  EXPECT_EQ(texts(chat_), (Texts{"q", "a2"}));
  Message shown = load(chat_).messages[1];
  EXPECT_EQ(shown.version, 2);
  EXPECT_EQ(shown.versions, 2);
  EXPECT_EQ(show(answer_), (Texts{"q", "a1", "f", "e"}));
  EXPECT_EQ(load(chat_).messages[1].version, 1);
  EXPECT_EQ(show(second), (Texts{"q", "a2"}));
}

TEST_F(TreeTest, a_version_remembers_which_of_what_follows_was_shown) {
  const MessageId other_followup = add(chat_, Role::user, "f2", answer_);
  show(followup_);
  const MessageId edited = add(chat_, Role::user, "q2");
  EXPECT_EQ(texts(chat_), Texts{"q2"});
  EXPECT_EQ(show(question_), (Texts{"q", "a1", "f", "e"}));
  EXPECT_EQ(show(other_followup), (Texts{"q", "a1", "f2"}));
  show(edited);
  EXPECT_EQ(show(question_), (Texts{"q", "a1", "f2"}));
  EXPECT_EQ(load(chat_).messages[0].versions, 2);
}

TEST_F(TreeTest, a_message_of_a_version_that_is_not_shown_can_be_shown) {
  add(chat_, Role::user, "q2");
  EXPECT_EQ(show(end_), (Texts{"q", "a1", "f", "e"})) << "as a search does";
}

TEST_F(TreeTest, a_deleted_message_leaves_what_follows_and_comes_back_with_undo) {
  const auto deleted = wait<Transcript>([&](auto answer) { store_->delete_message(chat_, answer_, answer); });
  ASSERT_TRUE(deleted);
  EXPECT_EQ(texts(chat_), (Texts{"q", "f", "e"}));
  restart();
  EXPECT_EQ(texts(chat_), (Texts{"q", "f", "e"}));
  ASSERT_TRUE(wait<Transcript>([&](auto answer) { store_->undelete_message(chat_, answer_, answer); }));
  EXPECT_EQ(texts(chat_), (Texts{"q", "a1", "f", "e"}));
}

TEST_F(TreeTest, in_place_of_a_deleted_version_another_is_shown) {
  const MessageId second = add(chat_, Role::assistant, "a2", question_);
  ASSERT_TRUE(wait<Transcript>([&](auto answer) { store_->delete_message(chat_, second, answer); }));
  EXPECT_EQ(texts(chat_), (Texts{"q", "a1", "f", "e"}));
  EXPECT_EQ(load(chat_).messages[1].versions, 1);
}

TEST_F(TreeTest, a_branch_is_a_chat_of_its_own_with_the_same_messages) {
  NewChat made;
  made.id = store_->new_id();
  const auto branch = wait<Transcript>([&](auto answer) { store_->branch(chat_, answer_, made, answer); });
  ASSERT_TRUE(branch) << branch.failure().message;
  EXPECT_EQ(branch->chat.title, "Plans (2)");
  ASSERT_EQ(branch->messages.size(), 2u);
  EXPECT_EQ(branch->messages[1].id, answer_) << "shared, not copied";
  add(made.id, Role::user, "another way", answer_);
  EXPECT_EQ(texts(made.id), (Texts{"q", "a1", "another way"}));
  EXPECT_EQ(texts(chat_), (Texts{"q", "a1", "f", "e"})) << "the first chat does not see it";
  EXPECT_EQ(load(chat_).messages[2].versions, 1);

  NewChat third;
  third.id = store_->new_id();
  const auto again = wait<Transcript>([&](auto answer) { store_->branch(made.id, answer_, third, answer); });
  EXPECT_EQ(again->chat.title, "Plans (3)");
  store_->erase(chat_);
  EXPECT_EQ(texts(made.id), (Texts{"q", "a1", "another way"})) << "messages live as long as one chat has them";
}

TEST_F(TreeTest, a_branch_leaves_out_what_was_deleted) {
  ASSERT_TRUE(wait<Transcript>([&](auto answer) { store_->delete_message(chat_, answer_, answer); }));
  NewChat made;
  made.id = store_->new_id();
  const auto branch = wait<Transcript>([&](auto answer) { store_->branch(chat_, end_, made, answer); });
  ASSERT_TRUE(branch);
  EXPECT_EQ(texts(made.id), (Texts{"q", "f", "e"}));
}

TEST_F(TreeTest, long_chats_are_erased_whole) {
  MessageId last = end_;
  for (int i = 0; i < 3000; ++i) {
    const Message message = make(i % 2 ? Role::assistant : Role::user, "m", last);
    store_->add_message(chat_, message, {});
    last = message.id;
  }
  EXPECT_EQ(load(chat_).messages.size(), 3004u);
  ASSERT_TRUE(wait<Saved>([&](auto answer) { store_->erase(chat_, answer); }));
  EXPECT_FALSE(wait<Transcript>([&](auto answer) { store_->load(chat_, answer); }));
}

}  // namespace
}  // namespace etna::chats

#include "tests/gui/chat/store/store_fixture.h"

namespace etna::chats {
namespace {

class SearchTest : public StoreTest {
protected:
  void SetUp() override { start(); }

  SearchResults search(const std::string& text, bool trash = false, ChatId chat = 0) {
    SearchRequest request;
    request.text = text;
    request.trash_too = trash;
    request.chat = chat;
    const auto results = wait<SearchResults>([&](auto answer) { store_->search(request, answer); });
    EXPECT_TRUE(results) << text << ": " << results.failure().message;
    return results ? *results : SearchResults{};
  }
};

TEST_F(SearchTest, finds_messages_newest_first_grouped_by_chat_and_marks_what_matches) {
  const ChatId birds = new_chat("Birds");
  add(birds, Role::user, "How do swallows fly?");
  const ChatId fish = new_chat("Fish");
  add(fish, Role::user, "A swallow is no fish.");
  add(birds, Role::assistant, "With wings. A SWALLOW\nhas two of them.");
  const SearchResults results = search("swallow");
  EXPECT_EQ(results.messages, 3u);
  ASSERT_EQ(results.groups.size(), 2u);
  EXPECT_EQ(results.groups[0].chat.title, "Birds");
  ASSERT_EQ(results.groups[0].hits.size(), 2u);
  const Excerpt& excerpt = results.groups[0].hits[0].excerpt;
  EXPECT_EQ(excerpt.text, "With wings. A SWALLOW has two of them.");
  ASSERT_EQ(excerpt.matches.size(), 1u);
  EXPECT_EQ(excerpt.matches[0], (TextRange{14, 21}));
  EXPECT_EQ(search("swallow", false, fish).messages, 1u);
  EXPECT_EQ(search("swallow fish").messages, 1u) << "all words in one message";
}

TEST_F(SearchTest, finds_titles_too) {
  const ChatId chat = new_chat("Holiday in Łódź");
  const SearchResults results = search("lodz hol");
  EXPECT_TRUE(results.groups.empty()) << "ł is a letter of its own";
  ASSERT_EQ(search("holi").groups.size(), 1u);
  EXPECT_EQ(search("holi").groups[0].title->matches[0], (TextRange{0, 7}));
  store_->rename(chat, "Journey", TitleSource::person);
  EXPECT_TRUE(search("holi").groups.empty());
  EXPECT_EQ(search("journ").groups.size(), 1u);
}

TEST_F(SearchTest, leaves_out_the_trash_and_deleted_messages_unless_asked) {
  const ChatId chat = new_chat("x");
  const MessageId message = add(chat, Role::user, "needle");
  store_->trash(chat);
  EXPECT_EQ(search("needle").messages, 0u);
  EXPECT_EQ(search("needle", true).messages, 1u);
  store_->restore(chat);
  EXPECT_EQ(search("needle").messages, 1u);
  ASSERT_TRUE(wait<Transcript>([&](auto answer) { store_->delete_message(chat, message, answer); }));
  EXPECT_EQ(search("needle").messages, 0u);
  store_->erase(chat);
  EXPECT_EQ(search("needle", true).messages, 0u);
}

TEST_F(SearchTest, replies_are_found_when_they_are_finished) {
  const ChatId chat = new_chat("x");
  const Message reply = make(Role::assistant, "");
  store_->begin_reply(chat, reply);
  store_->append_reply(reply.id, "need");
  ASSERT_TRUE(flush());
  store_->append_reply(reply.id, "le");
  store_->end_reply(chat, reply.id, {});
  EXPECT_EQ(search("\"needle\"").messages, 1u);
  store_->continue_reply(chat, reply.id, {});
  store_->append_reply(reply.id, " and thread");
  store_->end_reply(chat, reply.id, {});
  EXPECT_EQ(search("\"needle and thread\"").messages, 1u);
}

TEST_F(SearchTest, says_when_there_is_more_than_it_shows) {
  const ChatId chat = new_chat("x");
  for (int i = 0; i < 12; ++i) add(chat, Role::user, "same");
  SearchRequest request;
  request.text = "same";
  request.most_messages = 10;
  const auto results = wait<SearchResults>([&](auto answer) { store_->search(request, answer); });
  EXPECT_EQ(results->messages, 10u);
  EXPECT_TRUE(results->more);
}

TEST_F(SearchTest, no_input_is_an_error) {
  new_chat("x");
  for (const char* text : {"", "\"", "a AND", "NEAR(", "*", "text:", "(((", "' OR 1=1", "🙂", "-", "\xff"})
    EXPECT_NO_THROW(search(text)) << text;
}

}  // namespace
}  // namespace etna::chats

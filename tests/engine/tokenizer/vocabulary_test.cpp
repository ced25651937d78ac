#include "engine/tokenizer/vocabulary.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/error.h"

namespace etna {
namespace {

TEST(Vocabulary, finds_ids_by_texts_and_texts_by_ids) {
  Vocabulary vocabulary;
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(vocabulary.add(std::to_string(i * 7919), i + 3, "test"), i + 3);
  EXPECT_EQ(vocabulary.size(), 5003);
  EXPECT_FALSE(vocabulary.contains(2));
  EXPECT_EQ(vocabulary.token(2), "");
  for (int i = 0; i < 5000; ++i) {
    const auto text = std::to_string(i * 7919);
    ASSERT_EQ(vocabulary.id(text), i + 3);
    ASSERT_EQ(vocabulary.token(i + 3), text);
  }
  EXPECT_EQ(vocabulary.id("x"), std::nullopt);
  EXPECT_EQ(vocabulary.longest(), 8U);
}

TEST(Vocabulary, tells_texts_of_all_lengths_apart) {
  Vocabulary vocabulary;
  std::string text;
  for (int i = 0; i < 200; ++i, text += 'a') vocabulary.add(text, i, "test");
  text.clear();
  for (int i = 0; i < 200; ++i, text += 'a') ASSERT_EQ(vocabulary.id(text), i);
  EXPECT_TRUE(vocabulary.contains(0)) << "the empty text is a text";
}

TEST(Vocabulary, the_first_id_of_a_text_and_the_first_text_of_an_id_stay) {
  Vocabulary vocabulary;
  vocabulary.add("a", 0, "test");
  EXPECT_EQ(vocabulary.add("a", 1, "test"), 0);
  EXPECT_EQ(vocabulary.add("b", 0, "test"), 0);
  EXPECT_EQ(vocabulary.id("a"), 0);
  EXPECT_EQ(vocabulary.id("b"), 0);
  EXPECT_EQ(vocabulary.token(0), "a");
}

TEST(Vocabulary, finds_many_at_once) {
  Vocabulary vocabulary;
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back(std::to_string(i));
  for (int i = 0; i < 1000; i += 2) vocabulary.add(texts[static_cast<std::size_t>(i)], i, "test");
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<std::int32_t> ids(views.size());
  vocabulary.ids(views, ids);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(ids[static_cast<std::size_t>(i)], i % 2 == 0 ? i : -1);
}

TEST(Vocabulary, far_ids_make_no_huge_table) {
  Vocabulary vocabulary;
  for (const std::int64_t id : {std::int64_t{-1}, std::int64_t{1} << 21, std::int64_t{1} << 40}) {
    EXPECT_THROW(vocabulary.add("a", id, "test"), Error) << id;
  }
  vocabulary.add("a", 1'000'000, "test");
  EXPECT_THROW(vocabulary.add("b", 2'000'000, "test"), Error) << "not a million more for every token";
}

}  // namespace
}  // namespace etna

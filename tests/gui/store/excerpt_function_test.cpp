#include "gui/store/excerpt_function.h"

#include <gtest/gtest.h>

#include "gui/store/word_tokenizer.h"

namespace etna::store {
namespace {

class ExcerptTest : public testing::Test {
protected:
  void SetUp() override {
    add_word_tokenizer(database_);
    add_excerpt_function(database_);
    database_.run("CREATE VIRTUAL TABLE words USING fts5(text, tokenize='etna_words')");
  }

  /// The excerpt of one text, matches in [brackets].
  std::string excerpt(const std::string& text, const std::string& typed, int words = 8) {
    database_.run("DELETE FROM words");
    database_.prepare("INSERT INTO words(text) VALUES (?)").with(text).run();
    Statement row =
        database_.prepare("SELECT etna_excerpt(words, 0, '[', ']', '…', ?2) FROM words WHERE words MATCH ?1");
    row.with(full_text_query(typed), words);
    return row.step() ? row.text(0) : std::string("nothing");
  }

  Database database_ = Database::in_memory();
};

TEST_F(ExcerptTest, a_short_text_is_there_whole_with_what_matches_marked) {
  EXPECT_EQ(excerpt("A swallow, and another Swallow.", "swallow"), "A [swallow], and another [Swallow].");
  EXPECT_EQ(excerpt("(Yes!)", "yes"), "([Yes]!)");
  EXPECT_EQ(excerpt("swallows", "swal"), "[swallows]");
}

TEST_F(ExcerptTest, a_long_text_is_cut_round_the_first_match) {
  const std::string text = "one two three four five six seven needle eight nine ten eleven twelve needle";
  EXPECT_EQ(excerpt(text, "needle"), "…six seven [needle] eight nine ten eleven twelve…");
  EXPECT_EQ(excerpt("needle " + text, "needle"), "[needle] one two three four five six seven…");
  EXPECT_EQ(excerpt(text + ".", "twelve"), "…seven needle eight nine ten eleven [twelve] needle.");
}

TEST_F(ExcerptTest, words_in_a_row_are_one_match_and_several_words_several) {
  EXPECT_EQ(excerpt("a big red bird, a red kite", "\"red bird\""), "a big [red bird], a red kite");
  EXPECT_EQ(excerpt("a big red bird, a red kite", "red big"), "a [big] [red] bird, a [red] kite");
  EXPECT_EQ(excerpt("one two three", "\"one two\" two"), "[one two] three");
}

TEST_F(ExcerptTest, a_match_longer_than_the_excerpt_is_cut_with_it) {
  EXPECT_EQ(excerpt("a b c d e f", "\"a b c d e\"", 3), "[a b c]…");
}

TEST_F(ExcerptTest, scripts_without_spaces_and_accents_are_marked_where_they_stand) {
  EXPECT_EQ(excerpt("我喜欢燕子。", "燕子"), "我喜欢[燕子]。");
  EXPECT_EQ(excerpt("Où est l'été ?", "ete"), "Où est l'[été] ?");
}

TEST_F(ExcerptTest, wrong_calls_are_errors_and_no_crashes) {
  database_.prepare("INSERT INTO words(text) VALUES ('x')").run();
  EXPECT_THROW(
      {
        Statement row = database_.prepare("SELECT etna_excerpt(words, 0) FROM words WHERE words MATCH 'x'");
        row.step();
      },
      SqliteError);
  Statement row = database_.prepare("SELECT etna_excerpt(words, 7, '[', ']', '…', 3) FROM words WHERE words MATCH 'x'");
  EXPECT_THROW(row.step(), SqliteError);
}

}  // namespace
}  // namespace etna::store

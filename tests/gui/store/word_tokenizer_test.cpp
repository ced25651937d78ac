#include "gui/store/word_tokenizer.h"

#include <gtest/gtest.h>

namespace etna::store {
namespace {

class WordTokenizer : public testing::Test {
protected:
  WordTokenizer() {
    add_word_tokenizer(database_);
    database_.run("CREATE VIRTUAL TABLE t USING fts5(text, tokenize = 'etna_words')");
  }

  bool finds(const std::string& text, const std::string& typed) {
    database_.run("DELETE FROM t");
    database_.prepare("INSERT INTO t VALUES (?)").with(text).run();
    const std::string query = full_text_query(typed);
    if (query.empty()) return false;
    Statement found = database_.prepare("SELECT 1 FROM t WHERE t MATCH ?");
    return found.with(query).step();
  }

  Database database_ = Database::in_memory();
};

TEST_F(WordTokenizer, finds_words_without_regard_to_case_and_accents) {
  EXPECT_TRUE(finds("Le CAFÉ est fermé", "cafe ferme"));
  EXPECT_TRUE(finds("ΑΘΗΝΑ", "αθηνα"));
  EXPECT_FALSE(finds("a cafeteria", "\"cafe\""));
  EXPECT_TRUE(finds("a cafeteria", "cafe")) << "the last word may go on";
  EXPECT_FALSE(finds("a cafeteria", "cafe ")) << "unless a space ends it";
}

TEST_F(WordTokenizer, finds_parts_of_texts_without_spaces) {
  EXPECT_TRUE(finds("我们在北京大学学习", "北京"));
  EXPECT_TRUE(finds("我们在北京大学学习", "学"));
  EXPECT_TRUE(finds("我们在北京大学学习", "北京大学"));
  EXPECT_FALSE(finds("我们在北京大学学习", "京北"));
  EXPECT_TRUE(finds("東京タワーに行く", "タワー"));
  EXPECT_TRUE(finds("오늘 서울에서", "서울"));
  EXPECT_TRUE(finds("ภาษาไทย", "ไทย"));
  EXPECT_TRUE(finds("run the GPU测试 twice", "gpu测试"));
}

TEST_F(WordTokenizer, nothing_that_is_typed_is_an_error) {
  for (const char* typed : {"",         " ",    "\"",     "\"\"",  "a\"b", "AND", "a AND", "NOT x", "NEAR(",
                            "(",        "*",    "a*",     "col:x", "{a}",  "^a",  "-a",    "a + b", "'; DROP TABLE t",
                            "\xff\xfe", "🙂", "a 🙂", "C++",   "don't"})
    EXPECT_NO_THROW(finds("a b", typed)) << typed;
  EXPECT_NO_THROW(finds("a b", std::string(100'000, 'x')));
  EXPECT_NO_THROW(finds("a b", std::string("a\0b", 3)));
  EXPECT_TRUE(finds("write C++ code", "c++"));
  EXPECT_TRUE(finds("a 🙂 day", "day 🙂")) << "signs are left out";
  EXPECT_TRUE(finds("one two three", "\"two three\""));
  EXPECT_FALSE(finds("one two three", "\"three two\""));
}

}  // namespace
}  // namespace etna::store

#include "engine/tokenizer/unigram.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/tokenizer/precompiled.h"
#include "tests/engine/tokenizer/tiny_tokenizers.h"

namespace etna {
namespace {

using Strings = std::vector<std::string>;

nlohmann::json tiny() {
  return nlohmann::json::parse(R"({"model":{"type":"Unigram","unk_id":0,
    "vocab":[["<unk>",0.0],["a",-1.0],["b",-1.5],["ab",-2.0],["abc",-9.0],["c",-2.0]]}})");
}

Strings cut(const nlohmann::json& json, const char* text) {
  const auto tokenizer = test::make(json);
  return test::spell(*tokenizer, tokenizer->encode(text, AddSpecialTokens::no));
}

TEST(Unigram, takes_the_cut_of_the_greatest_score) {
  EXPECT_EQ(cut(tiny(), "abc"), (Strings{"ab", "c"})) << "-2 - 2 is above -1 - 1.5 - 2 and -9";
  auto other = tiny();
  other["model"]["vocab"][3][1] = -2.6;
  EXPECT_EQ(cut(other, "ab"), (Strings{"a", "b"}));
}

TEST(Unigram, neighbouring_unknown_characters_are_one_token) {
  EXPECT_EQ(cut(tiny(), "axyzb"), (Strings{"a", "<unk>", "b"}));
  EXPECT_EQ(cut(tiny(), "é"), (Strings{"<unk>"}));
}

TEST(Unigram, unknown_text_becomes_bytes_when_all_are_tokens) {
  auto json = tiny();
  json["model"]["byte_fallback"] = true;
  json["model"]["vocab"].push_back(nlohmann::json::array({"<0xC3>", -1.0}));
  json["model"]["vocab"].push_back(nlohmann::json::array({"<0xA9>", -1.0}));
  EXPECT_EQ(cut(json, "aé"), (Strings{"a", "<0xC3>", "<0xA9>"}));
  EXPECT_EQ(cut(json, "ü"), (Strings{"<unk>"}));
}

TEST(Unigram, hostile_vocabularies_are_refused) {
  auto json = tiny();
  json["model"]["unk_id"] = 99;
  EXPECT_THROW(test::make(json), Error);
  json = tiny();
  json["model"]["vocab"][1] = "a";
  EXPECT_THROW(test::make(json), Error);
  json = tiny();
  json["model"]["vocab"] = {{"a", 0}};
  EXPECT_THROW(test::make(json), Error);
}

TEST(PrecompiledMap, hostile_tables_are_refused_or_do_nothing) {
  EXPECT_THROW(PrecompiledMap("", "x"), Error);
  EXPECT_THROW(PrecompiledMap("****", "x"), Error);
  EXPECT_THROW(PrecompiledMap("/////w==", "x"), Error) << "claims 4 GB";
  EXPECT_EQ(PrecompiledMap("AAAAAA==", "x").apply("aé😀"), "aé😀") << "an empty table";
  // Units whose offsets point outside of the table.
  EXPECT_EQ(PrecompiledMap("BAAAAP////8=", "x").apply("aé\x01"), "aé\x01");
}

}  // namespace
}  // namespace etna

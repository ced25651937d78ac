#include "engine/tokenizer/json_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "engine/base/error.h"
#include "engine/base/json.h"

namespace etna {
namespace {

/// Any value, by the reader's own means.
nlohmann::json read(JsonReader& reader) {
  const char next = reader.peek();
  if (next == '"') return std::string(reader.string());
  if (next == '-' || (next >= '0' && next <= '9')) return nlohmann::json::parse(reader.number());
  if (next == '[') {
    auto list = nlohmann::json::array();
    reader.elements([&] { list.push_back(read(reader)); });
    return list;
  }
  auto object = nlohmann::json::object();
  reader.members([&](std::string_view key) {
    const std::string name(key);
    object[name] = read(reader);
  });
  return object;
}

TEST(JsonReader, reads_what_the_parser_reads) {
  const std::string text =
      R"( {"a" : [1, -2.5e+3, 0, "x\u0120\ud83d\ude00\"\\\/\b\f\n\r\t ü"], "b\n":{}, "":[[ ],{"c":"語"}]} )";
  JsonReader reader(text, "test");
  EXPECT_EQ(read(reader), parse_json(text, "test"));
  EXPECT_EQ(reader.peek(), '\0');
}

TEST(JsonReader, steps_over_values_and_counts_their_strings) {
  const std::string text = R"(["a\"]", {"b": [1, "}"]}, 12 , true])";
  JsonReader reader(text, "test");
  std::vector<std::string> values;
  std::vector<std::size_t> strings;
  reader.elements([&] {
    values.emplace_back(reader.skip());
    strings.push_back(reader.strings());
  });
  EXPECT_EQ(values, (std::vector<std::string>{R"("a\"]")", R"({"b": [1, "}"]})", "12", "true"}));
  EXPECT_EQ(strings, (std::vector<std::size_t>{1, 2, 0, 0}));
}

/// What the parser refuses the reader refuses, with the parser's words; what it takes gives the same values.
TEST(JsonReader, is_as_strict_as_the_parser_for_any_damage) {
  const std::string whole = R"({"a":[1,-2.5e3,"x\u0120\ud83d\ude00\n"],"b":{"c":[]},"d":[["e","f"],0]})";
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole;
    for (std::size_t i = 0, n = random() % 3 + 1; i < n; ++i) {
      const std::size_t at = random() % text.size();
      static constexpr std::string_view bytes = "\"\\[]{},:0-.e u1d\n\x01";
      if (random() % 2 == 0)
        text.erase(at, 1);
      else
        text[at] = bytes[random() % bytes.size()];
    }
    std::string got, wanted;
    nlohmann::json value, expected;
    try {
      expected = parse_json(text, "test");
    } catch (const Error& error) {
      wanted = error.what();
    }
    try {
      JsonReader reader(text, "test");
      value = read(reader);
      if (reader.peek() != '\0') reader.malformed();
    } catch (const Error& error) {
      got = error.what();
    }
    ASSERT_EQ(got, wanted) << text;
    if (wanted.empty()) {
      ASSERT_EQ(value, expected) << text;
    }
  }
}

}  // namespace
}  // namespace etna

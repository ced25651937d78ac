#include "cli/commands/json_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace etna::cli {
namespace {

TEST(JsonText, FloatsHaveTheFewestDigitsOfTheirType) {
  const std::vector<float> floats = {0.1f, 1.0f, 3.4028235e38f, 1e-45f};
  const std::vector<double> doubles = {0.1, 1.0 / 3};
  EXPECT_EQ(JsonText().add("f", std::span<const float>(floats)).add("d", std::span<const double>(doubles)).object(),
            R"({"f":[0.1,1,3.4028235e+38,1e-45],"d":[0.1,0.3333333333333333]})");
}

TEST(JsonText, WhatIsNotFiniteIsAText) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(
      JsonText().add("a", infinity).add("b", -infinity).add("c", std::numeric_limits<double>::quiet_NaN()).object(),
      R"({"a":"Infinity","b":"-Infinity","c":"NaN"})");
}

TEST(JsonText, TextsAreEscapedAndAlwaysValid) {
  EXPECT_EQ(JsonText().add("a\"", "line\nbreak é").object(), "{\"a\\\"\":\"line\\nbreak é\"}");
  EXPECT_EQ(quoted_json("\xff"), "\"\xef\xbf\xbd\"");
}

TEST(JsonText, ListsAndTruthsAreWritten) {
  const std::vector<std::vector<std::int32_t>> rows = {{1, -2}, {}};
  EXPECT_EQ(JsonText().add("rows", rows).add("ok", true).add("n", 18446744073709551615u).object(),
            R"({"rows":[[1,-2],[]],"ok":true,"n":18446744073709551615})");
}

}  // namespace
}  // namespace etna::cli

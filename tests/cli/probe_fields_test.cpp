#include "cli/commands/probe_fields.h"

#include <gtest/gtest.h>

#include "tests/engine/io/fails_with.h"

namespace etna::cli {
namespace {

using nlohmann::json;
using test::expect_failure;

TEST(ProbeFields, NullCountsAsAbsentOnlyWhereThereIsADefault) {
  const json request = {{"a", nullptr}};
  Fields fields(request, "op");
  EXPECT_EQ(fields.text_or("a", "x"), "x");
  EXPECT_EQ(fields.boolean_or("a", true), true);
  EXPECT_EQ(fields.integer_or("a", 0, 9, 4), 4);
  EXPECT_FALSE(fields.indices_or_none("a").has_value());
  expect_failure([&] { fields.text("a"); }, Errc::invalid_argument, {"op: a must be a text"});
  expect_failure([&] { fields.integer("b", 0, 9); }, Errc::invalid_argument, {"op: b is missing"});
}

TEST(ProbeFields, TokenIdsAreWholeNumbersOfTheirRange) {
  const auto ids = [](const json& value) {
    const json request = {{"ids", value}};
    return Fields(request, "op").ids("ids", 1);
  };
  EXPECT_EQ(ids({1, 2147483647}), (std::vector<std::int32_t>{1, 2147483647}));
  for (const json& bad : {json::array(), json{1.5}, json{-1}, json{2147483648u}, json{9223372036854775808u}, json{"1"},
                          json("1"), json(std::vector<int>(max_ids + 1))}) {
    expect_failure([&] { ids(bad); }, Errc::invalid_argument, {"ids"});
  }
}

TEST(ProbeFields, BatchesHaveAtMostTheirLimitOfRowsAndNoneIsEmpty) {
  const auto rows = [](const json& value) {
    const json request = {{"prompts", value}};
    return Fields(request, "op").rows_of_ids("prompts").size();
  };
  EXPECT_EQ(rows({{1}, {2, 3}}), 2u);
  expect_failure([&] { rows(json::array()); }, Errc::invalid_argument, {"prompts"});
  expect_failure([&] { rows({json{1}, json::array()}); }, Errc::invalid_argument, {"prompts"});
  expect_failure([&] { rows(json(std::vector<std::vector<int>>(257, {1}))); }, Errc::invalid_argument, {"prompts"});
}

TEST(ProbeFields, WhatNobodyReadIsRefused) {
  const json request = {{"a", 1}, {"b", 2}};
  Fields fields(request, "op");
  fields.integer("a", 0, 9);
  expect_failure([&] { fields.finish(); }, Errc::invalid_argument, {"unknown field \"b\""});
  fields.any("b");
  EXPECT_NO_THROW(fields.finish());
}

}  // namespace
}  // namespace etna::cli

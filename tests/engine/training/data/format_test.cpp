#include "engine/training/data/format.h"

#include <gtest/gtest.h>

#include "tests/engine/io/fails_with.h"

namespace etna::training {
namespace {

ColumnSample text(const char* name) {
  return {name, "x", true, false};
}

ColumnSample dialog(const char* name) {
  return {name, "[…]", false, true};
}

ColumnMapping mapping(std::vector<ColumnMapping::Column> columns) {
  return {std::move(columns)};
}

TEST(Format, the_four_forms_of_mlx_are_known_by_their_names) {
  EXPECT_EQ(detect_format({dialog("messages")}).kind, DataKind::chat);
  EXPECT_EQ(detect_format({dialog("messages"), {"tools", "[]", false, false}}).kind, DataKind::tools);
  EXPECT_EQ(detect_format({text("prompt"), text("completion"), dialog("messages")}).kind, DataKind::completions);
  EXPECT_EQ(detect_format({text("id"), text("text")}).kind, DataKind::text);
  EXPECT_EQ(detect_format({dialog("messages"), text("text")}).words, "Chat messages (role and content)");
}

TEST(Format, other_names_are_guessed_and_have_to_be_confirmed) {
  const DataFormat alpaca = detect_format({text("Instruction"), text("input"), text("output"), text("id")});
  EXPECT_EQ(alpaca.kind, DataKind::unclear);
  EXPECT_EQ(alpaca.mapping, mapping({{"Instruction", ColumnRole::prompt},
                                     {"input", ColumnRole::prompt},
                                     {"output", ColumnRole::answer},
                                     {"id", ColumnRole::ignore}}));
  EXPECT_EQ(alpaca.mapping.kind(), DataKind::completions);
  const DataFormat shared = detect_format({text("id"), dialog("conversations")});
  EXPECT_EQ(shared.kind, DataKind::unclear);
  EXPECT_EQ(shared.mapping.kind(), DataKind::chat);
}

TEST(Format, columns_that_say_nothing_are_left_to_a_person) {
  const DataFormat format = detect_format({text("a"), {"b", "{}", false, false}});
  EXPECT_EQ(format.kind, DataKind::unclear);
  EXPECT_EQ(format.mapping.kind(), DataKind::unclear);
  EXPECT_EQ(format.mapping.columns.size(), 2u);
}

TEST(Format, roles_have_names) {
  EXPECT_EQ(role_named("answer"), ColumnRole::answer);
  EXPECT_STREQ(name(ColumnRole::system), "system");
  test::expect_failure([] { role_named("reply"); }, Errc::invalid_argument, {"reply", "answer"});
}

}  // namespace
}  // namespace etna::training

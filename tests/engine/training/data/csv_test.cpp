#include "engine/training/data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace etna::training {
namespace {

using testing::ElementsAre;
using testing::Optional;

TEST(Csv, fields_are_kept_apart_by_the_separator) {
  EXPECT_THAT(csv_fields("a,b,,c\r", ','), Optional(ElementsAre("a", "b", "", "c")));
  EXPECT_THAT(csv_fields("a;b,c", ';'), Optional(ElementsAre("a", "b,c")));
  EXPECT_THAT(csv_fields("", ','), Optional(ElementsAre("")));
}

TEST(Csv, quotes_hold_separators_line_ends_and_quotes) {
  EXPECT_THAT(csv_fields("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"", ','),
              Optional(ElementsAre("a,b", "say \"hi\"", "two\nlines")));
  EXPECT_THAT(csv_fields("5\" pipe,b", ','), Optional(ElementsAre("5\" pipe", "b")));
}

TEST(Csv, what_cannot_be_told_is_nothing) {
  EXPECT_FALSE(csv_fields("\"open,b", ','));
  EXPECT_FALSE(csv_fields(std::string(2 * most_csv_fields, ','), ','));
}

TEST(Csv, the_separator_is_what_is_there_most_often) {
  EXPECT_EQ(csv_separator("a,b"), ',');
  EXPECT_EQ(csv_separator("a;b;c,d"), ';');
  EXPECT_EQ(csv_separator("a\tb"), '\t');
}

}  // namespace
}  // namespace etna::training

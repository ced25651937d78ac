#include "engine/training_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using Piece = DataSample::Piece;
using testing::ElementsAre;
using testing::HasSubstr;

class TrainingDataTest : public testing::Test {
protected:
  std::string recipe(const std::string& rows, const nlohmann::json& more = {}) {
    nlohmann::json json{{"data", folder_.write("train.jsonl", rows).string()}};
    if (more.is_object()) json.update(more);
    return json.dump();
  }

  test::TemporaryFolder folder_;
};

TEST_F(TrainingDataTest, a_row_is_shown_as_the_model_reads_it) {
  const auto data = TrainingData::open(recipe("{\"prompt\": \"hi\", \"completion\": \"hello\"}\n{}\n", {{"mask_prompt", true}}), "");
  EXPECT_EQ(data->outline().words, "Prompts and answers");
  EXPECT_TRUE(data->outline().is_clear);
  EXPECT_FALSE(data->outline().has_check_rows);
  EXPECT_EQ(data->rows_known(), std::pair(std::uint64_t{2}, true));
  const DataSample sample = data->sample(0);
  EXPECT_THAT(sample.pieces, ElementsAre(Piece{"<|bos|><|user|>\nhi<|end|>\n<|assistant|>\n", false}, Piece{"hello<|end|>\n", true}));
  EXPECT_GT(sample.tokens, 5u);
  EXPECT_THAT(data->sample(1).problem, HasSubstr("line 2 has no prompt"));
}

TEST_F(TrainingDataTest, columns_are_mapped_in_the_recipe) {
  const std::string rows = "{\"q\": \"a\", \"reply\": \"b\"}\n";
  const auto unclear = TrainingData::open(recipe(rows), "");
  EXPECT_FALSE(unclear->outline().is_clear);
  ASSERT_EQ(unclear->outline().columns.size(), 2u);
  EXPECT_EQ(unclear->outline().columns[0].role, "ignore");
  const auto mapped = TrainingData::open(recipe(rows, {{"columns", {{"q", "prompt"}, {"reply", "answer"}}}}), "");
  EXPECT_TRUE(mapped->outline().is_clear);
  EXPECT_EQ(mapped->outline().columns[1].role, "answer");
  EXPECT_EQ(mapped->sample(0).problem, "");
}

TEST_F(TrainingDataTest, a_fix_goes_into_the_recipe_and_helps) {
  std::string rows = "{broken\n";
  for (int i = 0; i < 120; ++i) rows += nlohmann::json{{"text", "row " + std::to_string(i)}}.dump() + "\n";
  const std::string before = recipe(rows);
  const DataReport report = TrainingData::open(before, "")->look();
  ASSERT_TRUE(report.has_errors);
  ASSERT_EQ(report.findings[0].check, "not_parsable");
  EXPECT_THAT(report.findings[0].text, HasSubstr("Line 1 is not valid JSON: "));
  ASSERT_EQ(report.findings[0].fixes.size(), 2u);
  const std::string after = with_fix(before, report.findings[0].fixes[1]);
  const DataReport fixed = TrainingData::open(after, "")->look();
  EXPECT_FALSE(fixed.has_errors);
  EXPECT_EQ(fixed.usable_rows, 120u);
  EXPECT_FALSE(fixed.lengths.empty());
  EXPECT_EQ(nlohmann::json::parse(with_fix(after, {"raise_length", "", 3072}))["max_seq_length"], 3072);
  EXPECT_EQ(with_fix(after, {"show", "", 0}), after);
}

}  // namespace
}  // namespace etna

#include "engine/training/data/data_set.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "engine/io/starter_model.h"
#include "engine/training/data/example_list.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna::training {
namespace {

std::string pairs(int first, int count) {
  std::string text;
  for (int i = first; i < first + count; ++i) {
    text +=
        "{\"prompt\": \"question " + std::to_string(i) + "\", \"completion\": \"answer " + std::to_string(i) + "\"}\n";
  }
  return text;
}

class DataSetTest : public testing::Test {
protected:
  std::shared_ptr<const DataSet> open(const std::string& name = "", DataOptions options = {}) {
    options.path = name.empty() ? folder_.path() : folder_ / name;
    return DataSet::open(std::move(options));
  }

  std::shared_ptr<ExampleList> read(DataOptions options = {}, std::int64_t limit = 2048) {
    return ExampleList::read(open("", std::move(options)), DataPart::train, encoder_, limit);
  }

  static std::set<std::uint64_t> rows_of(const DataSet& data, DataPart part) {
    std::set<std::uint64_t> rows;
    DataSet::Reader reader(data, part);
    while (reader.next()) rows.insert(reader.row());
    return rows;
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<const ExampleEncoder> encoder_ =
      std::make_shared<ExampleEncoder>(Tokenizer::load(starter_model_folder()), Learn::everything);
};

TEST_F(DataSetTest, a_folder_has_parts) {
  folder_.write("train.jsonl", pairs(0, 5));
  folder_.write("valid.jsonl", pairs(5, 2));
  folder_.write("test.jsonl", "");
  const auto data = open();
  EXPECT_EQ(data->kind(), DataKind::completions);
  EXPECT_EQ(data->rows(DataPart::train), 5u);
  EXPECT_EQ(data->rows(DataPart::valid), 2u);
  EXPECT_FALSE(data->has(DataPart::test)) << "an empty file is none";
  EXPECT_EQ((*std::get<Conversation>(data->read(DataPart::valid, 1)).messages)[1]["content"], "answer 6");
  EXPECT_EQ(data->first_rows(DataPart::train, 3).size(), 3u);
}

TEST_F(DataSetTest, files_of_the_hub_may_be_in_pieces_and_versions) {
  const std::string version = "datasets--a--b/snapshots/0123abc/data/";
  folder_.write(version + "train-00001-of-00002.jsonl", pairs(10, 3));
  folder_.write(version + "train-00000-of-00002.jsonl", pairs(0, 2));
  folder_.write(version + "validation-00000-of-00001.jsonl", pairs(20, 1));
  folder_.write("datasets--a--b/snapshots/0123abc/dataset_info.json", "{}");
  folder_.write("datasets--a--b/refs/main", "0123abc\n");
  const auto data = open("datasets--a--b");
  EXPECT_EQ(data->rows(DataPart::train), 5u);
  EXPECT_EQ((*std::get<Conversation>(data->read(DataPart::train, 2)).messages)[0]["content"], "question 10");
  EXPECT_EQ(data->rows(DataPart::valid), 1u);
}

TEST_F(DataSetTest, a_folder_without_data_says_what_was_wanted) {
  test::expect_failure([&] { open(); }, Errc::not_found, {"train.jsonl"});
  folder_.write("train.parquet", "PAR1");
  test::expect_failure([&] { open(); }, Errc::unsupported, {"Parquet"});
  test::expect_failure([&] { open("missing"); }, Errc::not_found, {"missing"});
}

TEST_F(DataSetTest, rows_for_checking_are_split_off_by_seed) {
  folder_.write("all.jsonl", pairs(0, 100));
  const auto data = open("", {.path = {}, .check_share = 0.05});
  const auto train = rows_of(*data, DataPart::train), valid = rows_of(*data, DataPart::valid);
  EXPECT_EQ(train.size(), 95u);
  EXPECT_EQ(valid.size(), 5u);
  EXPECT_EQ(data->rows(DataPart::train), 95u);
  for (const std::uint64_t row : valid) EXPECT_FALSE(train.contains(row));
  EXPECT_EQ(rows_of(*open("", {.path = {}, .check_share = 0.05}), DataPart::valid), valid);
  EXPECT_NE(rows_of(*open("", {.path = {}, .check_share = 0.05, .split_seed = 7}), DataPart::valid), valid);
}

TEST_F(DataSetTest, a_file_for_checking_comes_before_a_split) {
  folder_.write("train.jsonl", pairs(0, 10));
  folder_.write("valid.jsonl", pairs(10, 2));
  const auto data = open("", {.path = {}, .check_share = 0.5});
  EXPECT_EQ(data->rows(DataPart::train), 10u);
  EXPECT_EQ(data->rows(DataPart::valid), 2u);
}

TEST_F(DataSetTest, a_row_that_cannot_be_learned_from_is_named_until_a_fix_is_chosen) {
  folder_.write("train.jsonl", pairs(0, 2) + "{\"prompt\": \"a\"}\n{broken\n" + pairs(2, 1) +
                                   "{\"prompt\": \"a\", \"completion\": \"\"}\n");
  test::expect_failure([&] { read(); }, Errc::corrupt, {"train.jsonl line 3", "no answer", "skip_incomplete"});
  test::expect_failure([&] { read({.fixes = {.skip_incomplete = true}}); }, Errc::corrupt,
                       {"train.jsonl line 4", "cannot be read", "skip_unreadable"});
  const auto list = read({.fixes = {.skip_unreadable = true, .skip_incomplete = true}});
  EXPECT_EQ(list->size(), 3u);
  EXPECT_EQ(list->skipped(), 3u) << "an empty answer is always left out";
  EXPECT_EQ(list->row(2), 4u);
}

TEST_F(DataSetTest, duplicates_and_long_rows_are_left_out_where_that_was_chosen) {
  folder_.write("train.jsonl",
                pairs(0, 3) + pairs(1, 1) + "{\"prompt\": \"" + std::string(400, 'x') + "\", \"completion\": \"b\"}\n");
  EXPECT_EQ(read()->size(), 5u);
  EXPECT_EQ(read({.fixes = {.remove_duplicates = true}})->size(), 4u);
  EXPECT_EQ(read({.fixes = {.skip_long = true}}, 64)->size(), 4u);
}

TEST_F(DataSetTest, unclear_columns_are_asked_for_by_name) {
  folder_.write("train.jsonl", "{\"one\": \"a\", \"two\": \"b\"}\n");
  test::expect_failure([&] { read(); }, Errc::invalid_argument, {"columns", "one, two"});
  const auto list =
      read({.path = {}, .mapping = ColumnMapping{{{"one", ColumnRole::prompt}, {"two", ColumnRole::answer}}}});
  EXPECT_EQ(list->size(), 1u);
}

TEST_F(DataSetTest, the_fingerprint_tells_other_data_apart) {
  folder_.write("train.jsonl", pairs(0, 4));
  const std::string fingerprint = read()->fingerprint();
  EXPECT_EQ(read()->fingerprint(), fingerprint);
  folder_.write("train.jsonl", pairs(0, 3) + pairs(7, 1));
  EXPECT_NE(read()->fingerprint(), fingerprint);
}

TEST_F(DataSetTest, fixes_have_names) {
  DataFixes fixes;
  apply({FixKind::join_messages, "Join them", 0}, fixes);
  apply({FixKind::read_windows_1252, "Read as Windows-1252", 0}, fixes);
  EXPECT_EQ(names(fixes), (std::vector<std::string>{"join_messages", "read_windows_1252"}));
  EXPECT_EQ(fixes_named(names(fixes)), fixes);
  test::expect_failure([] { fixes_named({"mend"}); }, Errc::invalid_argument, {"mend", "skip_unreadable"});
}

}  // namespace
}  // namespace etna::training

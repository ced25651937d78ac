#include "engine/training/data/record_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/io/starter_model.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna::training {
namespace {

using testing::ElementsAre;

class RecordBatchesTest : public testing::Test {
protected:
  /// Rows of plain text with so many letters.
  std::shared_ptr<const ExampleList> examples(const std::vector<int>& letters) {
    std::string text;
    for (const int count : letters)
      text += "{\"text\": \"" + std::string(static_cast<std::size_t>(count), 'z') + "\"}\n";
    const auto encoder = std::make_shared<ExampleEncoder>(Tokenizer::load(starter_model_folder()), Learn::everything);
    return ExampleList::read(DataSet::open({.path = folder_.write("train.jsonl", text)}), DataPart::train, encoder,
                             2048);
  }

  test::TemporaryFolder folder_;
};

TEST(NumpyPermutation, is_that_of_numpys_legacy_generator) {
  std::mt19937 random(0);
  EXPECT_THAT(numpy_permutation(random, 10), ElementsAre(2, 8, 4, 9, 1, 6, 7, 3, 0, 5))
      << "np.random.seed(0); np.random.permutation(10)";
  EXPECT_TRUE(numpy_permutation(random, 0).empty());
  EXPECT_THAT(numpy_permutation(random, 1), ElementsAre(0));
}

TEST_F(RecordBatchesTest, examples_of_like_length_share_a_batch_and_a_short_last_one_is_left_out) {
  const auto list = examples({200, 3, 150, 4, 5});
  RecordBatches batches(list, {.batch_size = 2, .shuffle = false});
  EXPECT_EQ(batches.batches(), 2);
  const Batch first = batches.next(), second = batches.next();
  EXPECT_EQ(first.rows, 2);
  EXPECT_EQ(first.length, 32);
  EXPECT_EQ(first.inputs[0], list->example(1).tokens[0]);
  EXPECT_EQ(second.length, padded_length(list->length(2), 2048));
  EXPECT_EQ(batches.next(), first) << "the next pass";
  EXPECT_THAT(batches.shapes(), ElementsAre(BatchShape{2, second.length}, BatchShape{2, 32}));
}

TEST_F(RecordBatchesTest, each_pass_has_an_order_of_its_own_by_seed) {
  const auto list = examples({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  const auto passes = [&](std::uint64_t seed) {
    RecordBatches batches(list, {.batch_size = 1, .seed = seed});
    std::vector<std::int64_t> learned;
    for (int i = 0; i < 32; ++i) learned.push_back(batches.next().learned());
    return learned;
  };
  const auto order = passes(0);
  EXPECT_EQ(passes(0), order);
  EXPECT_NE(passes(1), order);
  EXPECT_FALSE(std::equal(order.begin(), order.begin() + 16, order.begin() + 16)) << "two passes";
  EXPECT_TRUE(std::is_permutation(order.begin(), order.begin() + 16, order.begin() + 16));
}

TEST_F(RecordBatchesTest, a_saved_position_is_found_again) {
  const auto list = examples({1, 2, 3, 4, 5, 6, 7, 8, 9});
  RecordBatches batches(list, {.batch_size = 2, .seed = 3});
  for (int i = 0; i < 10; ++i) batches.next();
  const std::string position = batches.position();
  const Batch next = batches.next();
  RecordBatches other(list, {.batch_size = 2, .seed = 3});
  other.seek(position);
  EXPECT_EQ(other.next(), next);
  EXPECT_EQ(other.fingerprint(), batches.fingerprint());
  EXPECT_NE(RecordBatches(list, {.batch_size = 3}).fingerprint(), batches.fingerprint());
  for (const char* wrong : {"", "pass", "pass -1 batch 0", "pass 0 batch 5", "pass 99999999999 batch 0"}) {
    test::expect_failure([&] { other.seek(wrong); }, Errc::corrupt, {"no place"});
  }
}

TEST_F(RecordBatchesTest, texts_that_share_a_row_do_not_learn_where_they_begin) {
  const auto list = examples({3, 4, 5, 40});
  const std::int64_t limit = list->length(0) + list->length(1) + list->length(2);
  RecordBatches batches(
      list, {.batch_size = 1, .limit = limit, .order = BatchOrder::as_stored, .pack = true, .shuffle = false});
  EXPECT_EQ(batches.batches(), 2);
  const Batch batch = batches.next();
  EXPECT_EQ(batch.learned(), limit - 3);
  const auto second = static_cast<std::size_t>(list->length(0));
  EXPECT_EQ(batch.targets[second - 1], -1);
  EXPECT_EQ(batch.inputs[second], list->example(1).tokens[0]);
  EXPECT_EQ(batch.targets[second], list->example(1).tokens[1]);
}

TEST_F(RecordBatchesTest, fewer_rows_than_a_batch_are_refused_or_make_a_smaller_one) {
  const auto list = examples({3, 4});
  test::expect_failure([&] { RecordBatches(list, {.batch_size = 4}); }, Errc::invalid_argument,
                       {"2 rows", "batch of 4"});
  RecordBatches check(list, {.batch_size = 4, .may_be_small = true});
  EXPECT_EQ(check.next().rows, 2);
  test::expect_failure([&] { RecordBatches(list, {.batch_size = 1, .limit = 1}); }, Errc::invalid_argument,
                       {"max_seq_length"});
}

}  // namespace
}  // namespace etna::training

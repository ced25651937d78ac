#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/training/batch.h"
#include "engine/training/data/example_list.h"

namespace etna::training {

/// np.random.permutation(count) of numpy's legacy generator: Fisher–Yates from the last place down, each index drawn by
/// masked rejection from 32 bits of the Mersenne twister (numpy/random/mtrand.pyx, legacy/distributions).
std::vector<std::uint32_t> numpy_permutation(std::mt19937& random, std::uint32_t count);

/// In which order examples are cut into batches.
enum class BatchOrder {
  by_length,  ///< shortest first, equals in their own order: little padding
  as_stored,  ///< as in the file: what mlx-lm does in training, where it takes the number of a row's keys for its
              ///< length
};

struct RecordBatchOptions {
  std::int64_t batch_size = 4;
  std::int64_t limit = 2048;  ///< tokens; longer examples are cut
  std::uint64_t seed = 0;
  BatchOrder order = BatchOrder::by_length;
  bool pack = false;          ///< examples follow each other in a row as long as they fit
  bool shuffle = true;        ///< false: batches come in their order
  bool may_be_small = false;  ///< fewer examples than batch_size make one batch, instead of an error: for checks
};

/// Batches as mlx-lm's iterate_batches makes them (mlx_lm/tuner/trainer.py): examples in their order, cut into batches
/// of batch_size, a shorter last one left out; the order of the batches is drawn anew for each pass with numpy's
/// generator, whose seed is set once. Rows are padded as make_batch says.
///
/// Unlike there, the padding behind an example is never learned.
class RecordBatches : public BatchSource {
public:
  /// Throws invalid_argument where there are fewer examples than one batch needs.
  RecordBatches(std::shared_ptr<const ExampleList> examples, const RecordBatchOptions& options);

  Batch next() override;

  std::int64_t batches() const override { return batches_; }

  void rewind() override;
  std::string position() const override;
  void seek(const std::string& position) override;
  std::string fingerprint() const override;
  std::vector<BatchShape> shapes() const override;

private:
  void make_rows();
  void shuffle();
  std::int64_t row_length(std::uint32_t row) const;
  Example row(std::uint32_t row) const;

  std::shared_ptr<const ExampleList> examples_;
  RecordBatchOptions options_;
  std::vector<std::uint32_t>
      begins_;  // of rows: their first examples, and the number of all; empty: each example is a row
  std::vector<std::uint32_t> order_;  // rows as batches take them
  std::int64_t batches_ = 0, batch_rows_ = 0;
  std::mt19937 random_;
  std::vector<std::uint32_t> pass_order_;
  std::uint64_t pass_ = 0, place_ = 0;
};

}  // namespace etna::training

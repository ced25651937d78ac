#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/session/training_data_messages.h"

namespace etna {

/// Training data as programs see it before a run. Nothing of it is in memory as a whole. Everything works on disk: not
/// for a GUI thread. Any other thread, several at a time.
class TrainingData {
public:
  /// Reads the first rows and the model's tokenizer. Throws not_found, io, corrupt, unsupported, invalid_argument, naming
  /// the file and what was wanted.
  explicit TrainingData(TrainingDataRequest request);
  ~TrainingData();
  TrainingData(const TrainingData&) = delete;
  TrainingData& operator=(const TrainingData&) = delete;

  TrainingDataFormat format() const;

  /// The first rows of training, without waiting for anything.
  std::vector<TrainingExample> first_examples(std::size_t most) const;

  /// Rows of training, counted from 1; those behind the end count from the beginning again. Waits until the file is
  /// known up to there; throws cancelled.
  std::vector<TrainingExample> examples(const std::vector<std::uint64_t>& rows, const std::stop_token& stop) const;

  /// Looks at every row; `seen` is told every few thousand rows what is known. Throws io, cancelled.
  TrainingDataReport validate(const std::function<void(const TrainingDataReport&)>& seen, const std::stop_token& stop) const;

  /// A recipe (JSON, TrainingRequest::recipe) as the file that `etna-cli lora -c` and mlx-lm read.
  static std::string recipe_file(const std::string& recipe);

private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace etna

#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "engine/base/progress.h"

namespace etna {

/// What of a recipe's data a model is tested with.
struct TestRequest {
  std::string model;           ///< folder; empty: the starter model
  std::string device = {};     ///< as LoadRequest::device
  std::string recipe;          ///< as TrainingRequest::recipe: its data's test rows, its batches
  std::string adapter;         ///< folder; empty: the model alone
  std::int64_t batches = 500;  ///< below 0: all
};

struct TestReport {
  double loss = 0;  ///< mean cross entropy of the learned tokens
  std::uint64_t tokens = 0;

  double perplexity() const { return std::exp(loss); }
};

/// The loss on the test rows. Loads the model by itself and forgets it again. Progress counts batches. Throws what is
/// wrong with model, adapter, recipe or data, out_of_memory, cancelled.
TestReport test_adapter(const TestRequest& request, const Progress& progress = {});

}  // namespace etna

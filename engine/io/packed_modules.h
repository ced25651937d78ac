#pragma once

#include <optional>
#include <string>

#include "engine/io/quantize.h"
#include "engine/io/tensor_source.h"

namespace etna {

/// The three tensors of a quantized weight as files store them.
struct StoredPacking {
  const StoredTensor* weight = nullptr;
  const StoredTensor* scales = nullptr;
  const StoredTensor* biases = nullptr;  ///< none for the float modes
};

/// Checks that types and shapes of the tensors fit each other and the configuration, and views them as one weight.
/// Throws corrupt, naming file and tensor.
PackedView packed_view(const StoredPacking& stored, const QuantizationConfig& config);

}  // namespace etna

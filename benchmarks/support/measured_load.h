#pragma once

#include <cstdint>
#include <memory>

#include "engine/array/backend.h"
#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"
#include "engine/session/model_files.h"

namespace etna::benchmarks {

/// A load as it was rehearsed and as it was.
struct MeasuredLoad {
  std::uint64_t estimated_bytes = 0;
  std::uint64_t measured_bytes = 0;  ///< the ledger's peak from before the load to the last token
  double estimate_seconds = 0;       ///< of a context that was not asked for before, headers known
};

/// Loads, reads a prompt of a whole piece (or as much as the context holds), writes 8 tokens and unloads.
MeasuredLoad measure_load(const ModelConfig& config, const TensorSource& tensors, const std::shared_ptr<Backend>& backend, std::uint64_t context);

}  // namespace etna::benchmarks

#pragma once

#include <cstdint>
#include <optional>

#include "hub/api.h"

/// How large a model of a listing is, from its line alone: no request of its own. Rough; the headers tell exactly.
namespace etna::hub {

/// Weights, from what the listing counts or from the name ("Qwen3-8B", "30B-A3B"); 0: not known.
std::uint64_t parameter_count(const ModelSummary& model);

struct RoughSize {
  std::uint64_t download_bytes = 0;  ///< of the weights, in the version that most people take
  std::uint64_t memory_bytes = 0;    ///< with a context of some thousand tokens
};

/// None where the listing does not tell how large the model is.
std::optional<RoughSize> rough_size(const ModelSummary& model);

}  // namespace etna::hub

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/session/model_host.h"

namespace etna {

/// The request's text as the model's tokens. Throws not_found, io, corrupt (naming the line), unsupported for other kinds
/// of data, and not_found where the model has no tokenizer.
std::vector<std::int32_t> read_perplexity_text(const ModelHost& host, const PerplexityRequest& request);

/// Cuts ids into windows, each read from an empty context, and leaves out the last if it is shorter than the others.
/// Source: mlx-lm's perplexity. Throws invalid_argument for less than two tokens, and what Scorer throws.
PerplexityReport measure_perplexity(ModelHost& host, std::span<const std::int32_t> ids,
                                    const PerplexityRequest& request, const Progress& progress);

}  // namespace etna

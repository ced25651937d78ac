#pragma once

#include <span>
#include <vector>

#include "engine/array/array.h"
#include "engine/array/backend.h"

namespace etna {

/// Rewrites a graph into fused operations where the backend has a kernel for them:
///   add(matmul(x, w), r)                      → matmul with residual (packed weights too)
///   gate(matmul(x, g), matmul(x, u))          → quantized_gated, packed weights and any gate
///   the same with expert_matmul               → expert_gated, plain weights too
///   add(combine_experts(x, w), r)             → combine_experts with residual
///   cache_update(c, rope(x), o)               → rope_cache_update
/// A result that something else needs too is not fused away. Each fused operation's definition is what it replaces.
std::vector<Array> fuse(std::span<const Array> outputs, const Backend& backend);

}  // namespace etna

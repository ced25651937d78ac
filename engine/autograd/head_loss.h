#pragma once

#include <cstdint>
#include <functional>

#include "engine/array/array.h"

namespace etna {

/// From hidden rows (R, hidden) to logits (R, vocabulary): a model's output layer, in whatever format and with whatever
/// adapter.
using Head = std::function<Array(const Array&)>;

/// Cross entropy of each row's logits, without ever holding the logits of more than `rows` rows: pieces are computed
/// one after the other, and again in the backward pass.
///
/// hidden   (R, hidden)  floating
/// targets  (R)          int32: see cross_entropy (ops/loss.h)
/// rows                  > 0: of a piece; 0: as many as make logits of 64 MiB in float32
/// returns  (R)          float32
///
/// Gradients flow to hidden and to all that the head has captured. Throws invalid_argument where shapes do not fit.
Array cross_entropy_of_head(const Array& hidden, const Head& head, const Array& targets, std::int64_t rows = 0);

}  // namespace etna

#pragma once

#include "engine/array/array.h"

namespace etna {

/// Inputs: logits float (n), seed uint32 (2): low word, high word; counter int32 (1).
struct SampleToken : OpOf<SampleToken> {
  float temperature;
  explicit SampleToken(float t) : temperature(t) {}
  std::string name() const override { return "sample_token"; }
};

/// Draws an index from softmax(logits / temperature) by the Gumbel-max trick: argmax(logits / temperature + g_i),
/// g_i = -log(-log(u_i)), u_i = ((w_i >> 9) + 0.5) / 2^23 with words w_i of Philox4x32-10 (key: seed; block counter: i / 4, word i mod
/// 4; second counter word: the counter), so that a seed gives the same text on every backend.
///
/// logits (n) floating, seed uint32 (2), counter int32 (1); returns int32 (1). temperature > 0.
/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
Array sample_token(const Array& logits, const Array& seed, const Array& counter, float temperature);

}  // namespace etna

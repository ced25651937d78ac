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

/// Inputs: x floating, seed uint32 (2), counter int32 (1).
struct Dropout : OpOf<Dropout> {
  float share;
  std::int32_t stream;
  Dropout(float p, std::int32_t s) : share(p), stream(s) {}
  std::string name() const override { return "dropout"; }

  /// Words below it leave an element out.
  std::uint32_t threshold() const { return static_cast<std::uint32_t>(static_cast<double>(share) * 0x1p32); }

  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// x with a random share of its elements made 0 and the others divided by 1 - share. Element i is kept where word i mod 4 of
/// Philox4x32-10 (key: seed; counter words: i / 4, the counter, the stream, 0) is share · 2^32 or more, so that the same seed,
/// counter and stream give the same on every backend, also when it is computed again.
///
/// x (...) floating, seed uint32 (2), counter int32 (1); returns x's shape and type. 0 <= share < 1.
/// Source: Srivastava et al., "Dropout" (JMLR 15, 2014).
Array dropout(const Array& x, float share, const Array& seed, const Array& counter, std::int32_t stream);

}  // namespace etna

#pragma once

#include "engine/array/array.h"

namespace etna {

/// Which elements of a head turn together; R of them turn at all.
enum class RopeLayout : std::uint32_t {
  half_split,   ///< (i, i + R/2): checkpoints of Hugging Face
  interleaved,  ///< (2i, 2i + 1): GPT-J, Llama's own and its GGUF files; MLX calls it traditional
};

/// Inputs: x (B, L, H, D), offsets int32 (B), frequencies float32 (R / 2), R <= D even.
struct Rope : OpOf<Rope> {
  RopeLayout layout = RopeLayout::half_split;
  float magnitude = 1;  ///< factor on the elements that turn
  std::string name() const override { return "rope"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// Rotary position embedding: pairs of the first R = 2 · size(frequencies) elements of each head are turned by the angle
/// (offsets[b] + l) · frequencies[i] and multiplied with `magnitude`; the rest is copied.
///
/// x           (B, L, H, D)  floating
/// offsets     (B)           int32: position of the first row of each batch entry
/// frequencies (R/2)         float32: 1 / period, however scaled (llama3, yarn, …)
/// magnitude                 yarn's mscale, longrope's attention factor
/// returns     (B, L, H, D)  type of x; computed in float32
///
/// Source: arXiv:2104.09864.
Array rope(const Array& x, const Array& offsets, const Array& frequencies, RopeLayout layout = RopeLayout::half_split,
           float magnitude = 1);

}  // namespace etna

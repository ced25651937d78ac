#pragma once

#include "engine/array/array.h"

namespace etna {

/// Inputs: x (B, L, H, D), offsets int32 (B), frequencies float32 (R / 2), R <= D even.
struct Rope : OpOf<Rope> {
  std::string name() const override { return "rope"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// Rotary position embedding: element pairs (i, i + R/2) of the first R = 2 · size(frequencies) elements of each head
/// are turned by the angle (offsets[b] + l) · frequencies[i]; the rest is copied.
///
/// x           (B, L, H, D)  floating
/// offsets     (B)           int32: position of the first row of each batch entry
/// frequencies (R/2)         float32: 1 / period, however scaled (llama3, yarn, …)
/// returns     (B, L, H, D)  type of x; computed in float32
///
/// Source: arXiv:2104.09864, in the half-split layout of Hugging Face checkpoints.
Array rope(const Array& x, const Array& offsets, const Array& frequencies);

}  // namespace etna

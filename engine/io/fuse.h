#pragma once

#include "engine/io/convert.h"

namespace etna {

struct FuseRequest {
  std::filesystem::path model{};                     ///< model folder
  std::filesystem::path adapter{};                   ///< folder in mlx-lm's or PEFT's form
  std::filesystem::path destination{};               ///< must not exist; its parent must
  bool dequantize = false;                           ///< the result in plain weights
  std::optional<QuantizationConfig> quantization{};  ///< all of the result is packed so; none: each weight as it was
  std::span<const std::string> supported_types{};    ///< model types; empty: any
};

/// Writes a model folder in which the adapter is part of the weights, as mlx-lm's fuse does: W' = W + scale · (a · b)ᵀ
/// in float32, with DoRA's lengths of rows, in the weight's own form: plain weights in their type, packed ones packed
/// again. Whole weights (full fine-tuning) take the place of the model's. A piece of one tensor at a time is in memory.
/// The folder appears complete or not at all. Throws as convert and Adapter::open; corrupt for an adapter that was made
/// for another model, naming the modules.
ConvertReport fuse(const FuseRequest& request, const Progress& progress = {});

}  // namespace etna

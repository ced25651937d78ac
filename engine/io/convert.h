#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/progress.h"
#include "engine/io/model_config.h"

namespace etna {

struct Adapter;

enum class PackedWeights { kept, dequantized };

struct ConvertRequest {
  std::filesystem::path source{};                    ///< model folder
  std::filesystem::path destination{};               ///< must not exist; its parent must
  std::optional<QuantizationConfig> quantization{};  ///< none: weights keep their form
  PackedWeights packed = PackedWeights::kept;        ///< dequantized: back to plain weights
  std::string dtype{};                               ///< "float32", "float16", "bfloat16"; empty: the configuration's
  std::span<const std::string> supported_types{};    ///< model types; empty: any
  const Adapter* adapter = nullptr;                  ///< merged into the weights; see fuse.h
};

struct ConvertReport {
  std::uint64_t parameters = 0;  ///< logical weights
  std::uint64_t bytes = 0;       ///< of all tensors written

  double bits_per_weight() const {
    return parameters ? static_cast<double>(bytes) * 8 / static_cast<double>(parameters) : 0;
  }
};

/// Writes a model folder as mlx-lm's convert does (formats.md §2.4, §2.6, §2.7): every 2-dimensional weight whose rows
/// divide into groups is quantized, the output layer of tied models is left out, floats get the dtype, tokenizer and
/// licence files are copied. One tensor at a time is in memory; of merged ones a piece of it, and what it is packed to. The folder appears complete or not at all.
/// Progress counts the source's bytes. Throws invalid_argument, not_found, io, corrupt, unsupported, cancelled.
ConvertReport convert(const ConvertRequest& request, const Progress& progress = {});

}  // namespace etna

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"
#include "engine/ops/packed_format.h"

namespace etna {

/// A weight as it will be loaded: tensors of a file seen the way the format wants them, or bytes made from such.
struct StoredWeight {
  std::optional<PackedFormat> format;  ///< none: of a floating type
  std::vector<StoredTensor> parts;     ///< the weight; scales and biases where the format has them
};

/// The format of a ggml block type ("Q4_K"); none for other names.
std::optional<PackedFormat> block_format(std::string_view stored_dtype);

/// Finds the weights of modules in whatever form a checkpoint keeps them. Tensors of a module at `path`:
///
///   .weight                             F32, F16, BF16; ggml blocks; of GPT-2 also (in, out)
///   .weight .scales (.biases)           MLX, packed as the configuration says
///   .weight .weight_scale_inv           float8 e4m3 with a scale per block of rows and columns
///   .weight .weight_scale               the same with a scale per block, row, or one for all
///   .qweight .qzeros .scales (.g_idx)   AWQ and GPTQ of 4 bits; repacked to affine groups
///   .weight_packed .weight_scale        compressed-tensors' integers of 4 and 8 bits, symmetric
class WeightFinder {
public:
  WeightFinder(const ModelConfig& config, const TensorSource& source) : config_(config), source_(source) {}

  /// Whether the module has a weight in any of these forms.
  bool has(const std::string& path) const;

  /// The weight of logical `shape`, (out, in) or stacked (count, out, in). Throws not_found, corrupt or unsupported,
  /// naming file and tensor.
  StoredWeight find(const std::string& path, const Shape& shape) const;

  /// The tensor itself. Throws not_found.
  const StoredTensor& tensor(const std::string& name) const;

  /// Whether a module's weight is stored as (in, out).
  bool is_transposed(const std::string& path) const;

  const TensorSource& source() const { return source_; }

private:
  StoredWeight mlx(const std::string& path, const Shape& shape) const;
  StoredWeight float8(const std::string& path, const Shape& shape) const;
  StoredWeight group_quantized(const std::string& path, const Shape& shape) const;
  StoredWeight compressed(const std::string& path, const Shape& shape) const;

  const ModelConfig& config_;
  const TensorSource& source_;
};

/// Throws corrupt unless the tensor has this shape; `expectation` says where it comes from ("config.json").
void check_shape(const StoredTensor& tensor, const Shape& shape, const std::string& expectation);

/// Throws unsupported unless the tensor is of a floating type that the engine computes with.
void check_floating(const StoredTensor& tensor);

/// The same bytes seen as another type and shape. The sizes must be equal.
StoredTensor viewed_as(const StoredTensor& tensor, DType dtype, Shape shape);

/// Bytes made at load, named after the tensor that they come from. `make` returns as many as type and shape say; of an
/// outline nothing is made.
StoredTensor made_from(const StoredTensor& tensor, DType dtype, Shape shape, const std::function<std::vector<std::byte>()>& make);

}  // namespace etna

#include "engine/nn/embedding.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"

namespace etna::nn {

Array FloatEmbedding::operator()(const Array& ids, DType dtype) const { return cast(take(table_, ids), dtype); }

Array FloatEmbedding::as_linear(const Array& x) const { return matmul(x, table_, Transpose::yes); }

Array PackedEmbedding::operator()(const Array& ids, DType dtype) const { return dequantize_rows(table_, format_, ids, dtype); }

Array PackedEmbedding::as_linear(const Array& x) const { return quantized_matmul(x, table_, format_); }

}  // namespace etna::nn

#include "engine/nn/lora.h"

#include <numeric>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"
#include "engine/ops/moe.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"

namespace etna::nn {

namespace {

/// 1 / the lengths of rows (n, k), as float32 (n).
Array reciprocal_lengths(const Array& rows) {
  return unary(UnaryKind::reciprocal_square_root, sum(unary(UnaryKind::square, rows), -1));
}

/// x · factor along the last axis, in float32.
Array scaled(const Array& x, const Array& factor) {
  return cast(multiply(cast(x, DType::float32), factor), x.dtype());
}

Array after_dropping(const Dropped& dropped, const Array& x) { return dropped ? dropped(x) : x; }

}  // namespace

LoraLinear::LoraLinear(std::unique_ptr<Linear> base, LowRank change, Dropped dropped)
    : Linear(base->in_features(), base->out_features()), base_(std::move(base)), change_(std::move(change)), dropped_(std::move(dropped)) {}

Array LoraLinear::operator()(const Array& x) const {
  return matmul_residual(matmul(after_dropping(dropped_, x), change_.down, Transpose::yes), change_.up, (*base_)(x));
}

Array LoraLinear::rows(std::int64_t first, std::int64_t count) const {
  return add(base_->rows(first, count), matmul(slice(change_.up, 0, first, first + count), change_.down));
}

DoraLinear::DoraLinear(std::unique_ptr<Linear> changed, Array factor, std::optional<Array> bias)
    : Linear(changed->in_features(), changed->out_features()),
      changed_(std::move(changed)),
      factor_(std::move(factor)),
      bias_(std::move(bias)) {}

Array DoraLinear::operator()(const Array& x) const {
  const Array y = scaled((*changed_)(x), factor_);
  return bias_ ? add(y, cast(*bias_, y.dtype())) : y;
}

Array DoraLinear::rows(std::int64_t first, std::int64_t count) const {
  return multiply(changed_->rows(first, count), reshape(slice(factor_, 0, first, first + count), {count, 1}));
}

Array dora_factor(const Array& magnitude, const Linear& changed, std::int64_t first, std::int64_t count) {
  return multiply(magnitude, reciprocal_lengths(changed.rows(first, count)));
}

Array dora_factor(const Array& magnitude, const Embedding& changed, std::int64_t first, std::int64_t count) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), static_cast<std::int32_t>(first));
  return multiply(magnitude, reciprocal_lengths(changed(Array::from(ids, {count}), DType::float32)));
}

LoraExperts::LoraExperts(std::unique_ptr<Experts> base, LowRank change, Dropped dropped)
    : Experts(base->count(), base->in_features(), base->out_features()), base_(std::move(base)), change_(std::move(change)), dropped_(std::move(dropped)) {}

Array LoraExperts::operator()(const Array& x, const Array& indices) const {
  const Array low = expert_matmul(after_dropping(dropped_, x), change_.down, indices);
  return add((*base_)(x, indices), expert_matmul(low, change_.up, indices));
}

LoraEmbedding::LoraEmbedding(std::shared_ptr<Embedding> base, LowRank change, Dropped dropped)
    : base_(std::move(base)), change_(std::move(change)), dropped_(std::move(dropped)) {}

Array LoraEmbedding::operator()(const Array& ids, DType dtype) const {
  const Array low = take(change_.down, ids);
  return add((*base_)(ids, dtype), cast(after_dropping(dropped_, matmul(low, change_.up, Transpose::yes)), dtype));
}

Array LoraEmbedding::as_linear(const Array& x) const {
  return matmul_residual(matmul(after_dropping(dropped_, x), change_.up), change_.down, base_->as_linear(x));
}

DoraEmbedding::DoraEmbedding(std::shared_ptr<Embedding> changed, Array factor) : changed_(std::move(changed)), factor_(std::move(factor)) {}

Array DoraEmbedding::operator()(const Array& ids, DType dtype) const {
  const Array rows = (*changed_)(ids, DType::float32);
  Shape shape = ids.shape();
  shape.push_back(1);
  return cast(multiply(rows, reshape(take(factor_, ids), shape)), dtype);
}

Array DoraEmbedding::as_linear(const Array& x) const { return scaled(changed_->as_linear(x), factor_); }

}  // namespace etna::nn

#include "engine/ops/random.h"

#include "engine/base/error.h"

namespace etna {

Array sample_token(const Array& logits, const Array& seed, const Array& counter, float temperature) {
  if (logits.rank() != 1 || logits.size() == 0 || !is_floating(logits.dtype())) {
    fail(Errc::invalid_argument, "sample_token: logits are {} {}", name(logits.dtype()), to_string(logits.shape()));
  }
  if (seed.dtype() != DType::uint32 || seed.shape() != Shape{2} || counter.dtype() != DType::int32 || counter.size() != 1) {
    fail(Errc::invalid_argument, "sample_token: the seed is {} {}, expected uint32 (2); the counter {} {}, expected int32 (1)",
         name(seed.dtype()), to_string(seed.shape()), name(counter.dtype()), to_string(counter.shape()));
  }
  if (!(temperature > 0)) fail(Errc::invalid_argument, "sample_token: temperature {} is not positive", temperature);
  return Array({1}, DType::int32, std::make_shared<SampleToken>(temperature), {logits, seed, counter});
}

std::optional<Gradients> Dropout::gradient(const GradientCall& call) const {
  Gradients gradients(3);
  if (call.wanted[0]) gradients[0] = dropout(call.gradient, share, call.inputs[1], call.inputs[2], stream);
  return gradients;
}

Array dropout(const Array& x, float share, const Array& seed, const Array& counter, std::int32_t stream) {
  if (!is_floating(x.dtype())) fail(Errc::invalid_argument, "dropout: x is {}", name(x.dtype()));
  if (seed.dtype() != DType::uint32 || seed.shape() != Shape{2} || counter.dtype() != DType::int32 || counter.size() != 1) {
    fail(Errc::invalid_argument, "dropout: the seed is {} {}, expected uint32 (2); the counter {} {}, expected int32 (1)", name(seed.dtype()),
         to_string(seed.shape()), name(counter.dtype()), to_string(counter.shape()));
  }
  if (!(share >= 0 && share < 1)) fail(Errc::invalid_argument, "dropout: a share of {} is not from 0 to below 1", share);
  return Array(x.shape(), x.dtype(), std::make_shared<Dropout>(share, stream), {x, seed, counter});
}

}  // namespace etna

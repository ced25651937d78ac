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

}  // namespace etna

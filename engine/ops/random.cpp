#include "engine/ops/random.h"

#include "engine/base/error.h"

namespace etna {

Array sample_token(const Array& logits, const Array& state, float temperature) {
  if (logits.rank() != 1 || logits.size() == 0 || !is_floating(logits.dtype())) {
    fail(Errc::invalid_argument, "sample_token: logits are {} {}", name(logits.dtype()), to_string(logits.shape()));
  }
  if (state.dtype() != DType::uint32 || state.shape() != Shape{3}) {
    fail(Errc::invalid_argument, "sample_token: the state is {} {}, expected uint32 (3)", name(state.dtype()), to_string(state.shape()));
  }
  if (!(temperature > 0)) fail(Errc::invalid_argument, "sample_token: temperature {} is not positive", temperature);
  return Array({1}, DType::int32, std::make_shared<SampleToken>(temperature), {logits, state});
}

}  // namespace etna

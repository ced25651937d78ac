#include "engine/nn/norm.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/norm.h"
#include "engine/ops/view.h"

namespace etna::nn {

namespace {

Array weights_of_heads(Parameters& parameters, const std::string& path, std::int64_t heads, std::int64_t size) {
  if (parameters.has_weight(path)) return parameters.tensor(path + ".weight", {heads, size});
  std::vector<Array> rows;
  for (std::int64_t head = 0; head < heads; ++head) {
    rows.push_back(reshape(parameters.vector(path + ".norms." + std::to_string(head) + ".weight", size), {1, size}));
  }
  return concatenate(rows, 0);
}

}  // namespace

Norm::Norm(Parameters& parameters, const std::string& path, std::int64_t size, const NormSettings& settings)
    : settings_(settings), weight_(parameters.vector(path + ".weight", size)) {
  if (settings.has_bias) bias_ = parameters.vector(path + ".bias", size);
}

Norm Norm::per_head(Parameters& parameters, const std::string& path, std::int64_t heads, std::int64_t size, const NormSettings& settings) {
  Norm norm(settings, weights_of_heads(parameters, path, heads, size));
  norm.of_heads_ = true;
  return norm;
}

Array Norm::operator()(const Array& x) const {
  const std::optional<Array> weight = of_heads_ ? std::nullopt : std::optional(weight_);
  const Array y = settings_.kind == NormKind::rms ? rms_norm(x, weight, settings_.eps, settings_.weight_offset)
                                                  : layer_norm(x, weight, bias_, settings_.eps);
  return of_heads_ ? multiply(y, cast(weight_, x.dtype())) : y;
}

}  // namespace etna::nn

#include "engine/nn/mlp.h"


namespace etna::nn {

namespace {

/// Gates that are one operation.
std::optional<GateKind> gate_of(UnaryKind activation) {
  switch (activation) {
    case UnaryKind::silu: return GateKind::silu;
    case UnaryKind::gelu: return GateKind::gelu;
    case UnaryKind::gelu_approximate: return GateKind::gelu_approximate;
    default: return std::nullopt;
  }
}

}  // namespace

Mlp::Mlp(Parameters& parameters, const std::string& path, const MlpSettings& settings) : activation_(settings.activation) {
  const MlpNames& names = settings.names;
  const std::int64_t hidden = settings.hidden_size, inner = settings.intermediate_size;
  const std::string joined = path + "." + names.gate_up;
  if (!names.gate_up.empty() && parameters.has_weight(joined)) {
    gate_ = parameters.linear_rows(joined, hidden, {.first = 0, .count = inner, .total = 2 * inner}, settings.bias);
    up_ = parameters.linear_rows(joined, hidden, {.first = inner, .count = inner, .total = 2 * inner}, settings.bias);
  } else {
    if (!names.gate.empty()) gate_ = parameters.linear(path + "." + names.gate, hidden, inner, settings.bias);
    up_ = parameters.linear(path + "." + names.up, hidden, inner, settings.bias);
  }
  down_ = parameters.linear(path + "." + names.down, inner, hidden, settings.bias);
}

Array Mlp::operator()(const Array& x) const {
  const Array up = (*up_)(x);
  if (!gate_) return (*down_)(unary(activation_, up));
  const Array gate = (*gate_)(x);
  const std::optional<GateKind> kind = gate_of(activation_);
  return (*down_)(kind ? gated(gate, up, *kind) : multiply(unary(activation_, gate), up));
}

}  // namespace etna::nn

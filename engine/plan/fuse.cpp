#include "engine/plan/fuse.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/moe.h"
#include "engine/ops/quantized.h"
#include "engine/ops/rope.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

using Uses = std::unordered_map<const void*, int>;

/// Inputs first. A node appears once.
std::vector<Array> in_order(std::span<const Array> outputs) {
  std::vector<Array> order, stack(outputs.rbegin(), outputs.rend());
  std::unordered_map<const void*, bool> done;
  while (!stack.empty()) {
    const Array array = stack.back();
    bool& finished = done[array.id()];
    const std::size_t depth = stack.size();
    if (!finished) {
      for (const Array& input : array.inputs()) {
        if (!done.contains(input.id())) stack.push_back(input);
      }
    }
    if (stack.size() > depth) continue;
    stack.pop_back();
    if (!finished) order.push_back(array);
    finished = true;
  }
  return order;
}

class Fuser {
public:
  Fuser(const Backend& backend, Uses uses) : backend_(backend), uses_(std::move(uses)) {}

  Array rewrite(const Array& array, std::vector<Array> inputs) const {
    for (const auto rule : {&Fuser::residual, &Fuser::experts_residual, &Fuser::gated_products, &Fuser::gated_experts, &Fuser::rope_into_cache}) {
      std::optional<Array> fused = (this->*rule)(array, inputs);
      if (fused && has_kernel(*fused)) return *fused;
    }
    return Array(array.shape(), array.dtype(), array.op(), std::move(inputs));
  }

  /// Marks `fused` (which replaces `original`) as used as often.
  void inherit_uses(const Array& original, const Array& fused) { uses_[fused.id()] = uses_[original.id()]; }

private:
  /// Of what computes, where a view stands before it.
  bool has_kernel(const Array& array) const {
    if (array.op()->is_view()) return has_kernel(array.inputs().back());
    return backend_.supports(*array.op(), array.inputs(), array.shape(), array.dtype());
  }

  bool used_once(const Array& array) const {
    const auto found = uses_.find(array.id());
    return found != uses_.end() && found->second == 1;
  }

  std::optional<Array> residual(const Array& array, const std::vector<Array>& inputs) const {
    const Binary* sum = as<Binary>(array.op().get());
    if (!sum || sum->kind != BinaryKind::add) return std::nullopt;
    for (const int side : {1, 0}) {  // y = x + f(x) is written with the product on the right
      const Array& product = inputs[static_cast<std::size_t>(side)];
      const Array& other = inputs[static_cast<std::size_t>(1 - side)];
      if (!used_once(product) || product.shape() != other.shape()) continue;
      const auto& in = product.inputs();
      if (const Matmul* op = as<Matmul>(product.op().get()); op && !op->residual && op->transpose_b == Transpose::yes) {
        return matmul_residual(in[0], in[1], other);
      }
      if (const auto* op = as<QuantizedMatmul>(product.op().get()); op && !op->residual && op->transpose == Transpose::yes) {
        return quantized_matmul_residual(in[0], packed_arrays(in, 1, op->format), op->format, other);
      }
    }
    return std::nullopt;
  }

  std::optional<Array> gated_products(const Array& array, const std::vector<Array>& inputs) const {
    const Binary* gate = as<Binary>(array.op().get());
    const std::optional<GateKind> kind = gate ? gate_kind(gate->kind) : std::nullopt;
    if (!kind || !used_once(inputs[0]) || !used_once(inputs[1])) return std::nullopt;
    const auto* a = as<QuantizedMatmul>(inputs[0].op().get());
    const auto* b = as<QuantizedMatmul>(inputs[1].op().get());
    const auto plain = [](const QuantizedMatmul* op) { return op && !op->residual && op->transpose == Transpose::yes; };
    if (!plain(a) || !plain(b) || a->format != b->format) return std::nullopt;
    const auto &x = inputs[0].inputs(), &y = inputs[1].inputs();
    // Kernels read both weights' scales as one type.
    const bool scales_differ = a->format.array_count() > 1 && x[2].dtype() != y[2].dtype();
    if (x[0].id() != y[0].id() || scales_differ) return std::nullopt;
    return quantized_gated(x[0], packed_arrays(x, 1, a->format), packed_arrays(y, 1, a->format), a->format, *kind);
  }

  /// The sum over experts may stand under another shape than the residual: that of rows.
  std::optional<Array> experts_residual(const Array& array, const std::vector<Array>& inputs) const {
    const Binary* sum = as<Binary>(array.op().get());
    if (!sum || sum->kind != BinaryKind::add) return std::nullopt;
    for (const int side : {1, 0}) {
      const Array& named = inputs[static_cast<std::size_t>(side)];
      const Array& other = inputs[static_cast<std::size_t>(1 - side)];
      const Array& experts = as<Reshape>(named.op().get()) ? named.inputs()[0] : named;
      if (!as<CombineExperts>(experts.op().get()) || experts.inputs().size() > 2) continue;
      if (!used_once(named) || !used_once(experts) || named.shape() != other.shape()) continue;
      const auto& in = experts.inputs();
      return reshape(combine_experts_residual(in[0], in[1], reshape(other, experts.shape())), array.shape());
    }
    return std::nullopt;
  }

  std::optional<Array> gated_experts(const Array& array, const std::vector<Array>& inputs) const {
    const Binary* op = as<Binary>(array.op().get());
    const std::optional<GateKind> kind = op ? gate_kind(op->kind) : std::nullopt;
    if (!kind || !used_once(inputs[0]) || !used_once(inputs[1])) return std::nullopt;
    const auto* a = as<ExpertMatmul>(inputs[0].op().get());
    const auto* b = as<ExpertMatmul>(inputs[1].op().get());
    if (!a || !b || a->format != b->format || a->bias != b->bias) return std::nullopt;
    const auto &x = inputs[0].inputs(), &y = inputs[1].inputs();
    const bool alike = std::ranges::equal(x, y, [](const Array& one, const Array& two) {
      return one.shape() == two.shape() && one.dtype() == two.dtype();  // kernels read both weights as one type
    });
    if (!alike || x[0].id() != y[0].id() || x[1].id() != y[1].id()) return std::nullopt;
    return expert_gated(x[0], a->weights(x), b->weights(y), x[1], *kind);
  }

  std::optional<Array> rope_into_cache(const Array& array, const std::vector<Array>& inputs) const {
    if (!as<CacheUpdate>(array.op().get()) || !as<Rope>(inputs[1].op().get()) || !used_once(inputs[1])) return std::nullopt;
    const auto& rotated = inputs[1].inputs();
    if (rotated[1].id() != inputs[2].id()) return std::nullopt;
    return rope_cache_update(inputs[0], rotated[0], inputs[2], rotated[2], *as<Rope>(inputs[1].op().get()),
                             as<CacheUpdate>(array.op().get())->layout);
  }

  const Backend& backend_;
  Uses uses_;
};

}  // namespace

std::vector<Array> fuse(std::span<const Array> outputs, const Backend& backend) {
  const std::vector<Array> order = in_order(outputs);
  Uses uses;
  for (const Array& array : order) {
    for (const Array& input : array.inputs()) ++uses[input.id()];
  }
  for (const Array& output : outputs) ++uses[output.id()];

  Fuser fuser(backend, std::move(uses));
  std::unordered_map<const void*, Array> rewritten;
  for (const Array& array : order) {
    if (!array.op()) {
      rewritten.emplace(array.id(), array);
      continue;
    }
    std::vector<Array> inputs;
    for (const Array& input : array.inputs()) inputs.push_back(rewritten.at(input.id()));
    Array result = fuser.rewrite(array, std::move(inputs));
    fuser.inherit_uses(array, result);
    rewritten.emplace(array.id(), std::move(result));
  }
  std::vector<Array> results;
  for (const Array& output : outputs) results.push_back(rewritten.at(output.id()));
  return results;
}

}  // namespace etna

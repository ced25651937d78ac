#include "tests/support/gradient_cases.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/ops/attention_gradient.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/loss.h"
#include "engine/ops/moe.h"
#include "engine/ops/norm.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"
#include "tests/support/random_arrays.h"

namespace etna::test {

namespace {

constexpr DType float_types[] = {DType::float32, DType::float16, DType::bfloat16};

double tolerance_of(DType dtype) {
  return dtype == DType::float32 ? 2e-5 : dtype == DType::float16 ? 3e-3 : 2e-2;
}

/// Shapes of one call of attention.
struct AttentionSize {
  std::int64_t batch, length, heads, kv_heads, places, size, value_size;
};

struct AttentionKind {
  std::string name;
  AttentionSize size;
  AttentionOptions options;
  bool sinks = false;
};

const std::vector<AttentionKind>& attention_kinds() {
  static const std::vector<AttentionKind> kinds{
      {"one_query", {1, 1, 1, 1, 3, 4, 4}, {.scale = 0.5f}},
      {"grouped", {2, 19, 4, 2, 45, 24, 24}, {.scale = 0.2f}},
      {"values_are_wider", {2, 5, 2, 1, 9, 12, 40}, {.scale = 0.3f}},
      {"heads_of_96", {1, 9, 3, 1, 20, 96, 64}, {.scale = 0.1f}},
      {"heads_of_160", {1, 5, 2, 2, 11, 160, 160}, {.scale = 0.08f}},
      {"windowed", {2, 70, 2, 1, 80, 16, 16}, {.scale = 0.3f, .window = 37}},
      {"softcapped", {1, 40, 2, 1, 40, 16, 16}, {.scale = 2, .softcap = 1.5f}},
      {"sinks", {2, 7, 4, 2, 12, 16, 16}, {.scale = 0.3f}, true},
      {"heads_of_64", {2, 37, 8, 2, 70, 64, 64}, {.scale = 0.125f}},
      {"heads_of_64_windowed", {1, 70, 2, 1, 80, 64, 64}, {.scale = 0.2f, .window = 37}},
      {"heads_of_64_with_sinks", {2, 33, 2, 1, 40, 64, 64}, {.scale = 0.2f, .softcap = 3}, true},
      {"heads_of_128", {1, 40, 2, 2, 50, 128, 128}, {.scale = 0.1f}},
  };
  return kinds;
}

struct AttentionInputs {
  Attention op;
  std::vector<Array> inputs;
};

/// Keys from which on nothing was written are NaN: nobody may look at them.
AttentionInputs attention_inputs(const AttentionKind& kind, DType dtype) {
  const AttentionSize& s = kind.size;
  AttentionOptions options = kind.options;
  if (kind.sinks) options.sinks = random_array({s.heads}, dtype, 5);
  std::vector<std::int32_t> offsets;
  for (std::int64_t i = 0; i < s.batch; ++i)
    offsets.push_back(static_cast<std::int32_t>((s.places - s.length) * (s.batch - i) / s.batch));
  const auto cache = [&](std::int64_t size, std::uint32_t seed) {
    const Array rows = random_array({s.batch, s.kv_heads, s.places, size}, dtype, seed);
    const Array place = reshape(arange(s.places), {1, 1, s.places, 1});
    const Array written = add(reshape(Array::from(offsets, {s.batch}), {s.batch, 1, 1, 1}),
                              Array::scalar(static_cast<float>(s.length), DType::int32));
    return where(binary(BinaryKind::less, place, written), rows, Array::scalar(NAN, dtype));
  };
  const Array y = attention(random_array({s.batch, s.length, s.heads, s.size}, dtype, 1), cache(s.size, 2),
                            cache(s.value_size, 3), Array::from(offsets, {s.batch}), options);
  return {*as<Attention>(y.op().get()), y.inputs()};
}

AttentionOptions options_of(const AttentionInputs& in) {
  AttentionOptions options{.scale = in.op.scale, .window = in.op.window, .softcap = in.op.softcap};
  if (in.op.has_sinks) options.sinks = in.inputs[4];
  return options;
}

void add_attention(std::vector<OpCase>& cases) {
  for (const AttentionKind& kind : attention_kinds()) {
    for (const DType dtype : float_types) {
      const std::string what = fmt::format("{}_{}", kind.name, name(dtype));
      cases.push_back({"attention_beside_unwritten_keys_" + what,
                       [=](Backend&) {
                         const AttentionInputs in = attention_inputs(kind, dtype);
                         return attention(in.inputs[0], in.inputs[1], in.inputs[2], in.inputs[3], options_of(in));
                       },
                       tolerance_of(dtype)});
      cases.push_back({"attention_log_sum_" + what,
                       [=](Backend&) {
                         const AttentionInputs in = attention_inputs(kind, dtype);
                         return attention_log_sum(in.op, in.inputs);
                       },
                       2e-5});
      for (const AttentionPart part : {AttentionPart::queries, AttentionPart::keys_values}) {
        cases.push_back({fmt::format("attention_gradient_{}_{}", static_cast<int>(part), what),
                         [=](Backend&) {
                           const AttentionInputs in = attention_inputs(kind, dtype);
                           const AttentionSize& s = kind.size;
                           const Array dy = random_array({s.batch, s.length, s.heads, s.value_size}, dtype, 8);
                           const Array shares = random_array({s.batch, s.length, s.heads}, DType::float32, 9);
                           return attention_gradient(in.op, part, std::span(in.inputs).first(4), dy,
                                                     attention_log_sum(in.op, in.inputs), shares);
                         },
                         tolerance_of(dtype)});
      }
    }
  }
}

void add_gates(std::vector<OpCase>& cases) {
  for (int kind = 0; kind <= static_cast<int>(GateKind::clipped_swiglu); ++kind) {
    for (const DType dtype : float_types) {
      for (const float bound : {1.0f, 20.0f}) {
        cases.push_back({fmt::format("gate_gradient_{}_{}_{}", kind, name(dtype), bound),
                         [=](Backend&) {
                           return gate_gradient(random_array({3, 37}, dtype, 1), random_array({3, 37}, dtype, 2, bound),
                                                random_array({3, 37}, dtype, 3, bound), static_cast<GateKind>(kind));
                         },
                         tolerance_of(dtype)});
      }
    }
  }
}

void add_rows(std::vector<OpCase>& cases) {
  const Array indices = Array::from(std::vector<std::int32_t>{4, 0, 4, 2, 4, 0}, {3, 2});
  const Array targets = Array::from(std::vector<std::int32_t>{2, -1, 0, 299, -7}, {5});
  for (const DType dtype : float_types) {
    const auto add = [&](const std::string& what, double tolerance, const std::function<Array()>& build) {
      cases.push_back({fmt::format("{}_{}", what, name(dtype)), [=](Backend&) { return build(); }, tolerance});
    };
    add("scatter_add", tolerance_of(dtype), [=] {
      return scatter_add(random_array({3, 2, 5, 61}, dtype, 1), indices, 7);
    });
    add("scatter_add_nothing", 0, [=] {
      return scatter_add(random_array({0, 5}, dtype, 1), Array::from(std::vector<std::int32_t>{}, {0}), 3);
    });
    add("scatter_add_to_one_row", tolerance_of(dtype), [=] {
      return scatter_add(random_array({300, 3}, dtype, 1), Array::from(std::vector<std::int32_t>(300, 1), {300}), 3);
    });
    add("cross_entropy", 2e-5, [=] { return cross_entropy(random_array({5, 300}, dtype, 1, 6), targets); });
    add("cross_entropy_gradient", tolerance_of(dtype), [=] {
      return cross_entropy_gradient(random_array({5, 300}, dtype, 1, 6), targets, random_array({5}, DType::float32, 2));
    });
    add("rms_norm_gradient", tolerance_of(dtype), [=] {
      return rms_norm_gradient(random_array({3, 5, 70}, dtype, 1), random_array({3, 5, 70}, dtype, 2),
                               random_array({70}, DType::float32, 3), 1e-5f, 1);
    });
    add("rms_norm_gradient_without_weight", tolerance_of(dtype), [=] {
      return rms_norm_gradient(random_array({2, 600}, dtype, 1), random_array({2, 600}, dtype, 2), {}, 1e-2f);
    });
  }
}

PackedArrays stacked(const PackedArrays& rows, std::int64_t experts) {
  const auto by_expert = [&](const Array& x) { return reshape(x, {experts, x.shape(0) / experts, x.shape(1)}); };
  PackedArrays w{by_expert(rows.weight)};
  if (rows.scales) w.scales = by_expert(*rows.scales);
  if (rows.biases) w.biases = by_expert(*rows.biases);
  return w;
}

void add_experts(std::vector<OpCase>& cases) {
  const std::int64_t tokens = 21, slots = 2, experts = 5, n = 17, k = 37;
  const Array indices = random_integers({tokens, slots}, experts - 1, 4);  // one expert gets nothing
  for (const DType dtype : float_types) {
    const Array dy = random_array({tokens, slots, n}, dtype, 1);
    cases.push_back(
        {fmt::format("expert_matmul_back_{}", name(dtype)),
         [=](Backend&) {
           return expert_matmul_back(dy, {{random_array({experts, n, k}, DType::bfloat16, 2)}, std::nullopt}, indices);
         },
         tolerance_of(dtype)});
    cases.push_back(
        {fmt::format("expert_outer_sum_{}", name(dtype)),
         [=](Backend&) {
           return expert_outer_sum(dy, random_array({tokens, slots, k}, dtype, 3), indices, experts, DType::float32);
         },
         2e-5});
    cases.push_back({fmt::format("expert_outer_sum_to_{}", name(dtype)),
                     [=](Backend&) {
                       return expert_outer_sum(dy, random_array({tokens, slots, k}, dtype, 3), indices, experts, dtype);
                     },
                     tolerance_of(dtype)});
  }
  for (const FormatTraits& kind : format_table) {
    const PackedFormat format = kind.kind == PackedKind::affine ? PackedFormat::affine(4, 64)
                                : kind.group_size > 0           ? PackedFormat::of(kind.kind)
                                                                : PackedFormat::fp8(128);
    cases.push_back(
        {"expert_matmul_back_" + name(format),
         [=](Backend&) {
           const PackedArrays w = stacked(random_packed(experts * n, 256, format, DType::float32, 2), experts);
           return expert_matmul_back(random_array({tokens, slots, n}, DType::float32, 1), {w, format}, indices);
         },
         2e-5, format});
  }
}

}  // namespace

void add_gradient_cases(std::vector<OpCase>& cases) {
  add_gates(cases);
  add_rows(cases);
  add_attention(cases);
  add_experts(cases);
}

}  // namespace etna::test

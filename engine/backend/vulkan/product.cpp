#include <algorithm>

#include "engine/backend/vulkan/args/matmul_tile.args.h"
#include "engine/backend/vulkan/args/matvec.args.h"
#include "engine/backend/vulkan/product_call.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

// From here on tiles read the weights less often than the matrix-vector kernel computes them.
constexpr std::int64_t most_vector_rows = 8;

struct VectorPlan {
  std::uint32_t rows;    // of the weight, per subgroup
  std::uint32_t unroll;  // 16-byte loads of each row in flight
  std::uint32_t threads;
};

/// Enough subgroups to fill the device, and within each about 4 KB of loads in flight.
VectorPlan plan_vectors(const DeviceCaps& caps, std::int64_t n, std::int64_t m, bool two_matrices) {
  constexpr std::int64_t few_rows = 2048;
  if (caps.kind == DeviceKind::software) return {2, 1, 32};  // compiling unrolled code is what takes the time there
  const bool small = (!two_matrices && n <= few_rows) || m > 4;
  return {small ? 2U : 4U, 2, 128};
}

std::vector<ByteRange> ranges_of(const WeightViews& weight) {
  std::vector<ByteRange> ranges{range_of(*weight.weight)};
  if (weight.scales) ranges.insert(ranges.end(), {range_of(*weight.scales), range_of(*weight.biases)});
  return ranges;
}

void set_weight(MatvecArgs& args, int index, const WeightViews& weight) {
  args.weight[index] = weight.weight->address();
  args.scales[index] = weight.scales ? weight.scales->address() : 0;
  args.biases[index] = weight.biases ? weight.biases->address() : 0;
}

std::uint32_t number(auto value) {
  return static_cast<std::uint32_t>(value);
}

void record_vectors(Recorder& recorder, const Product& product, std::int64_t m, std::int64_t n, std::int64_t k) {
  const WeightViews& weight = product.weight;
  const Epilogue epilogue = product.up ? Epilogue::gate : product.residual ? Epilogue::residual : Epilogue::none;
  MatvecArgs args{};
  args.x = product.x.address();
  args.y = product.y.address();
  args.e = product.residual ? product.residual->address() : 0;
  args.n = number(n);
  args.k = number(k);
  std::vector<ByteRange> reads = ranges_of(weight);
  reads.push_back(range_of(product.x));
  if (product.residual) reads.push_back(range_of(*product.residual));
  set_weight(args, 0, weight);
  if (product.up) {
    set_weight(args, 1, *product.up);
    for (const ByteRange& range : ranges_of(*product.up)) reads.push_back(range);
  }
  const VectorPlan plan = plan_vectors(recorder.caps(), n, m, product.up.has_value());
  const std::int64_t rows_per_subgroup = product.up ? plan.rows / 2 : plan.rows;
  const std::int64_t subgroups = std::max(1U, plan.threads / recorder.caps().subgroup_size);
  const std::int64_t rows_per_group = rows_per_subgroup * subgroups;
  recorder.dispatch({kernel_name(product.up ? "matvec_swiglu" : "matvec", product.x.dtype, weight.format, weight.bits,
                                 weight.group_size),
                     shaders::matvec,
                     {number(product.x.dtype), number(weight.format),
                      number(weight.scales ? weight.scales->dtype : DType::float32), number(weight.group_size),
                      plan.rows, number(m), plan.unroll, number(epilogue), plan.threads, number(weight.bits)},
                     {number((n + rows_per_group - 1) / rows_per_group), 1, 1},
                     std::move(reads),
                     {range_of(product.y)},
                     product.work},
                    args);
}

}  // namespace

void record_tiles(Recorder& recorder, const TileProduct& shape, const View& a, const WeightViews& b, const View& y,
                  Epilogue epilogue, const View* other, Work work) {
  MatmulTileArgs args{};
  args.a = a.address();
  args.b = b.weight->address();
  args.scales = b.scales ? b.scales->address() : 0;
  args.biases = b.biases ? b.biases->address() : 0;
  args.y = y.address();
  args.e = other ? other->address() : 0;
  args.m = number(shape.m);
  args.n = number(shape.n);
  args.k = number(shape.k);
  std::vector<ByteRange> reads = ranges_of(b);
  reads.push_back(range_of(a));
  if (other) reads.push_back(range_of(*other));
  const std::uint32_t row_quads = shape.m > 64 && recorder.caps().kind != DeviceKind::software ? 2 : 1;
  const std::int64_t rows = 64 * row_quads;
  recorder.dispatch(
      {kernel_name("matmul_tile", a.dtype, b.format, b.bits, b.group_size),
       shaders::matmul_tile,
       {number(a.dtype), number(b.format), number(b.scales ? b.scales->dtype : DType::float32), number(b.group_size),
        shape.transposed, row_quads, number(epilogue), number(y.dtype), number(other ? other->dtype : y.dtype),
        shape.k % 8 == 0, (shape.transposed ? shape.k : shape.n) % 8 == 0, number(b.bits)},
       {number((shape.n + 63) / 64), number((shape.m + rows - 1) / rows), number(shape.batch)},
       std::move(reads),
       {range_of(y)},
       work},
      args);
}

void record_product(Recorder& recorder, const Product& product) {
  const std::int64_t k = product.x.shape.back();
  const std::int64_t m = k > 0 ? product.x.size() / k : product.y.size() / product.y.shape.back();
  const std::int64_t n = product.y.shape.back();
  const bool few_rows = m <= most_vector_rows && k > 0 && k % 8 == 0;
  const bool whole_words = product.weight.format != WeightFormat::affine || 8 % product.weight.bits == 0;
  if (few_rows && whole_words && product.weight.bits >= 4) {
    record_vectors(recorder, product, m, n, k);
    return;
  }
  const TileProduct shape{.batch = 1, .m = m, .n = n, .k = k, .transposed = true};
  if (!product.up) {
    record_tiles(recorder, shape, product.x, product.weight, product.y,
                 product.residual ? Epilogue::residual : Epilogue::none, product.residual, product.work);
    return;
  }
  // Two products; the gate's stays in float32 and the second one's epilogue multiplies.
  View gate{nullptr, 0, {m, n}, {n, 1}, DType::float32};
  gate.buffer = recorder.scratch(gate.bytes()).buffer;
  const Work half{product.work.bytes / 2, product.work.flops / 2};
  record_tiles(recorder, shape, product.x, product.weight, gate, Epilogue::none, nullptr, half);
  record_tiles(recorder, shape, product.x, *product.up, product.y, Epilogue::gate, &gate, half);
}

}  // namespace etna::vulkan

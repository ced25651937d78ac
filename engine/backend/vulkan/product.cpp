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
  std::uint32_t unroll;  // units of each row in flight
  std::uint32_t threads;
};

const Shader& matvec_shader(WeightFormat format) {
  switch (weight_family(format)) {
    case WeightFamily::plain: return shaders::matvec_plain;
    case WeightFamily::affine: return shaders::matvec_affine;
    case WeightFamily::floats: return shaders::matvec_floats;
    case WeightFamily::blocks: return shaders::matvec_blocks;
    default: return shaders::matvec_k_blocks;
  }
}

const Shader& tile_shader(WeightFormat format) {
  switch (weight_family(format)) {
    case WeightFamily::plain: return shaders::matmul_tile_plain;
    case WeightFamily::affine: return shaders::matmul_tile_affine;
    case WeightFamily::floats: return shaders::matmul_tile_floats;
    case WeightFamily::blocks: return shaders::matmul_tile_blocks;
    default: return shaders::matmul_tile_k_blocks;
  }
}

/// As many units of a row as make about 32 bytes; K-blocks' units have as much again beside their codes.
std::uint32_t units_in_flight(const WeightViews& weight) {
  switch (weight_family(weight.format)) {
    case WeightFamily::plain: return 2;
    case WeightFamily::affine: return weight.bits == 2 ? 4 : 2;
    case WeightFamily::floats: {
      const bool small =
          weight.format == weight_format(PackedKind::nvfp4) || weight.format == weight_format(PackedKind::fp8_e4m3);
      return small ? 4 : 2;
    }
    case WeightFamily::blocks: return 4;
    default: return 1;
  }
}

/// Enough subgroups to fill the device, and within each about 4 KB of loads in flight.
VectorPlan plan_vectors(const DeviceCaps& caps, const Product& product, std::int64_t n, std::int64_t m) {
  constexpr std::int64_t few_rows = 2048;
  if (caps.kind == DeviceKind::software) return {2, 1, 32};  // compiling unrolled code is what takes the time there
  const bool small = (!product.up && n <= few_rows) || m > 4;
  return {small ? 2U : 4U, units_in_flight(product.weight), 128};
}

std::uint32_t number(auto value) {
  return static_cast<std::uint32_t>(value);
}

void set_weight(MatvecArgs& args, int index, const WeightViews& weight) {
  args.weight[index] = weight.weight->address();
  args.scales[index] = weight.scales_address();
  args.biases[index] = weight.biases_address();
}

/// The weight's constants, then others.
Constants constants_of(const WeightViews& weight, std::int64_t k, std::initializer_list<std::uint32_t> others) {
  Constants constants = weight_constants(weight, k);
  constants.insert(constants.end(), others);
  return constants;
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
  std::vector<ByteRange> reads{range_of(product.x)};
  if (product.residual) reads.push_back(range_of(*product.residual));
  set_weight(args, 0, weight);
  append_ranges(reads, weight);
  if (product.up) {
    set_weight(args, 1, *product.up);
    append_ranges(reads, *product.up);
  }
  const VectorPlan plan = plan_vectors(recorder.caps(), product, n, m);
  const std::int64_t rows_per_subgroup = product.up ? plan.rows / 2 : plan.rows;
  const std::int64_t subgroups = std::max(1U, plan.threads / recorder.caps().subgroup_size);
  const std::int64_t rows_per_group = rows_per_subgroup * subgroups;
  recorder.dispatch(
      {kernel_name(product.up ? "matvec_swiglu" : "matvec", product.x.dtype, weight.format, weight.bits,
                   weight.group_size),
       matvec_shader(weight.format),
       constants_of(weight, k,
                    {number(product.x.dtype), plan.rows, number(m), plan.unroll, number(epilogue), plan.threads}),
       {number((n + rows_per_group - 1) / rows_per_group), 1, 1},
       std::move(reads),
       {range_of(product.y)},
       product.work},
      args);
}

}  // namespace

bool whole_chunks(const WeightViews& weight, std::int64_t k) {
  const bool whole_groups =
      weight.format != weight_format(PackedKind::fp8_e4m3) || weight.group_size % 8 == 0 || weight.group_size >= k;
  return k % 8 == 0 && whole_groups;
}

Constants weight_constants(const WeightViews& weight, std::int64_t k) {
  return {number(weight.format), number(weight.scales ? weight.scales->dtype : DType::float32),
          number(weight.group_size), number(weight.bits), number(whole_chunks(weight, k))};
}

void append_ranges(std::vector<ByteRange>& ranges, const WeightViews& weight) {
  for (const View* part : {weight.weight, weight.scales, weight.biases}) {
    if (part) ranges.push_back(range_of(*part));
  }
}

void record_tiles(Recorder& recorder, const TileProduct& shape, const View& a, const WeightViews& b, const View& y,
                  Epilogue epilogue, const View* other, Work work) {
  MatmulTileArgs args{};
  args.a = a.address();
  args.b = b.weight->address();
  args.scales = b.scales_address();
  args.biases = b.biases_address();
  args.y = y.address();
  args.e = other ? other->address() : 0;
  args.m = number(shape.m);
  args.n = number(shape.n);
  args.k = number(shape.k);
  std::vector<ByteRange> reads{range_of(a)};
  append_ranges(reads, b);
  if (other) reads.push_back(range_of(*other));
  const std::uint32_t row_quads = shape.m > 64 && recorder.caps().kind != DeviceKind::software ? 2 : 1;
  const std::int64_t rows = 64 * row_quads;
  recorder.dispatch({kernel_name("matmul_tile", a.dtype, b.format, b.bits, b.group_size),
                     tile_shader(b.format),
                     constants_of(b, shape.transposed ? shape.k : shape.n,
                                  {number(a.dtype), shape.transposed, row_quads, number(epilogue), number(y.dtype),
                                   number(other ? other->dtype : y.dtype), shape.k % 8 == 0}),
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
  if (m <= most_vector_rows && k > 0 && whole_chunks(product.weight, k)) {
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

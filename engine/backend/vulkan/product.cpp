#include <algorithm>

#include "engine/backend/vulkan/args/expert_groups.args.h"
#include "engine/backend/vulkan/args/matmul_tile.args.h"
#include "engine/backend/vulkan/args/matvec.args.h"
#include "engine/backend/vulkan/matrix_tiles.h"
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

std::uint64_t address_of(const View* view) {
  return view ? view->address() : 0;
}

std::uint32_t type_of(const View* view) {
  return number(view ? view->dtype : DType::float32);
}

void set_experts(MatvecArgs& args, const ExpertRows& experts, std::vector<ByteRange>& reads) {
  args.indices = experts.indices->address();
  args.bias[0] = address_of(experts.bias);
  args.bias[1] = address_of(experts.up_bias);
  args.experts = number(experts.experts);
  args.pairs_of_row = number(experts.pairs_of_row);
  for (const View* view : {experts.indices, experts.bias, experts.up_bias}) {
    if (view) reads.push_back(range_of(*view));
  }
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

const char* vector_family(const Product& product) {
  if (product.experts) return product.up ? "expert_matvec_gated" : "expert_matvec";
  if (!product.up) return "matvec";
  return product.gate == GateKind::silu ? "matvec_swiglu" : "matvec_gated";
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
  if (product.experts) set_experts(args, *product.experts, reads);
  const std::int64_t pairs = product.experts ? product.experts->pairs() : 1;
  const VectorPlan plan = plan_vectors(recorder.caps(), product, n, m);
  const std::int64_t rows_per_subgroup = product.up ? plan.rows / 2 : plan.rows;
  const std::int64_t subgroups = std::max(1U, plan.threads / recorder.caps().subgroup_size);
  const std::int64_t rows_per_group = rows_per_subgroup * subgroups;
  recorder.dispatch(
      {kernel_name(vector_family(product), product.x.dtype, weight.format, weight.bits, weight.group_size),
       matvec_shader(weight.format),
       constants_of(weight, k,
                    {number(product.x.dtype), plan.rows, number(m), plan.unroll, number(epilogue), plan.threads,
                     number(product.gate), product.experts.has_value(),
                     type_of(product.experts ? product.experts->bias : nullptr)}),
       {number((n + rows_per_group - 1) / rows_per_group), number(pairs), 1},
       std::move(reads),
       {range_of(product.y)},
       product.work},
      args);
}

/// Row blocks of experts, made on the device: no host knows which experts are chosen.
struct ExpertTiles {
  const ExpertRows& rows;
  const View* bias;  // of this matrix
  Scratch order, list;
  std::int64_t limit;  // of tiles, whatever is chosen
};

constexpr std::int64_t expert_tile_rows = 64;

ExpertTiles group_by_expert(Recorder& recorder, const ExpertRows& rows) {
  const std::int64_t pairs = rows.pairs();
  const std::int64_t limit = std::min(rows.experts, pairs) + pairs / expert_tile_rows;
  ExpertTiles tiles{rows, rows.bias, recorder.scratch(static_cast<std::size_t>(pairs) * 4),
                    recorder.scratch(static_cast<std::size_t>(limit) * 12), limit};
  ExpertGroupsArgs args{};
  args.indices = rows.indices->address();
  args.order = tiles.order.address();
  args.tiles = tiles.list.address();
  args.pairs = number(pairs);
  args.experts = number(rows.experts);
  args.tile_rows = number(expert_tile_rows);
  args.tile_limit = number(limit);
  recorder.dispatch({"expert_groups",
                     shaders::expert_groups,
                     {},
                     {},
                     {range_of(*rows.indices)},
                     {tiles.order.range(), tiles.list.range()},
                     {.bytes = rows.indices->bytes() * 2, .flops = 0}},
                    args);
  return tiles;
}

/// A product that tiles compute, of either kind.
struct TileCall {
  const TileProduct& shape;
  const View& a;
  const WeightViews& b;
  const View& y;
  const TileEpilogue& epilogue;
  Work work;
  const ExpertTiles* experts;

  DType other_type() const { return epilogue.other ? epilogue.other->dtype : y.dtype; }

  std::uint32_t bias_type() const { return type_of(experts ? experts->bias : nullptr); }

  std::uint32_t row_blocks(std::int64_t rows) const {
    return number(experts ? experts->limit : (shape.m + rows - 1) / rows);
  }
};

MatmulTileArgs tile_arguments(const TileCall& call) {
  MatmulTileArgs args{};
  args.a = call.a.address();
  args.b = call.b.weight->address();
  args.scales = call.b.scales_address();
  args.biases = call.b.biases_address();
  args.y = call.y.address();
  args.e = address_of(call.epilogue.other);
  args.m = number(call.shape.m);
  args.n = number(call.shape.n);
  args.k = number(call.shape.k);
  if (!call.experts) return args;
  args.tiles = call.experts->list.address();
  args.order = call.experts->order.address();
  args.bias = address_of(call.experts->bias);
  args.pairs_of_row = number(call.experts->rows.pairs_of_row);
  return args;
}

std::vector<ByteRange> tile_reads(const TileCall& call) {
  std::vector<ByteRange> reads{range_of(call.a)};
  append_ranges(reads, call.b);
  if (call.epilogue.other) reads.push_back(range_of(*call.epilogue.other));
  if (!call.experts) return reads;
  reads.insert(reads.end(), {call.experts->list.range(), call.experts->order.range()});
  if (call.experts->bias) reads.push_back(range_of(*call.experts->bias));
  return reads;
}

void record_matrix_tiles(Recorder& recorder, const TileCall& call, const MatrixPlan& plan) {
  const TileProduct& shape = call.shape;
  const MatrixTile& tile = plan.tile;
  const bool a_vectors = shape.k % 8 == 0 && call.a.address() % 16 == 0;
  const bool y_vectors = shape.n % 8 == 0 && call.y.address() % 16 == 0 && address_of(call.epilogue.other) % 16 == 0;
  recorder.dispatch(
      {kernel_name(call.experts ? "expert_matrix" : "matmul_matrix", call.a.dtype, call.b.format, call.b.bits,
                   call.b.group_size),
       matrix_shader(recorder.caps(), plan, call.b.format),
       constants_of(
           call.b, shape.transposed ? shape.k : shape.n,
           {number(call.a.dtype), shape.transposed, number(plan.factor), number(call.epilogue.kind),
            number(call.y.dtype), number(call.other_type()), a_vectors, number(call.epilogue.gate),
            call.experts != nullptr, call.bias_type(), tile.warps_m, tile.warps_n, tile.slices, tile.slice_depth,
            tile.buffers, plan.a_terms, plan.b_terms, y_vectors, tile.subgroups() * recorder.caps().subgroup_size}),
       {number((shape.n + tile.columns() - 1) / tile.columns()), call.row_blocks(tile.rows()), number(shape.batch)},
       tile_reads(call),
       {range_of(call.y)},
       call.work},
      tile_arguments(call));
}

void record_float_tiles(Recorder& recorder, const TileCall& call) {
  const TileProduct& shape = call.shape;
  const bool wide = !call.experts && shape.m > 64 && recorder.caps().kind != DeviceKind::software;
  const std::uint32_t row_quads = wide ? 2 : 1;
  recorder.dispatch({kernel_name(call.experts ? "expert_tile" : "matmul_tile", call.a.dtype, call.b.format, call.b.bits,
                                 call.b.group_size),
                     tile_shader(call.b.format),
                     constants_of(call.b, shape.transposed ? shape.k : shape.n,
                                  {number(call.a.dtype), shape.transposed, row_quads, number(call.epilogue.kind),
                                   number(call.y.dtype), number(call.other_type()), shape.k % 8 == 0,
                                   number(call.epilogue.gate), call.experts != nullptr, call.bias_type()}),
                     {number((shape.n + 63) / 64), call.row_blocks(64 * row_quads), number(shape.batch)},
                     tile_reads(call),
                     {range_of(call.y)},
                     call.work},
                    tile_arguments(call));
}

void record_tile_kernel(Recorder& recorder, const TileProduct& shape, const View& a, const WeightViews& b,
                        const View& y, const TileEpilogue& epilogue, Work work, const ExpertTiles* experts) {
  const TileCall call{shape, a, b, y, epilogue, work, experts};
  const auto plan = plan_matrices(recorder.caps(), shape, a.dtype, b.format, experts != nullptr);
  if (plan)
    record_matrix_tiles(recorder, call, *plan);
  else
    record_float_tiles(recorder, call);
}

/// Two products; the gate's stays in float32 and the second one's epilogue multiplies.
void record_gated_tiles(Recorder& recorder, const Product& product, const TileProduct& shape, ExpertTiles* experts) {
  View gate{nullptr, 0, {shape.m, shape.n}, {shape.n, 1}, DType::float32};
  gate.buffer = recorder.scratch(gate.bytes()).buffer;
  const Work half{product.work.bytes / 2, product.work.flops / 2};
  record_tile_kernel(recorder, shape, product.x, product.weight, gate, {}, half, experts);
  if (experts) experts->bias = experts->rows.up_bias;
  const TileEpilogue epilogue{.kind = Epilogue::gate, .other = &gate, .gate = product.gate};
  record_tile_kernel(recorder, shape, product.x, *product.up, product.y, epilogue, half, experts);
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

WeightViews packed_weight(const Step& step, std::size_t first, const PackedFormat& format) {
  WeightViews weight{weight_format(format.kind), format.bits, format.group_size, &step.inputs[first]};
  if (format.array_count() > 1) weight.scales = &step.inputs[first + 1];
  if (format.array_count() > 2) weight.biases = &step.inputs[first + 2];
  return weight;
}

void record_tiles(Recorder& recorder, const TileProduct& shape, const View& a, const WeightViews& b, const View& y,
                  const TileEpilogue& epilogue, Work work) {
  record_tile_kernel(recorder, shape, a, b, y, epilogue, work, nullptr);
}

void record_product(Recorder& recorder, const Product& product) {
  const std::int64_t k = product.x.shape.back();
  const std::int64_t n = product.y.shape.back();
  const std::int64_t m = product.y.size() / std::max<std::int64_t>(n, 1);
  const std::int64_t tokens = product.experts ? product.experts->indices->shape[0] : m;
  if (product.transposed && tokens <= most_vector_rows && k > 0 && whole_chunks(product.weight, k)) {
    record_vectors(recorder, product, product.experts ? 1 : m, n, k);
    return;
  }
  const TileProduct shape{.batch = 1, .m = m, .n = n, .k = k, .transposed = product.transposed};
  std::optional<ExpertTiles> experts;
  if (product.experts) experts.emplace(group_by_expert(recorder, *product.experts));
  if (product.up) {
    record_gated_tiles(recorder, product, shape, experts ? &*experts : nullptr);
    return;
  }
  const TileEpilogue epilogue{.kind = product.residual ? Epilogue::residual : Epilogue::none,
                              .other = product.residual};
  record_tile_kernel(recorder, shape, product.x, product.weight, product.y, epilogue, product.work,
                     experts ? &*experts : nullptr);
}

}  // namespace etna::vulkan

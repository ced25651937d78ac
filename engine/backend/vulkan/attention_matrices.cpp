#include "engine/backend/vulkan/attention_matrices.h"

#include <bit>
#include <limits>
#include <optional>

#include "engine/backend/vulkan/args/attention_matrices.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

using Part = AttentionMatrixPart;

constexpr std::int64_t block = 32;        // of the rows that all subgroups share
constexpr std::int64_t fewest_rows = 32;  // of queries: fewer leave most of a matrix empty

std::uint32_t number(auto value) {
  return static_cast<std::uint32_t>(value);
}

bool is_contiguous(const View& view) {
  std::int64_t expected = 1;
  for (std::size_t axis = view.shape.size(); axis-- > 0;) {
    if (view.shape[axis] != 1 && view.strides[axis] != expected) return false;
    expected *= view.shape[axis];
  }
  return view.address() % 16 == 0;
}

/// Rows of a head side by side; heads and batches where they like.
bool has_whole_rows(const View& rows) {
  const auto fits = [](std::int64_t stride) {
    return stride % 8 == 0 && stride >= 0 && stride <= std::numeric_limits<std::uint32_t>::max();
  };
  return rows.strides[3] == 1 && (rows.shape[2] == 1 || rows.strides[2] == rows.shape[3]) && fits(rows.strides[0]) &&
         fits(rows.strides[1]) && rows.address() % 16 == 0;
}

bool is_for(const DeviceCaps& caps, const Step& step, const Attention& op, Part part) {
  const View &q = step.inputs[0], &keys = step.inputs[1], &values = step.inputs[2];
  const bool has_type =
      (q.dtype == DType::float16 && caps.matrices.float16) || (q.dtype == DType::bfloat16 && caps.matrices.bfloat16);
  if (!has_type || keys.dtype != q.dtype || values.dtype != q.dtype) return false;
  if (op.keys.packed() || op.values.packed() || op.keys.ring) return false;
  const std::int64_t size = q.shape[3];
  if ((size != 64 && size != 128) || values.shape[3] != size) return false;
  const std::int64_t rows = q.shape[1] * (q.shape[2] / keys.shape[1]);
  if (rows < fewest_rows && caps.matrices.tile < 0) return false;
  const bool of_gradient = part == Part::queries || part == Part::keys_values;
  return is_contiguous(q) && has_whole_rows(keys) && has_whole_rows(values) &&
         (!of_gradient || is_contiguous(step.inputs[4])) && is_contiguous(step.output);
}

std::int64_t shared_bytes(std::int64_t size, std::int64_t warps, Part part) {
  const bool gradient = part == Part::queries || part == Part::keys_values;
  const std::int64_t own = 16 * warps, row = size / 8 + 1;
  const std::int64_t tiles =
      own * row * (gradient ? 2 : 1) + block * row * (part == Part::log_sums ? 1 : 2) + own * (block / 8 + 1);
  return tiles * 16 + own * (block + 4) * 4 + own * 4;
}

/// Subgroups of a workgroup: as many as fit, but all of the device shall have work.
std::optional<std::int64_t> warps_for(const DeviceCaps& caps, std::int64_t size, std::int64_t rows, std::int64_t heads,
                                      Part part) {
  std::optional<std::int64_t> found;
  for (const std::int64_t warps : {1, 2, 4}) {
    const std::int64_t groups = (rows + 16 * warps - 1) / (16 * warps) * heads;
    const bool fits = shared_bytes(size, warps, part) <= caps.shared_memory_bytes;
    if (fits && (!found || 2 * groups >= 3 * static_cast<std::int64_t>(caps.cores))) found = warps;
  }
  return found;
}

const Shader& shader_for(const DeviceCaps& caps, DType type, std::int64_t size) {
  using namespace shaders;
  const bool large = size == 128, bfloat16 = type == DType::bfloat16;
  if (caps.matrices.emulated) return large ? attention_matrices_128_emulated : attention_matrices_64_emulated;
  if (large) return bfloat16 ? attention_matrices_128_bf16 : attention_matrices_128_f16;
  return bfloat16 ? attention_matrices_64_bf16 : attention_matrices_64_f16;
}

AttentionMatricesArgs arguments(const Step& step, const Attention& op, Part part) {
  const View &q = step.inputs[0], &keys = step.inputs[1], &values = step.inputs[2];
  AttentionMatricesArgs args{};
  args.q = q.address();
  args.keys = keys.address();
  args.values = values.address();
  args.offsets = step.inputs[3].address();
  if (part == Part::queries || part == Part::keys_values) {
    args.dy = step.inputs[4].address();
    args.log_sums = step.inputs[5].address();
    args.shares = step.inputs[6].address();
  } else if (op.has_sinks) {
    args.sinks = step.inputs[4].address();
  }
  args.y = step.output.address();
  for (std::size_t axis = 0; axis < 2; ++axis) {
    args.key_strides[axis] = number(keys.strides[axis]);
    args.value_strides[axis] = number(values.strides[axis]);
  }
  args.tokens = number(q.shape[1]);
  args.key_heads = number(keys.shape[1]);
  args.places = number(keys.shape[2]);
  args.window = number(op.window);
  args.scale = op.scale;
  return args;
}

}  // namespace

bool record_attention_matrices(Recorder& recorder, const Step& step, const Attention& op, Part part) {
  const DeviceCaps& caps = recorder.caps();
  if (!is_for(caps, step, op, part)) return false;
  const View &q = step.inputs[0], &keys = step.inputs[1];
  const std::int64_t size = q.shape[3], group = q.shape[2] / keys.shape[1];
  const std::int64_t rows = part == Part::keys_values ? keys.shape[2] : q.shape[1] * group;
  const std::optional<std::int64_t> warps = warps_for(caps, size, rows, keys.shape[1] * q.shape[0], part);
  if (!warps) return false;
  const bool sinks = op.has_sinks && (part == Part::log_sums || part == Part::output);
  const DType no_sinks = DType::int32;
  std::vector<ByteRange> reads;
  for (const View& input : step.inputs) reads.push_back(range_of(input));
  recorder.dispatch({kernel_name(step.op->name() + "_matrix", q.dtype),
                     shader_for(caps, q.dtype, size),
                     {number(q.dtype), number(group), number(part), number(*warps), caps.subgroup_size,
                      number(op.keys.keep), std::bit_cast<std::uint32_t>(op.softcap),
                      number(sinks ? step.inputs[4].dtype : no_sinks), number(*warps) * caps.subgroup_size},
                     {number((rows + 16 * *warps - 1) / (16 * *warps)), number(keys.shape[1]), number(q.shape[0])},
                     std::move(reads),
                     {range_of(step.output)},
                     step.op->work(step.inputs, step.output)},
                    arguments(step, op, part));
  return true;
}

}  // namespace etna::vulkan

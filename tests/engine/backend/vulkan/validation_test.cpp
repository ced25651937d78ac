#include "engine/backend/vulkan/instance.h"

#include "engine/base/log.h"
#include "engine/ops/attention.h"
#include "engine/ops/gather.h"
#include "engine/ops/norm.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rope.h"
#include "engine/ops/softmax.h"
#include "tests/engine/backend/vulkan/packed.h"

namespace etna::test {
namespace {

class VulkanValidation : public GpuTest {};

/// A small decoder layer that uses every kernel.
std::vector<Array> every_kernel() {
  const PackedFormat format = PackedFormat::affine(4, 32);
  const DType half = DType::float16;
  const Packed table = random_packed(16, 64, format, half, 1);
  const Packed square = random_packed(64, 64, format, half, 2);
  const Packed gate = random_packed(96, 64, format, half, 3);
  const Packed down = random_packed(64, 96, format, half, 4);
  const Array plain = random_array({64, 64}, half, 5);
  const Array ids = ints({3, 9}, {1, 2});
  const Array offsets = ints({1}, {1});
  const Array frequencies = random_array({8}, DType::float32, 6, 0, 1);
  const Array keys = allocate_array(gpu(), {1, 4, 8, 16}, half, MemoryTag::kv_cache, 0);
  const Array values = allocate_array(gpu(), {1, 4, 8, 16}, half, MemoryTag::kv_cache, 0);
  const Array ring = allocate_array(gpu(), {4}, DType::int32, MemoryTag::other, 0);
  const Array state = allocate_array(gpu(), {1}, DType::int32, MemoryTag::other, 0);

  const Array x = dequantize_rows(table.arrays, format, ids, half);
  const Array normed = rms_norm(x, random_array({64}, half, 7), 1e-5F);
  const auto heads = [&](const Array& y) { return reshape(y, {1, 2, 4, 16}); };
  const Array q = rope(heads(quantized_matmul(normed, square.arrays, format)), offsets, frequencies);
  const Array k = rope_cache_update(keys, heads(matmul(normed, plain, Transpose::yes)), offsets, frequencies);
  const Array v = cache_update(values, heads(quantized_matmul(normed, square.arrays, format)), offsets);
  const Array mixed = reshape(attention(q, k, v, offsets, {.scale = 0.25F}), {1, 2, 64});
  const Array h = quantized_matmul_residual(mixed, square.arrays, format, x);
  const Array y =
      quantized_matmul_residual(quantized_swiglu(h, gate.arrays, gate.arrays, format), down.arrays, format, h);
  const Array dense = matmul(reshape(y, {2, 64}), dequantize(square.arrays, format, half));
  const Array logits = softmax(reshape(slice(dense, 0, 1, 2), {64}));
  const Array token = sample_token(logits, Array::from(std::vector<std::uint32_t>{1, 2}, {2}), ints({5}, {1}), 0.7F);
  const Array best = reshape(argmax(logits, 0), {1});
  const PackedFormat blocks = PackedFormat::of(PackedKind::iq4_nl), k_blocks = PackedFormat::of(PackedKind::q6_k);
  const PackedFormat floats = PackedFormat::of(PackedKind::mxfp4);
  const Array short_row = quantized_matmul(normed, random_blocks(32, 64, blocks, 8), blocks);
  const Array wide =
      quantized_matmul(reshape(short_row, {2, 32}), random_blocks(32, 256, k_blocks, 9), k_blocks, Transpose::no);
  const Array narrow = quantized_matmul(wide, random_blocks(8, 256, k_blocks, 10), k_blocks);
  const Array chosen = where(binary(BinaryKind::greater, token, best), token, best);
  return {assign(state, chosen),
          ring_write(ring, chosen, ints({2}, {1})),
          take(plain, chosen),
          narrow,
          dequantize(random_blocks(4, 64, floats, 11), floats, half),
          contiguous(permute(plain, {1, 0})),
          cast(unary(UnaryKind::gelu, dense), DType::float32),
          concatenate({dense, dense}, 0)};
}

TEST_F(VulkanValidation, EveryKernelRunsWithoutAMessageFromTheLayers) {
  if (!vulkan::validation_active() && (gpu(), !vulkan::validation_active())) GTEST_SKIP() << "no validation layers";
  std::string messages;
  log::set_sink(log::Level::warning, [&](log::Level, std::string_view text) { messages += std::string(text) + "\n"; });
  const std::vector<Array> results = every_kernel();
  const auto executable = gpu().prepare(schedule(results, gpu(), 0));
  executable->run();
  executable->wait(executable->start());
  const std::vector<StepTime> times = executable->profile();
  EXPECT_GE(times.size(), 20u);
  executable->run();
  EXPECT_EQ(vulkan::validation_message_count(), 0u) << messages;
  log::set_sink(log::Level::error, nullptr);
}

TEST_F(VulkanValidation, TheLayersDoReportMistakes) {
  if (!vulkan::validation_active()) GTEST_SKIP() << "no validation layers";
  const auto instance = vulkan::Instance::get();
  const std::uint64_t before = vulkan::validation_message_count();
  VkDebugUtilsMessengerCallbackDataEXT data{};
  data.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CALLBACK_DATA_EXT;
  data.pMessage = "a made-up mistake";
  vkSubmitDebugUtilsMessageEXT(instance->handle(), VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
                               VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT, &data);
  EXPECT_EQ(vulkan::validation_message_count(), before + 1);
}

}  // namespace
}  // namespace etna::test

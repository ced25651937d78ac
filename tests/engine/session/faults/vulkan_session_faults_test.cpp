#include <gtest/gtest.h>

#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "tests/engine/session/faults/model_on_disk.h"
#include "tests/support/vulkan_faults.h"

namespace etna::test {
namespace {

/// Models on a device that is lost, or runs out of memory, at any call.
class VulkanSessionFaults : public testing::Test {
protected:
  void SetUp() override {
    if (vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
    write_tiny_chat_model(folder_ / "model", {{"max_position_embeddings", 16384}});
  }

  static std::shared_ptr<Backend> device() { return vulkan::create_backend(0); }

  std::unique_ptr<ModelHost> load(std::shared_ptr<Backend> backend, const char* activations = "f32", std::uint64_t context = 256) {
    return ModelHost::load(folder_ / "model", std::move(backend), {.activations = activations, .context_length = context}, {});
  }

  /// Each call of a kind fails in turn (and all after it) while a second model is loaded and answers. The first one stays as it was.
  void fail_every(VulkanCall call, VkResult result, const char* activations) {
    const std::shared_ptr<Backend> backend = device();
    const auto first = load(backend);
    const std::string expected = answer(*first, letters("hello"));
    std::string whole;
    for (std::uint64_t n = 1;; ++n) {
      ASSERT_LT(n, 500u);
      // What the device keeps for later users (pipelines, staging memory) may stay.
      backend->allocator()->clear_cache();
      const std::uint64_t live = live_bytes(*backend);
      faults_.fail(call, n, result);
      std::string text;
      const auto failure = failure_of([&] {
        const auto second = load(backend, activations, 16384);  // caches too large for a shared slab
        text = answer(*second, letters("hello there"));
      });
      const bool failed = faults_.failed();
      faults_.calm();
      ASSERT_EQ(live_bytes(*backend), live) << "call " << n;
      if (!failed) {
        ASSERT_FALSE(failure) << failure->message;
        whole = text;
        break;
      }
      ASSERT_TRUE(failure) << "call " << n << " failed and nobody said so";
      ASSERT_EQ(failure->code, Errc::out_of_memory) << failure->message;
      ASSERT_EQ(answer(*first, letters("hello")), expected) << "call " << n;
    }
    EXPECT_EQ(answer(*load(backend, activations, 16384), letters("hello there")), whole);
    EXPECT_EQ(answer(*first, letters("hello")), expected);
  }

  TemporaryFolder folder_;
  VulkanFaults faults_;
};

TEST_F(VulkanSessionFaults, a_device_may_be_lost_at_any_submit_and_what_was_said_is_kept) {
  const std::string expected = answer(*load(device()), letters("hello there"));
  for (std::uint64_t n = 1;; ++n) {
    ASSERT_LT(n, 200u);
    faults_.fail(VulkanCall::submit, n, VK_ERROR_DEVICE_LOST);
    const std::shared_ptr<Backend> backend = device();
    std::unique_ptr<ModelHost> host;
    std::string shown;
    const auto failure = failure_of([&] {
      host = load(backend);
      answer(*host, letters("hello there"), [&](const std::string& text) { shown += text; });
    });
    const bool failed = faults_.failed();
    faults_.calm();
    if (!failed) {
      EXPECT_FALSE(failure);
      EXPECT_EQ(shown, expected);
      EXPECT_GT(n, 15u) << "a submit a token";
      break;
    }
    ASSERT_TRUE(failure);
    ASSERT_EQ(failure->code, Errc::device_lost) << failure->message;
    EXPECT_TRUE(expected.starts_with(shown)) << shown;
    // Sticky: this device never answers again, also where the driver would.
    if (host) {
      const auto again = failure_of([&] { answer(*host, letters("once more")); });
      ASSERT_TRUE(again);
      EXPECT_EQ(again->code, Errc::device_lost);
    }
    if (n % 8 == 1) {
      EXPECT_EQ(answer(*load(device()), letters("hello there")), expected) << "a new device";
    }
  }
}

TEST_F(VulkanSessionFaults, device_memory_may_end_at_any_allocation) {
  fail_every(VulkanCall::allocate_memory, VK_ERROR_OUT_OF_DEVICE_MEMORY, "f32");
}

TEST_F(VulkanSessionFaults, buffers_and_mappings_may_be_refused) {
  fail_every(VulkanCall::create_buffer, VK_ERROR_OUT_OF_HOST_MEMORY, "f32");
  fail_every(VulkanCall::bind_memory, VK_ERROR_OUT_OF_DEVICE_MEMORY, "f32");
  fail_every(VulkanCall::map_memory, VK_ERROR_OUT_OF_HOST_MEMORY, "f32");
  fail_every(VulkanCall::map_memory, VK_ERROR_MEMORY_MAP_FAILED, "f32");
}

TEST_F(VulkanSessionFaults, pipelines_may_be_refused) { fail_every(VulkanCall::create_pipeline, VK_ERROR_OUT_OF_HOST_MEMORY, "f16"); }

TEST_F(VulkanSessionFaults, commands_may_be_refused) {
  fail_every(VulkanCall::create_command_pool, VK_ERROR_OUT_OF_HOST_MEMORY, "f32");
  fail_every(VulkanCall::allocate_commands, VK_ERROR_OUT_OF_DEVICE_MEMORY, "f32");
  fail_every(VulkanCall::begin_commands, VK_ERROR_OUT_OF_HOST_MEMORY, "f32");
  fail_every(VulkanCall::submit, VK_ERROR_OUT_OF_HOST_MEMORY, "f32");
}

}  // namespace
}  // namespace etna::test

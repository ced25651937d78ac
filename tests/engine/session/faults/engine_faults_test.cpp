#include <gtest/gtest.h>

#include <future>

#include "engine/engine.h"
#include "tests/engine/session/faults/model_on_disk.h"
#include "tests/engine/session/scripted_model.h"
#include "tests/support/vulkan_faults.h"

namespace etna::test {
namespace {

namespace fs = std::filesystem;

/// What programs see when files and devices fail, through the facade alone.
class EngineFaults : public testing::Test {
protected:
  struct Answered {
    std::string text;
    std::optional<RunStatistics> statistics;
    std::optional<Failure> failure;
  };

  void SetUp() override {
    for (int i = 10; i < 40; ++i) expected_ += script_.emplace_back(std::to_string(i) + " ");
  }

  bool has_vulkan() const {
    const auto devices = Engine::devices();
    return std::ranges::any_of(devices, [](const DeviceInfo& device) { return device.id.starts_with("vulkan"); });
  }

  fs::path write(const std::string& name) { return write_scripted_model(folder_ / name, "?", script_, plain_template); }

  std::optional<Failure> load(const fs::path& path, const std::string& device) {
    std::optional<Failure> result;
    std::promise<void> over;
    LoadRequest request;
    request.path = path.string();
    request.device = device;
    request.activations = "f32";
    engine_.load(std::move(request), {.progress = {},
                                      .done =
                                          [&](const ModelInfo& info) {
                                            model_ = info.id;
                                            over.set_value();
                                          },
                                      .failed =
                                          [&](Failure failure) {
                                            result = std::move(failure);
                                            over.set_value();
                                          }});
    over.get_future().wait();
    return result;
  }

  Answered chat(ModelId model, const std::function<void(const std::string&)>& on_text = {}) {
    Answered result;
    std::promise<void> over;
    ChatRequest request = letters("?", 60);
    request.model = model;
    engine_.chat(std::move(request), {.prompt_progress = {},
                                      .text =
                                          [&](const std::string& text) {
                                            result.text += text;
                                            if (on_text) on_text(text);
                                          },
                                      .done =
                                          [&](const RunStatistics& statistics) {
                                            result.statistics = statistics;
                                            over.set_value();
                                          },
                                      .failed =
                                          [&](Failure failure) {
                                            result.failure = std::move(failure);
                                            over.set_value();
                                          }});
    over.get_future().wait();
    return result;
  }

  bool is_loaded(ModelId id) const {
    const MemoryStatus status = engine_.memory();
    return std::ranges::any_of(status.models, [&](const LoadedModelStatus& model) { return model.id == id; });
  }

  /// Loses the device while it writes; what was shown must be right.
  Answered lose_device_while_writing() {
    faults_.fail(VulkanCall::submit, 12, VK_ERROR_DEVICE_LOST);
    // Only once: the new device works.
    Answered answered = chat(0, [&](const std::string&) {
      if (faults_.failed()) faults_.calm();
    });
    faults_.calm();
    EXPECT_TRUE(expected_.starts_with(answered.text));
    EXPECT_LT(answered.text.size(), expected_.size());
    return answered;
  }

  TemporaryFolder folder_;
  Script script_;
  std::string expected_;
  VulkanFaults faults_;  // before the engine, so that it goes after it
  Engine engine_;
  ModelId model_ = 0;
};

TEST_F(EngineFaults, a_model_whose_file_is_cut_short_is_unloaded_and_the_others_stay) {
  ASSERT_FALSE(load(write("whole"), "cpu"));
  const ModelId whole = model_;
  const fs::path path = write("cut");
  ASSERT_FALSE(load(path, "cpu"));
  const ModelId cut = model_;
  EXPECT_EQ(chat(cut).text, expected_);
  bool is_cut = false;
  const Answered answered = chat(cut, [&](const std::string&) {
    if (!std::exchange(is_cut, true)) fs::resize_file(path / "model.safetensors", 4096);
  });
  ASSERT_TRUE(answered.failure);
  EXPECT_EQ(answered.failure->code, Errc::io);
  EXPECT_NE(answered.failure->message.find((path / "model.safetensors").string()), std::string::npos) << answered.failure->message;
  EXPECT_TRUE(expected_.starts_with(answered.text)) << answered.text;
  EXPECT_FALSE(is_loaded(cut));
  EXPECT_TRUE(is_loaded(whole));
  EXPECT_EQ(chat(whole).text, expected_);

  fs::remove_all(path);
  ASSERT_FALSE(load(write("cut"), "cpu"));
  EXPECT_EQ(chat(model_).text, expected_);
}

TEST_F(EngineFaults, a_lost_device_is_started_again_once_and_then_left) {
  if (!has_vulkan()) GTEST_SKIP() << "no Vulkan device";
  const fs::path path = write("model");
  ASSERT_FALSE(load(path, "vulkan"));
  EXPECT_EQ(chat(0).text, expected_);

  const Answered first = lose_device_while_writing();
  ASSERT_TRUE(first.failure);
  EXPECT_EQ(first.failure->code, Errc::device_lost);
  EXPECT_NE(first.failure->message.find("started again"), std::string::npos) << first.failure->message;
  EXPECT_EQ(chat(0).text, expected_) << "the model was loaded again";

  const Answered second = lose_device_while_writing();
  ASSERT_TRUE(second.failure);
  EXPECT_EQ(second.failure->code, Errc::device_lost);
  EXPECT_NE(second.failure->message.find("processor"), std::string::npos) << second.failure->message;
  EXPECT_EQ(second.failure->message.find("started again"), std::string::npos) << second.failure->message;
  EXPECT_TRUE(chat(0).failure) << "no model is loaded any more";
  ASSERT_FALSE(load(path, "cpu"));
  EXPECT_EQ(chat(0).text, expected_);
}

TEST_F(EngineFaults, memory_that_ends_while_loading_leaves_what_was_loaded) {
  if (!has_vulkan()) GTEST_SKIP() << "no Vulkan device";
  ASSERT_FALSE(load(write("first"), "vulkan"));
  const ModelId first = model_;
  faults_.fail(VulkanCall::create_command_pool, 1, VK_ERROR_OUT_OF_HOST_MEMORY);
  const auto failure = load(write("second"), "vulkan");
  if (failure) {
    EXPECT_EQ(failure->code, Errc::out_of_memory) << failure->message;
  }
  faults_.calm();
  EXPECT_TRUE(is_loaded(first));
  EXPECT_EQ(chat(first).text, expected_);
  ASSERT_FALSE(load(folder_ / "second", "vulkan"));
  EXPECT_EQ(chat(model_).text, expected_);
}

}  // namespace
}  // namespace etna::test

#include <gtest/gtest.h>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "tests/engine/session/faults/model_on_disk.h"
#include "tests/engine/session/scripted_model.h"

namespace etna::test {
namespace {

namespace fs = std::filesystem;

/// Models whose files are cut short, on the processor and on a Vulkan device.
class MappedFileFaults : public testing::TestWithParam<const char*> {
protected:
  void SetUp() override {
    const bool on_processor = std::string_view(GetParam()) == "cpu";
    if (!on_processor && vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
    backend_ = on_processor ? cpu::create_backend(2) : vulkan::create_backend(0);
    live_ = live_bytes(*backend_);
  }

  std::unique_ptr<ModelHost> load(const fs::path& path, const Progress& progress = {}) {
    return ModelHost::load(path, backend_, {.activations = "f32", .context_length = 0}, progress);
  }

  fs::path weights(const fs::path& model) const { return model / "model.safetensors"; }

  TemporaryFolder folder_;
  std::shared_ptr<Backend> backend_;
  std::uint64_t live_ = 0;
};

TEST_P(MappedFileFaults, a_model_whose_file_is_cut_short_says_so_and_the_other_one_goes_on) {
  const fs::path path = write_tiny_chat_model(folder_ / "cut");
  const auto other = load(write_tiny_chat_model(folder_ / "whole"));
  const std::string expected = answer(*other, letters("hello there"));
  auto host = load(path);
  EXPECT_EQ(answer(*host, letters("hello there")), expected) << "the same weights";
  fs::resize_file(weights(path), 8192);
  const auto failure = failure_of([&] { answer(*host, letters("and now")); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, Errc::io);
  EXPECT_NE(failure->message.find(weights(path).string()), std::string::npos) << failure->message;
  EXPECT_TRUE(host->has_damaged_files());
  EXPECT_FALSE(other->has_damaged_files());
  EXPECT_EQ(answer(*other, letters("hello there")), expected);
  host.reset();
  EXPECT_EQ(answer(*other, letters("hello there")), expected);

  fs::remove(weights(path));
  write_tiny_chat_model(path);
  EXPECT_EQ(answer(*load(path), letters("hello there")), expected);
}

TEST_P(MappedFileFaults, no_wrong_word_is_shown_when_the_file_goes_while_it_answers) {
  Script script;
  std::string expected;
  for (int i = 10; i < 60; ++i) expected += script.emplace_back(std::to_string(i) + " ");
  const fs::path path = write_scripted_model(folder_ / "cut", "?", script, plain_template);
  const auto host = load(path);
  EXPECT_EQ(answer(*host, letters("?", 60)), expected);
  std::string shown;
  const auto failure = failure_of([&] {
    answer(*host, letters("?", 60), [&](const std::string& text) {
      if (shown.empty()) fs::resize_file(weights(path), 4096);
      shown += text;
    });
  });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, Errc::io);
  EXPECT_NE(failure->message.find("cannot be read any more"), std::string::npos) << failure->message;
  EXPECT_FALSE(shown.empty());
  EXPECT_LT(shown.size(), expected.size());
  EXPECT_TRUE(expected.starts_with(shown)) << shown;
  EXPECT_EQ(failure_of([&] { answer(*host, letters("?")); })->code, Errc::io);
}

TEST_P(MappedFileFaults, a_file_that_is_cut_short_during_load_fails_the_load_and_leaves_nothing) {
  const fs::path path = write_tiny_chat_model(folder_ / "cut");
  for (int at = 0; at < 12; ++at) {
    fs::remove(weights(path));
    write_tiny_chat_model(path);
    int calls = 0;
    std::unique_ptr<ModelHost> host;
    const auto failure = failure_of([&] {
      host = load(path, {[&](std::uint64_t, std::uint64_t) {
                           if (calls++ == at) fs::resize_file(weights(path), 4096);
                         },
                         {}});
    });
    ASSERT_TRUE(failure) << "progress call " << at;
    EXPECT_EQ(failure->code, Errc::io) << failure->message;
    EXPECT_EQ(live_bytes(*backend_), live_);
  }
  fs::remove(weights(path));
  write_tiny_chat_model(path);
  EXPECT_FALSE(answer(*load(path), letters("hello")).empty());
}

TEST_P(MappedFileFaults, replacing_or_removing_the_file_by_name_harms_nothing) {
  const fs::path path = write_tiny_chat_model(folder_ / "model");
  const auto host = load(path);
  const std::string expected = answer(*host, letters("hello there"));
  write_tiny_chat_model(folder_ / "other", {{"hidden_size", 64}});
  fs::rename(weights(folder_ / "other"), weights(path));
  EXPECT_EQ(answer(*host, letters("and then")).empty(), false);
  EXPECT_EQ(answer(*host, letters("hello there")), expected);
  fs::remove_all(path);
  EXPECT_EQ(answer(*host, letters("hello there")), expected);
}

TEST_P(MappedFileFaults, a_file_that_is_written_to_in_place_is_noticed_before_the_next_answer) {
  const fs::path path = write_tiny_chat_model(folder_ / "model");
  const auto host = load(path);
  answer(*host, letters("hello there"));
  std::fstream file(weights(path), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(5000);
  file << "other weights";
  file.close();
  fs::last_write_time(weights(path), fs::last_write_time(weights(path)) + std::chrono::seconds(2));
  const auto failure = failure_of([&] { answer(*host, letters("hello there")); });
  const bool copied = !host->has_damaged_files();  // then nobody reads the file any more
  EXPECT_EQ(failure.has_value(), !copied);
  if (failure) {
    EXPECT_EQ(failure->code, Errc::io);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, MappedFileFaults, testing::Values("cpu", "vulkan"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace etna::test

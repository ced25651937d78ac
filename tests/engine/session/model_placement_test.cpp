#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/error.h"
#include "engine/devices.h"
#include "engine/io/starter_model.h"
#include "engine/models/layer_placement.h"
#include "engine/session/model_files.h"
#include "engine/session/model_host.h"
#include "engine/session/model_internals.h"
#include "engine/session/perplexity.h"

namespace etna {
namespace {

/// The starter model, eight layers with a tied table, on the processor and software Vulkan.
class ModelPlacement : public testing::Test {
protected:
  void SetUp() override {
    try {
      device_ = open_device("vulkan");
    } catch (const Error&) {
      GTEST_SKIP() << "no Vulkan device";
    }
    processor_ = open_device("cpu");
  }

  std::unique_ptr<ModelHost> load(std::int64_t layers_on_device, const Progress& progress = {}) const {
    return ModelHost::load(starter_model_folder(), device_,
                           {.activations = "f32", .context_length = 128, .layers_on_device = layers_on_device, .processor = processor_},
                           progress);
  }

  static std::uint64_t live(const Backend& backend, MemoryTag tag) {
    std::uint64_t bytes = 0;
    for (const auto& use : backend.allocator()->report().uses) bytes += use.tag == tag ? use.live_bytes : 0;
    return bytes;
  }

  std::shared_ptr<Backend> device_, processor_;
};

constexpr std::int64_t layers = 8;
const std::vector<std::int32_t> prompt{1, 17, 5, 90, 33, 8, 61};

TEST_F(ModelPlacement, greedy_text_does_not_depend_on_where_layers_lie) {
  const auto expected = load(0)->greedy(prompt, 24, IgnoreEos::yes, WantLogits::yes);
  for (const std::int64_t on_device : {std::int64_t{1}, std::int64_t{5}, layers}) {
    const auto result = load(on_device)->greedy(prompt, 24, IgnoreEos::yes, WantLogits::yes);
    EXPECT_EQ(result.ids, expected.ids) << on_device;
    ASSERT_EQ(result.last_logits.size(), expected.last_logits.size());
    for (std::size_t i = 0; i < expected.last_logits.size(); i += 7) {
      EXPECT_NEAR(result.last_logits[i], expected.last_logits[i], 2e-3) << on_device;
    }
  }
}

TEST_F(ModelPlacement, batches_and_perplexity_run_on_both_sides) {
  const auto whole = load(0), split = load(3);
  const std::vector<std::vector<std::int32_t>> prompts{prompt, {1, 40, 41}};
  const auto expected = whole->greedy_batch(prompts, 8, IgnoreEos::yes), answers = split->greedy_batch(prompts, 8, IgnoreEos::yes);
  for (std::size_t i = 0; i < prompts.size(); ++i) EXPECT_EQ(answers[i].ids, expected[i].ids);
  std::vector<std::int32_t> ids;
  for (std::int32_t i = 0; i < 64; ++i) ids.push_back((i * 37 + i * i) % 4096);
  const PerplexityRequest request{.batch_size = 2, .sequence_length = 32};
  EXPECT_NEAR(measure_perplexity(*split, ids, request, {}).mean_nll, measure_perplexity(*whole, ids, request, {}).mean_nll, 1e-4);
}

TEST_F(ModelPlacement, weights_lie_where_their_layers_lie) {
  const ModelFiles files = ModelFiles::open(starter_model_folder());
  const ModelBytes model = measure_model(files.settings, *files.tensors);
  EXPECT_GT(model.tied, 0u);
  for (const std::int64_t on_device : {std::int64_t{1}, layers / 2, layers}) {
    const PlacedBytes placed = placed_bytes(model, {layers, on_device});
    const auto host = load(on_device);
    // Beginnings and ends of pages, and blocks that are a little larger than asked for.
    EXPECT_GE(live(*device_, MemoryTag::weights), placed.device.stored) << on_device;
    EXPECT_LE(live(*device_, MemoryTag::weights), placed.device.stored * 9 / 8 + 65536) << on_device;
    EXPECT_GE(live(*processor_, MemoryTag::weights), placed.processor.stored) << on_device;
    EXPECT_LE(live(*processor_, MemoryTag::weights), placed.processor.stored + 65536) << on_device;
    const MemoryReport processor = processor_->allocator()->report();
    EXPECT_EQ(processor.mapped_bytes, live(*processor_, MemoryTag::weights)) << "overflow is not copied";
    EXPECT_GT(live(*device_, MemoryTag::kv_cache), 0u);
    EXPECT_EQ(live(*processor_, MemoryTag::kv_cache) > 0, on_device < layers);
  }
  EXPECT_EQ(live(*device_, MemoryTag::weights) + live(*device_, MemoryTag::kv_cache), 0u);
  EXPECT_EQ(live(*processor_, MemoryTag::weights) + live(*processor_, MemoryTag::kv_cache), 0u);
}

TEST_F(ModelPlacement, the_model_says_where_it_lies) {
  const auto whole = ModelHost::load(starter_model_folder(), processor_, {.activations = "f32", .context_length = 128}, {});
  const auto split = load(3), none = load(0), all = load(layers);
  EXPECT_EQ(placement_text(split->info()), "3 of 8 layers on the graphics device");
  EXPECT_EQ(placement_text(whole->info()) + placement_text(none->info()) + placement_text(all->info()), "");
  EXPECT_EQ(split->info().layers, layers);
  EXPECT_EQ(none->info().layers_on_device, 0);
  EXPECT_EQ(none->info().device, processor_->name());
  EXPECT_EQ(split->info().device, device_->name());
  for (const auto* host : {&split, &none, &all}) {
    EXPECT_EQ((*host)->info().parameters, whole->info().parameters);
    EXPECT_EQ((*host)->info().weight_bytes, whole->info().weight_bytes);
  }
}

TEST_F(ModelPlacement, loading_reports_all_bytes_of_both_sides) {
  std::uint64_t last = 0, of = 0;
  load(4, {[&](std::uint64_t done, std::uint64_t total) {
             EXPECT_GE(done, last);
             last = done;
             of = total;
           },
           {}});
  EXPECT_GT(of, 0u);
  EXPECT_EQ(last, of);
}

TEST_F(ModelPlacement, a_load_that_is_stopped_leaves_nothing_in_either_place) {
  std::stop_source stop;
  std::uint64_t calls = 0;
  const Progress progress{[&](std::uint64_t, std::uint64_t) {
                            if (++calls == 40) stop.request_stop();  // the device's part is done by then
                          },
                          stop.get_token()};
  EXPECT_THROW(load(1, progress), Error);
  EXPECT_EQ(live(*device_, MemoryTag::weights) + live(*processor_, MemoryTag::weights), 0u);
  EXPECT_EQ(device_->allocator()->report().reserved_bytes + processor_->allocator()->report().reserved_bytes, 0u);
}

TEST_F(ModelPlacement, wrong_placements_are_named) {
  const auto failure = [&](const ModelHostOptions& options, bool on_processor = false) {
    try {
      ModelHost::load(starter_model_folder(), on_processor ? processor_ : device_, options, {});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("loaded");
  };
  EXPECT_THAT(failure({.layers_on_device = 9, .processor = processor_}), testing::HasSubstr("9 layers on the device: the model has 8"));
  EXPECT_THAT(failure({.layers_on_device = 4}), testing::HasSubstr("no processor"));
  EXPECT_THAT(failure({.layers_on_device = 4, .processor = processor_}, true), testing::HasSubstr("is no graphics device"));
}

}  // namespace
}  // namespace etna

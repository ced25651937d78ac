// A model with an adapter answers as the model would into which the adapter was merged.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/array/array.h"
#include "engine/base/error.h"
#include "engine/devices.h"
#include "engine/session/memory_estimate.h"
#include "engine/session/model_host.h"
#include "tests/engine/io/adapter_files.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/tiny_model.h"

namespace etna {
namespace {

using test::HostTensors;
using test::random_tensor;

const std::vector<std::int32_t> prompt{1, 17, 5, 90, 33, 8, 61};
constexpr float scale = 2;

/// (n, m) · (m, k)
std::vector<double> product(const HostTensor& a, const HostTensor& b) {
  const auto n = static_cast<std::size_t>(a.shape[0]), m = static_cast<std::size_t>(a.shape[1]), k = static_cast<std::size_t>(b.shape[1]);
  std::vector<double> result(n * k);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < m; ++j) {
      for (std::size_t l = 0; l < k; ++l) result[i * k + l] += double{a.values[i * m + j]} * b.values[j * k + l];
    }
  }
  return result;
}

HostTensors read_tensors(const std::filesystem::path& file) {
  HostTensors tensors;
  const auto opened = SafetensorsFile::open(file);
  for (const StoredTensor& tensor : opened->tensors()) {
    tensors[tensor.name] = {tensor.shape, Array::from_bytes(tensor.bytes, tensor.shape, *tensor.dtype).to_floats()};
  }
  return tensors;
}

/// A tiny Llama, a change of low rank for it, and the model in which that change is part of the weights.
class AdapterOnModel : public testing::TestWithParam<const char*> {
protected:
  void SetUp() override {
    backend_ = open_device(GetParam());
    test::write_tiny_model(folder_ / "model");
    weights_ = read_tensors(folder_ / "model/model.safetensors");
  }

  void add_change(const std::string& path, unsigned seed) {
    const Shape shape = weights_.at(path + ".weight").shape;
    change_[path + ".lora_a"] = random_tensor({shape[1], 4}, seed);
    change_[path + ".lora_b"] = random_tensor({4, shape[0]}, seed + 1);
  }

  void add_table_change(const std::string& path) {
    const Shape shape = weights_.at(path + ".weight").shape;
    change_[path + ".lora_a"] = random_tensor({shape[0], 4}, 7);
    change_[path + ".lora_b"] = random_tensor({4, shape[1]}, 8);
  }

  /// W' of a linear layer (out, in), or of a table.
  void fuse(const std::string& path, bool is_table = false) {
    HostTensor& weight = weights_.at(path + ".weight");
    const std::vector<double> change = product(change_.at(path + ".lora_a"), change_.at(path + ".lora_b"));
    const auto rows = static_cast<std::size_t>(weight.shape[0]), columns = static_cast<std::size_t>(weight.shape[1]);
    const auto lengths = change_.find(path + ".m");
    for (std::size_t i = 0; i < rows; ++i) {
      double length = 0;
      for (std::size_t j = 0; j < columns; ++j) {
        float& value = weight.values[i * columns + j];
        value += static_cast<float>(scale * change[is_table ? i * columns + j : j * rows + i]);
        length += double{value} * value;
      }
      if (lengths == change_.end()) continue;
      for (std::size_t j = 0; j < columns; ++j) weight.values[i * columns + j] *= static_cast<float>(lengths->second.values[i] / std::sqrt(length));
    }
  }

  std::filesystem::path fused_model(const nlohmann::json& changes = {}) {
    test::write_tiny_model(folder_ / "fused", changes);
    test::write_tensors(folder_ / "fused/model.safetensors", weights_);
    return folder_ / "fused";
  }

  std::vector<float> logits(const std::filesystem::path& model, const std::filesystem::path& adapter, std::int64_t layers_on_device = -1) {
    ModelHostOptions options{.activations = "f32"};
    options.adapter = adapter.string();
    options.layers_on_device = layers_on_device;
    if (layers_on_device >= 0) options.processor = open_device("cpu", backend_->allocator()->ledger());
    const auto host = ModelHost::load(model, backend_, options, {});
    const std::int64_t last = static_cast<std::int64_t>(prompt.size()) - 1;
    return host->logits(prompt, std::span(&last, 1)).front();
  }

  static void expect_equal(const std::vector<float>& a, const std::vector<float>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-4) << i;
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<Backend> backend_;
  HostTensors weights_, change_;
};

TEST_P(AdapterOnModel, low_rank_on_top_equals_low_rank_inside) {
  unsigned seed = 1;
  for (const char* path : {"model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.v_proj", "model.layers.1.self_attn.o_proj",
                           "model.layers.0.mlp.gate_proj", "model.layers.1.mlp.down_proj", "lm_head"}) {
    add_change(path, seed += 2);
    fuse(path);
  }
  const std::filesystem::path adapter = write_mlx_adapter(folder_, change_);
  const std::vector<float> with = logits(folder_ / "model", adapter);
  expect_equal(with, logits(fused_model(), {}));
  const std::vector<float> without = logits(folder_ / "model", {});
  EXPECT_GT(std::fabs(with[3] - without[3]), 1e-3) << "the adapter changes something";
}

TEST_P(AdapterOnModel, a_table_of_tokens_has_a_change_too_also_as_output_layer) {
  const nlohmann::json tied{{"tie_word_embeddings", true}};
  test::write_tiny_model(folder_ / "model", tied);
  add_table_change("model.embed_tokens");
  fuse("model.embed_tokens", true);
  expect_equal(logits(folder_ / "model", write_mlx_adapter(folder_, change_)), logits(fused_model(tied), {}));
}

TEST_P(AdapterOnModel, rows_get_the_lengths_that_dora_learned) {
  for (const char* path : {"model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj"}) {
    add_change(path, 11);
    HostTensor m = random_tensor({weights_.at(std::string(path) + ".weight").shape[0]}, 12);
    for (float& value : m.values) value = 1 + std::fabs(value);
    change_[std::string(path) + ".m"] = m;
    fuse(path);
  }
  expect_equal(logits(folder_ / "model", write_mlx_adapter(folder_, change_, test::mlx_config("dora"))), logits(fused_model(), {}));
}

TEST_P(AdapterOnModel, whole_weights_replace_the_models) {
  weights_["model.layers.0.mlp.up_proj.weight"] = random_tensor({128, 64}, 5, 0.3f);
  const nlohmann::json full{{"fine_tune_type", "full"}, {"lora_parameters", nullptr}};
  const auto adapter = write_mlx_adapter(folder_, {{"model.layers.0.mlp.up_proj.weight", weights_["model.layers.0.mlp.up_proj.weight"]}}, full);
  expect_equal(logits(folder_ / "model", adapter), logits(fused_model(), {}));
}

TEST_P(AdapterOnModel, it_is_where_its_layers_are) {
  if (!backend_->is_gpu()) GTEST_SKIP() << "a model in two places needs a graphics device";
  add_change("model.layers.0.self_attn.k_proj", 1);
  add_change("model.layers.1.self_attn.k_proj", 3);
  const std::filesystem::path adapter = write_mlx_adapter(folder_, change_);
  expect_equal(logits(folder_ / "model", adapter, 1), logits(folder_ / "model", adapter));
}

TEST_P(AdapterOnModel, its_memory_is_estimated_and_has_an_owner) {
  add_change("model.layers.0.self_attn.q_proj", 1);
  const std::filesystem::path adapter = write_mlx_adapter(folder_, change_);
  LoadRequest request;
  request.path = (folder_ / "model").string();
  request.context_length = 64;
  LoadEstimator estimator;
  const LoadEstimate without = estimator.estimate(request, *backend_);
  request.adapter = adapter.string();
  const LoadEstimate with = estimator.estimate(request, *backend_);
  const std::uint64_t bytes = Adapter::open(adapter).bytes();
  std::uint64_t estimated = 0;
  for (const PoolEstimate& pool : with.pools) estimated += pool.adapter_bytes;
  EXPECT_GE(estimated, bytes);
  EXPECT_GT(with.total(), without.total());

  ModelHostOptions options{.context_length = 64};
  options.adapter = adapter.string();
  const auto host = ModelHost::load(request.path, backend_, options, {});
  std::uint64_t live = 0;
  for (const MemoryReport& report : backend_->allocator()->ledger()->report()) {
    for (const MemoryReport::Use& use : report.uses) live += use.tag == MemoryTag::adapter ? use.live_bytes : 0;
  }
  EXPECT_EQ(live, estimated);
}

TEST_P(AdapterOnModel, one_for_another_model_is_refused_by_name) {
  const auto load = [&](const HostTensors& change) {
    const std::filesystem::path adapter = write_mlx_adapter(folder_, change);
    return [this, adapter] { logits(folder_ / "model", adapter); };
  };
  const std::string here = "model.layers.0.self_attn.q_proj", there = "model.layers.9.self_attn.q_proj";
  test::expect_failure(load({{there + ".lora_a", random_tensor({64, 4}, 1)}, {there + ".lora_b", random_tensor({4, 64}, 2)}}), Errc::corrupt,
                       {"layers.9", "made for another model"});
  test::expect_failure(load({{here + ".lora_a", random_tensor({32, 4}, 1)}, {here + ".lora_b", random_tensor({4, 64}, 2)}}), Errc::corrupt,
                       {"q_proj", "(32, 4)", "made for another model"});
}

INSTANTIATE_TEST_SUITE_P(Devices, AdapterOnModel, testing::Values("cpu", "vulkan"));

}  // namespace
}  // namespace etna

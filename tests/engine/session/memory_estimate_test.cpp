#include "engine/session/memory_estimate.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

#include "engine/base/error.h"
#include "engine/devices.h"
#include "tests/engine/io/gguf_builder.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

/// What an owner holds now: what its unloading gives back.
std::vector<PoolShare> held_by(const MemoryLedger& ledger, OwnerId owner) {
  std::vector<PoolShare> shares;
  for (const MemoryReport& report : ledger.report()) {
    std::uint64_t bytes = 0;
    for (const MemoryReport::Use& use : report.uses) bytes += use.owner == owner ? use.live_bytes : 0;
    if (bytes > 0) shares.push_back({report.pool, bytes});
  }
  return shares;
}

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

class FakePool final : public MemoryPool {
public:
  FakePool(std::string id, std::uint64_t mebibytes, std::shared_ptr<MemoryPool> parent = nullptr, bool reported = true)
      : id_(std::move(id)), budget_{mebibytes * mebibyte, mebibytes * mebibyte, reported}, parent_(std::move(parent)) {}

  const std::string& id() const override { return id_; }
  const std::string& name() const override { return id_; }
  std::shared_ptr<MemoryPool> parent() const override { return parent_; }

  /// Where a driver does not say what others use: a tenth less, and what we hold.
  PoolBudget budget(std::uint64_t held) const override {
    if (budget_.reported) return {budget_.capacity, budget_.capacity - std::min(budget_.capacity, held), true};
    const std::uint64_t most = budget_.capacity - budget_.capacity / 10;
    return {budget_.capacity, most - std::min(most, held), false};
  }

private:
  std::string id_;
  PoolBudget budget_;
  std::shared_ptr<MemoryPool> parent_;
};

using Pools = std::vector<std::shared_ptr<MemoryPool>>;

/// A heap that has pools and nothing in them.
class FakeHeap final : public Heap {
public:
  FakeHeap(Pools device, Pools host) : pools_{std::move(device), std::move(host)} {}

  const std::string& name() const override { return name_; }
  std::span<const std::shared_ptr<MemoryPool>> pools(Placement placement) const override { return pools_[static_cast<std::size_t>(placement)]; }
  HeapBlock allocate(std::size_t bytes, Placement, const MemoryPool&) override { return {nullptr, 256, bytes, nullptr}; }
  void free(const HeapBlock&) override {}
  std::optional<HeapBlock> import(std::span<const std::byte>) override { return std::nullopt; }
  std::size_t growth(std::size_t bytes, Placement, const MemoryPool&) const override { return bytes; }
  std::uint64_t held_bytes(const MemoryPool&) const override { return 0; }
  void write(const HeapBlock&, std::size_t, std::span<const std::byte>) override {}
  void read(const HeapBlock&, std::size_t, std::span<std::byte>) override {}

private:
  std::string name_ = "fake";
  std::array<Pools, 2> pools_;
};

class Judging : public testing::Test {
protected:
  std::shared_ptr<MemoryPool> system(std::uint64_t mebibytes) { return std::make_shared<FakePool>(system_pool_id, mebibytes); }

  LoadEstimate judged(Pools device, Pools host, const LoadMemory& memory, const LoadSituation& situation = {}) {
    allocator_ = Allocator::create(std::make_unique<FakeHeap>(std::move(device), std::move(host)), ledger_);
    ledger_->set_reserve(0, 0);
    LoadEstimate estimate;
    judge(memory, *allocator_, situation, estimate);
    return estimate;
  }

  static LoadMemory memory(std::uint64_t weights, std::uint64_t kv, std::uint64_t working, std::uint64_t host = 0) {
    return {.device = {weights * mebibyte, kv * mebibyte, working * mebibyte}, .host = {0, 0, host * mebibyte}, .mapped_bytes = 0, .processor = {}};
  }

  std::shared_ptr<MemoryLedger> ledger_ = MemoryLedger::create();
  std::shared_ptr<Allocator> allocator_;
};

TEST_F(Judging, shared_memory_is_one_bar_and_counts_once) {
  const auto computer = system(100);
  const auto chip = std::make_shared<FakePool>("gpu:0", 90, computer);
  const LoadEstimate estimate = judged({chip}, {chip}, memory(40, 20, 5, 1));
  ASSERT_EQ(estimate.pools.size(), 1u);
  EXPECT_EQ(estimate.pools[0].pool, "system");
  EXPECT_EQ(estimate.pools[0].weight_bytes, 40 * mebibyte);
  EXPECT_EQ(estimate.pools[0].working_bytes, 6 * mebibyte);
  EXPECT_EQ(estimate.total(), 66 * mebibyte);
  EXPECT_EQ(estimate.usable_bytes, 90 * mebibyte) << "the driver's own limit is smaller than the computer's memory";
  EXPECT_EQ(estimate.fit, Fit::tight);
}

TEST_F(Judging, a_carved_out_heap_adds_to_what_the_driver_lends_of_the_computer) {
  const auto computer = system(100);
  const auto carved = std::make_shared<FakePool>("gpu:0", 30), lent = std::make_shared<FakePool>("gpu:0.1", 60, computer);
  const LoadEstimate estimate = judged({carved, lent}, {lent}, memory(50, 20, 4, 1));
  EXPECT_EQ(estimate.usable_bytes, 90 * mebibyte);
  EXPECT_EQ(estimate.fit, Fit::tight);
  ASSERT_EQ(estimate.pools.size(), 2u);
  EXPECT_EQ(estimate.pools[0].pool, "gpu:0");
  EXPECT_EQ(estimate.pools[0].total(), 30 * mebibyte) << "it is filled first";
  EXPECT_EQ(estimate.pools[1].total(), 45 * mebibyte);
  EXPECT_EQ(estimate.pools[1].kv_cache_bytes, 20 * mebibyte);
}

TEST_F(Judging, a_card_alone_decides_whatever_the_computer_has) {
  const auto computer = system(1000);
  const auto card = std::make_shared<FakePool>("gpu:0", 50), staging = std::make_shared<FakePool>("gpu:0.1", 500, computer);
  const LoadEstimate fitting = judged({card}, {staging}, memory(20, 10, 5, 2));
  EXPECT_EQ(fitting.usable_bytes, 50 * mebibyte);
  EXPECT_EQ(fitting.fit, Fit::fits_well);
  const LoadEstimate large = judged({card}, {staging}, memory(40, 10, 5, 2));
  EXPECT_EQ(large.fit, Fit::too_big);
  EXPECT_EQ(large.missing_bytes, 5 * mebibyte);
  const LoadEstimate beside = judged({card}, {system(1)}, memory(20, 10, 5, 2));
  EXPECT_EQ(beside.fit, Fit::too_big) << "what must lie in the computer's memory has no room there";
  EXPECT_EQ(beside.missing_bytes, mebibyte);
}

TEST_F(Judging, a_driver_that_reports_no_budget_leaves_a_tenth) {
  const auto card = std::make_shared<FakePool>("gpu:0", 100, nullptr, false);
  const LoadEstimate estimate = judged({card}, {system(100)}, memory(50, 10, 3));
  EXPECT_EQ(estimate.usable_bytes, 90 * mebibyte);
  EXPECT_EQ(estimate.fit, Fit::fits_well);
}

TEST_F(Judging, the_user_s_limit_holds_over_all_pools) {
  const auto computer = system(100);
  const auto carved = std::make_shared<FakePool>("gpu:0", 30), lent = std::make_shared<FakePool>("gpu:0.1", 60, computer);
  ledger_->set_limit(40 * mebibyte);
  const LoadEstimate estimate = judged({carved, lent}, {lent}, memory(30, 10, 2));
  EXPECT_EQ(estimate.usable_bytes, 40 * mebibyte);
  EXPECT_EQ(estimate.missing_bytes, 2 * mebibyte);
}

TEST_F(Judging, what_is_replaced_or_may_be_unloaded_makes_room) {
  const auto computer = system(100);
  const auto processor = Allocator::create(std::make_unique<FakeHeap>(Pools{computer}, Pools{computer}), ledger_);
  ledger_->set_reserve(0, 0);
  const OwnerId first = ledger_->add_owner("first"), second = ledger_->add_owner("second");
  const Buffer a = processor->allocate(30 * mebibyte, Placement::device, MemoryTag::weights, first);
  const Buffer b = processor->allocate(40 * mebibyte, Placement::device, MemoryTag::weights, second);
  LoadSituation situation;
  situation.idle = {{1, "first", held_by(*ledger_, first)}, {2, "second", held_by(*ledger_, second)}};
  const LoadEstimate full = judged({computer}, {computer}, memory(60, 5, 0), situation);
  EXPECT_EQ(full.fit, Fit::too_big);
  EXPECT_EQ(full.missing_bytes, 35 * mebibyte);
  ASSERT_EQ(full.unloading.size(), 2u);
  EXPECT_EQ(full.unloading[0].frees_bytes, 30 * mebibyte);
  EXPECT_EQ(full.unloading[0].fit_after, Fit::too_big);
  EXPECT_EQ(full.unloading[1].fit_after, Fit::fits_well) << "with the first one gone too";
  situation.replaced = held_by(*ledger_, second);
  EXPECT_EQ(judged({computer}, {computer}, memory(60, 5, 0), situation).fit, Fit::very_tight);
}

TEST(Fits, classes_end_at_seventy_ninety_and_a_hundred_per_cent) {
  EXPECT_EQ(fit_of(70, 100), Fit::fits_well);
  EXPECT_EQ(fit_of(71, 100), Fit::tight);
  EXPECT_EQ(fit_of(90, 100), Fit::tight);
  EXPECT_EQ(fit_of(100, 100), Fit::very_tight);
  EXPECT_EQ(fit_of(101, 100), Fit::too_big);
  EXPECT_EQ(fit_of(0, 0), Fit::fits_well);
  EXPECT_EQ(fit_of(~std::uint64_t{0}, 1), Fit::too_big);
}

/// A Llama as a hub describes it.
ModelDescription described(std::int64_t hidden, std::int64_t layers, std::int64_t heads, std::int64_t inner, std::int64_t vocab, std::int64_t context) {
  ModelDescription model;
  model.name = "somebody/model";
  model.config_json = R"({"model_type":"llama","hidden_size":)" + std::to_string(hidden) + R"(,"num_hidden_layers":)" + std::to_string(layers) +
                      R"(,"num_attention_heads":)" + std::to_string(heads) + R"(,"intermediate_size":)" + std::to_string(inner) + R"(,"vocab_size":)" +
                      std::to_string(vocab) + R"(,"max_position_embeddings":)" + std::to_string(context) + R"(,"tie_word_embeddings":true})";
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    std::uint64_t bytes = 2;
    for (const std::int64_t size : shape) bytes *= static_cast<std::uint64_t>(size);
    model.tensors.push_back({name, "BF16", std::move(shape), bytes});
  };
  add("model.embed_tokens.weight", {vocab, hidden});
  add("model.norm.weight", {hidden});
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::string path = "model.layers." + std::to_string(i) + ".";
    for (const char* name : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"}) add(path + name + ".weight", {hidden, hidden});
    for (const char* name : {"mlp.gate_proj", "mlp.up_proj"}) add(path + name + ".weight", {inner, hidden});
    add(path + "mlp.down_proj.weight", {hidden, inner});
    for (const char* name : {"input_layernorm", "post_attention_layernorm"}) add(path + name + ".weight", {hidden});
  }
  return model;
}

LoadRequest with_context(std::uint64_t tokens) {
  LoadRequest request;
  request.context_length = tokens;
  return request;
}

class Estimating : public testing::Test {
protected:
  std::shared_ptr<MemoryLedger> ledger_ = MemoryLedger::create();
  std::shared_ptr<Backend> backend_ = open_device("cpu", ledger_);
  LoadEstimator estimator_;
};

TEST_F(Estimating, a_description_is_enough_and_nothing_is_taken) {
  const ModelDescription model = described(1024, 4, 8, 2048, 4096, 4096);
  std::uint64_t weights = 0;
  for (const auto& tensor : model.tensors) weights += tensor.bytes;
  const LoadEstimate estimate = estimator_.estimate(model, with_context(1024), *backend_);
  EXPECT_EQ(estimate.weight_bytes(), weights);
  EXPECT_EQ(estimate.kv_cache_bytes(), 4u * 2 * 1024 * 1024 * 4) << "layers · keys and values · tokens · hidden · float32";
  EXPECT_GT(estimate.working_bytes(), 0u);
  EXPECT_EQ(estimate.layers, 4);
  EXPECT_EQ(estimate.context_length, 1024u);
  EXPECT_EQ(estimate.trained_context_length, 4096u);
  EXPECT_EQ(ledger_->active_bytes(), 0u);
}

TEST_F(Estimating, the_longest_context_fits_and_packing_is_suggested_where_it_helps) {
  const ModelDescription model = described(512, 2, 8, 1024, 1024, 65536);
  const LoadEstimate all = estimator_.estimate(model, with_context(65536), *backend_);
  if (all.fit == Fit::too_big) GTEST_SKIP() << "this computer has too little memory";
  EXPECT_EQ(all.longest_context, 65536u);
  EXPECT_EQ(all.suggested_kv_bits, 0);
  ledger_->set_limit(all.weight_bytes() + all.working_bytes() + all.kv_cache_bytes() / 2);
  const LoadEstimate half = estimator_.estimate(model, with_context(65536), *backend_);
  EXPECT_EQ(half.fit, Fit::too_big);
  EXPECT_GT(half.longest_context, 65536u * 45 / 100);
  EXPECT_LE(half.longest_context, 65536u / 2);
  EXPECT_EQ(half.suggested_kv_bits, 8);
  EXPECT_LE(half.suggested_kv_total, half.usable_bytes);
  EXPECT_NE(estimator_.estimate(model, with_context(half.longest_context), *backend_).fit, Fit::too_big);
  EXPECT_EQ(estimator_.estimate(model, with_context(half.longest_context + 512), *backend_).fit, Fit::too_big);
  ledger_->set_limit(mebibyte);
  const LoadEstimate none = estimator_.estimate(model, {}, *backend_);
  EXPECT_EQ(none.longest_context, 0u);
  EXPECT_EQ(none.suggested_kv_bits, 0);
}

TEST_F(Estimating, packing_is_not_suggested_for_heads_that_do_not_divide_into_groups) {
  const ModelDescription model = described(512, 2, 16, 1024, 1024, 65536);  // heads of 32
  const LoadEstimate all = estimator_.estimate(model, with_context(65536), *backend_);
  ledger_->set_limit(all.total() - all.kv_cache_bytes() / 2);
  EXPECT_EQ(estimator_.estimate(model, with_context(65536), *backend_).suggested_kv_bits, 0);
}

/// The parts of a split Llama of half-precision weights: the first holds metadata and no tensors, as some tools write it.
std::vector<std::string> split_llama(std::vector<std::size_t>& heads) {
  constexpr std::uint64_t hidden = 64, inner = 128, vocab = 96;
  std::vector<test::GgufBuilder> parts(3);
  std::vector<std::uint64_t> data(3);
  std::uint32_t tensors = 0;
  const auto add = [&](std::size_t part, const std::string& name, std::uint32_t type, const std::vector<std::uint64_t>& axes) {
    parts[part].tensor(name, axes, type, data[part]);
    std::uint64_t bytes = type == 0 ? 4 : 2;
    for (const std::uint64_t axis : axes) bytes *= axis;
    data[part] += bytes;
    ++tensors;
  };
  for (std::size_t layer = 0; layer < 2; ++layer) {
    const std::string path = "blk." + std::to_string(layer) + ".";
    for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output"}) add(1 + layer, path + name + ".weight", 1, {hidden, hidden});
    for (const char* name : {"ffn_gate", "ffn_up"}) add(1 + layer, path + name + ".weight", 1, {hidden, inner});
    add(1 + layer, path + "ffn_down.weight", 1, {inner, hidden});
    for (const char* name : {"attn_norm", "ffn_norm"}) add(1 + layer, path + name + ".weight", 0, {hidden});
  }
  add(1, "token_embd.weight", 1, {hidden, vocab});
  add(2, "output_norm.weight", 0, {hidden});
  std::vector<std::string> files;
  for (std::uint32_t number = 0; number < 3; ++number) {
    parts[number].integer("split.no", number).integer("split.count", 3).integer("split.tensors.count", tensors);
    if (number == 0) {
      parts[0].text("general.architecture", "llama").integer("llama.block_count", 2).integer("llama.embedding_length", hidden);
      parts[0].integer("llama.feed_forward_length", inner).integer("llama.attention.head_count", 4).integer("llama.context_length", 512);
      parts[0].integer("llama.vocab_size", vocab);
    }
    heads.push_back(parts[number].bytes(0, 1).size());
    files.push_back(parts[number].bytes(data[number]));
  }
  return files;
}

TEST_F(Estimating, heads_of_all_parts_tell_the_same_before_a_download_as_the_files_after_it) {
  const test::TemporaryFolder folder;
  std::vector<std::size_t> heads;
  const std::vector<std::string> files = split_llama(heads);
  ModelDescription description;
  description.name = "somebody/model";
  LoadRequest request = with_context(128);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto path = folder.write("m-0000" + std::to_string(i + 1) + "-of-00003.gguf", files[i]);
    if (i == 0) request.path = path.string();
    description.gguf_parts.push_back({.header = {files[i].begin(), files[i].end()}, .file_bytes = files[i].size()});
    // What is behind the table of tensors is not there before a download.
    description.gguf_parts.back().header.resize(heads[i]);
  }
  const LoadEstimate before = estimator_.estimate(description, with_context(128), *backend_);
  const LoadEstimate after = estimator_.estimate(request, *backend_);
  EXPECT_GT(before.weight_bytes(), 0u);
  EXPECT_EQ(before.weight_bytes(), after.weight_bytes());
  EXPECT_EQ(before.kv_cache_bytes(), after.kv_cache_bytes());
  EXPECT_EQ(before.working_bytes(), after.working_bytes());
  EXPECT_EQ(before.layers, after.layers);
  EXPECT_EQ(before.trained_context_length, after.trained_context_length);
  description.gguf_parts.pop_back();
  EXPECT_THROW(estimator_.estimate(description, with_context(128), *backend_), Error);
}

TEST_F(Estimating, sizes_that_cannot_be_are_refused_or_too_big_and_never_wrap) {
  std::mt19937_64 random(7);
  const auto number = [&](int most_bits) { return static_cast<std::int64_t>(random() >> (64 - 1 - random() % static_cast<std::uint64_t>(most_bits))) + 1; };
  int estimated = 0;
  for (int i = 0; i < 300; ++i) {
    const std::int64_t heads = std::int64_t{1} << random() % 8;
    ModelDescription model = described(heads * 2 * number(11), std::min<std::int64_t>(number(4), 3), heads, number(20), number(22), number(30));
    if (random() % 4 == 0) model.tensors[random() % model.tensors.size()].shape[0] = number(63);
    if (random() % 4 == 0) model.tensors[random() % model.tensors.size()].bytes = random();
    LoadRequest request;
    request.context_length = random() % 6 == 0 ? random() : static_cast<std::uint64_t>(number(31));
    if (random() % 3 == 0) request.kv_cache.key_bits = request.kv_cache.value_bits = random() % 2 ? 8 : 4;
    if (random() % 5 == 0) request.kv_cache.max_size = random() >> random() % 64;
    try {
      const LoadEstimate estimate = estimator_.estimate(model, request, *backend_);
      ++estimated;
      std::uint64_t tensors = 0;
      for (const auto& tensor : model.tensors) tensors += tensor.bytes;
      EXPECT_GE(estimate.weight_bytes(), tensors);
      EXPECT_EQ(estimate.total(), estimate.weight_bytes() + estimate.kv_cache_bytes() + estimate.working_bytes());
      EXPECT_LT(estimate.total(), std::uint64_t{1} << 60);
      EXPECT_EQ(estimate.fit == Fit::too_big, estimate.missing_bytes > 0);
      EXPECT_EQ(estimate.missing_bytes, estimate.total() - std::min(estimate.total(), estimate.usable_bytes));
      EXPECT_LE(estimate.longest_context, estimate.trained_context_length);
      EXPECT_TRUE(std::isfinite(estimate.slowdown));
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()), "");
    }
  }
  EXPECT_GT(estimated, 30) << "most of what is tried should be possible";
}

TEST_F(Estimating, descriptions_that_contradict_themselves_are_refused) {
  ModelDescription model = described(64, 1, 2, 128, 100, 512);
  const auto message = [&](const ModelDescription& wrong) -> std::string {
    try {
      estimator_.estimate(wrong, {}, *backend_);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(model), "");
  ModelDescription bytes = model;
  bytes.tensors[0].bytes += 1;
  EXPECT_NE(message(bytes).find("model.embed_tokens.weight"), std::string::npos);
  ModelDescription missing = model;
  missing.tensors.pop_back();
  EXPECT_NE(message(missing).find("post_attention_layernorm.weight"), std::string::npos);
  ModelDescription type = model;
  type.tensors[0].dtype = "F99";
  EXPECT_NE(message(type).find("F99"), std::string::npos);
  ModelDescription header;
  header.name = "somebody/file.gguf";
  header.gguf_parts = {{.header = {'G', 'G', 'U', 'F'}, .file_bytes = ~std::uint64_t{0}}};
  EXPECT_NE(message(header), "");
}

}  // namespace
}  // namespace etna

#include "benchmarks/support/random_model.h"

#include <fmt/core.h>
#include <sys/mman.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "engine/base/error.h"
#include "engine/base/half.h"
#include "engine/base/thread_pool.h"
#include "engine/ops/packed_format.h"

namespace etna::benchmarks {

namespace {

struct KnownShape {
  std::int64_t hidden, intermediate, layers, heads, kv_heads, head_dim, vocab;
  bool tied;
};

const std::map<std::string, KnownShape>& known_shapes() {
  static const std::map<std::string, KnownShape> shapes{
      {"qwen3-0.6b", {1024, 3072, 28, 16, 8, 128, 151936, true}},
      {"llama-1.1b", {2048, 5632, 22, 32, 4, 64, 32000, false}},
      {"llama-3-8b", {4096, 14336, 32, 32, 8, 128, 128256, false}},
  };
  return shapes;
}

ModelConfig make_config(const KnownShape& shape, const std::string& name) {
  ModelConfig config = ModelConfig::parse(
      fmt::format(R"({{"model_type":"llama","vocab_size":{},"hidden_size":{},"intermediate_size":{},"num_hidden_layers":{},
          "num_attention_heads":{},"num_key_value_heads":{},"head_dim":{},"max_position_embeddings":8192,"rms_norm_eps":1e-5}})",
                  shape.vocab, shape.hidden, shape.intermediate, shape.layers, shape.heads, shape.kv_heads, shape.head_dim),
      name);
  config.tie_word_embeddings = shape.tied;
  return config;
}

/// A stream of random words from a counter, so that threads can fill parts by themselves (splitmix64).
std::uint64_t random_word(std::uint64_t counter) {
  std::uint64_t z = (counter + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/// Small random numbers: keeps the signs and mantissas of random bits, sets exponents to about 1/64.
template <class T>
std::uint64_t weight_word(std::uint64_t counter) {
  const std::uint64_t bits = random_word(counter);
  if constexpr (std::is_same_v<T, Float16>) return (bits & 0x83ff83ff83ff83ffu) | 0x2000200020002000u;
  else if constexpr (std::is_same_v<T, BFloat16>) return (bits & 0x807f807f807f807fu) | 0x3c003c003c003c00u;
  else return (bits & 0x807fffff807fffffu) | 0x3c0000003c000000u;
}

std::uint64_t repeat(DType dtype, float value) {
  switch (dtype) {
    case DType::float16: return to_float16(value).bits * 0x0001000100010001u;
    case DType::bfloat16: return to_bfloat16(value).bits * 0x0001000100010001u;
    default: return std::bit_cast<std::uint32_t>(value) * 0x0000000100000001u;
  }
}

/// Where a block of ggml's has float16 scales, and which make weights up to about 0.03.
struct BlockScales {
  PackedKind kind;
  std::size_t at;
  float scale;
  float minimum;  // behind the scale; 0: there is none
};

constexpr BlockScales block_scales[] = {
    {PackedKind::q4_0, 0, 0.03f / 8, 0},
    {PackedKind::q8_0, 0, 0.03f / 127, 0},
    {PackedKind::q4_k, 0, 0.03f / (63 * 8), 0.03f / 63},
    {PackedKind::q6_k, 208, 0.03f / (127 * 32), 0},
};

const BlockScales* scales_of(const std::string& format) {
  const auto found = std::ranges::find(block_scales, format, [](const BlockScales& s) { return traits(s.kind).name; });
  return found == std::end(block_scales) ? nullptr : found;
}

}  // namespace

/// Address space for everything; pages appear when they are written.
struct RandomModel::Region {
  static constexpr std::size_t size = std::size_t{64} << 30;
  std::byte* begin = static_cast<std::byte*>(
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  std::size_t used = 0;
  ThreadPool pool;

  Region() {
    if (begin == MAP_FAILED) fail(Errc::out_of_memory, "no address space for {} bytes", size);
    ::madvise(begin, size, MADV_HUGEPAGE);
  }
  ~Region() { ::munmap(begin, size); }
};

RandomModel::RandomModel(const std::string& shape, const std::string& format)
    : description_(shape + " " + format), format_(format), region_(std::make_shared<Region>()) {
  const auto found = known_shapes().find(shape);
  if (found == known_shapes().end()) fail(Errc::invalid_argument, "shape '{}': qwen3-0.6b, llama-1.1b and llama-3-8b are known", shape);
  const KnownShape& s = found->second;
  config_ = make_config(s, description_);
  if (format == "q4" || format == "q8") {
    config_.quantization = QuantizationConfig{};
    config_.quantization->bits = format == "q4" ? 4 : 8;
  } else if (format == "mxfp4") {
    config_.quantization = QuantizationConfig::of_mode(format);
  } else if (format != "f16" && format != "bf16" && format != "f32" && !scales_of(format)) {
    fail(Errc::invalid_argument, "format '{}': q4, q8, mxfp4, q4_0, q8_0, q4_k, q6_k, f16, bf16 and f32 are known", format);
  }
  const auto add_norm = [&](const std::string& name) { add(name, DType::float32, {s.hidden}, repeat(DType::float32, 1), false); };
  add_matrix("model.embed_tokens", s.vocab, s.hidden);
  for (std::int64_t i = 0; i < s.layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i);
    add_norm(layer + ".input_layernorm.weight");
    add_matrix(layer + ".self_attn.q_proj", s.heads * s.head_dim, s.hidden);
    add_matrix(layer + ".self_attn.k_proj", s.kv_heads * s.head_dim, s.hidden);
    add_matrix(layer + ".self_attn.v_proj", s.kv_heads * s.head_dim, s.hidden);
    add_matrix(layer + ".self_attn.o_proj", s.hidden, s.heads * s.head_dim);
    add_norm(layer + ".post_attention_layernorm.weight");
    add_matrix(layer + ".mlp.gate_proj", s.intermediate, s.hidden);
    add_matrix(layer + ".mlp.up_proj", s.intermediate, s.hidden);
    add_matrix(layer + ".mlp.down_proj", s.hidden, s.intermediate);
  }
  add_norm("model.norm.weight");
  if (!s.tied) add_matrix("lm_head", s.vocab, s.hidden);
  for (auto& [name, tensor] : tensors_) tensor.mapping = {region_->begin, region_->used};
}

void RandomModel::add_matrix(const std::string& path, std::int64_t rows, std::int64_t columns) {
  if (scales_of(format_)) return add_blocks(path + ".weight", rows, columns);
  if (!config_.quantization) {
    const DType dtype = format_ == "f16" ? DType::float16 : format_ == "bf16" ? DType::bfloat16 : DType::float32;
    add(path + ".weight", dtype, {rows, columns}, 0, true);
    return;
  }
  const int bits = config_.quantization->bits, group = config_.quantization->group_size;
  if (format_ == "mxfp4") {
    add(path + ".weight", DType::uint32, {rows, columns * bits / 32}, 0, true);
    add(path + ".scales", DType::uint8, {rows, columns / group}, 0x7777777777777777u, false);  // 2^-8
    return;
  }
  const float middle = static_cast<float>((1 << bits) - 1) / 2;
  const float step = 0.03f / middle;
  add(path + ".weight", DType::uint32, {rows, columns * bits / 32}, 0, true);
  add(path + ".scales", DType::float16, {rows, columns / group}, repeat(DType::float16, step), false);
  add(path + ".biases", DType::float16, {rows, columns / group}, repeat(DType::float16, -step * middle), false);
}

/// As a GGUF file would have them: of no type that the engine computes with, in the shape of the weights.
void RandomModel::add_blocks(const std::string& name, std::int64_t rows, std::int64_t columns) {
  const BlockScales& scales = *scales_of(format_);
  const PackedFormat format = PackedFormat::of(scales.kind);
  StoredTensor& tensor = add(name, DType::uint8, {rows, format.row_elements(columns)}, 0, true);
  auto* bytes = const_cast<std::byte*>(tensor.bytes.data());  // ours: inside the region
  const auto block = static_cast<std::size_t>(traits(scales.kind).block_bytes);
  const Float16 halves[] = {to_float16(scales.scale), to_float16(scales.minimum)};
  const std::size_t size = scales.minimum != 0 ? sizeof halves : sizeof halves[0];
  for (std::size_t at = scales.at; at < tensor.bytes.size(); at += block) std::memcpy(bytes + at, halves, size);
  tensor.stored_dtype = format_;
  std::ranges::transform(tensor.stored_dtype, tensor.stored_dtype.begin(), [](unsigned char c) { return std::toupper(c); });
  tensor.dtype = std::nullopt;
  tensor.shape = {rows, columns};
}

StoredTensor& RandomModel::add(const std::string& name, DType dtype, Shape shape, std::uint64_t pattern, bool random) {
  const std::size_t bytes = static_cast<std::size_t>(element_count(shape)) * size_of(dtype);
  const std::size_t space = (bytes + 255) / 256 * 256;
  if (region_->used + space > Region::size) fail(Errc::out_of_memory, "{} is larger than {} bytes", description_, Region::size);
  std::byte* begin = region_->begin + region_->used;
  auto* words = reinterpret_cast<std::uint64_t*>(begin);
  const std::uint64_t first = region_->used / 8;
  region_->pool.parallel_for(static_cast<std::int64_t>(space / 8), 1 << 16, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
      const std::uint64_t counter = first + static_cast<std::uint64_t>(i);
      if (!random) words[i] = pattern;
      else if (dtype == DType::uint32 || dtype == DType::uint8) words[i] = random_word(counter);
      else if (dtype == DType::float16) words[i] = weight_word<Float16>(counter);
      else if (dtype == DType::bfloat16) words[i] = weight_word<BFloat16>(counter);
      else words[i] = weight_word<float>(counter);
    }
  });
  region_->used += space;
  StoredTensor tensor;
  tensor.name = name;
  tensor.stored_dtype = etna::name(dtype);
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  tensor.bytes = {begin, bytes};
  tensor.file = description_;
  tensor.keep_alive = region_;
  return tensors_.emplace(name, std::move(tensor)).first->second;
}

const StoredTensor* RandomModel::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

std::vector<std::string> RandomModel::names() const {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : tensors_) result.push_back(name);
  return result;
}

}  // namespace etna::benchmarks

#include "tests/hub/support/weight_files.h"

#include <fmt/format.h>

#include <cstring>

namespace etna::test {

namespace {

template <class T>
void append(std::string& bytes, T value) {
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

}  // namespace

std::string safetensors_file(const std::string& header, std::size_t data_bytes) {
  std::string bytes;
  append<std::uint64_t>(bytes, header.size());
  return bytes + header + std::string(data_bytes, '\0');
}

std::string small_safetensors_file() {
  return safetensors_file(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},)"
                          R"("a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})",
                          32);
}

GgufBytes::GgufBytes(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version) : bytes_("GGUF") {
  u32(version);
  u64(tensors);
  u64(keys);
}

GgufBytes& GgufBytes::u32(std::uint32_t value) {
  append(bytes_, value);
  return *this;
}

GgufBytes& GgufBytes::u64(std::uint64_t value) {
  append(bytes_, value);
  return *this;
}

GgufBytes& GgufBytes::text(const std::string& value) {
  u64(value.size());
  bytes_ += value;
  return *this;
}

GgufBytes& GgufBytes::key_text(const std::string& key, const std::string& value) {
  return text(key).u32(8).text(value);
}

GgufBytes& GgufBytes::key_u32(const std::string& key, std::uint32_t value) {
  return text(key).u32(4).u32(value);
}

GgufBytes& GgufBytes::key_texts(const std::string& key, const std::vector<std::string>& values) {
  text(key).u32(9).u32(8).u64(values.size());
  for (const std::string& value : values) text(value);
  return *this;
}

GgufBytes& GgufBytes::tensor(const std::string& name, const std::vector<std::uint64_t>& shape, std::uint32_t type,
                             std::uint64_t offset) {
  text(name).u32(static_cast<std::uint32_t>(shape.size()));
  for (const std::uint64_t size : shape) u64(size);
  return u32(type).u64(offset);
}

std::string small_gguf_file(int words, std::size_t* head_bytes) {
  std::vector<std::string> vocabulary;
  for (int i = 0; i < words; ++i) vocabulary.push_back(fmt::format("word{}", i));
  GgufBytes head(1, 6);
  head.key_text("general.architecture", "llama")
      .key_text("general.name", "Tiny")
      .key_u32("general.file_type", 0)
      .key_u32("llama.context_length", 2048)
      .key_texts("tokenizer.ggml.tokens", vocabulary)
      .key_text("tokenizer.chat_template", "{{ messages }}")
      .tensor("token_embd.weight", {8, 4}, 0, 0);
  if (head_bytes != nullptr) *head_bytes = head.bytes().size();
  std::string bytes = head.bytes();
  bytes.resize((bytes.size() + 31) / 32 * 32 + 128);
  return bytes;
}

}  // namespace etna::test

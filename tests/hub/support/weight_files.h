#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Small weight files, made by hand so that readers are tested against the formats and not against our own writers.
namespace etna::test {

/// Length, header, and `data_bytes` zero bytes.
std::string safetensors_file(const std::string& header, std::size_t data_bytes);

/// Two tensors: "a" F32 [2, 3] and "b" BF16 [4].
std::string small_safetensors_file();

/// Writes GGUF values one after the other.
class GgufBytes {
public:
  /// Magic, version, counts.
  GgufBytes(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3);

  GgufBytes& u32(std::uint32_t value);
  GgufBytes& u64(std::uint64_t value);
  GgufBytes& text(const std::string& value);
  GgufBytes& key_text(const std::string& key, const std::string& value);
  GgufBytes& key_u32(const std::string& key, std::uint32_t value);
  GgufBytes& key_texts(const std::string& key, const std::vector<std::string>& values);
  GgufBytes& tensor(const std::string& name, const std::vector<std::uint64_t>& shape, std::uint32_t type,
                    std::uint64_t offset);

  const std::string& bytes() const { return bytes_; }

private:
  std::string bytes_;
};

/// Head of a model with `words` words in its vocabulary and one F32 tensor, then its data; `head_bytes` gets the head's
/// size.
std::string small_gguf_file(int words, std::size_t* head_bytes = nullptr);

}  // namespace etna::test

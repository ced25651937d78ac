#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace etna::test {

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// A string as GGUF files hold it.
inline std::string gguf_text(std::string_view value) {
  return raw<std::uint64_t>(value.size()) + std::string(value);
}

/// Puts a GGUF file together, right or wrong.
class GgufBuilder {
public:
  /// `value`: the bytes behind the type.
  GgufBuilder& value(std::string_view key, std::uint32_t type, const std::string& value) {
    metadata_ += gguf_text(key) + raw(type) + value;
    ++keys_;
    return *this;
  }

  GgufBuilder& text(std::string_view key, std::string_view text) { return value(key, 8, gguf_text(text)); }

  GgufBuilder& integer(std::string_view key, std::uint32_t number) { return value(key, 4, raw(number)); }

  GgufBuilder& boolean(std::string_view key, bool truth) { return value(key, 7, std::string(1, truth ? '\1' : '\0')); }

  /// `elements`: the bytes of all of them.
  GgufBuilder& array(std::string_view key, std::uint32_t type, std::uint64_t size, const std::string& elements) {
    return value(key, 9, raw(type) + raw(size) + elements);
  }

  GgufBuilder& texts(std::string_view key, const std::vector<std::string>& texts) {
    std::string elements;
    for (const auto& text : texts) elements += gguf_text(text);
    return array(key, 8, texts.size(), elements);
  }

  GgufBuilder& floats(std::string_view key, const std::vector<float>& values) {
    std::string elements;
    for (const float value : values) elements += raw(value);
    return array(key, 6, values.size(), elements);
  }

  GgufBuilder& integers(std::string_view key, const std::vector<std::int32_t>& values) {
    std::string elements;
    for (const auto value : values) elements += raw(value);
    return array(key, 5, values.size(), elements);
  }

  /// `axes`: innermost first, as files have them; `offset` is that into the data.
  GgufBuilder& tensor(std::string_view name, const std::vector<std::uint64_t>& axes, std::uint32_t type,
                      std::uint64_t offset) {
    tensors_ += gguf_text(name) + raw(static_cast<std::uint32_t>(axes.size()));
    for (const auto axis : axes) tensors_ += raw(axis);
    tensors_ += raw(type) + raw(offset);
    ++count_;
    return *this;
  }

  /// The file, with so many zero bytes of data.
  std::string bytes(std::size_t data = 0, std::size_t alignment = 32) const {
    std::string file = "GGUF" + raw(3U) + raw(count_) + raw(keys_) + metadata_ + tensors_;
    file.resize((file.size() + alignment - 1) / alignment * alignment + data);
    return file;
  }

private:
  std::uint64_t keys_ = 0, count_ = 0;
  std::string metadata_, tensors_;
};

}  // namespace etna::test

#pragma once

#include <cstring>
#include <string>

#include "engine/io/gguf_metadata.h"

namespace etna {

/// Reads forward through a GGUF header, never beyond its bytes. `what` stands in messages.
class GgufReader {
public:
  GgufReader(std::span<const std::byte> bytes, std::string_view where) : bytes_(bytes), where_(where) {}

  std::size_t position() const { return at_; }

  std::size_t left() const { return bytes_.size() - at_; }

  template <class T>
  T read(std::string_view what) {
    if (left() < sizeof(T)) fail(Errc::corrupt, "{}: the file ends inside {}", where_, what);
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  std::string_view text(std::string_view what);

  /// Arrays are walked over, so that they can be trusted afterwards.
  GgufValue value(GgufValueType type, std::string_view what, int depth = 0);

private:
  GgufArray array(std::string_view what, int depth);

  std::span<const std::byte> bytes_;
  std::string where_;
  std::size_t at_ = 0;
};

}  // namespace etna

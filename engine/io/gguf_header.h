#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/array/shape.h"
#include "engine/io/gguf_metadata.h"
#include "engine/io/gguf_types.h"

namespace etna {

/// A tensor as the header describes it.
struct GgufTensorInfo {
  std::string name;
  Shape shape;  ///< outermost axis first (files say it innermost first), elements
  GgmlType type;
  std::uint64_t offset;  ///< of the first byte, from the beginning of the file
  std::uint64_t bytes;
};

struct GgufHeader {
  GgufMetadata metadata;                ///< points into the bytes that were read
  std::vector<GgufTensorInfo> tensors;  ///< in file order
};

/// Reads the header of a GGUF file of version 2 or 3 (https://github.com/ggml-org/ggml, docs/gguf.md), little endian.
/// `file` is all of the file, of which only the header is touched. Every count, length and offset is checked before
/// anything is allocated by it; tensors lie inside the file, aligned, and share no byte. Memory is bounded by the
/// number of keys and tensors, at most 65,536 of each. Throws corrupt or unsupported, naming `where` and the key or
/// tensor.
GgufHeader parse_gguf_header(std::span<const std::byte> file, std::string_view where);

}  // namespace etna

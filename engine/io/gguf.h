#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/files.h"

namespace etna {

/// One metadata value that is no array; texts point into the mapped file and may be broken UTF-8.
using GgufScalar = std::variant<bool, std::int64_t, std::uint64_t, float, double, std::string_view>;
using GgufArray = std::vector<GgufScalar>;
using GgufValue = std::variant<GgufScalar, GgufArray>;

/// A tensor as the header describes it; its bytes are checked to lie inside the file and are not touched.
struct GgufTensor {
  std::string name;
  std::vector<std::int64_t> shape;  ///< outermost axis first, elements
  std::string_view type;            ///< "F32", "Q4_K", …
  std::span<const std::byte> bytes;
};

/// A mapped GGUF file of version 2 or 3 (https://github.com/ggml-org/ggml, docs/gguf.md), little endian. Every count,
/// length and offset is checked against the file before anything is allocated by it.
class GgufFile {
public:
  /// Throws not_found, io, corrupt or unsupported, naming the file and the key or tensor.
  static std::shared_ptr<const GgufFile> open(const std::filesystem::path& path);

  /// In file order.
  const std::vector<std::pair<std::string, GgufValue>>& metadata() const { return metadata_; }

  const std::vector<GgufTensor>& tensors() const { return tensors_; }

  /// nullptr if there is no such key.
  const GgufValue* find(std::string_view key) const;

  const std::filesystem::path& path() const { return file_->path(); }

private:
  GgufFile() = default;

  std::shared_ptr<const MappedFile> file_;
  std::vector<std::pair<std::string, GgufValue>> metadata_;
  std::vector<GgufTensor> tensors_;
};

}  // namespace etna

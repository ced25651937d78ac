#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/files.h"
#include "engine/io/gguf_header.h"
#include "engine/io/tensor_source.h"

namespace etna {

/// A tensor of a GGUF file; `stored_dtype` is the type's name ("Q4_K"), rows of blocks lie one behind the other.
struct GgufTensor : StoredTensor {
  GgmlType type = GgmlType::f32;
  std::uint64_t offset = 0;  ///< of its bytes in `file`
};

/// A mapped GGUF model. One that is split ("name-00001-of-00003.gguf", metadata split.count) is opened as a whole,
/// whichever part is named: metadata of the first part, tensors of all. Tensor data is not touched.
class GgufFile {
public:
  /// Throws as parse_gguf_header; not_found, io; corrupt when parts do not belong together.
  static std::shared_ptr<const GgufFile> open(const std::filesystem::path& path);

  /// The same of files that are mapped already, or outlines of them: all parts in order. Throws corrupt when they are
  /// not all, or not of one model.
  static std::shared_ptr<const GgufFile> read(std::vector<std::shared_ptr<const MappedFile>> parts);

  const GgufMetadata& metadata() const { return metadata_; }

  /// In the order of the parts and, inside them, of the file.
  const std::vector<GgufTensor>& tensors() const { return tensors_; }

  /// None if there is no such tensor.
  const GgufTensor* find(std::string_view name) const;

  /// The tensor, or not_found naming file and tensor.
  const GgufTensor& at(std::string_view name) const;

  /// The file, the first part of a split one.
  const std::filesystem::path& path() const { return parts_.front()->path(); }

private:
  GgufFile() = default;
  void add_part(std::shared_ptr<const MappedFile> file, std::size_t parts);

  std::vector<std::shared_ptr<const MappedFile>> parts_;
  GgufMetadata metadata_;
  std::vector<GgufTensor> tensors_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace etna

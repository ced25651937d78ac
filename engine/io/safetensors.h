#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/files.h"
#include "engine/io/tensor_source.h"

namespace etna {

/// A mapped safetensors file (https://github.com/huggingface/safetensors, "Format"; MLX's dialect: null metadata,
/// data at any alignment). Everything the header claims is checked when it is opened; tensor data is not touched.
class SafetensorsFile {
public:
  /// Throws not_found, io, or corrupt (naming the file, the tensor and what does not fit).
  static std::shared_ptr<const SafetensorsFile> open(const std::filesystem::path& path);

  /// In the order of their bytes in the file.
  const std::vector<StoredTensor>& tensors() const { return tensors_; }

  /// None if there is no such tensor.
  const StoredTensor* find(std::string_view name) const;

  /// The tensor, or not_found naming file and tensor.
  const StoredTensor& at(std::string_view name) const;

  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  const std::filesystem::path& path() const { return file_->path(); }

  /// MappedFile::check().
  void check() const { file_->check(); }

private:
  SafetensorsFile() = default;
  void read_header();

  std::shared_ptr<const MappedFile> file_;
  std::vector<StoredTensor> tensors_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::map<std::string, std::string> metadata_;
};

/// Bits of one element of a safetensors dtype ("F32", "BF16", …); 0 if there is no such dtype.
int safetensors_bits(std::string_view dtype);

/// The engine's type for a safetensors dtype; none where it has no such type.
std::optional<DType> dtype_of_safetensors(std::string_view dtype);

/// "F32", "BF16", …: how safetensors names the engine's types.
const char* safetensors_name(DType dtype);

/// Name, type and shape of a tensor that will be written.
struct TensorHeader {
  std::string name;
  DType dtype = DType::float32;
  Shape shape;

  std::size_t bytes() const { return static_cast<std::size_t>(element_count(shape)) * size_of(dtype); }
};

/// Writes a safetensors file, completely or not at all. The header is written at once, so only one tensor at a time
/// needs to be in memory. The data area starts at a multiple of 64 bytes.
class SafetensorsWriter {
public:
  SafetensorsWriter(const std::filesystem::path& path, const std::vector<TensorHeader>& tensors,
                    const std::map<std::string, std::string>& metadata);

  /// Appends data: the bytes of the tensors, in their order, in pieces of any size.
  void append(std::span<const std::byte> bytes);

  /// Throws invalid_argument unless exactly the announced bytes were appended; io.
  void commit();

private:
  FileWriter writer_;
  std::string path_;
  std::uint64_t remaining_ = 0;
};

}  // namespace etna

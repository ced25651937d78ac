#include "engine/io/safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/error.h"
#include "engine/io/quote.h"
#include "engine/io/safetensors_header.h"

namespace etna {

namespace {

struct Format {
  const char* name;
  int bits;
  std::optional<DType> dtype;
};

// The 8-bit floats are read as bytes, as MLX does: they hold scales.
constexpr Format formats[] = {
    {"F32", 32, DType::float32},  {"F16", 16, DType::float16},  {"BF16", 16, DType::bfloat16},
    {"I32", 32, DType::int32},    {"U32", 32, DType::uint32},   {"U8", 8, DType::uint8},
    {"BOOL", 8, DType::boolean},  {"F8_E4M3", 8, DType::uint8}, {"F8_E8M0", 8, DType::uint8},
    {"F64", 64, std::nullopt},    {"F8_E5M2", 8, std::nullopt}, {"F6_E2M3", 6, std::nullopt},
    {"F6_E3M2", 6, std::nullopt}, {"F4", 4, std::nullopt},      {"I8", 8, std::nullopt},
    {"I16", 16, std::nullopt},    {"U16", 16, std::nullopt},    {"I64", 64, std::nullopt},
    {"U64", 64, std::nullopt},    {"C64", 64, std::nullopt},
};

const Format* find_format(std::string_view name) {
  const auto* found = std::ranges::find(formats, name, &Format::name);
  return found == std::end(formats) ? nullptr : found;
}

/// Bytes that shape and type need; none when that does not fit into 63 bits or is not a whole number of bytes.
std::optional<std::uint64_t> bytes_needed(const std::vector<std::uint64_t>& shape, int bits) {
  std::uint64_t count = 1;
  for (const std::uint64_t size : shape) {
    if (__builtin_mul_overflow(count, size, &count) || size > INT64_MAX) return std::nullopt;
  }
  std::uint64_t total = 0;
  if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(bits), &total) || total % 8 != 0) return std::nullopt;
  return total / 8;
}

StoredTensor check_tensor(const HeaderEntry& entry, const std::string& where, std::span<const std::byte> data) {
  const Format* format = find_format(entry.dtype);
  if (!format) fail(Errc::corrupt, "{}: tensor {}: unknown dtype {}", where, quote(entry.name), quote(entry.dtype));
  Shape shape(entry.shape.begin(), entry.shape.end());
  const auto needed = bytes_needed(entry.shape, format->bits);
  if (!needed) {
    fail(Errc::corrupt, "{}: tensor {}: shape and dtype {} make no possible size", where, quote(entry.name),
         entry.dtype);
  }
  const auto [begin, end] = std::pair(entry.offsets[0], entry.offsets[1]);
  if (begin > end)
    fail(Errc::corrupt, "{}: tensor {}: data_offsets [{}, {}] run backwards", where, quote(entry.name), begin, end);
  if (end - begin != *needed) {
    fail(Errc::corrupt, "{}: tensor {}: shape {} of dtype {} needs {} bytes but data_offsets span {}", where,
         quote(entry.name), to_string(shape), entry.dtype, *needed, end - begin);
  }
  if (end > data.size()) {
    fail(Errc::corrupt,
         "{}: tensor {}: data ends at byte {}, {} bytes beyond the end of the file (incomplete download?)", where,
         quote(entry.name), end, end - data.size());
  }
  StoredTensor tensor;
  tensor.name = entry.name;
  tensor.stored_dtype = entry.dtype;
  tensor.dtype = format->dtype;
  tensor.shape = std::move(shape);
  tensor.bytes = data.subspan(begin, end - begin);
  tensor.file = where;
  return tensor;
}

/// Data areas must follow each other without gap or overlap up to the end of the file.
void check_layout(const std::vector<StoredTensor>& tensors, const std::string& where, std::span<const std::byte> data) {
  const std::byte* position = data.data();
  const StoredTensor* previous = nullptr;
  for (const StoredTensor& tensor : tensors) {
    if (tensor.bytes.data() < position) {
      fail(Errc::corrupt, "{}: tensors {} and {} overlap", where, quote(previous->name), quote(tensor.name));
    }
    if (tensor.bytes.data() > position) {
      fail(Errc::corrupt, "{}: {} bytes before tensor {} belong to no tensor", where, tensor.bytes.data() - position,
           quote(tensor.name));
    }
    position += tensor.bytes.size();
    previous = &tensor;
  }
  if (const auto left = data.data() + data.size() - position; left != 0) {
    fail(Errc::corrupt, "{}: {} bytes after the last tensor belong to no tensor", where, left);
  }
}

/// The header's text. Throws corrupt when the length cannot be right.
std::string_view header_text(std::span<const std::byte> bytes, const std::string& where) {
  constexpr std::uint64_t limit = 100'000'000;  // the same as in the reference implementation
  std::uint64_t length = 0;
  if (bytes.size() < sizeof(length)) {
    fail(Errc::corrupt, "{}: the file has {} bytes, too short for the 8 bytes of a header length", where, bytes.size());
  }
  std::memcpy(&length, bytes.data(), sizeof(length));
  if (length > bytes.size() - sizeof(length)) {
    fail(Errc::corrupt, "{}: header length {} is larger than the file of {} bytes (incomplete download?)", where,
         length, bytes.size());
  }
  if (length > limit) fail(Errc::corrupt, "{}: header length {} is above the limit of {} bytes", where, length, limit);
  return {reinterpret_cast<const char*>(bytes.data()) + sizeof(length), static_cast<std::size_t>(length)};
}

}  // namespace

std::shared_ptr<const SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  auto result = std::shared_ptr<SafetensorsFile>(new SafetensorsFile);
  result->file_ = MappedFile::open(path);
  try {
    result->read_header();
  } catch (const Error&) {
    check_mapped_file(result->file_->bytes().data());  // a disk that fails shows a header of zeros
    throw;
  }
  return result;
}

void SafetensorsFile::read_header() {
  const std::string where = path().string();
  const std::span<const std::byte> bytes = file_->bytes();
  const std::string_view text = header_text(bytes, where);
  SafetensorsHeader header = parse_safetensors_header(text, where);
  const std::span<const std::byte> data = bytes.subspan(sizeof(std::uint64_t) + text.size());

  for (const HeaderEntry& entry : header.entries) {
    StoredTensor tensor = check_tensor(entry, where, data);
    tensor.keep_alive = file_;
    tensor.mapping = bytes;
    tensors_.push_back(std::move(tensor));
  }
  // Empty tensors come before the data that starts at the same byte.
  std::ranges::stable_sort(tensors_, {}, [](const StoredTensor& tensor) {
    return std::pair(tensor.bytes.data(), tensor.bytes.size());
  });
  check_layout(tensors_, where, data);
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const std::string& name = tensors_[i].name;
    if (!index_.emplace(name, i).second)
      fail(Errc::corrupt, "{}: tensor {} is there twice", where, quote(name));
  }
  metadata_ = std::move(header.metadata);
}

const StoredTensor* SafetensorsFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

const StoredTensor& SafetensorsFile::at(std::string_view name) const {
  const StoredTensor* tensor = find(name);
  if (!tensor) fail(Errc::not_found, "{}: has no tensor {}", path().string(), quote(name));
  return *tensor;
}

int safetensors_bits(std::string_view dtype) {
  const Format* format = find_format(dtype);
  return format ? format->bits : 0;
}

std::optional<DType> dtype_of_safetensors(std::string_view dtype) {
  const Format* format = find_format(dtype);
  return format ? format->dtype : std::nullopt;
}

const char* safetensors_name(DType dtype) {
  return std::ranges::find(formats, std::optional(dtype), &Format::dtype)->name;
}

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path, const std::vector<TensorHeader>& tensors,
                                     const std::map<std::string, std::string>& metadata)
    : writer_(path), path_(path.string()) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  for (const TensorHeader& tensor : tensors) {
    const std::uint64_t end = remaining_ + tensor.bytes();
    header[tensor.name] = {
        {"dtype", safetensors_name(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {remaining_, end}}};
    remaining_ = end;
  }
  std::string text = header.dump();
  constexpr std::size_t alignment = 64;
  text.append((alignment - (text.size() + sizeof(std::uint64_t)) % alignment) % alignment, ' ');
  const std::uint64_t length = text.size();
  writer_.append(std::as_bytes(std::span(&length, 1)));
  writer_.append(text);
}

void SafetensorsWriter::append(std::span<const std::byte> bytes) {
  if (bytes.size() > remaining_) fail(Errc::invalid_argument, "{}: more tensor data than announced", path_);
  writer_.append(bytes);
  remaining_ -= bytes.size();
}

void SafetensorsWriter::commit() {
  if (remaining_ != 0) fail(Errc::invalid_argument, "{}: {} bytes of tensor data were not written", path_, remaining_);
  writer_.commit();
}

}  // namespace etna

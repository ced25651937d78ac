#include "engine/io/gguf.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <unordered_set>

#include "engine/base/error.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

/// Elements are stored in blocks of `block` that take `bytes`.
struct GgmlType {
  std::uint32_t id;
  std::string_view name;
  std::uint64_t block, bytes;
};

constexpr GgmlType ggml_types[] = {
    {0, "F32", 1, 4},         {1, "F16", 1, 2},         {2, "Q4_0", 32, 18},      {3, "Q4_1", 32, 20},
    {6, "Q5_0", 32, 22},      {7, "Q5_1", 32, 24},      {8, "Q8_0", 32, 34},      {9, "Q8_1", 32, 36},
    {10, "Q2_K", 256, 84},    {11, "Q3_K", 256, 110},   {12, "Q4_K", 256, 144},   {13, "Q5_K", 256, 176},
    {14, "Q6_K", 256, 210},   {15, "Q8_K", 256, 292},   {16, "IQ2_XXS", 256, 66}, {17, "IQ2_XS", 256, 74},
    {18, "IQ3_XXS", 256, 98}, {19, "IQ1_S", 256, 50},   {20, "IQ4_NL", 32, 18},   {21, "IQ3_S", 256, 110},
    {22, "IQ2_S", 256, 82},   {23, "IQ4_XS", 256, 136}, {24, "I8", 1, 1},         {25, "I16", 1, 2},
    {26, "I32", 1, 4},        {27, "I64", 1, 8},        {28, "F64", 1, 8},        {29, "IQ1_M", 256, 56},
    {30, "BF16", 1, 2},       {34, "TQ1_0", 256, 54},   {35, "TQ2_0", 256, 66},   {39, "MXFP4", 32, 17}};

enum class ValueType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

/// Bytes of a value of a type, the least for texts; 0 for no known type.
std::size_t least_size(ValueType type) {
  constexpr std::size_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};
  const auto index = static_cast<std::size_t>(type);
  return index < std::size(sizes) ? sizes[index] : 0;
}

/// Reads forward through the header, never beyond the file.
class Reader {
public:
  Reader(std::span<const std::byte> bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

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

  std::string_view text(std::string_view what) {
    const auto size = read<std::uint64_t>(what);
    if (size > left()) {
      fail(Errc::corrupt, "{}: {} has a string length of {} bytes, beyond the end of the file", where_, what, size);
    }
    at_ += size;
    return {reinterpret_cast<const char*>(bytes_.data() + at_ - size), static_cast<std::size_t>(size)};
  }

  GgufScalar scalar(ValueType type, std::string_view what) {
    switch (type) {
      case ValueType::u8: return std::uint64_t{read<std::uint8_t>(what)};
      case ValueType::i8: return std::int64_t{read<std::int8_t>(what)};
      case ValueType::u16: return std::uint64_t{read<std::uint16_t>(what)};
      case ValueType::i16: return std::int64_t{read<std::int16_t>(what)};
      case ValueType::u32: return std::uint64_t{read<std::uint32_t>(what)};
      case ValueType::i32: return std::int64_t{read<std::int32_t>(what)};
      case ValueType::u64: return read<std::uint64_t>(what);
      case ValueType::i64: return read<std::int64_t>(what);
      case ValueType::f32: return read<float>(what);
      case ValueType::f64: return read<double>(what);
      case ValueType::boolean: return read<std::uint8_t>(what) != 0;
      case ValueType::string: return text(what);
      case ValueType::array: break;
    }
    fail(Errc::unsupported, "{}: {} has the unknown type {}", where_, what, static_cast<std::uint32_t>(type));
  }

  GgufValue value(std::string_view what) {
    const auto type = static_cast<ValueType>(read<std::uint32_t>(what));
    if (type != ValueType::array) return scalar(type, what);
    const auto item = static_cast<ValueType>(read<std::uint32_t>(what));
    const auto count = read<std::uint64_t>(what);
    if (item == ValueType::array) fail(Errc::unsupported, "{}: {} is an array of arrays", where_, what);
    const std::size_t least = least_size(item);
    if (least == 0) (void)scalar(item, what);  // says so
    if (count > left() / least) {
      fail(Errc::corrupt, "{}: the file ends inside {}, which claims {} elements", where_, what, count);
    }
    constexpr std::uint64_t most = std::uint64_t{1} << 22;  // vocabularies have less than a million
    if (count > most) fail(Errc::unsupported, "{}: {} has {} elements, more than {}", where_, what, count, most);
    GgufArray array;
    array.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) array.push_back(scalar(item, what));
    return array;
  }

private:
  std::span<const std::byte> bytes_;
  std::string where_;
  std::size_t at_ = 0;
};

/// What the header says of a tensor's place.
struct Place {
  std::uint64_t offset, bytes;
};

Place read_tensor_info(Reader& reader, GgufTensor& tensor, const std::string& where) {
  tensor.name = reader.text("a tensor's name");
  const std::string what = "tensor " + quote(tensor.name);
  const auto axes = reader.read<std::uint32_t>(what);
  if (axes > 4) fail(Errc::corrupt, "{}: {} has {} axes", where, what, axes);
  std::uint64_t elements = 1;
  for (std::uint32_t i = 0; i < axes; ++i) {
    const auto size = reader.read<std::uint64_t>(what);
    constexpr std::uint64_t most = std::uint64_t{1} << 50;
    if (size > most || (size != 0 && elements > most / size)) {
      fail(Errc::corrupt, "{}: {} has an axis of {} elements, more than the file can hold", where, what, size);
    }
    elements *= size;
    tensor.shape.insert(tensor.shape.begin(), static_cast<std::int64_t>(size));
  }
  const auto id = reader.read<std::uint32_t>(what);
  const auto* type = std::ranges::find(ggml_types, id, &GgmlType::id);
  if (type == std::end(ggml_types)) fail(Errc::unsupported, "{}: {} has the unknown ggml type {}", where, what, id);
  tensor.type = type->name;
  const auto row = tensor.shape.empty() ? std::uint64_t{1} : static_cast<std::uint64_t>(tensor.shape.back());
  if (row % type->block != 0) {
    fail(Errc::corrupt, "{}: {} has rows of {} elements, not whole blocks of {}", where, what, row, type->name);
  }
  return {reader.read<std::uint64_t>(what), elements / type->block * type->bytes};
}

std::uint64_t alignment_of(const GgufValue* value, const std::string& where) {
  if (value == nullptr) return 32;
  const auto* scalar = std::get_if<GgufScalar>(value);
  const auto* number = scalar ? std::get_if<std::uint64_t>(scalar) : nullptr;
  if (number == nullptr || !std::has_single_bit(*number) || *number > (1U << 20)) {
    fail(Errc::corrupt, "{}: general.alignment is not a power of two", where);
  }
  return *number;
}

void check_version(std::uint32_t version, const std::string& where) {
  if (version == 2 || version == 3) return;
  const char* why = (version & 0xFFFF) == 0 ? " (big endian)" : "";
  fail(Errc::unsupported, "{}: GGUF version {}{} is not supported, only 2 and 3", where, version, why);
}

}  // namespace

std::shared_ptr<const GgufFile> GgufFile::open(const std::filesystem::path& path) {
  std::shared_ptr<GgufFile> result(new GgufFile);
  result->file_ = MappedFile::open(path);
  const auto bytes = result->file_->bytes();
  const std::string where = path.string();
  Reader reader(bytes, where);
  if (bytes.size() < 4 || std::memcmp(bytes.data(), "GGUF", 4) != 0) {
    const auto size = std::min<std::size_t>(bytes.size(), 4);
    fail(Errc::corrupt, "{}: not a GGUF file (magic {})", where,
         quote(std::string(reinterpret_cast<const char*>(bytes.data()), size)));
  }
  (void)reader.read<std::uint32_t>("the header");
  check_version(reader.read<std::uint32_t>("the header"), where);
  const auto tensors = reader.read<std::uint64_t>("the header"), keys = reader.read<std::uint64_t>("the header");
  constexpr std::uint64_t least_tensor = 24, least_key = 13;
  if (keys > reader.left() / least_key) {
    fail(Errc::corrupt, "{}: the metadata count {} is implausible for a file of {} bytes", where, keys, bytes.size());
  }
  if (tensors > reader.left() / least_tensor) {
    fail(Errc::corrupt, "{}: the tensor count {} is implausible for a file of {} bytes", where, tensors, bytes.size());
  }

  std::unordered_set<std::string> names;
  for (std::uint64_t i = 0; i < keys; ++i) {
    std::string key(reader.text("a metadata key"));
    if (!names.insert(key).second) fail(Errc::corrupt, "{}: the metadata key {} is there twice", where, quote(key));
    auto value = reader.value("the metadata key " + quote(key));
    result->metadata_.emplace_back(std::move(key), std::move(value));
  }
  names.clear();
  std::vector<Place> places;
  for (std::uint64_t i = 0; i < tensors; ++i) {
    places.push_back(read_tensor_info(reader, result->tensors_.emplace_back(), where));
    const std::string& name = result->tensors_.back().name;
    if (!names.insert(name).second) fail(Errc::corrupt, "{}: tensor {} is there twice", where, quote(name));
  }

  const std::uint64_t alignment = alignment_of(result->find("general.alignment"), where);
  const std::uint64_t start = (reader.position() + alignment - 1) / alignment * alignment;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto [offset, size] = places[i];
    GgufTensor& tensor = result->tensors_[i];
    if (start > bytes.size() || offset > bytes.size() - start || size > bytes.size() - start - offset) {
      fail(Errc::corrupt, "{}: tensor {}: the data of {} bytes at offset {} lies beyond the end of the file", where,
           quote(tensor.name), size, offset);
    }
    if (offset % alignment != 0) {
      fail(Errc::corrupt, "{}: tensor {}: offset {} is not a multiple of {}", where, quote(tensor.name), offset,
           alignment);
    }
    tensor.bytes = bytes.subspan(static_cast<std::size_t>(start + offset), static_cast<std::size_t>(size));
  }
  return result;
}

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto found = std::ranges::find(metadata_, key, [](const auto& entry) { return std::string_view(entry.first); });
  return found == metadata_.end() ? nullptr : &found->second;
}

}  // namespace etna

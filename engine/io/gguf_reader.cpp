#include "engine/io/gguf_reader.h"

#include <iterator>

namespace etna {

namespace {

/// Bytes of a value of a type, the least for texts and arrays; 0 for no known type.
std::size_t least_size(GgufValueType type) {
  constexpr std::size_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};
  const auto index = static_cast<std::size_t>(type);
  return index < std::size(sizes) ? sizes[index] : 0;
}

}  // namespace

std::string_view GgufReader::text(std::string_view what) {
  const auto size = read<std::uint64_t>(what);
  if (size > left()) {
    fail(Errc::corrupt, "{}: the file ends inside {}: a string length of {} bytes reaches beyond the end of the file",
         where_, what, size);
  }
  at_ += static_cast<std::size_t>(size);
  return {reinterpret_cast<const char*>(bytes_.data() + at_ - size), static_cast<std::size_t>(size)};
}

GgufValue GgufReader::value(GgufValueType type, std::string_view what, int depth) {
  switch (type) {
    case GgufValueType::u8: return std::uint64_t{read<std::uint8_t>(what)};
    case GgufValueType::i8: return std::int64_t{read<std::int8_t>(what)};
    case GgufValueType::u16: return std::uint64_t{read<std::uint16_t>(what)};
    case GgufValueType::i16: return std::int64_t{read<std::int16_t>(what)};
    case GgufValueType::u32: return std::uint64_t{read<std::uint32_t>(what)};
    case GgufValueType::i32: return std::int64_t{read<std::int32_t>(what)};
    case GgufValueType::u64: return read<std::uint64_t>(what);
    case GgufValueType::i64: return read<std::int64_t>(what);
    case GgufValueType::f32: return read<float>(what);
    case GgufValueType::f64: return read<double>(what);
    case GgufValueType::boolean: return read<std::uint8_t>(what) != 0;
    case GgufValueType::text: return text(what);
    case GgufValueType::array: return array(what, depth);
  }
  fail(Errc::unsupported, "{}: {} has the unknown type {}", where_, what, static_cast<std::uint32_t>(type));
}

GgufArray GgufReader::array(std::string_view what, int depth) {
  constexpr int deepest = 8;
  if (depth >= deepest) fail(Errc::unsupported, "{}: {} nests arrays more than {} deep", where_, what, deepest);
  const auto type = static_cast<GgufValueType>(read<std::uint32_t>(what));
  const auto count = read<std::uint64_t>(what);
  const std::size_t least = least_size(type);
  if (least == 0) (void)value(type, what);  // says so
  if (count > left() / least) {
    fail(Errc::corrupt, "{}: the file ends inside {}, which claims {} elements", where_, what, count);
  }
  const std::size_t begin = at_;
  if (type == GgufValueType::text) {
    for (std::uint64_t i = 0; i < count; ++i) (void)text(what);
  } else if (type == GgufValueType::array) {
    for (std::uint64_t i = 0; i < count; ++i) (void)array(what, depth + 1);
  } else {
    at_ += static_cast<std::size_t>(count) * least;
  }
  return {type, count, bytes_.subspan(begin, at_ - begin)};
}

}  // namespace etna

#include "engine/io/gguf_header.h"

#include <algorithm>
#include <bit>
#include <unordered_set>

#include "engine/io/gguf_reader.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

void check_magic(std::span<const std::byte> file, std::string_view where) {
  const std::string_view magic(reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 4));
  if (magic != "GGUF") fail(Errc::corrupt, "{}: not a GGUF file (magic {})", where, quote(magic));
}

void check_version(std::uint32_t version, std::string_view where) {
  if (version == 2 || version == 3) return;
  const char* why = version != 0 && (version & 0xFFFF) == 0 ? " (big endian)" : "";
  fail(Errc::unsupported, "{}: GGUF version {}{} is not supported, only 2 and 3", where, version, why);
}

/// Counts that the rest of the file cannot hold, or that no model has.
void check_count(std::uint64_t count, std::uint64_t possible, const char* what, std::string_view where,
                 std::size_t size) {
  constexpr std::uint64_t most = 65536;
  if (count > possible) {
    fail(Errc::corrupt, "{}: the {} {} is implausible for a file of {} bytes", where, what, count, size);
  }
  if (count > most) fail(Errc::unsupported, "{}: the {} {} is more than {}", where, what, count, most);
}

GgufTensorInfo read_tensor_info(GgufReader& reader, std::string_view where) {
  GgufTensorInfo tensor;
  constexpr std::size_t longest = 1024;
  const std::string_view name = reader.text("a tensor's name");
  if (name.size() > longest) fail(Errc::corrupt, "{}: a tensor's name has {} bytes", where, name.size());
  tensor.name = name;
  const std::string what = "tensor " + quote(name);
  const auto axes = reader.read<std::uint32_t>(what);
  if (axes > 4) fail(Errc::corrupt, "{}: {} has {} axes, more than 4", where, what, axes);
  std::uint64_t elements = 1;
  for (std::uint32_t i = 0; i < axes; ++i) {
    const auto size = reader.read<std::uint64_t>(what);
    constexpr std::uint64_t most = std::uint64_t{1} << 50;  // times the bytes of a block: no overflow
    if (size > most || (size != 0 && elements > most / size)) {
      fail(Errc::corrupt, "{}: {} has an axis of {} elements, more than a file can hold", where, what, size);
    }
    elements *= size;
    tensor.shape.insert(tensor.shape.begin(), static_cast<std::int64_t>(size));
  }
  const auto type = reader.read<std::uint32_t>(what);
  const GgmlFormat* format = find_ggml_format(type);
  if (format == nullptr) fail(Errc::unsupported, "{}: {} has the unknown ggml type {}", where, what, type);
  tensor.type = format->type;
  const auto row = tensor.shape.empty() ? std::uint64_t{1} : static_cast<std::uint64_t>(tensor.shape.back());
  if (row % format->block != 0) {
    fail(Errc::corrupt, "{}: {} has rows of {} elements, no whole blocks of {} ({})", where, what, row, format->block,
         format->name);
  }
  tensor.offset = reader.read<std::uint64_t>(what);
  tensor.bytes = elements / format->block * format->bytes;
  return tensor;
}

std::uint64_t alignment_of(const GgufMetadata& metadata) {
  constexpr std::int64_t most = std::int64_t{1} << 20;
  const auto alignment = metadata.integer("general.alignment").value_or(32);
  if (alignment <= 0 || alignment > most || !std::has_single_bit(static_cast<std::uint64_t>(alignment))) {
    fail(Errc::corrupt, "{}: metadata key \"general.alignment\" is {}, no power of two up to {}", metadata.where(),
         alignment, most);
  }
  return static_cast<std::uint64_t>(alignment);
}

/// Turns offsets into the data area, which begins at `start`, into offsets into the file.
void place(GgufTensorInfo& tensor, std::uint64_t start, std::uint64_t alignment, std::uint64_t file,
           std::string_view where) {
  if (tensor.offset % alignment != 0) {
    fail(Errc::corrupt, "{}: tensor {}: offset {} is not a multiple of the alignment {}", where, quote(tensor.name),
         tensor.offset, alignment);
  }
  if (start > file || tensor.offset > file - start || tensor.bytes > file - start - tensor.offset) {
    fail(Errc::corrupt,
         "{}: tensor {}: its data of {} bytes at offset {} reaches beyond the end of the file; is the download "
         "incomplete?",
         where, quote(tensor.name), tensor.bytes, tensor.offset);
  }
  tensor.offset += start;
}

void check_overlap(const std::vector<GgufTensorInfo>& tensors, std::string_view where) {
  std::vector<const GgufTensorInfo*> order;
  for (const GgufTensorInfo& tensor : tensors) {
    if (tensor.bytes > 0) order.push_back(&tensor);
  }
  std::ranges::sort(order, {}, &GgufTensorInfo::offset);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const GgufTensorInfo &before = *order[i - 1], &tensor = *order[i];
    if (tensor.offset - before.offset < before.bytes) {
      fail(Errc::corrupt, "{}: tensors {} and {} overlap", where, quote(before.name), quote(tensor.name));
    }
  }
}

}  // namespace

GgufHeader parse_gguf_header(std::span<const std::byte> file, std::string_view where) {
  check_magic(file, where);
  GgufReader reader(file, where);
  (void)reader.read<std::uint32_t>("the header");
  check_version(reader.read<std::uint32_t>("the header"), where);
  const auto tensors = reader.read<std::uint64_t>("the header"), keys = reader.read<std::uint64_t>("the header");
  constexpr std::uint64_t least_key = 13, least_tensor = 24;  // bytes
  check_count(keys, reader.left() / least_key, "metadata count", where, file.size());
  check_count(tensors, reader.left() / least_tensor, "tensor count", where, file.size());

  std::vector<GgufMetadata::Entry> entries;
  for (std::uint64_t i = 0; i < keys; ++i) {
    const std::string_view key = reader.text("a metadata key");
    const std::string what = "metadata key " + quote(key);
    const auto type = static_cast<GgufValueType>(reader.read<std::uint32_t>(what));
    entries.emplace_back(key, reader.value(type, what));
  }
  GgufHeader header{.metadata = GgufMetadata(std::move(entries), std::string(where)), .tensors = {}};
  std::unordered_set<std::string_view> names;
  header.tensors.reserve(static_cast<std::size_t>(tensors));  // names must stay where they are
  for (std::uint64_t i = 0; i < tensors; ++i) {
    const std::string& name = header.tensors.emplace_back(read_tensor_info(reader, where)).name;
    if (!names.insert(name).second) fail(Errc::corrupt, "{}: tensor {} is there twice", where, quote(name));
  }
  const std::uint64_t alignment = alignment_of(header.metadata);
  const std::uint64_t start = (reader.position() + alignment - 1) / alignment * alignment;
  for (GgufTensorInfo& tensor : header.tensors) place(tensor, start, alignment, file.size(), where);
  check_overlap(header.tensors, where);
  return header;
}

}  // namespace etna

// Walks over a GGUF head (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md) without keeping its values: what
// is wanted are the few that describe a model, and where the head ends.
#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "hub/headers.h"
#include "hub/names.h"

namespace etna::hub {

namespace {

constexpr std::uint64_t most_keys = 100'000;
constexpr std::uint64_t most_tensors = 1'000'000;
constexpr std::uint64_t most_items = 4'000'000;
constexpr std::uint64_t longest_text = 10'000'000;
constexpr int deepest_array = 4;

/// How a head is read that has no length: a first piece that mostly holds all of it, then others up to a limit.
struct Pieces {
  std::uint64_t first, next, most;
};

constexpr Pieces with_vocabulary{.first = 2 << 20, .next = 6 << 20, .most = 26 << 20};
constexpr Pieces of_tensors_only{.first = 256 << 10, .next = 2 << 20, .most = 0};  // what is left of all parts' limit

enum Type : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

/// Bytes of a value of fixed size; for others the fewest it can take.
std::uint64_t least_bytes(std::uint32_t type) {
  switch (type) {
    case u8:
    case i8:
    case boolean: return 1;
    case u16:
    case i16: return 2;
    case u32:
    case i32:
    case f32: return 4;
    case array: return 12;
    default: return 8;
  }
}

/// Thrown when the bytes so far are not all.
struct NeedsMore {};

class Walker {
public:
  Walker(std::span<const std::byte> bytes, std::uint64_t file_size, std::string_view where)
      : bytes_(bytes), file_size_(file_size), where_(where) {}

  std::size_t position() const { return at_; }

  template <class T>
  T read() {
    T value;
    need(sizeof value);
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  std::string_view text() {
    const auto size = read<std::uint64_t>();
    if (size > longest_text) refuse("a text is too long");
    need(size);
    const auto* begin = reinterpret_cast<const char*>(bytes_.data() + at_);
    at_ += static_cast<std::size_t>(size);
    return {begin, static_cast<std::size_t>(size)};
  }

  void skip(std::uint64_t size) {
    need(size);
    at_ += static_cast<std::size_t>(size);
  }

  /// A count of things of at least `least` bytes each: they must fit into the rest of the file.
  std::uint64_t count(std::uint64_t most, std::uint64_t least, std::string_view what) {
    const auto value = read<std::uint64_t>();
    if (value > most || value * least > file_size_ - at_) refuse(what);
    return value;
  }

  void skip_value(std::uint32_t type, int depth) {
    if (type > f64) refuse("a value has an unknown type");
    if (type == string) {
      text();
    } else if (type != array) {
      skip(least_bytes(type));
    } else {
      if (depth == deepest_array) refuse("arrays are nested too deeply");
      const auto item = read<std::uint32_t>();
      if (item > f64) refuse("an array has an unknown type");
      const std::uint64_t items = count(most_items, least_bytes(item), "an array has too many items");
      if (item == string || item == array) {
        for (std::uint64_t i = 0; i < items; ++i) skip_value(item, depth + 1);
      } else {
        skip(items * least_bytes(item));
      }
    }
  }

  std::uint64_t whole_number(std::uint32_t type) {
    switch (type) {
      case u8: return read<std::uint8_t>();
      case u16: return read<std::uint16_t>();
      case u32: return read<std::uint32_t>();
      case i32: return static_cast<std::uint64_t>(std::max(0, read<std::int32_t>()));
      case u64: return read<std::uint64_t>();
      default: skip_value(type, 0); return 0;
    }
  }

  [[noreturn]] void refuse(std::string_view what) const { fail(Errc::corrupt, "{}: no GGUF file: {}", where_, what); }

private:
  void need(std::uint64_t size) const {
    if (size > file_size_ - at_) refuse("it ends inside its head");
    if (size > bytes_.size() - at_) throw NeedsMore{};
  }

  std::span<const std::byte> bytes_;
  std::uint64_t file_size_;
  std::string_view where_;
  std::size_t at_ = 0;
};

std::string shown(std::string_view text) {
  return escaped_name(utf8::make_valid(text.substr(0, 300)));
}

void walk_keys(Walker& walker, std::uint64_t keys, GgufHead& head) {
  constexpr std::string_view context = ".context_length";
  for (std::uint64_t i = 0; i < keys; ++i) {
    const std::string_view key = walker.text();
    const auto type = walker.read<std::uint32_t>();
    if (type == string && key == "general.architecture") {
      head.architecture = shown(walker.text());
    } else if (type == string && key == "general.name") {
      head.name = shown(walker.text());
    } else if (key == "general.file_type") {
      head.file_type = walker.whole_number(type);
    } else if (key == "split.no") {
      head.split_number = walker.whole_number(type);
    } else if (key == "split.count") {
      head.split_count = walker.whole_number(type);
    } else if (key.ends_with(context) && key.substr(0, key.size() - context.size()) == head.architecture) {
      head.context_length = walker.whole_number(type);
    } else {
      head.has_chat_template = head.has_chat_template || key.starts_with("tokenizer.chat_template");
      walker.skip_value(type, 0);
    }
  }
}

GgufHead walk(Walker& walker, std::string_view where) {
  GgufHead head;
  if (walker.read<std::uint32_t>() != 0x46554747u) walker.refuse("it does not begin with \"GGUF\"");
  const auto version = walker.read<std::uint32_t>();
  if ((version & 0xFFFF) == 0) fail(Errc::unsupported, "{}: a big-endian GGUF file", where);
  if (version < 2 || version > 3) fail(Errc::unsupported, "{}: GGUF version {}; Etna reads 2 and 3", where, version);
  head.tensors = walker.count(most_tensors, 24, "it has too many tensors");
  const std::uint64_t keys = walker.count(most_keys, 12, "it has too many keys");
  walk_keys(walker, keys, head);
  for (std::uint64_t i = 0; i < head.tensors; ++i) {
    walker.text();
    const auto dimensions = walker.read<std::uint32_t>();
    if (dimensions > 8) walker.refuse("a tensor has too many dimensions");
    walker.skip(std::uint64_t{dimensions} * 8 + 4 + 8);
  }
  return head;
}

}  // namespace

std::optional<GgufHead> parse_gguf_head(std::span<const std::byte> bytes, std::uint64_t file_size,
                                        std::string_view where) {
  Walker walker(bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), file_size))), file_size,
                where);
  try {
    GgufHead head = walk(walker, where);
    const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    head.bytes.assign(begin, begin + walker.position());
    head.file_bytes = file_size;
    return head;
  } catch (const NeedsMore&) {
    return std::nullopt;
  }
}

namespace {

GgufHead read_head(const HubApi& api, const std::string& id, const std::string& commit, const TreeFile& file,
                   const Pieces& pieces, const std::stop_token& stop) {
  const std::string where = id + "/" + file.path;
  std::string bytes;
  for (std::uint64_t part = pieces.first; bytes.size() + part <= pieces.most; part = pieces.next) {
    std::uint64_t size = 0;
    if (!bytes.empty()) bytes.reserve(pieces.most);  // no second copy while it grows
    bytes += api.read_range(id, commit, file.path, bytes.size(), part, &size, stop);
    if (size != file.size) fail(Errc::corrupt, "{}: has {} bytes, and not {} as the hub lists", where, size, file.size);
    if (auto head = parse_gguf_head(std::as_bytes(std::span(bytes)), size, where)) return std::move(*head);
    if (bytes.size() >= size) break;
  }
  fail(Errc::corrupt, "{}: no GGUF file: its head has more than {} bytes", where, bytes.size());
}

}  // namespace

GgufHead read_gguf_head(const HubApi& api, const std::string& id, const std::string& commit, const TreeFile& file,
                        const std::stop_token& stop) {
  return read_head(api, id, commit, file, with_vocabulary, stop);
}

std::vector<GgufHead> read_gguf_heads(const HubApi& api, const std::string& id, const std::string& commit,
                                      std::span<const TreeFile> files, const std::stop_token& stop) {
  std::vector<GgufHead> heads;
  std::uint64_t left = with_vocabulary.most;
  for (const TreeFile& file : files) {
    Pieces pieces = heads.empty() ? with_vocabulary : of_tensors_only;
    pieces.most = left;
    heads.push_back(read_head(api, id, commit, file, pieces, stop));
    const GgufHead& head = heads.back();
    left -= head.bytes.size();
    const std::uint64_t parts = std::max<std::uint64_t>(head.split_count, 1);
    if (parts != files.size() || head.split_number + 1 != heads.size()) {
      fail(Errc::corrupt, "{}/{}: is part {} of {} by its metadata, and not part {} of {}", id, file.path,
           head.split_number + 1, parts, heads.size(), files.size());
    }
  }
  return heads;
}

}  // namespace etna::hub

#include "engine/tokenizer/sentencepiece_file.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/error.h"

namespace etna {

namespace {

/// One field of a message: a number (varint or fixed) or a stretch of bytes.
struct Field {
  std::uint64_t number;
  enum class Wire { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 } wire;
  std::uint64_t value = 0;
  std::string_view bytes = {};
};

/// Walks the fields of one message.
class Message {
public:
  Message(std::string_view bytes, std::string where) : rest_(bytes), where_(std::move(where)) {}

  std::optional<Field> next() {
    if (rest_.empty()) return std::nullopt;
    const std::uint64_t key = varint();
    Field field{.number = key >> 3, .wire = static_cast<Field::Wire>(key & 7)};
    switch (field.wire) {
      case Field::Wire::varint: field.value = varint(); return field;
      case Field::Wire::fixed64: field.value = fixed(8); return field;
      case Field::Wire::fixed32: field.value = fixed(4); return field;
      case Field::Wire::bytes: {
        const std::uint64_t size = varint();
        if (size > rest_.size()) {
          fail(Errc::corrupt, "{}: field {} has {} bytes, but only {} are left", where_, field.number, size,
               rest_.size());
        }
        field.bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return field;
      }
    }
    fail(Errc::corrupt, "{}: not a SentencePiece model (wire type {})", where_, key & 7);
  }

private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) fail(Errc::corrupt, "{}: ends inside a number", where_);
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    fail(Errc::corrupt, "{}: a number has more than 64 bits", where_);
  }

  std::uint64_t fixed(std::size_t size) {
    if (rest_.size() < size) fail(Errc::corrupt, "{}: ends inside a number", where_);
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(size);
    return value;
  }

  std::string_view rest_;
  std::string where_;
};

void check_piece(std::string_view bytes, std::size_t index, std::string_view where) {
  constexpr std::size_t longest = 4096;
  const std::string place = fmt::format("{}: piece {}", where, index);
  Message message(bytes, place);
  while (const auto field = message.next()) {
    if (field->number == 1 && field->wire == Field::Wire::bytes) {
      if (field->bytes.empty() || field->bytes.size() > longest || field->bytes.find('\0') != field->bytes.npos) {
        fail(Errc::corrupt, "{} has a text of {} bytes or with a zero byte", place, field->bytes.size());
      }
    } else if (field->number == 2 && field->wire == Field::Wire::fixed32) {
      const float score = std::bit_cast<float>(static_cast<std::uint32_t>(field->value));
      if (!std::isfinite(score)) fail(Errc::corrupt, "{}: score is not finite", place);
    }
  }
}

/// The normalization table: uint32 size, a double-array trie (darts-clone), then zero-ended results. The library reads
/// unit (node ^ offset ^ byte) for any byte, so every block of 256 units that can be reached must be there.
void check_charsmap(std::string_view blob, std::string_view where) {
  if (blob.empty()) return;
  const auto word = [blob](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(blob[at + i]);
    return value;
  };
  const std::size_t size = blob.size() < 4 ? 0 : word(0);
  if (size < 1024 || size % 4 != 0 || size + 4 >= blob.size()) {
    fail(Errc::corrupt, "{}: precompiled_charsmap claims a table of {} bytes in {}", where, size, blob.size());
  }
  const std::size_t units = size / 4;
  const std::string_view results = blob.substr(4 + size);
  if (results.back() != '\0') fail(Errc::corrupt, "{}: precompiled_charsmap has a result without an end", where);
  const auto unit = [&](std::size_t index) { return word(4 + index * 4); };
  const auto offset = [](std::uint32_t value) { return (value >> 10) << ((value & 0x200) >> 6); };

  std::vector<bool> seen(units);
  std::vector<std::size_t> pending{0};
  seen[0] = true;
  while (!pending.empty()) {
    const std::size_t node = pending.back();
    pending.pop_back();
    const std::size_t block = node ^ offset(unit(node));
    if ((block | 0xFF) >= units) fail(Errc::corrupt, "{}: precompiled_charsmap points outside its table", where);
    if (node != 0 && ((unit(node) >> 8) & 1) != 0 && (unit(block) & 0x7FFFFFFF) >= results.size()) {
      fail(Errc::corrupt, "{}: precompiled_charsmap points outside its results", where);
    }
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const std::size_t child = block ^ byte;
      if (seen[child] || (unit(child) & 0x800000FF) != byte) continue;
      seen[child] = true;
      pending.push_back(child);
    }
  }
}

void check_normalizer(std::string_view bytes, SentencePieceFacts& facts, const std::string& where) {
  Message message(bytes, where);
  while (const auto field = message.next()) {
    if (field->number == 2 && field->wire == Field::Wire::bytes) check_charsmap(field->bytes, where);
    if (field->wire != Field::Wire::varint) continue;
    if (field->number == 3) facts.add_dummy_prefix = field->value != 0;
    if (field->number == 4) facts.remove_extra_whitespaces = field->value != 0;
  }
}

void check_trainer(std::string_view bytes, SentencePieceFacts& facts, const std::string& where) {
  Message message(bytes, where);
  while (const auto field = message.next()) {
    if (field->number == 3 && field->wire == Field::Wire::varint && field->value >= 1 && field->value <= 4) {
      facts.kind = static_cast<SentencePieceFacts::Kind>(field->value);
    } else if (field->number == 44 && field->wire == Field::Wire::bytes) {
      facts.unknown_surface = field->bytes;
    }
  }
}

}  // namespace

SentencePieceFacts check_sentencepiece_file(std::string_view bytes, std::string_view where) {
  SentencePieceFacts facts;
  const auto place = [where](const char* name) { return fmt::format("{}: {}", where, name); };
  Message message(bytes, std::string(where));
  while (const auto field = message.next()) {
    if (field->wire != Field::Wire::bytes) continue;
    if (field->number == 1) {
      check_piece(field->bytes, facts.pieces++, where);
    } else if (field->number == 2) {
      check_trainer(field->bytes, facts, place("trainer_spec"));
    } else if (field->number == 3) {
      check_normalizer(field->bytes, facts, place("normalizer_spec"));
    } else if (field->number == 5) {
      Message rules(field->bytes, place("denormalizer_spec"));
      while (const auto rule = rules.next()) {
        if (rule->number == 2 && !rule->bytes.empty()) {
          fail(Errc::unsupported, "{}: denormalizer_spec rewrites decoded text, which Etna does not do", where);
        }
      }
    }
  }
  if (facts.pieces == 0) fail(Errc::corrupt, "{}: not a SentencePiece model: it has no pieces", where);
  return facts;
}

}  // namespace etna

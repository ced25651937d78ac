#include "engine/tokenizer/vocabulary.h"

#include <bit>
#include <functional>
#include <utility>

#include "engine/base/error.h"

namespace etna {

void Vocabulary::reserve(std::size_t tokens) {
  tokens_.reserve(tokens);
  resize_slots(tokens);
}

void Vocabulary::resize_slots(std::size_t texts) {
  const std::size_t size = std::bit_ceil(texts * 2 + 2);
  if (size <= slots_.size()) return;
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(size));
  for (const Slot& entry : old) {
    if (entry.text != nullptr) slot(*entry.text) = entry;
  }
}

Vocabulary::Slot& Vocabulary::slot(std::string_view text) {
  const std::uint64_t hash = std::hash<std::string_view>()(text);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t at = hash;; ++at) {
    Slot& entry = slots_[at & (slots_.size() - 1)];
    if (entry.text == nullptr) entry.tag = tag;
    if (entry.text == nullptr || (entry.tag == tag && *entry.text == text)) return entry;
  }
}

void Vocabulary::add(std::string_view token, std::int64_t id, std::string_view where) {
  // Real files leave a few holes; a huge id would make a huge table.
  constexpr std::int64_t holes_limit = 1 << 20;
  const auto limit = static_cast<std::int64_t>(tokens_.capacity()) + holes_limit;
  if (id < 0 || id >= limit) fail(Errc::corrupt, "{}: token {:?} has the id {}", where, std::string(token), id);
  resize_slots(texts_.size() + 1);
  Slot& entry = slot(token);
  if (entry.text != nullptr) return;
  entry.text = &texts_.emplace_back(token);
  entry.id = static_cast<std::int32_t>(id);
  const std::string_view kept = *entry.text;
  const auto index = static_cast<std::size_t>(id);
  if (index >= tokens_.size()) tokens_.resize(index + 1);
  if (tokens_[index].data() == nullptr) tokens_[index] = kept;
}

std::optional<std::int32_t> Vocabulary::id(std::string_view token) const {
  const std::uint64_t hash = std::hash<std::string_view>()(token);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t at = hash;; ++at) {
    const Slot& entry = slots_[at & (slots_.size() - 1)];
    if (entry.text == nullptr) return std::nullopt;
    if (entry.tag == tag && *entry.text == token) return entry.id;
  }
}

}  // namespace etna

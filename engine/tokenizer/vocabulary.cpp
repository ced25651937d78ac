#include "engine/tokenizer/vocabulary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <random>
#include <utility>

#include "engine/base/error.h"
#include "engine/tokenizer/excerpt.h"

namespace etna {

namespace {

/// Drawn anew by every process: no file can be made whose tokens all fall into one place of the table.
std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::uint64_t load(const char* bytes, std::size_t size) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, size);
  return value;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::uint64_t Vocabulary::hash(std::string_view text) {
  static const std::uint64_t first = random_seed(), second = random_seed();
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = first ^ left;
  for (; left > 16; left -= 16, at += 16) state = mix(load(at, 8) ^ second, load(at + 8, 8) ^ state);
  std::uint64_t low = 0, high = 0;
  if (left >= 8) {
    low = load(at, 8);
    high = load(at + left - 8, 8);
  } else if (left >= 4) {
    low = load(at, 4);
    high = load(at + left - 4, 4);
  } else if (left > 0) {
    const auto byte = [at](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])); };
    low = (byte(0) << 16) | (byte(left / 2) << 8) | byte(left - 1);
  }
  return mix(mix(low ^ second, high ^ state), second);
}

void Vocabulary::reserve(std::size_t tokens) {
  announced_ = tokens;
  tokens_.reserve(tokens);
  entries_.reserve(tokens);
  resize_slots(tokens);
}

void Vocabulary::resize_slots(std::size_t texts) {
  const std::size_t size = std::bit_ceil(texts * 2 + 2);
  if (size <= slots_.size()) return;
  slots_.assign(size, Slot{0, none});
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const std::uint64_t key = hash(text_at(i));
    std::size_t at = key & (size - 1);
    while (slots_[at].index != none) at = (at + 1) & (size - 1);
    slots_[at] = {static_cast<std::uint32_t>(key >> 32), i};
  }
}

std::uint32_t Vocabulary::find(std::string_view text, std::uint64_t hash) const {
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t at = hash;; ++at) {
    const Slot& slot = slots_[at & (slots_.size() - 1)];
    if (slot.index == none || (slot.tag == tag && text_at(slot.index) == text)) return slot.index;
  }
}

std::int32_t Vocabulary::add(std::string_view token, std::int64_t id, std::string_view where) {
  // Real files leave a few holes; a huge id would make a huge table.
  constexpr std::size_t holes_limit = std::size_t{1} << 20;
  const std::size_t limit = std::max(announced_, entries_.size() + 1) + holes_limit;
  if (id < 0 || static_cast<std::uint64_t>(id) >= std::min<std::uint64_t>(limit, 0x7FFFFFFF)) {
    fail(Errc::corrupt, "{}: token {} has the id {}", where, excerpt(token), id);
  }
  if (token.size() >= none) fail(Errc::corrupt, "{}: token {} has {} bytes", where, id, token.size());
  resize_slots(entries_.size() + 1);
  const std::uint64_t key = hash(token);
  const auto tag = static_cast<std::uint32_t>(key >> 32);
  std::size_t at = key & (slots_.size() - 1);
  for (; slots_[at].index != none; at = (at + 1) & (slots_.size() - 1)) {
    const std::uint32_t known = slots_[at].index;
    if (slots_[at].tag == tag && text_at(known) == token) return entries_[known].id;
  }
  const auto index = static_cast<std::uint32_t>(entries_.size());
  slots_[at] = {tag, index};
  const std::string_view kept = arena_.store(token);
  entries_.push_back({kept.data(), static_cast<std::uint32_t>(kept.size()), static_cast<std::int32_t>(id)});
  longest_ = std::max(longest_, kept.size());
  const auto place = static_cast<std::size_t>(id);
  if (place >= tokens_.size()) tokens_.resize(place + 1, none);
  if (tokens_[place] == none) tokens_[place] = index;
  return static_cast<std::int32_t>(id);
}

void Vocabulary::prefetch(std::string_view token) const {
  __builtin_prefetch(&slots_[hash(token) & (slots_.size() - 1)], 1);
}

void Vocabulary::ids(std::span<const std::string_view> texts, std::span<std::int32_t> ids) const {
  constexpr std::size_t batch = 32;
  std::array<std::uint64_t, batch> keys;
  for (std::size_t begin = 0; begin < texts.size(); begin += batch) {
    const std::size_t count = std::min(batch, texts.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      keys[i] = hash(texts[begin + i]);
      __builtin_prefetch(&slots_[keys[i] & (slots_.size() - 1)]);
    }
    // The first slot is nearly always the right one; find() below looks further.
    for (std::size_t i = 0; i < count; ++i) {
      const Slot& slot = slots_[keys[i] & (slots_.size() - 1)];
      if (slot.index != none) __builtin_prefetch(&entries_[slot.index]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const Slot& slot = slots_[keys[i] & (slots_.size() - 1)];
      if (slot.index != none) __builtin_prefetch(entries_[slot.index].text);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t index = find(texts[begin + i], keys[i]);
      ids[begin + i] = index == none ? -1 : entries_[index].id;
    }
  }
}

}  // namespace etna

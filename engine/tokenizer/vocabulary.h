#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/tokenizer/text_arena.h"

namespace etna {

/// Tokens and their ids, both ways. Ids need not be contiguous.
class Vocabulary {
public:
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  void reserve(std::size_t tokens);

  /// A token that is there already keeps its id; an id that is taken keeps its token (the text still finds the id).
  /// Returns the id that the text has now.
  /// Throws corrupt naming `where` for an id below 0 or far beyond the number of tokens.
  std::int32_t add(std::string_view token, std::int64_t id, std::string_view where);

  /// Lets the memory that add() will touch be on its way.
  void prefetch(std::string_view token) const;

  /// Greatest id + 1.
  std::int32_t size() const { return static_cast<std::int32_t>(tokens_.size()); }

  std::optional<std::int32_t> id(std::string_view token) const {
    const auto at = index(token);
    return at == none ? std::nullopt : std::optional(entries_[at].id);
  }

  /// The ids of many texts, -1 for those without one. Waits for memory once for all of them, where id() would for each.
  /// `ids` has as many elements as `texts`.
  void ids(std::span<const std::string_view> texts, std::span<std::int32_t> ids) const;

  bool contains(std::int32_t id) const { return id >= 0 && id < size() && tokens_[id] != none; }

  /// Empty for an id without a token.
  std::string_view token(std::int32_t id) const {
    return tokens_[id] == none ? std::string_view() : text_at(tokens_[id]);
  }

  /// Texts are numbered in the order in which they were added; several can have the same id. `none`: not there.
  std::uint32_t index(std::string_view token) const { return find(token, hash(token)); }

  std::size_t texts() const { return entries_.size(); }

  std::int32_t id_at(std::size_t index) const { return entries_[index].id; }

  std::string_view text_at(std::size_t index) const { return {entries_[index].text, entries_[index].size}; }

  /// Bytes of the longest text.
  std::size_t longest() const { return longest_; }

private:
  struct Entry {
    const char* text;
    std::uint32_t size;
    std::int32_t id;
  };

  /// One entry of an open-addressing table from texts to their indices. A lookup that misses touches one cache line.
  struct Slot {
    std::uint32_t tag;    // upper half of the text's hash
    std::uint32_t index;  // none: free
  };

  static std::uint64_t hash(std::string_view text);
  std::uint32_t find(std::string_view text, std::uint64_t hash) const;
  void resize_slots(std::size_t texts);

  TextArena arena_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> tokens_;                               // index of the text by id
  std::vector<Slot> slots_ = std::vector<Slot>(16, Slot{0, none});  // a power of two, at least twice the texts
  std::size_t announced_ = 0;
  std::size_t longest_ = 0;
};

/// yes: an unknown character becomes its bytes as <0x00> … <0xFF>.
enum class ByteFallback { no, yes };

/// What cuts a piece of text into tokens.
class TokenModel {
public:
  virtual ~TokenModel() = default;

  /// Appends the ids of one piece (valid UTF-8, not empty).
  virtual void encode(std::string_view piece, std::vector<std::int32_t>& out) const = 0;
};

}  // namespace etna

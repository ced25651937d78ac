#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace etna {

/// Tokens and their ids, both ways. Ids need not be contiguous.
class Vocabulary {
public:
  void reserve(std::size_t tokens);

  /// A token that is there already keeps its id; an id that is taken keeps its token (the text still finds the id).
  /// Throws corrupt naming `where` for an id below 0 or far beyond the number of tokens.
  void add(std::string_view token, std::int64_t id, std::string_view where);

  /// Greatest id + 1.
  std::int32_t size() const { return static_cast<std::int32_t>(tokens_.size()); }

  std::optional<std::int32_t> id(std::string_view token) const;

  bool contains(std::int32_t id) const { return id >= 0 && id < size() && tokens_[id].data() != nullptr; }

  /// Empty for an id without a token.
  std::string_view token(std::int32_t id) const { return tokens_[id]; }

private:
  /// One entry of an open-addressing table from texts to ids. A lookup that misses touches one cache line only.
  struct Slot {
    std::uint32_t tag = 0;  // upper half of the text's hash
    std::int32_t id = 0;
    const std::string* text = nullptr;  // nullptr: free
  };

  Slot& slot(std::string_view text);
  void resize_slots(std::size_t texts);

  std::deque<std::string> texts_;  // a deque never moves what the views point to
  std::vector<std::string_view> tokens_;
  std::vector<Slot> slots_ = std::vector<Slot>(16);  // a power of two, at least twice the texts
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

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tokenizer/vocabulary.h"

namespace etna {

enum class Merging { by_rank, whole_words_first };  ///< whole_words_first: a piece in the vocabulary is that token
enum class Unknown { each, fused };                 ///< fused: neighbouring unknown characters are one unknown token

struct BpeOptions {
  std::string unknown_token = {};  ///< empty: unknown characters are dropped
  std::string continuing_subword_prefix = {};
  std::string end_of_word_suffix = {};
  Unknown unknown = Unknown::each;
  ByteFallback byte_fallback = ByteFallback::no;
  Merging merging = Merging::by_rank;
};

/// Byte-pair encoding: the characters of a piece are tokens, and the neighbours with the lowest rank are joined until
/// no pair is among the merges. O(n log n) in the length of the piece: some families have no pre-tokenizer, and a
/// whole book is one piece. Source: arXiv:1508.07909.
class Bpe final : public TokenModel {
public:
  /// Two tokens to be joined, in order of rank.
  using Merge = std::pair<std::string_view, std::string_view>;

  /// Two neighbouring ids, what they become, and when: lowest rank first, leftmost of equals.
  struct Join {
    std::int32_t left, right, joined, rank;
  };

  /// Throws corrupt naming `where` for merges whose parts or result are not in the vocabulary.
  Bpe(std::shared_ptr<const Vocabulary> vocabulary, const std::vector<Merge>& merges, BpeOptions options,
      std::string_view where);

  /// Throws corrupt naming `where` when the unknown token is not in the vocabulary.
  static std::shared_ptr<const Bpe> from_joins(std::shared_ptr<const Vocabulary> vocabulary,
                                               const std::vector<Join>& joins, BpeOptions options,
                                               std::string_view where);

  /// Appends the joins of merges that follow those in `joins` in rank. `prefix`: see read_merges.
  /// Throws corrupt naming `where` for merges whose parts or result are not in the vocabulary.
  static void resolve(const Vocabulary& vocabulary, std::span<const Merge> merges, std::string_view prefix,
                      std::string_view where, std::vector<Join>& joins);

  void encode(std::string_view piece, std::vector<std::int32_t>& out) const override;

private:
  /// Whether merging the characters of a text of the vocabulary ends in its own token. Found out when it is asked for
  /// the first time; threads that ask at once find out the same.
  enum class Whole : std::uint8_t { not_known, yes, no };

  /// One entry of an open-addressing table, keyed by two ids.
  struct Rule {
    std::uint64_t pair;
    std::int32_t rank, joined;
  };

  /// A token of the piece in a doubly linked list over an array; joined-away ones have id -1.
  struct Symbol {
    std::int32_t id, previous, next;
  };

  void add_rules(std::span<const Join> joins);
  void find_characters();
  const Rule* find(std::int32_t left, std::int32_t right) const;
  Rule& slot(std::uint64_t pair);
  template <class Push>
  void split(std::string_view piece, Push push) const;
  void encode_short(std::string_view piece, std::vector<std::int32_t>& out) const;
  void encode_long(std::string_view piece, std::vector<std::int32_t>& out) const;
  void merge(std::vector<Symbol>& symbols) const;
  std::int32_t character_id(std::string_view character, char32_t value, bool first, bool last) const;
  bool has_bytes(std::string_view character) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  BpeOptions options_;
  std::int32_t unknown_ = -1;
  std::vector<std::int32_t> characters_;  // id by code point below U+10000, -1: none
  std::vector<std::int32_t> bytes_;       // id of <0x00> … <0xFF>, -1: none
  std::vector<Rule> rules_;
  int shift_ = 0;
  mutable std::vector<std::atomic<Whole>> whole_;  // by index of the text
};

}  // namespace etna

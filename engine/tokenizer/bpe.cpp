#include "engine/tokenizer/bpe.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace etna {

namespace {

constexpr std::uint64_t no_pair = std::numeric_limits<std::uint64_t>::max();
constexpr char32_t table_end = 0x10000;

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
}

std::size_t bucket(std::uint64_t pair, int shift) {
  return (pair * 0x9E3779B97F4A7C15ULL) >> shift;
}

/// A possible join, in a heap: lowest rank first, then leftmost.
struct Candidate {
  std::int32_t rank, position, joined;

  bool operator<(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : position > other.position;
  }
};

}  // namespace

Bpe::Bpe(std::shared_ptr<const Vocabulary> vocabulary, const std::vector<Merge>& merges, BpeOptions options,
         std::string_view where)
    : vocabulary_(std::move(vocabulary)), options_(std::move(options)) {
  if (!options_.unknown_token.empty()) {
    const auto id = vocabulary_->id(options_.unknown_token);
    if (!id) fail(Errc::corrupt, "{}: unk_token {:?} is not in the vocabulary", where, options_.unknown_token);
    unknown_ = *id;
  }
  characters_.assign(table_end, -1);
  for (char32_t value = 0; value < table_end; ++value) {
    if (value >= 0xD800 && value < 0xE000) continue;
    std::string character;
    utf8::append(character, value);
    characters_[value] = vocabulary_->id(character).value_or(-1);
  }
  for (int byte = 0; byte < 256; ++byte)
    bytes_.push_back(vocabulary_->id(fmt::format("<0x{:02X}>", byte)).value_or(-1));

  reserve_rules(merges.size());
  std::string joined;
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    const auto& prefix = options_.continuing_subword_prefix;
    joined.assign(left).append(right.substr(right.starts_with(prefix) ? prefix.size() : 0));
    const auto left_id = vocabulary_->id(left), right_id = vocabulary_->id(right), joined_id = vocabulary_->id(joined);
    if (!left_id || !right_id || !joined_id) {
      fail(Errc::corrupt, "{}: merge {} is {:?} + {:?}, but {:?} is not in the vocabulary", where, rank,
           std::string(left), std::string(right),
           !left_id    ? std::string(left)
           : !right_id ? std::string(right)
                       : joined);
    }
    slot(pair_key(*left_id, *right_id)) = {pair_key(*left_id, *right_id), static_cast<std::int32_t>(rank), *joined_id};
  }
}

std::shared_ptr<const Bpe> Bpe::from_joins(std::shared_ptr<const Vocabulary> vocabulary, const std::vector<Join>& joins,
                                           BpeOptions options, std::string_view where) {
  auto result = std::make_shared<Bpe>(std::move(vocabulary), std::vector<Merge>(), std::move(options), where);
  result->reserve_rules(joins.size());
  for (const Join& join : joins) {
    const auto pair = pair_key(join.left, join.right);
    result->slot(pair) = {pair, join.rank, join.joined};
  }
  return result;
}

void Bpe::reserve_rules(std::size_t count) {
  const std::size_t slots = std::bit_ceil(count + count / 2 + 2);
  shift_ = 64 - std::countr_zero(slots);
  rules_.assign(slots, {no_pair, 0, 0});
}

Bpe::Rule& Bpe::slot(std::uint64_t pair) {
  std::size_t at = bucket(pair, shift_);
  while (rules_[at].pair != no_pair && rules_[at].pair != pair) at = (at + 1) & (rules_.size() - 1);
  return rules_[at];
}

const Bpe::Rule* Bpe::find(std::int32_t left, std::int32_t right) const {
  const std::uint64_t pair = pair_key(left, right);
  for (std::size_t at = bucket(pair, shift_);; at = (at + 1) & (rules_.size() - 1)) {
    if (rules_[at].pair == pair) return &rules_[at];
    if (rules_[at].pair == no_pair) return nullptr;
  }
}

void Bpe::encode(std::string_view piece, std::vector<std::int32_t>& out) const {
  if (options_.merging == Merging::whole_words_first) {
    if (const auto id = vocabulary_->id(piece)) return out.push_back(*id);
  }
  auto symbols = split(piece);
  if (symbols.empty()) return;
  merge(symbols);
  for (std::int32_t at = 0; at >= 0; at = symbols[at].next) out.push_back(symbols[at].id);
}

std::int32_t Bpe::character_id(std::string_view character, char32_t value, bool first, bool last) const {
  const bool prefixed = !first && !options_.continuing_subword_prefix.empty();
  const bool suffixed = last && !options_.end_of_word_suffix.empty();
  if (!prefixed && !suffixed) {
    return value < table_end ? characters_[value] : vocabulary_->id(character).value_or(-1);
  }
  std::string token = prefixed ? options_.continuing_subword_prefix : std::string();
  token += character;
  if (suffixed) token += options_.end_of_word_suffix;
  return vocabulary_->id(token).value_or(-1);
}

bool Bpe::append_bytes(std::string_view character, std::vector<Symbol>& symbols) const {
  const auto byte_id = [this](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
  if (std::any_of(character.begin(), character.end(), [&](char byte) { return byte_id(byte) < 0; })) return false;
  for (const char byte : character) symbols.push_back({byte_id(byte), 0, 0});
  return true;
}

std::vector<Bpe::Symbol> Bpe::split(std::string_view piece) const {
  if (piece.size() > std::numeric_limits<std::int32_t>::max()) {
    fail(Errc::invalid_argument, "a text of {} bytes is too long to be cut into tokens", piece.size());
  }
  std::vector<Symbol> symbols;
  symbols.reserve(piece.size());
  bool after_unknown = false;
  for (std::size_t at = 0; at < piece.size();) {
    const auto point = utf8::decode(piece, at);
    const auto character = piece.substr(at, point.size);
    const auto id = character_id(character, point.value, at == 0, at + point.size == piece.size());
    at += point.size;
    if (id >= 0) {
      symbols.push_back({id, 0, 0});
    } else if (options_.byte_fallback == ByteFallback::yes && append_bytes(character, symbols)) {
      after_unknown = false;
      continue;
    } else if (unknown_ >= 0 && !(after_unknown && options_.unknown == Unknown::fused)) {
      symbols.push_back({unknown_, 0, 0});
    }
    after_unknown = id < 0;
  }
  const auto count = static_cast<std::int32_t>(symbols.size());
  for (std::int32_t i = 0; i < count; ++i) {
    symbols[i].previous = i - 1;
    symbols[i].next = i + 1 < count ? i + 1 : -1;
  }
  return symbols;
}

void Bpe::merge(std::vector<Symbol>& symbols) const {
  std::vector<Candidate> heap;
  for (std::int32_t i = 0; i + 1 < static_cast<std::int32_t>(symbols.size()); ++i) {
    if (const Rule* rule = find(symbols[i].id, symbols[i + 1].id)) heap.push_back({rule->rank, i, rule->joined});
  }
  std::make_heap(heap.begin(), heap.end());
  const auto offer = [&](std::int32_t at) {
    if (at < 0 || symbols[at].next < 0) return;
    if (const Rule* rule = find(symbols[at].id, symbols[symbols[at].next].id)) {
      heap.push_back({rule->rank, at, rule->joined});
      std::push_heap(heap.begin(), heap.end());
    }
  };
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    const Candidate best = heap.back();
    heap.pop_back();
    Symbol& left = symbols[best.position];
    if (left.id < 0 || left.next < 0) continue;
    // An earlier join may have changed either side: the candidate counts only if the pair still gives its token.
    Symbol& right = symbols[left.next];
    const Rule* rule = find(left.id, right.id);
    if (rule == nullptr || rule->joined != best.joined) continue;
    left.id = best.joined;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) symbols[left.next].previous = best.position;
    offer(left.previous);
    offer(best.position);
  }
}

}  // namespace etna

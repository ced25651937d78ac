#include "engine/tokenizer/bpe.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/excerpt.h"

namespace etna {

namespace {

constexpr std::uint64_t no_pair = std::numeric_limits<std::uint64_t>::max();
constexpr char32_t table_end = 0x10000;
constexpr std::size_t short_piece = 32;  // bytes; up to here looking through all pairs beats a heap

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
  find_characters();
  whole_ = std::vector<std::atomic<Whole>>(vocabulary_->texts());
  std::vector<Join> joins;
  joins.reserve(merges.size());
  resolve(*vocabulary_, merges, options_.continuing_subword_prefix, where, joins);
  add_rules(joins);
}

std::shared_ptr<const Bpe> Bpe::from_joins(std::shared_ptr<const Vocabulary> vocabulary, const std::vector<Join>& joins,
                                           BpeOptions options, std::string_view where) {
  auto result = std::make_shared<Bpe>(std::move(vocabulary), std::vector<Merge>(), std::move(options), where);
  result->add_rules(joins);
  return result;
}

/// The ids of single characters and of <0x00> … <0xFF>.
void Bpe::find_characters() {
  characters_.assign(table_end, -1);
  for (std::size_t i = 0; i < vocabulary_->texts(); ++i) {
    const std::string_view text = vocabulary_->text_at(i);
    if (text.empty() || text.size() > 3) continue;
    const auto point = utf8::decode(text, 0);
    if (point.valid && point.size == text.size()) characters_[point.value] = vocabulary_->id_at(i);
  }
  for (int byte = 0; byte < 256; ++byte)
    bytes_.push_back(vocabulary_->id(fmt::format("<0x{:02X}>", byte)).value_or(-1));
}

void Bpe::resolve(const Vocabulary& vocabulary, std::span<const Merge> merges, std::string_view prefix,
                  std::string_view where, std::vector<Join>& joins) {
  std::vector<std::string_view> parts;
  parts.reserve(merges.size() * 2);
  for (const auto& [left, right] : merges) {
    parts.push_back(left);
    parts.push_back(right);
  }
  std::vector<std::int32_t> ids(parts.size());
  vocabulary.ids(parts, ids);

  std::string joined;
  std::int32_t guess = joins.empty() ? 0 : joins.back().joined;
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const auto& [left, right] = merges[i];
    const std::int32_t left_id = ids[2 * i], right_id = ids[2 * i + 1];
    joined.assign(left).append(right.substr(right.starts_with(prefix) ? prefix.size() : 0));
    // Trained vocabularies have their tokens in the order of the merges: the result is that of the last merge or the
    // next one. A look there costs less than a look into the table.
    if (vocabulary.contains(guess + 1) && vocabulary.token(guess + 1) == joined) {
      ++guess;
    } else if (!vocabulary.contains(guess) || vocabulary.token(guess) != joined) {
      guess = vocabulary.id(joined).value_or(-1);
    }
    if (left_id < 0 || right_id < 0 || guess < 0) {
      fail(Errc::corrupt, "{}: merge {} is {} + {}, but {} is not in the vocabulary", where, joins.size(),
           excerpt(left), excerpt(right),
           excerpt(left_id < 0    ? left
                   : right_id < 0 ? right
                                  : joined));
    }
    joins.push_back({left_id, right_id, guess, static_cast<std::int32_t>(joins.size())});
  }
}

void Bpe::add_rules(std::span<const Join> joins) {
  const std::size_t slots = std::bit_ceil(joins.size() + joins.size() / 2 + 2);
  shift_ = 64 - std::countr_zero(slots);
  rules_.assign(slots, {no_pair, 0, 0});
  constexpr std::size_t ahead = 16;  // rules on their way from memory
  for (std::size_t i = 0; i < joins.size(); ++i) {
    if (i + ahead < joins.size()) {
      __builtin_prefetch(&rules_[bucket(pair_key(joins[i + ahead].left, joins[i + ahead].right), shift_)], 1);
    }
    const auto pair = pair_key(joins[i].left, joins[i].right);
    slot(pair) = {pair, joins[i].rank, joins[i].joined};
  }
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
  const std::uint32_t text = piece.size() <= vocabulary_->longest() ? vocabulary_->index(piece) : Vocabulary::none;
  const bool known = text != Vocabulary::none;
  if (known && options_.merging == Merging::whole_words_first) return out.push_back(vocabulary_->id_at(text));
  std::atomic<Whole>* const whole = known && text < whole_.size() ? &whole_[text] : nullptr;
  const Whole state = whole != nullptr ? whole->load(std::memory_order_relaxed) : Whole::no;
  if (state == Whole::yes) return out.push_back(vocabulary_->id_at(text));

  const std::size_t first = out.size();
  if (piece.size() <= short_piece) {
    encode_short(piece, out);
  } else {
    encode_long(piece, out);
  }
  if (state == Whole::not_known) {
    const bool itself = out.size() == first + 1 && out.back() == vocabulary_->id_at(text);
    whole->store(itself ? Whole::yes : Whole::no, std::memory_order_relaxed);
  }
}

/// Joins by looking through all pairs for the best one.
void Bpe::encode_short(std::string_view piece, std::vector<std::int32_t>& out) const {
  constexpr std::int32_t never = std::numeric_limits<std::int32_t>::max();
  std::array<std::int32_t, short_piece> ids, ranks, joined;  // ranks and joined: of an id and the next
  std::size_t count = 0;
  split(piece, [&](std::int32_t id) { ids[count++] = id; });
  if (count == 0) return;
  const auto look_up = [&](std::size_t at) {
    const Rule* rule = find(ids[at], ids[at + 1]);
    ranks[at] = rule != nullptr ? rule->rank : never;
    joined[at] = rule != nullptr ? rule->joined : -1;
  };
  for (std::size_t i = 0; i + 1 < count; ++i) look_up(i);
  while (count > 1) {
    const auto best =
        static_cast<std::size_t>(std::min_element(ranks.begin(), ranks.begin() + count - 1) - ranks.begin());
    if (ranks[best] == never) break;
    ids[best] = joined[best];
    --count;
    std::copy(ids.begin() + best + 2, ids.begin() + count + 1, ids.begin() + best + 1);
    if (best + 1 < count) {
      std::copy(ranks.begin() + best + 2, ranks.begin() + count, ranks.begin() + best + 1);
      std::copy(joined.begin() + best + 2, joined.begin() + count, joined.begin() + best + 1);
      look_up(best);
    }
    if (best > 0) look_up(best - 1);
  }
  out.insert(out.end(), ids.begin(), ids.begin() + count);
}

/// Joins by a heap of pairs.
void Bpe::encode_long(std::string_view piece, std::vector<std::int32_t>& out) const {
  if (piece.size() > std::numeric_limits<std::int32_t>::max()) {
    fail(Errc::invalid_argument, "a text of {} bytes is too long to be cut into tokens", piece.size());
  }
  std::vector<Symbol> symbols;
  symbols.reserve(piece.size());
  split(piece, [&](std::int32_t id) {
    const auto at = static_cast<std::int32_t>(symbols.size());
    symbols.push_back({id, at - 1, at + 1});
  });
  if (symbols.empty()) return;
  symbols.back().next = -1;
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

bool Bpe::has_bytes(std::string_view character) const {
  return std::all_of(character.begin(), character.end(),
                     [this](char byte) { return bytes_[static_cast<unsigned char>(byte)] >= 0; });
}

/// Calls push(id) for the tokens that the piece is before anything is joined; never more than it has bytes.
template <class Push>
void Bpe::split(std::string_view piece, Push push) const {
  bool after_unknown = false;
  for (std::size_t at = 0; at < piece.size();) {
    const auto point = utf8::decode(piece, at);
    const auto character = piece.substr(at, point.size);
    const auto id = character_id(character, point.value, at == 0, at + point.size == piece.size());
    at += point.size;
    if (id >= 0) {
      push(id);
    } else if (options_.byte_fallback == ByteFallback::yes && has_bytes(character)) {
      for (const char byte : character) push(bytes_[static_cast<unsigned char>(byte)]);
      after_unknown = false;
      continue;
    } else if (unknown_ >= 0 && !(after_unknown && options_.unknown == Unknown::fused)) {
      push(unknown_);
    }
    after_unknown = id < 0;
  }
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

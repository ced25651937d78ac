#include "engine/tokenizer/split_scanner.h"

#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/tokenizer/split_compiler.h"
#include "engine/tokenizer/unicode.h"

namespace etna {

namespace {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

}  // namespace

/// One search through one text.
class SplitScanner::Search {
public:
  Search(const SplitScanner& scanner, std::string_view text)
      : scanner_(scanner), nodes_(scanner.nodes_.data()), text_(text), steps_left_(1'000'000 + 256 * text.size()) {}

  /// End of the match that begins at `at`, or nowhere.
  std::size_t match(std::uint32_t node, std::size_t at) {
    for (;;) {
      const Node& step = nodes_[node];
      switch (step.kind) {
        case Node::Kind::accept: return at;
        case Node::Kind::not_followed_by:
          if (at < text_.size() && (character(at).mask & step.set) != 0) return nowhere;
          break;
        case Node::Kind::branches: {
          const Mask mask = at < text_.size() ? character(at).mask : 0;
          for (const std::uint32_t branch : step.branches) {
            if (!nodes_[branch].empty && (nodes_[branch].first & mask) == 0) continue;
            if (const std::size_t end = match(branch, at); end != nowhere) return end;
          }
          return nowhere;
        }
        case Node::Kind::set: {
          std::uint32_t count = 0;
          const std::size_t end = take(step, at, count);
          if (count < step.least) return nowhere;
          if (count > step.least) return give_back(step, end, count);
          at = end;
          break;
        }
      }
      node = step.next;
    }
  }

  bool gave_up() const { return steps_left_ == 0; }

  struct Character {
    Mask mask;
    std::size_t size;
  };

  Character character(std::size_t at) const {
    const auto byte = static_cast<unsigned char>(text_[at]);
    if (byte < 0x80) return {scanner_.ascii_[byte], 1};
    const auto point = utf8::decode(text_, at);
    return {scanner_.mask_beyond_ascii(point.value), point.size};
  }

private:
  /// As many characters of the set as there are: where they end.
  std::size_t take(const Node& step, std::size_t at, std::uint32_t& count) {
    while (count < step.most && at < text_.size()) {
      const Character next = character(at);
      if ((next.mask & step.set) == 0) break;
      at += next.size;
      ++count;
    }
    steps_left_ -= std::min<std::size_t>(steps_left_, count + 1);
    return at;
  }

  /// Goes on with what follows; as long as that does not match, gives one character back.
  std::size_t give_back(const Node& step, std::size_t end, std::uint32_t count) {
    const Node& next = nodes_[step.next];
    for (;;) {
      const bool possible = next.empty || (end < text_.size() && (next.first & character(end).mask) != 0);
      if (const std::size_t found = possible ? match(step.next, end) : nowhere; found != nowhere) return found;
      if (count == step.least || steps_left_ == 0) return nowhere;
      --steps_left_;
      --count;
      do --end;
      while ((static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80);
    }
  }

  const SplitScanner& scanner_;
  const Node* nodes_;
  std::string_view text_;
  std::size_t steps_left_;
};

std::optional<SplitScanner> SplitScanner::compile(std::string_view pattern) {
  SplitScanner scanner;
  Compiler compiler(pattern, scanner.nodes_);
  const auto start = compiler.run();
  if (!start || scanner.nodes_[*start].empty) return std::nullopt;
  scanner.start_ = *start;
  scanner.build_tables(compiler.sets());
  return scanner;
}

bool SplitScanner::find_all(std::string_view text, std::vector<TextRange>& matches) const {
  Search search(*this, text);
  const Mask first = nodes_[start_].first;
  for (std::size_t at = 0; at < text.size();) {
    const auto [mask, size] = search.character(at);
    const std::size_t end = (mask & first) != 0 ? search.match(start_, at) : nowhere;
    if (search.gave_up()) return false;
    if (end == nowhere) {
      at += size;
    } else {
      matches.push_back({at, end});
      at = end;
    }
  }
  return true;
}

SplitScanner::Mask SplitScanner::mask_beyond_ascii(char32_t c) const {
  Mask mask = categories_[static_cast<std::size_t>(unicode::general_category(c))];
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), c,
                                      [](char32_t value, const Boundary& boundary) { return value < boundary.begin; });
  if (after != ranges_.begin()) mask |= std::prev(after)->mask;
  return mask ^ negated_;
}

void SplitScanner::build_tables(const std::vector<Set>& sets) {
  std::vector<char32_t> begins;
  for (std::size_t bit = 0; bit < sets.size(); ++bit) {
    const Mask one = Mask{1} << bit;
    if (sets[bit].negated) negated_ |= one;
    for (std::size_t category = 0; category < categories_.size(); ++category) {
      if ((sets[bit].categories >> category & 1) != 0) categories_[category] |= one;
    }
    for (const auto& [first, last] : sets[bit].ranges) {
      begins.push_back(first);
      begins.push_back(last + 1);
    }
  }
  std::sort(begins.begin(), begins.end());
  begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
  for (const char32_t begin : begins) {
    Boundary boundary{begin, 0};
    for (std::size_t bit = 0; bit < sets.size(); ++bit) {
      for (const auto& [first, last] : sets[bit].ranges) {
        if (begin >= first && begin <= last) boundary.mask |= Mask{1} << bit;
      }
    }
    ranges_.push_back(boundary);
  }
  for (char32_t c = 0; c < ascii_.size(); ++c) ascii_[c] = mask_beyond_ascii(c);
  // ASCII has its own table now.
  const auto beyond = std::find_if(ranges_.begin(), ranges_.end(), [](const Boundary& b) { return b.begin >= 0x80; });
  if (beyond != ranges_.begin()) ranges_.erase(ranges_.begin(), std::prev(beyond));
}

}  // namespace etna

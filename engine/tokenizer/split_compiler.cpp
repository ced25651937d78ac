#include "engine/tokenizer/split_compiler.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "engine/base/utf8.h"
#include "engine/tokenizer/unicode.h"
#include "engine/tokenizer/unicode_additions.h"

namespace etna {

namespace {

using Set = SplitScanner::Set;
using unicode::Category;

constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max();
constexpr int deepest = 8;
constexpr std::size_t most_nodes = 512, most_sets = 64;

void add_spaces(Set& set) {
  for (char32_t c = 0; c <= 0x3000; ++c) {
    if (unicode::is_space(c)) set.ranges.emplace_back(c, c);
  }
}

struct Property {
  std::string_view name;
  Category first, last;
};

constexpr Property properties[] = {{"L", Category::lu, Category::lo},  {"Lu", Category::lu, Category::lu},
                                   {"Ll", Category::ll, Category::ll}, {"Lt", Category::lt, Category::lt},
                                   {"Lm", Category::lm, Category::lm}, {"Lo", Category::lo, Category::lo},
                                   {"M", Category::mn, Category::me},  {"N", Category::nd, Category::no},
                                   {"P", Category::pc, Category::po},  {"S", Category::sm, Category::so}};

/// The other letters that count as the same when case is ignored.
void add_other_cases(Set& set, char32_t c) {
  const bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
  if (!upper && !lower) return;
  const char32_t small = upper ? c + 32 : c;
  set.ranges = {{small - 32, small - 32}, {small, small}};
  if (small == 's') set.ranges.emplace_back(0x17F, 0x17F);    // long s
  if (small == 'k') set.ranges.emplace_back(0x212A, 0x212A);  // kelvin sign
}

}  // namespace

std::optional<std::uint32_t> SplitScanner::Compiler::run() {
  if (!utf8::is_valid(pattern_)) return std::nullopt;
  Alternatives alternatives;
  if (!read_alternatives(alternatives, false, 0) || !at_end()) return std::nullopt;
  add({.empty = true});  // accepts; the first one, so that `next` is it unless it is set
  const auto start = link_all(alternatives, 0);
  if (nodes_.size() > most_nodes) return std::nullopt;
  return start;
}

bool SplitScanner::Compiler::take(std::string_view text) {
  if (!pattern_.substr(at_).starts_with(text)) return false;
  at_ += text.size();
  return true;
}

bool SplitScanner::Compiler::read_alternatives(Alternatives& alternatives, bool ignore_case, int depth) {
  if (depth > deepest) return false;
  do {
    auto& items = alternatives.emplace_back();
    while (!at_end() && pattern_[at_] != '|' && pattern_[at_] != ')') {
      if (!read_item(items, ignore_case, depth)) return false;
    }
  } while (take("|"));
  return true;
}

bool SplitScanner::Compiler::read_item(std::vector<Item>& items, bool ignore_case, int depth) {
  Item item;
  if (pattern_[at_] == '(') {
    if (ignore_case || !read_group(item, depth)) return false;
    items.push_back(std::move(item));
    return true;
  }
  Set set;
  const char first = pattern_[at_];
  if (!read_atom(set)) return false;
  if (ignore_case) {
    const bool literal = first != '[' && first != '\\' && set.ranges.size() == 1 && set.ranges[0].first < 0x80;
    if (!literal) return false;
    add_other_cases(set, set.ranges[0].first);
  }
  if (!bit_of(set, item.bit) || !read_quantifier(item)) return false;
  items.push_back(std::move(item));
  return true;
}

bool SplitScanner::Compiler::read_group(Item& item, int depth) {
  if (take("(?!")) {
    Set set;
    item.kind = Item::Kind::not_followed_by;
    return !at_end() && read_atom(set) && take(")") && bit_of(set, item.bit) && read_quantifier(item) &&
           item.least == 1 && item.most == 1;
  }
  const bool ignore_case = take("(?i:");
  if (!ignore_case && !take("(?:")) return false;
  item.kind = Item::Kind::group;
  if (!read_alternatives(item.alternatives, ignore_case, depth + 1) || !take(")") || !read_quantifier(item))
    return false;
  return item.most == 1;
}

/// A set, an escape or a character that stands for itself.
bool SplitScanner::Compiler::read_atom(Set& set) {
  if (at_end()) return false;
  if (pattern_[at_] == '[') return read_set(set);
  if (pattern_[at_] == '\\') return read_escape(set, false);
  constexpr std::string_view special = "^$.|?*+(){}]";
  if (special.find(pattern_[at_]) != special.npos) return false;
  char32_t c = 0;
  if (!read_character(c)) return false;
  set.ranges.emplace_back(c, c);
  return true;
}

bool SplitScanner::Compiler::read_set(Set& set) {
  ++at_;
  set.negated = take("^");
  if (at_end() || pattern_[at_] == ']') return false;
  while (!take("]")) {
    const auto rest = pattern_.substr(at_);
    if (rest.empty() || rest[0] == '[' || rest.starts_with("&&")) return false;
    const bool is_class = rest[0] == '\\' && rest.size() > 1 && std::string_view("spP").find(rest[1]) != rest.npos;
    if (is_class) {
      if (!read_escape(set, true)) return false;
      if (pattern_.substr(at_).starts_with("-") && !pattern_.substr(at_).starts_with("-]")) return false;
      continue;
    }
    char32_t first = 0, last = 0;
    if (!read_character(first)) return false;
    last = first;
    if (pattern_.substr(at_).starts_with("-") && !pattern_.substr(at_).starts_with("-]")) {
      ++at_;
      if (at_end() || pattern_[at_] == '[' || !read_character(last) || last < first) return false;
    }
    set.ranges.emplace_back(first, last);
  }
  return true;
}

/// A character, written as it is or escaped.
bool SplitScanner::Compiler::read_character(char32_t& c) {
  if (at_end()) return false;
  if (pattern_[at_] != '\\') {
    const auto point = utf8::decode(pattern_, at_);
    c = point.value;
    at_ += point.size;
    return true;
  }
  if (at_ + 1 >= pattern_.size()) return false;
  const auto escaped = static_cast<unsigned char>(pattern_[at_ + 1]);
  at_ += 2;
  if (escaped == 'u') return read_code(c);
  c = escaped;
  if (escaped == 'r') c = '\r';
  if (escaped == 'n') c = '\n';
  if (escaped == 't') c = '\t';
  const bool named = escaped == 'r' || escaped == 'n' || escaped == 't';
  const bool letter = (escaped >= 'a' && escaped <= 'z') || (escaped >= 'A' && escaped <= 'Z');
  const bool digit = escaped >= '0' && escaped <= '9';
  return named || (!letter && !digit && escaped > ' ' && escaped < 0x7F);
}

/// Four hexadecimal digits.
bool SplitScanner::Compiler::read_code(char32_t& c) {
  const auto digits = pattern_.substr(at_, 4);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 4 || error != std::errc() || end != digits.data() + 4) return false;
  if (value >= 0xD800 && value < 0xE000) return false;
  c = value;
  at_ += 4;
  return true;
}

bool SplitScanner::Compiler::read_escape(Set& set, bool inside) {
  const char kind = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
  if (kind == 's' || (kind == 'S' && !inside)) {
    at_ += 2;
    add_spaces(set);
    if (!inside) set.negated = kind == 'S';
    return true;
  }
  if (kind == 'p' || (kind == 'P' && !inside)) {
    at_ += 2;
    if (!inside) set.negated = kind == 'P';
    return read_property(set);
  }
  if (kind == 'S' || kind == 'P') return false;
  char32_t c = 0;
  if (!read_character(c)) return false;
  set.ranges.emplace_back(c, c);
  return true;
}

/// {name} after \p.
bool SplitScanner::Compiler::read_property(Set& set) {
  const auto end = pattern_.find('}', at_);
  if (!take("{") || end == pattern_.npos) return false;
  const auto name = pattern_.substr(at_, end - at_);
  at_ = end + 1;
  const auto found = std::ranges::find(properties, name, &Property::name);
  if (found == std::end(properties)) return false;
  for (auto category = static_cast<unsigned>(found->first); category <= static_cast<unsigned>(found->last);
       ++category) {
    set.categories |= std::uint32_t{1} << category;
  }
  for (const auto& addition : unicode::added_characters) {
    if (!addition.category.starts_with(name)) continue;
    for (const auto& [first, last] : addition.ranges) set.ranges.emplace_back(first, last);
  }
  return true;
}

bool SplitScanner::Compiler::read_quantifier(Item& item) {
  if (take("?")) {
    item.least = 0;
  } else if (take("*")) {
    item.least = 0;
    item.most = unlimited;
  } else if (take("+")) {
    item.most = unlimited;
  } else if (take("{")) {
    if (!read_number(item.least)) return false;
    item.most = item.least;
    if (take(",")) {
      item.most = unlimited;
      if (!at_end() && pattern_[at_] != '}' && !read_number(item.most)) return false;
    }
    if (!take("}") || item.most < item.least || item.most == 0) return false;
  }
  // Lazy, possessive and doubled ones are unknown.
  return at_end() || std::string_view("?*+{").find(pattern_[at_]) == std::string_view::npos;
}

bool SplitScanner::Compiler::read_number(std::uint32_t& number) {
  const std::size_t begin = at_;
  number = 0;
  while (!at_end() && pattern_[at_] >= '0' && pattern_[at_] <= '9' && at_ - begin < 4) {
    number = number * 10 + static_cast<std::uint32_t>(pattern_[at_++] - '0');
  }
  return at_ > begin && !(!at_end() && pattern_[at_] >= '0' && pattern_[at_] <= '9');
}

bool SplitScanner::Compiler::bit_of(const Set& set, std::uint32_t& bit) {
  const auto found = std::find(sets_.begin(), sets_.end(), set);
  bit = static_cast<std::uint32_t>(found - sets_.begin());
  if (found != sets_.end()) return true;
  if (sets_.size() == most_sets) return false;
  sets_.push_back(set);
  return true;
}

std::uint32_t SplitScanner::Compiler::add(Node node) {
  nodes_.push_back(std::move(node));
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

/// The step that tries the alternatives, each of which goes on with `next`.
std::uint32_t SplitScanner::Compiler::link_all(const Alternatives& alternatives, std::uint32_t next) {
  Node node{.kind = Node::Kind::branches};
  for (const auto& items : alternatives) {
    const std::uint32_t branch = link(items, next);
    node.branches.push_back(branch);
    node.first |= nodes_[branch].first;
    node.empty = node.empty || nodes_[branch].empty;
  }
  return add(std::move(node));
}

/// The first step of items that follow each other and go on with `next`.
std::uint32_t SplitScanner::Compiler::link(const std::vector<Item>& items, std::uint32_t next) {
  for (auto item = items.rbegin(); item != items.rend() && nodes_.size() <= most_nodes; ++item) {
    const Mask set = Mask{1} << item->bit;
    if (item->kind == Item::Kind::not_followed_by) {
      next = add({.kind = Node::Kind::not_followed_by, .set = set, .next = next, .empty = true});
    } else if (item->kind == Item::Kind::set) {
      const bool optional = item->least == 0;
      next = add({.kind = Node::Kind::set,
                  .set = set,
                  .least = item->least,
                  .most = item->most,
                  .next = next,
                  .first = set | (optional ? nodes_[next].first : 0),
                  .empty = optional && nodes_[next].empty});
    } else {
      auto alternatives = item->alternatives;
      if (item->least == 0) alternatives.emplace_back();  // nothing at all, when all else fails
      next = link_all(alternatives, next);
    }
  }
  return next;
}

}  // namespace etna

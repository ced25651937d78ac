#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/tokenizer/split_scanner.h"

namespace etna {

/// Reads an expression and makes the steps of a SplitScanner. Anything it does not know ends the attempt.
class SplitScanner::Compiler {
public:
  Compiler(std::string_view pattern, std::vector<Node>& nodes) : pattern_(pattern), nodes_(nodes) {}

  /// The first step; nothing when the expression is not known.
  std::optional<std::uint32_t> run();

  const std::vector<Set>& sets() const { return sets_; }

private:
  /// What an expression is made of, before its steps are linked.
  struct Item {
    enum class Kind { set, group, not_followed_by } kind = Kind::set;
    std::uint32_t bit = 0;
    std::uint32_t least = 1, most = 1;
    std::vector<std::vector<Item>> alternatives;  // of a group
  };

  using Alternatives = std::vector<std::vector<Item>>;

  bool at_end() const { return at_ >= pattern_.size(); }

  bool take(std::string_view text);
  bool read_alternatives(Alternatives& alternatives, bool ignore_case, int depth);
  bool read_item(std::vector<Item>& items, bool ignore_case, int depth);
  bool read_group(Item& item, int depth);
  bool read_atom(Set& set);
  bool read_set(Set& set);
  bool read_escape(Set& set, bool inside);
  bool read_property(Set& set);
  bool read_character(char32_t& c);
  bool read_code(char32_t& c);
  bool read_quantifier(Item& item);
  bool read_number(std::uint32_t& number);
  bool bit_of(const Set& set, std::uint32_t& bit);

  std::uint32_t link(const std::vector<Item>& items, std::uint32_t next);
  std::uint32_t link_all(const Alternatives& alternatives, std::uint32_t next);
  std::uint32_t add(Node node);

  std::string_view pattern_;
  std::size_t at_ = 0;
  std::vector<Node>& nodes_;
  std::vector<Set> sets_;
};

}  // namespace etna

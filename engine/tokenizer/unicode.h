#pragma once

#include <string>
#include <string_view>

namespace etna::unicode {

/// General categories, in the order of Unicode's table of them.
enum class Category {
  cn,
  lu,
  ll,
  lt,
  lm,
  lo,
  mn,
  mc,
  me,
  nd,
  nl,
  no,
  pc,
  pd,
  ps,
  pe,
  pi,
  pf,
  po,
  sm,
  sc,
  sk,
  so,
  zs,
  zl,
  zp,
  cc,
  cf,
  cs,
  co
};

Category general_category(char32_t c);

/// Unicode's White_Space property.
bool is_space(char32_t c);

/// General categories N*, P* and M*. `is_punctuation` also takes the ASCII symbols ($, +, <, ^, …), as BERT does.
bool is_number(char32_t c);
bool is_punctuation(char32_t c);
bool is_mark(char32_t c);
bool is_nonspacing_mark(char32_t c);
bool is_control(char32_t c);  ///< Cc, Cf, Cn, Co, Cs
bool is_word(char32_t c);     ///< what \w matches: letters, marks, decimal digits, connector punctuation

std::string lowercase(std::string_view text);

}  // namespace etna::unicode

#include "engine/tokenizer/normal_form.h"

#include <utf8proc.h>

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace etna::unicode {

namespace {

using Points = std::vector<utf8proc_int32_t>;

bool composes(Form form) {
  return form == Form::nfc || form == Form::nfkc;
}

utf8proc_option_t options_of(Form form) {
  int options = UTF8PROC_STABLE | (composes(form) ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE);
  if (form == Form::nfkc || form == Form::nfkd) options |= UTF8PROC_COMPAT;
  return static_cast<utf8proc_option_t>(options);
}

int combining_class(utf8proc_int32_t c) {
  return utf8proc_get_property(c)->combining_class;
}

void append_decomposed(Points& points, char32_t c, utf8proc_option_t options) {
  constexpr std::size_t longest = 32;  // the longest there is has 18
  const std::size_t size = points.size();
  points.resize(size + longest);
  const auto count =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), points.data() + size, longest, options, nullptr);
  if (count < 0 || static_cast<std::size_t>(count) > longest) {
    fail(Errc::invalid_argument, "the character U+{:04X} cannot be normalized", static_cast<std::uint32_t>(c));
  }
  points.resize(size + static_cast<std::size_t>(count));
}

/// Puts every run of marks into canonical order. utf8proc does so, too, but by swapping neighbours, which would take
/// minutes for a megabyte of marks; marks in order it leaves alone.
void order_marks(Points& points) {
  const auto is_mark = [](utf8proc_int32_t c) { return combining_class(c) > 0; };
  const auto less = [](utf8proc_int32_t a, utf8proc_int32_t b) { return combining_class(a) < combining_class(b); };
  for (auto begin = points.begin(); begin != points.end();) {
    begin = std::find_if(begin, points.end(), is_mark);
    const auto end = std::find_if_not(begin, points.end(), is_mark);
    if (!std::is_sorted(begin, end, less)) std::stable_sort(begin, end, less);
    begin = end;
  }
}

void compose(Points& points, utf8proc_option_t options) {
  const auto size = utf8proc_normalize_utf32(points.data(), static_cast<utf8proc_ssize_t>(points.size()), options);
  if (size < 0) fail(Errc::invalid_argument, "the text cannot be normalized: {}", utf8proc_errmsg(size));
  points.resize(static_cast<std::size_t>(size));
}

/// Appends the normal form of a text. `points` is room to work in.
void append_normalized(std::string& out, std::string_view text, Form form, Points& points) {
  const utf8proc_option_t options = options_of(form);
  points.clear();
  for (std::size_t at = 0; at < text.size();) {
    const auto point = utf8::decode(text, at);
    append_decomposed(points, point.value, options);
    at += point.size;
  }
  order_marks(points);
  if (composes(form)) compose(points, options);
  for (const utf8proc_int32_t c : points) utf8::append(out, static_cast<char32_t>(c));
}

/// The characters that a form leaves alone wherever they stand: what comes before and what comes behind one of them
/// can be normalized apart. Asked from the library itself, so that both agree; takes milliseconds.
class Steadfast {
public:
  explicit Steadfast(Form form) {
    const auto options = options_of(form);
    const auto follow = composes(form) ? followers() : std::make_unique<Set>();
    Points points;
    for (char32_t c = 0; c < limit; ++c) {
      if (is_surrogate(c)) continue;
      points.clear();
      append_decomposed(points, c, options);
      if (points.empty()) continue;
      const auto first = static_cast<char32_t>(points.front());
      if (combining_class(points.front()) != 0 || follow->test(first) || follow->test(c)) continue;
      if (composes(form)) compose(points, options);
      set_[c] = points.size() == 1 && static_cast<char32_t>(points.front()) == c;
    }
  }

  /// What lies beyond the table is never vouched for.
  bool contains(char32_t c) const { return c < limit && set_[c]; }

private:
  static constexpr char32_t limit = 0x30000;  // ideographs for compatibility, at 0x2F800, are the last that change
  using Set = std::bitset<limit>;

  static bool is_surrogate(char32_t c) { return c >= 0xD800 && c < 0xE000; }

  /// The characters that can become one with what stands before them.
  static std::unique_ptr<Set> followers() {
    auto set = std::make_unique<Set>();
    Points points;
    for (char32_t c = 0x80; c < limit; ++c) {
      if (is_surrogate(c)) continue;
      points.clear();
      append_decomposed(points, c, options_of(Form::nfd));
      for (std::size_t i = 1; i < points.size(); ++i) {
        if (const auto part = static_cast<char32_t>(points[i]); part < limit) set->set(part);
      }
    }
    return set;
  }

  Set set_;
};

template <Form form>
const Steadfast& table() {
  static const Steadfast made(form);
  return made;
}

const Steadfast& steadfast(Form form) {
  switch (form) {
    case Form::nfc: return table<Form::nfc>();
    case Form::nfd: return table<Form::nfd>();
    case Form::nfkc: return table<Form::nfkc>();
    case Form::nfkd: break;
  }
  return table<Form::nfkd>();
}

/// Where the ASCII characters from `at` on end.
std::size_t skip_ascii(std::string_view text, std::size_t at) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  for (std::uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if ((eight & high_bits) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

std::string normalize(std::string text, Form form) {
  std::size_t at = skip_ascii(text, 0);
  if (at == text.size()) return text;
  const Steadfast& table = steadfast(form);
  std::string out;
  Points points;
  std::size_t done = 0;                     // everything before it is in `out`
  std::size_t begin = at > 0 ? at - 1 : 0;  // of the last steadfast character, or `done`
  while (at < text.size()) {
    if (const std::size_t end = skip_ascii(text, at); end > at) {
      begin = end - 1;
      at = end;
      continue;
    }
    auto point = utf8::decode(text, at);
    if (table.contains(point.value)) {
      begin = at;
      at += point.size;
      continue;
    }
    do {
      at += point.size;
      if (at < text.size()) point = utf8::decode(text, at);
    } while (at < text.size() && !table.contains(point.value));
    out.append(text, done, begin - done);
    append_normalized(out, std::string_view(text).substr(begin, at - begin), form, points);
    done = begin = at;
  }
  if (done == 0) return text;
  return out.append(text, done);
}

}  // namespace etna::unicode

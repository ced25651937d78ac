#include "engine/tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <cctype>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace etna {

namespace {

constexpr std::string_view spaces =
    R"(\x{9}-\x{D}\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

/// Letters, marks and numbers of Unicode 15 to 16, which PCRE2 10.42 (Unicode 14) takes for unassigned.
struct Addition {
  std::string_view category, ranges;
};

constexpr std::array additions{
    Addition{"Lu", R"(\x{1C89}\x{A7CB}\x{A7CC}\x{A7DA}\x{A7DC}\x{10D50}-\x{10D65})"},
    Addition{"Ll", R"(\x{1C8A}\x{A7CD}\x{A7DB}\x{10D70}-\x{10D85}\x{1DF25}-\x{1DF2A})"},
    Addition{"Lm", R"(\x{10D4E}\x{10D6F}\x{1E030}-\x{1E06D}\x{1E4EB}\x{16D40}-\x{16D42}\x{16D6B}\x{16D6C})"},
    Addition{
        "Lo",
        R"(\x{10D4A}-\x{10D4D}\x{10D4F}\x{105C0}-\x{105F3}\x{10EC2}-\x{10EC4}\x{1123F}\x{11240}\x{11380}-\x{11389}\x{1138B}\x{1138E}\x{11390}-\x{113B5}\x{113B7}\x{113D1}\x{113D3}\x{11BC0}-\x{11BE0}\x{11F02}\x{11F04}-\x{11F10}\x{11F12}-\x{11F33}\x{13441}-\x{13446}\x{13460}-\x{143FA}\x{16100}-\x{1611D}\x{16D43}-\x{16D6A}\x{18CFF}\x{1B132}\x{1B155}\x{1E4D0}-\x{1E4EA}\x{1E5D0}-\x{1E5ED}\x{1E5F0}\x{2EBF0}-\x{2EE5D}\x{31350}-\x{323AF})"},
    Addition{
        "M",
        R"(\x{897}\x{CF3}\x{ECE}\x{10D69}-\x{10D6D}\x{10EFC}-\x{10EFF}\x{11241}\x{113B8}-\x{113C0}\x{113C2}\x{113C5}\x{113C7}-\x{113CA}\x{113CC}-\x{113D0}\x{113D2}\x{113E1}\x{113E2}\x{11F00}\x{11F01}\x{11F03}\x{11F34}-\x{11F3A}\x{11F3E}-\x{11F42}\x{11F5A}\x{13440}\x{13447}-\x{13455}\x{1611E}-\x{1612F}\x{1E08F}\x{1E4EC}-\x{1E4EF}\x{1E5EE}\x{1E5EF})"},
    Addition{
        "N",
        R"(\x{10D40}-\x{10D49}\x{116D0}-\x{116E3}\x{11BF0}-\x{11BF9}\x{11F50}-\x{11F59}\x{16130}-\x{16139}\x{16D70}-\x{16D79}\x{1CCF0}-\x{1CCF9}\x{1D2C0}-\x{1D2D3}\x{1E4F0}-\x{1E4F9}\x{1E5F1}-\x{1E5FA})"}};

/// Ranges to add to \p{name}: those of the category itself and of the categories inside it.
std::string added_ranges(std::string_view name) {
  std::string ranges;
  for (const auto& addition : additions) {
    if (!name.empty() && addition.category.substr(0, name.size()) == name) ranges += addition.ranges;
  }
  return ranges;
}

class Translation {
public:
  Translation(std::string_view pattern, std::string_view where) : pattern_(pattern), where_(where) {}

  std::string run() {
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      if (c == '\\') {
        escape();
      } else if (in_class_) {
        class_character(c);
      } else {
        if (c == '[') open_class();
        out_ += c == '[' ? std::string_view() : pattern_.substr(at_, 1);
        ++at_;
      }
    }
    return std::move(out_);
  }

private:
  [[noreturn]] void refuse(std::string_view what) const {
    fail(Errc::unsupported, "{}: the regular expression {:?} uses {}, which Etna does not know", where_,
         std::string(pattern_), what);
  }

  void open_class() {
    in_class_ = true;
    out_ += '[';
    // A ] right after the opening is itself a member.
    for (const char c : {'^', ']'}) {
      if (at_ + 1 < pattern_.size() && pattern_[at_ + 1] == c) {
        out_ += c == ']' ? "\\]" : "^";
        ++at_;
      }
    }
  }

  void class_character(char c) {
    if (c == '[') {
      const auto end = pattern_.substr(at_).starts_with("[:") ? pattern_.find(":]", at_) : pattern_.npos;
      if (end == pattern_.npos) refuse("a set inside a set");
      out_ += pattern_.substr(at_, end + 2 - at_);
      at_ = end + 2;
      return;
    }
    if (pattern_.substr(at_).starts_with("&&")) refuse("an intersection of sets");
    if (c == ']') in_class_ = false;
    out_ += c;
    ++at_;
  }

  void put_class(std::string_view members) {
    if (in_class_) {
      out_ += members;
    } else {
      out_.append("[").append(members).append("]");
    }
  }

  void escape() {
    if (at_ + 1 >= pattern_.size()) refuse("a backslash at its end");
    const char c = pattern_[at_ + 1];
    const std::size_t start = at_;
    at_ += 2;
    if (c == 's') return put_class(spaces);
    if (c == 'S' && !in_class_) return void(out_.append("[^").append(spaces).append("]"));
    if (c == 'h') return put_class("0-9a-fA-F");
    if (c == 'u' && at_ + 4 <= pattern_.size()) {
      out_.append("\\x{").append(pattern_.substr(at_, 4)).append("}");
      at_ += 4;
      return;
    }
    if (c == 'p' || c == 'P') {
      if (property(c)) return;
      at_ = start + 2;
    }
    out_ += pattern_.substr(start, 2);
  }

  /// \p{name} and \P{name} whose tables are too old. True when it was written.
  bool property(char kind) {
    if (at_ >= pattern_.size() || pattern_[at_] != '{') return false;
    const auto end = pattern_.find('}', at_);
    if (end == pattern_.npos) return false;
    const auto name = pattern_.substr(at_ + 1, end - at_ - 1);
    const auto ranges = added_ranges(name);
    if (ranges.empty() || (kind == 'P' && in_class_)) return false;
    at_ = end + 1;
    const auto members = fmt::format("\\p{{{}}}{}", name, ranges);
    if (kind == 'p') {
      put_class(members);
    } else {
      out_.append("[^").append(members).append("]");
    }
    return true;
  }

  std::string_view pattern_, where_;
  std::size_t at_ = 0;
  bool in_class_ = false;
  std::string out_;
};

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

using MatchData = std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Deleter<pcre2_jit_stack_free>>;

/// What a search needs besides the code; one per thread, since a text has many pieces and each is a search.
struct Scratch {
  MatchData data{pcre2_match_data_create(1, nullptr)};
  MatchContext context{pcre2_match_context_create(nullptr)};
  JitStack stack{pcre2_jit_stack_create(std::size_t{32} << 10, std::size_t{16} << 20, nullptr)};

  Scratch() {
    pcre2_set_match_limit(context.get(), 50'000'000);
    pcre2_set_heap_limit(context.get(), 64 << 10);  // KiB
    pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
};

}  // namespace

struct Regex::Code {
  std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>> compiled;
  std::string pattern, where;
};

std::string Regex::translate(std::string_view pattern, std::string_view where) {
  return Translation(pattern, where).run();
}

Regex::Regex(std::string_view pattern, std::string_view where) : code_(std::make_unique<Code>()) {
  constexpr std::size_t pattern_limit = 65536;
  if (pattern.size() > pattern_limit) {
    fail(Errc::unsupported, "{}: a regular expression of {} bytes (at most {})", where, pattern.size(), pattern_limit);
  }
  const auto translated = translate(pattern, where);
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->compiled.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                                      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error,
                                      &offset, nullptr));
  if (!code_->compiled) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    fail(Errc::unsupported, "{}: the regular expression {:?} is not understood: {}", where, std::string(pattern),
         reinterpret_cast<const char*>(text.data()));
  }
  // Where there is no just-in-time compiler the interpreter gives the same matches, slower.
  pcre2_jit_compile(code_->compiled.get(), PCRE2_JIT_COMPLETE);
  code_->pattern = pattern;
  code_->where = where;
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

std::vector<TextRange> Regex::find_all(std::string_view text) const {
  thread_local const Scratch scratch;
  std::vector<TextRange> matches;
  std::size_t at = 0;
  while (at <= text.size()) {
    const int result = pcre2_match(code_->compiled.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                                   PCRE2_NO_UTF_CHECK, scratch.data.get(), scratch.context.get());
    if (result == PCRE2_ERROR_NOMATCH) break;
    if (result < 0) {
      fail(Errc::invalid_argument, "{}: the regular expression {:?} needs too many steps for this text", code_->where,
           code_->pattern);
    }
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(scratch.data.get());
    if (range[1] < range[0]) break;  // \K inside a lookahead: nothing sensible can follow
    matches.push_back({range[0], range[1]});
    at = range[1];
    if (range[0] == range[1]) at += at < text.size() ? utf8::decode(text, at).size : 1;
  }
  return matches;
}

}  // namespace etna

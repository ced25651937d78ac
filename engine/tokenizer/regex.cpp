#include "engine/tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <cctype>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/unicode_additions.h"

namespace etna {

namespace {

constexpr std::string_view spaces =
    R"(\x{9}-\x{D}\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

/// Ranges to add to \p{name}: those of the category itself and of the categories inside it.
std::string added_ranges(std::string_view name) {
  std::string ranges;
  for (const auto& addition : unicode::added_characters) {
    if (name.empty() || addition.category.substr(0, name.size()) != name) continue;
    for (const auto& [first, last] : addition.ranges) {
      ranges += fmt::format("\\x{{{:X}}}-\\x{{{:X}}}", static_cast<unsigned>(first), static_cast<unsigned>(last));
    }
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
  std::optional<SplitScanner> scanner;
  std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>> compiled;  // when there is no scanner
  std::string pattern, where;

  [[noreturn]] void give_up() const {
    fail(Errc::invalid_argument, "{}: the regular expression {:?} needs too many steps for this text", where, pattern);
  }
};

std::string Regex::translate(std::string_view pattern, std::string_view where) {
  return Translation(pattern, where).run();
}

Regex::Regex(std::string_view pattern, std::string_view where, Engine engine) : code_(std::make_unique<Code>()) {
  constexpr std::size_t pattern_limit = 65536;
  if (pattern.size() > pattern_limit) {
    fail(Errc::unsupported, "{}: a regular expression of {} bytes (at most {})", where, pattern.size(), pattern_limit);
  }
  code_->pattern = pattern;
  code_->where = where;
  if (engine == Engine::fastest) code_->scanner = SplitScanner::compile(pattern);
  if (!code_->scanner) compile();
}

void Regex::compile() {
  const auto translated = translate(code_->pattern, code_->where);
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->compiled.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                                      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error,
                                      &offset, nullptr));
  if (!code_->compiled) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    fail(Errc::unsupported, "{}: the regular expression {:?} is not understood: {}", code_->where, code_->pattern,
         reinterpret_cast<const char*>(text.data()));
  }
  // Where there is no just-in-time compiler the interpreter gives the same matches, slower.
  pcre2_jit_compile(code_->compiled.get(), PCRE2_JIT_COMPLETE);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

bool Regex::is_scanned() const {
  return code_->scanner.has_value();
}

std::vector<TextRange> Regex::find_all(std::string_view text) const {
  std::vector<TextRange> matches;
  if (!code_->scanner) {
    search(text, matches);
  } else if (!code_->scanner->find_all(text, matches)) {
    code_->give_up();
  }
  return matches;
}

void Regex::search(std::string_view text, std::vector<TextRange>& matches) const {
  thread_local const Scratch scratch;
  std::size_t at = 0;
  while (at <= text.size()) {
    const int result = pcre2_match(code_->compiled.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                                   PCRE2_NO_UTF_CHECK, scratch.data.get(), scratch.context.get());
    if (result == PCRE2_ERROR_NOMATCH) break;
    if (result < 0) code_->give_up();
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(scratch.data.get());
    if (range[1] < range[0]) break;  // \K inside a lookahead: nothing sensible can follow
    matches.push_back({range[0], range[1]});
    at = range[1];
    if (range[0] == range[1]) at += at < text.size() ? utf8::decode(text, at).size : 1;
  }
}

}  // namespace etna

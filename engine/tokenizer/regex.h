#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/split_scanner.h"

namespace etna {

/// A regular expression as tokenizer files write them (Oniguruma's syntax), run by a SplitScanner if it is of the kind
/// that scanner knows, and otherwise by PCRE2.
///
/// Differences that the translation levels: \s is Unicode's White_Space (PCRE2 adds U+180E), \h is a hexadecimal digit,
/// ^ and $ match at lines, \p{…} knows the letters and digits that Unicode added after PCRE2's tables.
class Regex {
public:
  enum class Engine { fastest, pcre2 };

  /// Throws unsupported naming `where` and the pattern when it is not understood.
  Regex(std::string_view pattern, std::string_view where, Engine engine = Engine::fastest);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  /// All matches from left to right, not overlapping. `text` is valid UTF-8.
  /// Throws invalid_argument when the search exceeds its step or memory limit.
  std::vector<TextRange> find_all(std::string_view text) const;

  /// Whether the fast scanner runs it.
  bool is_scanned() const;

  /// What PCRE2 is given for an Oniguruma pattern.
  static std::string translate(std::string_view pattern, std::string_view where);

private:
  void compile();
  void search(std::string_view text, std::vector<TextRange>& matches) const;

  struct Code;
  std::unique_ptr<Code> code_;
};

}  // namespace etna

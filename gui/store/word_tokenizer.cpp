#include "gui/store/word_tokenizer.h"

#include <sqlite3.h>
#include <utf8proc.h>

#include <memory>
#include <vector>

#include "engine/base/utf8.h"

namespace etna::store {
namespace {

constexpr std::size_t longest_query = 1000;  // bytes
constexpr std::size_t most_words = 32;

/// Whether words of this character's script follow each other without spaces.
bool is_unspaced(char32_t c) {
  struct Range {
    char32_t first, last;
  };

  static constexpr Range ranges[] = {
      {0x0E00, 0x0EFF},    // Thai, Lao
      {0x1000, 0x109F},    // Myanmar
      {0x1100, 0x11FF},    // Hangul parts
      {0x1780, 0x17FF},    // Khmer
      {0x3005, 0x3007},    // 々〆〇
      {0x3031, 0x3035},    // kana repetition
      {0x3041, 0x30FF},    // Hiragana, Katakana
      {0x3105, 0x318E},    // Bopomofo, Hangul letters
      {0x31A0, 0x31FF},    // more of both
      {0x3400, 0x4DBF},    // Han
      {0x4E00, 0x9FFF},    //
      {0xA960, 0xA97F},    // Hangul parts
      {0xAC00, 0xD7FF},    // Hangul
      {0xF900, 0xFAFF},    // Han
      {0xFF66, 0xFFDC},    // half-width kana and Hangul
      {0x1B000, 0x1B16F},  // kana
      {0x20000, 0x3FFFF},  // Han
  };
  if (c < ranges[0].first) return false;
  for (const Range& range : ranges) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

bool can_begin_word(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_CO: return true;
    default: return false;
  }
}

/// SQLite's tokenizer for scripts with spaces.
struct Inner {
  fts5_tokenizer functions{};
  void* context = nullptr;
};

using TakeToken = int (*)(void*, int, const char*, int, int, int);

/// Hands tokens of a part of a text on, at their place in the whole.
struct Part {
  void* context;
  TakeToken take;
  int offset;

  static int hand_on(void* self, int flags, const char* token, int size, int begin, int end) {
    const Part& part = *static_cast<Part*>(self);
    return part.take(part.context, flags, token, size, begin + part.offset, end + part.offset);
  }
};

struct Tokenizer {
  Inner inner;
  Fts5Tokenizer* instance = nullptr;

  int run_inner(int flags, const char* text, int begin, int end, void* context, TakeToken take) const {
    if (begin == end) return SQLITE_OK;
    Part part{context, take, begin};
    return inner.functions.xTokenize(instance, &part, flags, text + begin, end - begin, Part::hand_on);
  }

  int run(int flags, const char* text, int size, void* context, TakeToken take) const {
    const std::string_view view(text, static_cast<std::size_t>(size));
    int begin = 0;
    int at = 0;
    while (at < size) {
      // Below U+0E00 every script has spaces.
      if (static_cast<unsigned char>(text[at]) < 0xE0) {
        ++at;
        continue;
      }
      const utf8::CodePoint c = utf8::decode(view, static_cast<std::size_t>(at));
      const int next = at + static_cast<int>(c.size);
      if (c.valid && is_unspaced(c.value)) {
        if (const int code = run_inner(flags, text, begin, at, context, take)) return code;
        if (const int code = take(context, 0, text + at, next - at, at, next)) return code;
        begin = next;
      }
      at = next;
    }
    return run_inner(flags, text, begin, size, context, take);
  }
};

int create(void* context, const char**, int, Fts5Tokenizer** out) {
  const auto& inner = *static_cast<Inner*>(context);
  auto tokenizer = std::make_unique<Tokenizer>();
  tokenizer->inner = inner;
  const char* arguments[] = {"remove_diacritics", "2"};
  const int code = inner.functions.xCreate(inner.context, arguments, 2, &tokenizer->instance);
  if (code != SQLITE_OK) return code;
  *out = reinterpret_cast<Fts5Tokenizer*>(tokenizer.release());
  return SQLITE_OK;
}

void destroy(Fts5Tokenizer* self) {
  const std::unique_ptr<Tokenizer> tokenizer(reinterpret_cast<Tokenizer*>(self));
  tokenizer->inner.functions.xDelete(tokenizer->instance);
}

int tokenize(Fts5Tokenizer* self, void* context, int flags, const char* text, int size, TakeToken take) {
  return reinterpret_cast<const Tokenizer*>(self)->run(flags, text, size, context, take);
}

fts5_api* api_of(sqlite3* handle) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle, "SELECT fts5(?1)", -1, &statement, nullptr) != SQLITE_OK) return nullptr;
  sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", nullptr);
  sqlite3_step(statement);
  sqlite3_finalize(statement);
  return api;
}

struct Word {
  std::string text;
  bool whole = false;
};

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::vector<Word> split(std::string_view typed) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (at < typed.size() && words.size() < most_words) {
    if (is_space(typed[at])) {
      ++at;
      continue;
    }
    const bool quoted = typed[at] == '"';
    const std::size_t begin = at + (quoted ? 1 : 0);
    std::size_t end = begin;
    while (end < typed.size() && typed[end] != '"' && (quoted || !is_space(typed[end]))) ++end;
    words.push_back({std::string(typed.substr(begin, end - begin)), end < typed.size()});
    at = end + (quoted && end < typed.size() ? 1 : 0);
  }
  return words;
}

bool says_something(std::string_view word) {
  for (std::size_t at = 0; at < word.size();) {
    const utf8::CodePoint c = utf8::decode(word, at);
    if (c.valid && can_begin_word(c.value)) return true;
    at += c.size;
  }
  return false;
}

}  // namespace

void add_word_tokenizer(Database& database) {
  fts5_api* api = api_of(database.handle());
  if (!api) etna::fail(Errc::unsupported, "full-text search: this SQLite was built without FTS5");
  auto inner = std::make_unique<Inner>();
  int code = api->xFindTokenizer(api, "unicode61", &inner->context, &inner->functions);
  if (code != SQLITE_OK) database.fail(code, "unicode61");
  fts5_tokenizer functions{create, destroy, tokenize};
  code = api->xCreateTokenizer(api, "etna_words", inner.release(), &functions,
                               [](void* context) { delete static_cast<Inner*>(context); });
  if (code != SQLITE_OK) database.fail(code, "etna_words");
}

std::string full_text_query(std::string_view typed) {
  std::string query;
  const std::vector<Word> words = split(typed.substr(0, longest_query));
  for (const Word& word : words) {
    if (!says_something(word.text)) continue;
    std::string text = utf8::make_valid(word.text);
    std::erase(text, '\0');
    std::erase(text, '"');
    query += (query.empty() ? "\"" : " \"") + text + '"';
    if (!word.whole && &word == &words.back()) query += " *";
  }
  return query;
}

}  // namespace etna::store

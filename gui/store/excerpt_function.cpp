#include "gui/store/excerpt_function.h"

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace etna::store {
namespace {

constexpr int most_words = 1000;

/// Words of a text from `begin` on, `end` excluded.
struct Words {
  int begin = 0, end = 0;
};

/// Which words of the text the excerpt has, and which of them match.
struct Plan {
  Words shown;
  std::vector<Words> matches;  ///< in order, none touching another
};

std::optional<Plan> plan_excerpt(const Fts5ExtensionApi* api, Fts5Context* context, int column, int words) {
  int count = 0;
  if (api->xInstCount(context, &count) != SQLITE_OK) return {};
  std::vector<Words> found;
  for (int i = 0; i < count; ++i) {
    int phrase = 0;
    int in_column = 0;
    int at = 0;
    if (api->xInst(context, i, &phrase, &in_column, &at) != SQLITE_OK) return {};
    if (in_column == column) found.push_back({at, at + api->xPhraseSize(context, phrase)});
  }
  std::ranges::sort(found, {}, &Words::begin);
  Plan plan;
  int size = 0;
  if (api->xColumnSize(context, column, &size) != SQLITE_OK) return {};
  // Some words before the match, and no fewer words than there are: a short text is there whole.
  if (!found.empty()) plan.shown.begin = std::max(0, std::min(found.front().begin - words / 4, size - words));
  plan.shown.end = plan.shown.begin + words;
  for (const Words& match : found) {
    if (match.end > plan.shown.end && match.begin > plan.shown.begin) break;
    if (!plan.matches.empty() && match.begin < plan.matches.back().end)
      plan.matches.back().end = std::max(plan.matches.back().end, match.end);
    else
      plan.matches.push_back(match);
  }
  return plan;
}

/// Turns places of words into places of bytes while the text is taken to words.
struct Cutter {
  const Plan& plan;
  std::string_view text, begin_mark, end_mark;
  std::string out = {};
  int word = -1;
  std::size_t copied = 0;  ///< bytes of the text that are in `out`, or left out before it
  std::size_t match = 0;
  bool more = false;

  void copy_to(std::size_t to) {
    if (to <= copied) return;
    out += text.substr(copied, to - copied);
    copied = to;
  }

  static int take(void* self, int flags, const char*, int, int begin, int end) {
    Cutter& cutter = *static_cast<Cutter*>(self);
    if (flags & FTS5_TOKEN_COLOCATED) return SQLITE_OK;
    return cutter.take_word(static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
  }

  int take_word(std::size_t begin, std::size_t end) {
    ++word;
    if (word < plan.shown.begin) return SQLITE_OK;
    if (word == plan.shown.end) {
      more = true;
      return SQLITE_DONE;
    }
    if (word == plan.shown.begin && word > 0) copied = begin;
    while (match < plan.matches.size() && plan.matches[match].end <= word) ++match;
    const bool inside = match < plan.matches.size() && plan.matches[match].begin <= word;
    if (inside && (word == plan.matches[match].begin || word == plan.shown.begin)) {
      copy_to(begin);
      out += begin_mark;
    }
    copy_to(end);
    if (inside && (word + 1 == plan.matches[match].end || word + 1 == plan.shown.end)) out += end_mark;
    return SQLITE_OK;
  }
};

std::string_view text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return text ? std::string_view(text, static_cast<std::size_t>(sqlite3_value_bytes(value))) : std::string_view();
}

void excerpt(const Fts5ExtensionApi* api, Fts5Context* context, sqlite3_context* answer, int count,
             sqlite3_value** values) {
  if (count != 5) return sqlite3_result_error(answer, "etna_excerpt takes five values beside the table", -1);
  const int column = sqlite3_value_int(values[0]);
  const int words = std::clamp(sqlite3_value_int(values[4]), 1, most_words);
  if (column < 0 || column >= api->xColumnCount(context)) return sqlite3_result_error_code(answer, SQLITE_RANGE);
  const char* bytes = nullptr;
  int size = 0;
  if (const int code = api->xColumnText(context, column, &bytes, &size); code != SQLITE_OK)
    return sqlite3_result_error_code(answer, code);
  const std::optional<Plan> plan = plan_excerpt(api, context, column, words);
  if (!plan) return sqlite3_result_error_nomem(answer);
  const std::string_view text(bytes ? bytes : "", bytes ? static_cast<std::size_t>(size) : 0);
  Cutter cutter{.plan = *plan, .text = text, .begin_mark = text_of(values[1]), .end_mark = text_of(values[2])};
  const int code = api->xTokenize(context, text.data(), static_cast<int>(text.size()), &cutter, Cutter::take);
  if (code != SQLITE_OK && code != SQLITE_DONE) return sqlite3_result_error_code(answer, code);
  const std::string_view more = text_of(values[3]);
  if (cutter.more)
    cutter.out += more;
  else
    cutter.copy_to(text.size());  // what follows the last word: its full stop
  if (plan->shown.begin > 0) cutter.out.insert(0, more);
  sqlite3_result_text64(answer, cutter.out.data(), cutter.out.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
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

}  // namespace

void add_excerpt_function(Database& database) {
  fts5_api* api = api_of(database.handle());
  if (!api) etna::fail(Errc::unsupported, "full-text search: this SQLite was built without FTS5");
  const int code = api->xCreateFunction(api, "etna_excerpt", nullptr, excerpt, nullptr);
  if (code != SQLITE_OK) database.fail(code, "etna_excerpt");
}

}  // namespace etna::store

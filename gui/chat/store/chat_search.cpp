// Full-text search over messages and titles.
#include <unordered_map>

#include "gui/chat/store/chat_database.h"
#include "gui/chat/store/chat_words.h"
#include "gui/store/word_tokenizer.h"

namespace etna::chats {
namespace {

using store::Statement;

// SQLite puts these round what matches. Texts hardly ever hold them; if one does, a mark is at the wrong place.
constexpr char match_begin = '\x02';
constexpr char match_end = '\x03';

constexpr int excerpt_words = 24;

Excerpt read_excerpt(const std::string& marked) {
  Excerpt excerpt;
  std::size_t open = std::string::npos;
  for (const char c : marked) {
    if (c == match_begin) {
      open = excerpt.text.size();
    } else if (c == match_end) {
      if (open < excerpt.text.size()) excerpt.matches.push_back({open, excerpt.text.size()});
      open = std::string::npos;
    } else {
      excerpt.text += c == '\n' || c == '\t' ? ' ' : c;
    }
  }
  return excerpt;
}

}  // namespace

SearchResults ChatDatabase::search(const SearchRequest& request) {
  SearchResults results;
  results.typed = request.text;
  const std::string query = store::full_text_query(request.text);
  if (query.empty()) return results;

  std::unordered_map<ChatId, std::size_t> place;
  const auto group_of = [&](ChatId id) -> SearchGroup& {
    const auto [found, is_new] = place.try_emplace(id, results.groups.size());
    if (is_new) results.groups.push_back({.chat = chat(id), .title = {}, .hits = {}});
    return results.groups[found->second];
  };

  // Ids grow with time: newest first needs no sorting, and no more rows are read than are shown.
  Statement rows = database_.prepare(
      "SELECT n.chat, m.id, m.role, m.created, etna_excerpt(message_words, 0, char(2), char(3), '…', ?5) "
      "FROM message_words w CROSS JOIN node n ON n.message = w.rowid AND n.deleted IS NULL "
      "CROSS JOIN chat c ON c.id = n.chat AND (?2 OR c.trashed IS NULL) AND (?3 = 0 OR c.id = ?3) "
      "CROSS JOIN message m ON m.id = w.rowid WHERE message_words MATCH ?1 ORDER BY w.rowid DESC LIMIT ?4");
  rows.with(query, request.trash_too ? 1 : 0, request.chat, request.most_messages + 1, excerpt_words);
  while (rows.step()) {
    if (results.messages == static_cast<std::size_t>(request.most_messages)) {
      results.more = true;
      break;
    }
    ++results.messages;
    group_of(rows.integer(0))
        .hits.push_back({.chat = rows.integer(0),
                         .message = rows.integer(1),
                         .role = role_of(rows.text(2)).value_or(Role::assistant),
                         .created = rows.integer(3),
                         .excerpt = read_excerpt(rows.text(4))});
  }
  if (request.chat != 0) return results;

  Statement titles = database_.prepare(
      "SELECT w.rowid, highlight(chat_words, 0, char(2), char(3)) FROM chat_words w "
      "CROSS JOIN chat c ON c.id = w.rowid AND (?2 OR c.trashed IS NULL) "
      "WHERE chat_words MATCH ?1 ORDER BY w.rowid DESC LIMIT ?3");
  titles.with(query, request.trash_too ? 1 : 0, request.most_messages);
  while (titles.step()) group_of(titles.integer(0)).title = read_excerpt(titles.text(1));
  return results;
}

}  // namespace etna::chats

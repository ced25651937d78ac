#pragma once

#include "gui/store/database.h"

namespace etna::store {

/// Makes the full-text tokenizer "etna_words" known to a connection: words as SQLite's unicode61 sees them, without
/// accents, except that each character of a script written without spaces (Chinese, Japanese, Korean, Thai, Lao, Khmer,
/// Myanmar) is a word. A search for several such characters is a search for them in a row, of any length.
void add_word_tokenizer(Database& database);

/// A query that FTS5 always accepts: each word of what a person typed must occur, "quoted words" in this order, the
/// last word may go on unless a space or quote ends it. Empty: nothing to search for.
std::string full_text_query(std::string_view typed);

}  // namespace etna::store

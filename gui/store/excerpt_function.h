#pragma once

#include "gui/store/database.h"

namespace etna::store {

/// Makes "etna_excerpt(table, column, begin, end, more, words)" known to a connection, for full-text queries: about so
/// many words of the column round the first match, every match in them between `begin` and `end`, `more` where text was
/// left out. Unlike FTS5's snippet() it looks for no best place, and reads no further than the excerpt goes: a list of
/// hundreds of matches costs a fraction.
void add_excerpt_function(Database& database);

}  // namespace etna::store

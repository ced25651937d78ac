#pragma once

#include <QHash>
#include <QVector>

#include "gui/transcript/block.h"
#include "gui/transcript/markdown/chunk_splitter.h"

namespace etna::gui {

/// Targets of links that are written elsewhere in a text: "[label]: target". Labels are in lower case.
using LinkDefinitions = QHash<QString, QString>;

/// The blocks of one chunk (GitHub's Markdown, no raw HTML, formulas between dollars and backslashed brackets). The
/// text may be any bytes a model writes: links survive only with http, https and mailto; nothing is fetched.
QVector<MessageBlock> parse_chunk(const Chunk& chunk, const LinkDefinitions& definitions = {});

/// Definitions of links in a chunk that has nothing else; each is the line as it was written.
LinkDefinitions link_definitions(const Chunk& chunk);

}  // namespace etna::gui

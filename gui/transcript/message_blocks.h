#pragma once

#include <QVector>

#include "gui/transcript/block.h"
#include "gui/transcript/transcript_source.h"

namespace etna::gui {

/// The blocks of a message around its text: files and thoughts above, tool calls and the foot below.
QVector<MessageBlock> blocks_above(const TranscriptMessage& message);
QVector<MessageBlock> blocks_below(const TranscriptMessage& message);

/// A person's words as typed: one block, or several of a long text.
QVector<MessageBlock> own_blocks(const QString& text);

/// A reply as it was written: its Markdown as code.
QVector<MessageBlock> raw_blocks(const QString& text);

/// All blocks of a finished message.
QVector<MessageBlock> blocks_of(const TranscriptMessage& message);

}  // namespace etna::gui

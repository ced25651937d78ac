#pragma once

#include <QVector>

#include "gui/transcript/block.h"
#include "gui/transcript/markdown/chunk_splitter.h"
#include "gui/transcript/markdown/markdown_parser.h"

namespace etna::gui {

/// Markdown that grows, as blocks. Only what is still open is parsed again; all before it is frozen.
class MarkdownStream {
public:
  const QVector<MessageBlock>& blocks() const { return blocks_; }

  /// The blocks before this number stay as they are, until finish().
  int frozen() const { return frozen_; }

  void append(const QString& text);

  /// No more will come. Links whose targets are written elsewhere in the text find them now; true if they changed
  /// frozen blocks.
  bool finish();

private:
  void add(const Chunk& chunk);

  ChunkSplitter splitter_;
  LinkDefinitions definitions_;
  QString text_;
  QVector<MessageBlock> blocks_;
  int frozen_ = 0;
};

QVector<MessageBlock> parse_markdown(const QString& markdown);

}  // namespace etna::gui

#include "gui/transcript/markdown/markdown_stream.h"

namespace etna::gui {

// A text that defines more than this is no text with links.
constexpr qsizetype max_definitions = 1000;

void MarkdownStream::append(const QString& text) {
  text_ += text;
  splitter_.append(text);
  blocks_.resize(frozen_);
  for (const Chunk& chunk : splitter_.take_closed()) {
    add(chunk);
    if (definitions_.size() < max_definitions) definitions_.insert(link_definitions(chunk));
  }
  frozen_ = static_cast<int>(blocks_.size());
  for (const Chunk& chunk : splitter_.open()) add(chunk);
}

bool MarkdownStream::finish() {
  for (const Chunk& chunk : splitter_.open()) definitions_.insert(link_definitions(chunk));
  frozen_ = static_cast<int>(blocks_.size());
  if (definitions_.isEmpty()) return false;
  const QVector<MessageBlock> before = std::exchange(blocks_, {});
  for (const Chunk& chunk : split_chunks(text_)) add(chunk);
  frozen_ = static_cast<int>(blocks_.size());
  return blocks_ != before;
}

void MarkdownStream::add(const Chunk& chunk) {
  blocks_ += parse_chunk(chunk, definitions_);
}

QVector<MessageBlock> parse_markdown(const QString& markdown) {
  MarkdownStream stream;
  stream.append(markdown);
  stream.finish();
  return stream.blocks();
}

}  // namespace etna::gui

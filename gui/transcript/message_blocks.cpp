#include "gui/transcript/message_blocks.h"

#include <algorithm>

#include "gui/transcript/markdown/markdown_stream.h"

namespace etna::gui {
namespace {

using Kind = MessageBlock::Kind;

// Longer plain text is laid out in parts.
constexpr qsizetype longest_part = 6 * 1024;

/// Cuts at line ends where there are any, never inside of a character.
QStringList parts_of(const QString& text) {
  QStringList parts;
  qsizetype at = 0;
  while (text.size() - at > longest_part) {
    const qsizetype limit = at + longest_part;
    qsizetype cut = text.lastIndexOf(u'\n', limit - 1);
    qsizetype next = cut + 1;
    if (cut <= at) {
      cut = text.lastIndexOf(u' ', limit - 1) + 1;
      if (cut <= at) cut = text[limit].isLowSurrogate() ? limit - 1 : limit;
      next = cut;
    }
    parts << text.mid(at, cut - at);
    at = next;
  }
  parts << text.mid(at);
  return parts;
}

MessageBlock block_with(Kind kind, const QString& text = {}) {
  MessageBlock block;
  block.kind = kind;
  block.content.text = text;
  return block;
}

}  // namespace

QVector<MessageBlock> blocks_above(const TranscriptMessage& message) {
  QVector<MessageBlock> blocks;
  for (const TranscriptAttachment& attachment : message.attachments) {
    MessageBlock block = block_with(Kind::attachment);
    block.title = attachment.name;
    block.detail = attachment.detail;
    blocks << block;
  }
  if (message.thinking.text.isEmpty()) return blocks;
  blocks << block_with(Kind::thinking);
  if (!message.thinking.open) return blocks;
  for (const QString& paragraph : message.thinking.text.split(QStringLiteral("\n\n"), Qt::SkipEmptyParts)) {
    for (const QString& part : parts_of(paragraph.trimmed())) {
      if (part.isEmpty()) continue;
      MessageBlock block = block_with(Kind::thought, part);
      block.quote_goes_on = blocks.back().kind == Kind::thought;
      blocks << block;
    }
  }
  return blocks;
}

QVector<MessageBlock> blocks_below(const TranscriptMessage& message) {
  QVector<MessageBlock> blocks;
  for (const TranscriptToolCall& call : message.tool_calls) {
    MessageBlock block = block_with(Kind::tool_call, call.arguments);
    block.title = call.name;
    block.detail = call.result;
    blocks << block;
  }
  blocks << block_with(Kind::footer);
  if (message.divider.isEmpty()) return blocks;
  blocks << block_with(Kind::divider);
  blocks.back().title = message.divider;
  return blocks;
}

QVector<MessageBlock> own_blocks(const QString& text) {
  QVector<MessageBlock> blocks;
  const QStringList parts = parts_of(text);
  for (const QString& part : parts) {
    MessageBlock block = block_with(Kind::own, part);
    block.level = parts.size() > 1 ? 1 : 0;
    blocks << block;
  }
  return blocks;
}

QVector<MessageBlock> raw_blocks(const QString& text) {
  // A fence longer than any in the text.
  qsizetype longest = 2, run = 0;
  for (const QChar character : text) {
    run = character == u'`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const QString fence(longest + 1, u'`');
  return parse_markdown(fence + QLatin1String("markdown\n") + text + u'\n' + fence);
}

QVector<MessageBlock> blocks_of(const TranscriptMessage& message) {
  const bool mine = message.role == TranscriptMessage::Role::user;
  return blocks_above(message) +
         (mine          ? own_blocks(message.text)
          : message.raw ? raw_blocks(message.text)
                        : parse_markdown(message.text)) +
         blocks_below(message);
}

}  // namespace etna::gui

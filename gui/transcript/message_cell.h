#pragma once

#include <QHash>
#include <memory>
#include <vector>

#include "gui/transcript/height_index.h"
#include "gui/transcript/layout/block_layout.h"
#include "gui/transcript/markdown/markdown_stream.h"
#include "gui/transcript/transcript_source.h"

namespace etna::gui {

/// One message in blocks, with the layouts of those that were asked for; the others have estimated heights. A block
/// whose content stays keeps its layout, through every change around it.
class MessageCell {
public:
  struct Entry {
    MessageBlock block;
    BlockState state;
    std::unique_ptr<BlockLayout> layout;  ///< null: only estimated
    double gap = 0;
    double height = 0;
    quint64 revision = 0;  ///< changes with what it looks like
  };

  MessageCell(const TranscriptMessage& message, double width, const TranscriptTheme& theme);

  const TranscriptMessage& message() const { return message_; }

  int size() const { return static_cast<int>(entries_.size()); }

  const Entry& entry(int index) const { return entries_.at(static_cast<std::size_t>(index)); }

  /// Lays the block out if it is not; returns the change of the cell's height.
  double lay_out(int index);

  /// Everything may have changed.
  void replace(const TranscriptMessage& message);
  /// Anything but the text.
  void change(const TranscriptMessage& message);
  void append_text(const QString& piece);
  void append_thinking(const QString& piece);
  void finish();

  void set_width(double width);
  void set_state(int index, const BlockState& state);
  void scroll(int index, double to);
  /// Height of a block that is a control.
  void set_control_height(int index, double height);

  double height() const { return heights_.total(); }

  /// Top of a block's gap.
  double offset(int index) const { return heights_.offset(index); }

  int index_at(double y) const { return heights_.index_at(y); }

  /// The block that grows; -1: none does.
  int growing() const;

private:
  bool mine() const { return message_.role == TranscriptMessage::Role::user; }

  void sync(int begin, int end, const QVector<MessageBlock>& blocks);
  void refresh(int index, int changed);
  void measure(Entry& entry, bool first) const;
  void rebuild_heights();

  TranscriptMessage message_;
  const TranscriptTheme& theme_;
  double width_;
  MarkdownStream stream_;
  int above_ = 0;  ///< blocks before the text
  int text_ = 0;   ///< blocks of the text
  std::vector<Entry> entries_;
  HeightIndex heights_;
};

}  // namespace etna::gui

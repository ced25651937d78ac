#pragma once

#include <QObject>
#include <QPointer>
#include <memory>
#include <vector>

#include "gui/transcript/height_index.h"
#include "gui/transcript/message_cell.h"
#include "gui/transcript/transcript_source.h"

namespace etna::gui {

/// A block that is in sight.
struct SeenBlock {
  int row = 0;
  int block = 0;
  double y = 0;  ///< of the block itself, from the top of the view
};

/// All messages below each other, of which only what is near the view is laid out. What is seen is held by an anchor,
/// a block and a distance: when heights that were estimated become known, the anchor stays where it is, and only the
/// sums around it change.
class TranscriptBody : public QObject {
  Q_OBJECT

public:
  explicit TranscriptBody(const TranscriptTheme& theme, QObject* parent = nullptr);

  void set_source(TranscriptSource* source);

  TranscriptSource* source() const { return source_; }

  int count() const { return static_cast<int>(cells_.size()); }

  /// Width of the column, height of the view.
  void set_size(double width, double height);

  /// Fonts or colours changed: everything is laid out again, what is seen stays.
  void restyle();

  double content_height() const;
  double content_y() const;

  /// Where a share of a message lies in the content.
  double place_of(int row, double share) const;

  bool at_end() const;  ///< the end is in sight
  bool near_end() const;

  void scroll_by(double distance);
  void scroll_to(double content_y);
  void scroll_to_end();
  /// Brings a place of a block into sight, if it is not.
  void reveal(int row, int block, const QRectF& rect_hint);

  bool following() const { return following_; }

  void set_following(bool following);

  /// Lays out what is in sight, half a view around it, and says where it is.
  const std::vector<SeenBlock>& arrange();

  const std::vector<SeenBlock>& seen() const { return seen_; }

  /// The cell of a message, made when it is not there.
  MessageCell& cell(int row);

  /// Blocks of a message without keeping them.
  QVector<MessageBlock> blocks_at(int row);

  void set_state(int row, int block, const BlockState& state);
  void set_control_height(int row, int block, double height);

  /// Measures messages that nobody has looked at, for some milliseconds; false: all are measured.
  bool measure_some(int milliseconds);

  bool unmeasured() const { return next_to_measure_ >= 0; }

signals:
  void changed();                         ///< something may look different
  void grown(int row);                    ///< text was added
  void rowsMoved(int first, int number);  ///< rows came (positive) or went (negative) at `first`
  void rowReplaced(int row);
  void replied(int row);  ///< a reply is complete
  void wasReset();

private:
  struct Anchor {
    int row = 0;
    int block = 0;
    double y = 0;  ///< top of the view below the top of the block's gap
  };

  void reset();
  void insert(int first, int number);
  void remove(int first, int number);
  double estimate(int row) const;
  double space_below(int row) const;
  void take_height(int row);
  void touch(int row, int block);
  void drop_far_cells();
  bool step_up();
  bool step_down();
  void settle();
  void hold_end();
  void fill_below();
  double block_height(int row, int block);
  void place_anchor_at(double content_y);

  const TranscriptTheme& theme_;
  QPointer<TranscriptSource> source_;
  std::vector<std::unique_ptr<MessageCell>> cells_;  ///< null: far from the view
  std::vector<bool> measured_;
  HeightIndex heights_;
  Anchor anchor_;
  bool following_ = true;
  double width_ = 0;
  double view_ = 0;
  std::vector<SeenBlock> seen_;
  int next_to_measure_ = -1;
  int built_ = 0;  ///< cells that are there
};

}  // namespace etna::gui

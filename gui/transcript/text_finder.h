#pragma once

#include <QObject>
#include <QString>
#include <QTimer>
#include <vector>

#include "gui/transcript/text_selection.h"

namespace etna::gui {

/// Finds a text in a whole chat, some milliseconds at a time, from the last message to the first.
class TextFinder : public QObject {
  Q_OBJECT

public:
  explicit TextFinder(TranscriptBody& body, QObject* parent = nullptr);

  struct Match {
    int row = 0;
    int block = 0;
    TextRange range;
  };

  const QString& query() const { return query_; }

  void find(const QString& query);

  int count() const { return count_; }

  /// Which of them is looked at, from 0; -1: none.
  int current() const;

  const Match* current_match() const;

  /// The next one, round the ends.
  void step(int by);

  bool searching() const { return next_ >= 0; }

  /// Those in one block.
  QVector<TextRange> within(int row, int block, int& now) const;

  void search_again(int row);
  void rows_moved(int first, int number);

signals:
  void changed();
  void found_first();

private:
  void search_some();
  void search_row(int row);

  TranscriptBody& body_;
  QString query_;
  QTimer turn_;
  std::vector<std::vector<Match>> matches_;  ///< by row
  int count_ = 0;
  int next_ = -1;              ///< row that is searched next
  int row_ = -1, index_ = -1;  ///< the match that is looked at
};

}  // namespace etna::gui

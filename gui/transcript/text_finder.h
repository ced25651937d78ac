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
    double share = 0;  ///< how far down in its message, 0 to 1; about
  };

  const QString& query() const { return query_; }

  /// From the last message up; the first that is looked at is one of message `at`, if that has one.
  void find(const QString& query, int at = -1);

  /// By row.
  const std::vector<std::vector<Match>>& matches() const { return matches_; }

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

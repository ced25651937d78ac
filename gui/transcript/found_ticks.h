#pragma once

#include <QtQml/qqmlregistration.h>
#include <QPointer>
#include <QQuickPaintedItem>

#include "gui/transcript/transcript_view.h"

namespace etna::gui {

/// Lines beside the scroll bar: where in the chat the text that is looked for stands.
class FoundTicks : public QQuickPaintedItem {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(etna::gui::TranscriptView* view READ view WRITE set_view NOTIFY viewChanged)
  Q_PROPERTY(QColor color MEMBER color_ NOTIFY looksChanged)
  Q_PROPERTY(QColor nowColor MEMBER now_color_ NOTIFY looksChanged)

public:
  explicit FoundTicks(QQuickItem* parent = nullptr);

  TranscriptView* view() const { return view_; }

  void set_view(TranscriptView* view);

  void paint(QPainter* painter) override;

  /// Rows of pixels with a line, first to last; many matches share one.
  std::vector<int> lines() const;

signals:
  void viewChanged();
  void looksChanged();

private:
  int line_at(double place) const;

  QPointer<TranscriptView> view_;
  QColor color_, now_color_;
  double told_height_ = 0;
};

}  // namespace etna::gui

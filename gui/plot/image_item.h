#pragma once

#include <QtQml/qqmlregistration.h>
#include <QPainter>
#include <QQuickItem>

namespace etna::gui {

/// An item that draws itself into an image, and that only when it was asked to and can be seen: a texture in the scene,
/// which every renderer knows, the software one too. Items for QML name this base in full: Qt's type registration looks
/// it up by the words that are written.
class ImageItem : public QQuickItem {
  Q_OBJECT
  QML_ANONYMOUS

public:
  explicit ImageItem(QQuickItem* parent = nullptr);

  /// How often it was drawn.
  int paint_count() const { return paint_count_; }

protected:
  /// Draws into `size` logical pixels. The GUI thread stands still meanwhile.
  virtual void paint(QPainter& painter, const QSizeF& size) = 0;

  /// Draws before the next frame, or when the item comes into sight.
  void repaint();

  QSGNode* updatePaintNode(QSGNode* old, UpdatePaintNodeData*) override;
  void itemChange(ItemChange change, const ItemChangeData& value) override;
  void geometryChange(const QRectF& now, const QRectF& before) override;

private:
  bool stale_ = true;
  int paint_count_ = 0;
};

}  // namespace etna::gui

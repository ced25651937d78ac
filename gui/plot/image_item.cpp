#include "gui/plot/image_item.h"

#include <QImage>
#include <QQuickWindow>
#include <QSGImageNode>
#include <memory>

namespace etna::gui {
namespace {

/// Owns its texture, whichever renderer made it: they do not agree on who deletes a replaced one.
class ImageNode : public QSGNode {
public:
  explicit ImageNode(QQuickWindow& window) : image_(window.createImageNode()) {
    image_->setOwnsTexture(false);
    image_->setFiltering(QSGTexture::Nearest);
    appendChildNode(image_);
  }

  void show(QSGTexture* texture, const QRectF& rect) {
    image_->setTexture(texture);
    image_->setRect(rect);
    texture_.reset(texture);
  }

private:
  QSGImageNode* image_;  // a child: deleted with this node
  std::unique_ptr<QSGTexture> texture_;
};

}  // namespace

ImageItem::ImageItem(QQuickItem* parent) : QQuickItem(parent) {
  setFlag(ItemHasContents);
}

void ImageItem::repaint() {
  stale_ = true;
  if (isVisible()) update();
}

QSGNode* ImageItem::updatePaintNode(QSGNode* old, UpdatePaintNodeData*) {
  const QSizeF size(width(), height());
  if (size.width() < 1 || size.height() < 1) {
    delete old;
    return nullptr;
  }
  if (old && !stale_) return old;
  const double ratio = window()->effectiveDevicePixelRatio();
  QImage image((size * ratio).toSize(), QImage::Format_ARGB32_Premultiplied);
  if (image.isNull()) return old;
  image.fill(Qt::transparent);
  image.setDevicePixelRatio(ratio);
  QPainter painter(&image);
  painter.setRenderHint(QPainter::Antialiasing);
  paint(painter, size);
  painter.end();
  ++paint_count_;
  stale_ = false;

  auto* node = old ? static_cast<ImageNode*>(old) : new ImageNode(*window());
  node->show(window()->createTextureFromImage(image), QRectF(QPointF(), size));
  return node;
}

void ImageItem::itemChange(ItemChange change, const ItemChangeData& value) {
  QQuickItem::itemChange(change, value);
  if (change == ItemDevicePixelRatioHasChanged) stale_ = true;
  const bool in_sight = change == ItemVisibleHasChanged && value.boolValue;
  if (stale_ && (in_sight || change == ItemDevicePixelRatioHasChanged)) update();
}

void ImageItem::geometryChange(const QRectF& now, const QRectF& before) {
  QQuickItem::geometryChange(now, before);
  if (now.size() != before.size()) repaint();
}

}  // namespace etna::gui

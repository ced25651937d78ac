#include "gui/transcript/block_nodes.h"

#include <QHashFunctions>
#include <QPainter>
#include <QQuickWindow>
#include <QSGImageNode>
#include <memory>

namespace etna::gui {

size_t qHash(const TileKey& key, size_t seed) {
  return qHashMulti(seed, key.message, key.block, key.tile);
}

/// Owns its texture, whichever renderer made it: they do not agree on who deletes a replaced one.
class BlockNodes::Tile : public QSGTransformNode {
public:
  explicit Tile(QQuickWindow& window) : image_(window.createImageNode()) {
    image_->setOwnsTexture(false);
    image_->setFiltering(QSGTexture::Nearest);
    appendChildNode(image_);
  }

  void show(QSGTexture* texture) {
    image_->setTexture(texture);
    texture_.reset(texture);
  }

  void place(const QRectF& rect) {
    if (image_->rect() != rect) image_->setRect(rect);
  }

  quint64 revision = 0;
  quint64 round = 0;
  QSize pixels;

private:
  QSGImageNode* image_;  // a child: deleted with this node
  std::unique_ptr<QSGTexture> texture_;
};

void BlockNodes::begin() {
  ++round_;
}

void BlockNodes::show(const TileKey& key, quint64 revision, const QRectF& rect, double ratio,
                      const std::function<void(QPainter&)>& paint) {
  const QSize pixels(qRound(rect.width() * ratio), qRound(rect.height() * ratio));
  if (pixels.isEmpty()) return;
  Tile*& tile = tiles_[key];
  const bool fresh = !tile;
  if (fresh) tile = new Tile(window_);
  tile->round = round_;
  if (tile->revision != revision || tile->pixels != pixels) {
    QImage image(pixels, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    image.setDevicePixelRatio(ratio);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    paint(painter);
    painter.end();
    tile->show(window_.createTextureFromImage(image));
    tile->revision = revision;
    tile->pixels = pixels;
    ++painted_;
  }
  tile->place(rect);
  // Only now: the software renderer looks at the texture of a node that is added.
  if (fresh) appendChildNode(tile);
}

void BlockNodes::end() {
  for (auto each = tiles_.begin(); each != tiles_.end();) {
    if ((*each)->round == round_) {
      ++each;
      continue;
    }
    removeChildNode(*each);
    delete *each;
    each = tiles_.erase(each);
  }
}

}  // namespace etna::gui

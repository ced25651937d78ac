#pragma once

#include <QHash>
#include <QImage>
#include <QSGNode>
#include <functional>
#include <utility>

class QQuickWindow;

namespace etna::gui {

/// A piece of a block as a picture.
struct TileKey {
  qint64 message = 0;
  int block = 0;
  int tile = 0;

  friend bool operator==(const TileKey&, const TileKey&) = default;
};

size_t qHash(const TileKey& key, size_t seed);

/// What the scene shows: pictures of the blocks in sight. Each is painted once and then only moved, until its revision
/// changes. A transform node, and so are the tiles: the software renderer of Qt 6.4 forgets where a plain node stands when
/// something below it changes. (Qt 6.4 has no public node for text. A picture is what every renderer can show, the software one too.)
class BlockNodes : public QSGTransformNode {
public:
  explicit BlockNodes(QQuickWindow& window) : window_(window) {}

  void begin();

  /// Shows a tile; `paint` is called only if it has to be painted. `rect` is in pixels of the item.
  void show(const TileKey& key, quint64 revision, const QRectF& rect, double ratio,
            const std::function<void(QPainter&)>& paint);

  /// Removes what was not shown since begin().
  void end();

  /// How many were painted since the last call.
  int take_painted() { return std::exchange(painted_, 0); }

private:
  class Tile;

  QQuickWindow& window_;
  QHash<TileKey, Tile*> tiles_;  // children: deleted with this node
  quint64 round_ = 0;
  int painted_ = 0;
};

}  // namespace etna::gui

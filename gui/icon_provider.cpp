#include "gui/icon_provider.h"

#include <QBuffer>
#include <QFile>
#include <QImageReader>

namespace etna::gui {

QImage IconProvider::requestImage(const QString& id, QSize* size, const QSize& requested) {
  const QString name = id.section(u'?', 0, 0);
  const QString color = id.section(u'?', 1, 1);
  QFile file(QStringLiteral(":/etna/icons/%1.svg").arg(name));
  if (!file.open(QIODevice::ReadOnly)) return {};
  QByteArray svg = file.readAll();
  svg.replace("currentColor", color.toLatin1());

  QBuffer buffer(&svg);
  QImageReader reader(&buffer, "svg");
  if (!requested.isEmpty()) reader.setScaledSize(requested);
  QImage image = reader.read();
  if (size) *size = image.size();
  return image;
}

}  // namespace etna::gui

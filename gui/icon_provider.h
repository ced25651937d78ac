#pragma once

#include <QQuickImageProvider>

namespace etna::gui {

/// "image://icons/<name>?<colour>": a stroke icon of the resources in the asked colour, sharp at the asked size.
class IconProvider : public QQuickImageProvider {
public:
  IconProvider() : QQuickImageProvider(Image) {}

  QImage requestImage(const QString& id, QSize* size, const QSize& requested) override;
};

}  // namespace etna::gui

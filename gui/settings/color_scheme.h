#pragma once

#include <QDBusVariant>
#include <QObject>

namespace etna::gui {

/// Whether the desktop is set to dark colours. Asks the desktop portal and listens to it; where there is none the
/// lightness of the palette decides. Never waits: the answer comes with the signal.
class ColorScheme : public QObject {
  Q_OBJECT

public:
  explicit ColorScheme(QObject* parent = nullptr);

  bool dark() const { return dark_; }

signals:
  void changed();

private slots:
  void portal_changed(const QString& group, const QString& key, const QDBusVariant& value);

private:
  void ask_portal();
  void take_portal_value(const QVariant& value);
  void set_dark(bool dark);

  bool dark_ = false;
};

}  // namespace etna::gui

#include "gui/settings/color_scheme.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QGuiApplication>
#include <QPalette>

namespace etna::gui {
namespace {

const QString service = QStringLiteral("org.freedesktop.portal.Desktop");
const QString path = QStringLiteral("/org/freedesktop/portal/desktop");
const QString interface = QStringLiteral("org.freedesktop.portal.Settings");
const QString appearance = QStringLiteral("org.freedesktop.appearance");
const QString color_scheme = QStringLiteral("color-scheme");

bool palette_is_dark() { return QGuiApplication::palette().color(QPalette::Window).lightness() < 128; }

}  // namespace

ColorScheme::ColorScheme(QObject* parent) : QObject(parent), dark_(palette_is_dark()) {
  if (!QDBusConnection::sessionBus().isConnected()) return;
  QDBusConnection::sessionBus().connect(service, path, interface, QStringLiteral("SettingChanged"), this,
                                        SLOT(portal_changed(QString, QString, QDBusVariant)));
  ask_portal();
}

void ColorScheme::ask_portal() {
  QDBusMessage question = QDBusMessage::createMethodCall(service, path, interface, QStringLiteral("Read"));
  question << appearance << color_scheme;
  auto* watcher = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(question, 2000), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
    const QDBusPendingReply<QDBusVariant> answer = *watcher;
    if (answer.isValid()) take_portal_value(answer.value().variant());
    watcher->deleteLater();
  });
}

void ColorScheme::portal_changed(const QString& group, const QString& key, const QDBusVariant& value) {
  if (group == appearance && key == color_scheme) take_portal_value(value.variant());
}

void ColorScheme::take_portal_value(const QVariant& value) {
  // Read wraps the number in a second variant, the signal does not.
  const QVariant inner = value.canConvert<QDBusVariant>() ? value.value<QDBusVariant>().variant() : value;
  const uint preference = inner.toUInt();  // 0: none, 1: dark, 2: light
  set_dark(preference == 1 || (preference == 0 && palette_is_dark()));
}

void ColorScheme::set_dark(bool dark) {
  if (dark == dark_) return;
  dark_ = dark;
  emit changed();
}

}  // namespace etna::gui

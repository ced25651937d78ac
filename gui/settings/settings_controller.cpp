#include "gui/settings/settings_controller.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <algorithm>
#include <cmath>

namespace etna::gui {

SettingsController::SettingsController(QSettings& store, QObject* parent) : QObject(parent), store_(store) {
  connect(&scheme_, &ColorScheme::changed, this, &SettingsController::changed);
}

SettingsController::Theme SettingsController::theme() const {
  return static_cast<Theme>(std::clamp(store_.value(QStringLiteral("theme"), System).toInt(), int{System}, int{Dark}));
}

void SettingsController::set_theme(Theme theme) { set("theme", static_cast<int>(theme)); }

bool SettingsController::dark() const { return theme() == Dark || (theme() == System && scheme_.dark()); }

double SettingsController::font_scale() const {
  const double scale = store_.value(QStringLiteral("fontScale"), 1.0).toDouble();
  return std::isfinite(scale) ? std::clamp(scale, 0.8, 2.0) : 1.0;
}

void SettingsController::set_font_scale(double scale) {
  if (std::isfinite(scale)) set("fontScale", std::round(std::clamp(scale, 0.8, 2.0) * 10) / 10);
}

QString SettingsController::device() const { return store_.value(QStringLiteral("device")).toString(); }

QString SettingsController::models_folder() const {
  const QString chosen = store_.value(QStringLiteral("modelsFolder")).toString();
  return chosen.isEmpty() ? QDir::homePath() : chosen;
}

void SettingsController::set_loading(bool loading) {
  store_.setValue(QStringLiteral("loading"), loading);
  // Not left to the event loop: a load that brings the program down must have left its mark before.
  store_.sync();
}

QRect SettingsController::window_geometry() const { return store_.value(QStringLiteral("windowGeometry")).toRect(); }

void SettingsController::store_window(const QRect& geometry, bool maximized) {
  if (!maximized) store_.setValue(QStringLiteral("windowGeometry"), geometry);
  store_.setValue(QStringLiteral("windowMaximized"), maximized);
}

void SettingsController::set(const char* key, const QVariant& value) {
  const QString name = QLatin1String(key);
  if (store_.contains(name) && store_.value(name) == value) return;
  store_.setValue(name, value);
  emit changed();
}

}  // namespace etna::gui

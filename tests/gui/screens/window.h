#pragma once

#include <QAccessible>
#include <QQmlApplicationEngine>
#include <QQuickItem>
#include <QQuickWindow>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

#include "engine/engine.h"
#include "gui/app.h"

namespace etna::gui {

/// The real window on the stand-in engine. Every warning of Qt or QML is collected: a good screen makes none.
class TestWindow {
public:
  explicit TestWindow(bool first_run = false);
  ~TestWindow();

  QQuickWindow& window() { return *window_; }

  App& app() { return *app_; }

  void load_starter();
  void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
  void type(const QString& text);

  /// Every visible item of the window and of the layers above it.
  QList<QQuickItem*> items() const;

  /// What a screen reader finds under a name; null: nothing.
  QAccessibleInterface* spoken(const QString& name) const;

  /// Every item, visible or not.
  QList<QQuickItem*> everything() const;

  static QStringList warnings();

private:
  QTemporaryDir folder_;
  QSettings store_{folder_.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat};
  std::unique_ptr<Engine> engine_ = std::make_unique<Engine>();
  std::unique_ptr<App> app_;
  std::unique_ptr<QQmlApplicationEngine> screens_;
  QQuickWindow* window_ = nullptr;
};

/// What a screen reader says for an item.
QString accessible_name(QQuickItem* item);

}  // namespace etna::gui

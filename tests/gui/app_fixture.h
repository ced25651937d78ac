#pragma once

#include <gtest/gtest.h>

#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

#include "engine/engine.h"
#include "gui/app.h"

namespace etna::gui {

/// Everything behind the window, wired as in the program, on the stand-in engine.
class AppTest : public testing::Test {
protected:
  template <class Condition>
  static bool becomes(Condition condition, int timeout_ms = 10'000) {
    return QTest::qWaitFor(condition, timeout_ms);
  }

  LibraryController& library() { return *app->library(); }

  MemoryMonitor& memory() { return *app->memory(); }

  void load(const QString& path = {}) {
    library().load(path);
    ASSERT_TRUE(becomes([this] { return !library().loading(); }));
    memory().refresh();
  }

  void restart() {
    app->shut_down();
    engine.reset();
    app.reset();
    engine = std::make_unique<Engine>();
    app = std::make_unique<App>(*engine, store, folder.path());
  }

  void TearDown() override {
    app->shut_down();
    engine.reset();
  }

  QTemporaryDir folder;
  QSettings store{folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat};
  std::unique_ptr<Engine> engine = std::make_unique<Engine>();
  std::unique_ptr<App> app = std::make_unique<App>(*engine, store, folder.path());
};

}  // namespace etna::gui

#pragma once

#include <gtest/gtest.h>

#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

#include "engine/engine.h"
#include "gui/chat/chat_controller.h"
#include "gui/chat/chat_keeper.h"
#include "gui/models/library_controller.h"
#include "gui/settings/settings_controller.h"

namespace etna::gui {

/// Controllers on the stand-in engine, with settings of their own.
class ControllerTest : public testing::Test {
protected:
  template <class Condition>
  static bool becomes(Condition condition, int timeout_ms = 10'000) {
    return QTest::qWaitFor(condition, timeout_ms);
  }

  void load(const QString& path = {}) {
    library.load(path);
    ASSERT_TRUE(becomes([this] { return !library.loading(); }));
  }

  void send(const QString& text) {
    chats.set_draft(text);
    chats.send();
  }

  void wait_for_reply() {
    ASSERT_TRUE(becomes([this] { return !chats.writing(); }));
  }

  const MessageList::Message& last_message() { return chats.messages()->at(chats.messages()->count() - 1); }

  // TearDown ends the engine before its receivers go.
  QTemporaryDir folder;
  QSettings store{folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat};
  std::unique_ptr<Engine> engine = std::make_unique<Engine>();
  SettingsController settings{store};
  LibraryController library{*engine, settings};
  ChatKeeper keeper{folder.filePath(QStringLiteral("data"))};
  ChatController chats{*engine, library, keeper};

  void TearDown() override {
    chats.shut_down();
    library.shut_down();
    engine.reset();
  }
};

}  // namespace etna::gui

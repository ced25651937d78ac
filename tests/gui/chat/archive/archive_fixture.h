#pragma once

#include "gui/store/database.h"
#include "tests/gui/app_fixture.h"

namespace etna::gui {

/// Chats of the stand-in engine in a store of their own.
class ArchiveTest : public AppTest {
protected:
  ChatController& chats() { return *app->chats(); }

  MessageList& messages() { return *chats().messages(); }

  Archive& archive() { return *app->archive(); }

  /// A chat with this first message and its reply.
  int chat(const QString& text) {
    chats().newChat();
    say(text);
    return chats().current_id();
  }

  void say(const QString& text) {
    if (!library().loaded()) load();
    chats().set_draft(text);
    chats().send();
    ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  }

  int id_of(const QString& title) {
    for (int row = 0; row < chats().chats()->count(); ++row) {
      if (chats().chats()->at(row).title == title) return chats().chats()->at(row).id;
    }
    return 0;
  }

  double ticket_of(const QString& title) {
    ChatTrash& trash = *archive().trash();
    for (int row = 0; row < trash.count(); ++row) {
      if (trash.data(trash.index(row), ChatTrash::TitleRole).toString() == title)
        return trash.data(trash.index(row), ChatTrash::TicketRole).toDouble();
    }
    return 0;
  }

  /// The program ends, a newer one writes to the chats, and this one comes back, reading only.
  void come_back_reading_only() {
    app->shut_down();
    engine.reset();
    app.reset();
    {
      auto database = store::Database::open((folder.path() + QStringLiteral("/chats.db")).toStdString(),
                                            store::Database::Mode::create);
      database.run("PRAGMA user_version = 99");
    }
    engine = std::make_unique<Engine>();
    app = std::make_unique<App>(*engine, store, folder.path());
    ASSERT_TRUE(becomes([this] { return chats().store_problem().is_set(); }));
    chats().openReadOnly();
    ASSERT_TRUE(becomes([this] { return chats().chats()->count() > 1; }));
  }
};

}  // namespace etna::gui

#include <gtest/gtest.h>

#include <QAccessible>
#include <QClipboard>
#include <QGuiApplication>

#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

class PromptScreens : public testing::Test {
protected:
  void SetUp() override {
    QAccessible::setActive(true);
    qputenv("ETNA_FAKE_PROMPTS", "1");
  }

  void TearDown() override { qunsetenv("ETNA_FAKE_PROMPTS"); }

  template <class Condition>
  static bool becomes(Condition condition) {
    return QTest::qWaitFor(condition, 10'000);
  }

  static QQuickItem* named(const TestWindow& window, const QString& name) {
    for (QQuickItem* item : window.items()) {
      if (accessible_name(item) == name) return item;
    }
    return nullptr;
  }

  /// As the keyboard would have reached it.
  static void press(TestWindow& window, const QString& name, Qt::Key key = Qt::Key_Space) {
    QQuickItem* item = nullptr;
    ASSERT_TRUE(becomes([&] { return (item = named(window, name)) != nullptr; })) << name.toStdString();
    item->forceActiveFocus(Qt::TabFocusReason);
    window.press(key);
  }

  static void ask(TestWindow& window, const QString& text) {
    window.app().chats()->set_draft(text);
    window.app().chats()->send();
    ASSERT_TRUE(becomes([&] { return !window.app().chats()->writing(); }));
  }

  static void open_memory(TestWindow& window) {
    window.press(Qt::Key_4, Qt::ControlModifier);
    ASSERT_TRUE(becomes([&] { return window.app().prompts()->known() && window.app().snapshots()->known(); }));
    ASSERT_TRUE(becomes([&] { return named(window, QStringLiteral("Start a chat from Codebase rules")) != nullptr; }));
  }

  static void expect_quiet() { EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), ""); }
};

TEST_F(PromptScreens, EveryControlOfKeptPromptsHasANameAndTheKeyboardReachesIt) {
  TestWindow window;
  window.load_starter();
  open_memory(window);
  for (QQuickItem* item : window.items()) {
    if (item->activeFocusOnTab()) {
      EXPECT_FALSE(accessible_name(item).isEmpty()) << item->metaObject()->className();
    }
  }
  QSet<QString> names;
  for (int i = 0; i < 80; ++i) {
    window.press(Qt::Key_Tab);
    if (QQuickItem* item = window.window().activeFocusItem()) names << accessible_name(item);
  }
  for (const char* name :
       {"Keep prompts on disk", "At most on disk", "Open the folder of kept prompts",
        "Forget what is kept of Asked outside of a chat with Qwen3-8B", "Forget those of Etna Starter",
        "Start a chat from Codebase rules", "Rename A book, first half", "Export Codebase rules",
        "Delete Codebase rules", "Import a file…"})
    EXPECT_TRUE(names.contains(QString::fromUtf8(name))) << name << " is not reached";
  expect_quiet();
}

TEST_F(PromptScreens, PromptsAreForgottenAndSnapshotsRenamedAndDeletedByKeyboard) {
  TestWindow window;
  window.load_starter();
  open_memory(window);
  const int kept = window.app().prompts()->prompts()->count();
  press(window, QStringLiteral("Forget what is kept of Asked outside of a chat with Qwen3-8B"));
  EXPECT_TRUE(becomes([&] { return window.app().prompts()->prompts()->count() < kept; }));
  press(window, QStringLiteral("Rename Codebase rules"));
  window.type(QStringLiteral("Mine"));
  window.press(Qt::Key_Return);
  EXPECT_TRUE(becomes([&] { return named(window, QStringLiteral("Rename Mine")) != nullptr; }));
  press(window, QStringLiteral("Delete Mine"));
  press(window, QStringLiteral("Keep Mine"));
  EXPECT_EQ(window.app().snapshots()->snapshots()->count(), 2);
  press(window, QStringLiteral("Delete Mine"));
  press(window, QStringLiteral("Delete Mine for good"));
  EXPECT_TRUE(becomes([&] { return window.app().snapshots()->snapshots()->count() == 1; }));
  expect_quiet();
}

TEST_F(PromptScreens, AChatIsStartedFromASnapshotByKeyboard) {
  TestWindow window;
  window.load_starter();
  open_memory(window);
  press(window, QStringLiteral("Start a chat from Codebase rules"));
  EXPECT_TRUE(becomes([&] { return window.window().property("page").toInt() == 0; }));
  EXPECT_EQ(window.app().chats()->title(), QStringLiteral("Codebase rules"));
  EXPECT_EQ(window.app().chats()->messages()->count(), 2);
  EXPECT_EQ(window.app().chats()->messages()->at(1).text, QStringLiteral("I have read them."));
  expect_quiet();
}

TEST_F(PromptScreens, TheLineOfAReplyOpensItsDetails) {
  TestWindow window;
  window.load_starter();
  ask(window, QStringLiteral("Hello"));
  const QString line = window.app()
                           .chats()
                           ->messages()
                           ->data(window.app().chats()->messages()->index(1), MessageList::StatisticsRole)
                           .toString();
  EXPECT_TRUE(line.contains(QStringLiteral("stopped: end of text"))) << line.toStdString();
  press(window, line);
  EXPECT_TRUE(becomes([&] { return named(window, QStringLiteral("Model file hash")) != nullptr; }));
  EXPECT_NE(named(window, QStringLiteral("9f86d081884c7d65")), nullptr);
  press(window, QStringLiteral("Copy"));
  EXPECT_TRUE(QGuiApplication::clipboard()->text().contains(QStringLiteral("Seed: 8327441")));
  window.press(Qt::Key_Escape);
  EXPECT_TRUE(becomes([&] { return named(window, QStringLiteral("Model file hash")) == nullptr; }));
  expect_quiet();
}

TEST_F(PromptScreens, WhyAReplyStoppedLeadsToWhatHelps) {
  TestWindow window;
  window.load_starter();
  ask(window, QStringLiteral("Go up to the length limit"));
  press(window, QStringLiteral("Continue"));
  EXPECT_TRUE(becomes([&] { return window.app().chats()->writing(); }));
  ASSERT_TRUE(becomes([&] { return !window.app().chats()->writing(); }));
  ask(window, QStringLiteral("Go on until the context full"));
  press(window, QStringLiteral("Options"));
  EXPECT_TRUE(becomes([&] {
    return named(window, QStringLiteral("Load")) != nullptr ||
           named(window, QStringLiteral("Load settings")) != nullptr || window.app().load_settings()->known();
  }));
  expect_quiet();
}

TEST_F(PromptScreens, TheMenuOfAReplyCopiesQuotesAndShowsItAsWritten) {
  TestWindow window;
  window.load_starter();
  ask(window, QStringLiteral("Explain how a model answers."));
  const QString text = window.app().chats()->lastReply();
  const auto choose = [&](int steps) {
    // A reply that is laid out anew gets another button: a key may have gone to the old one.
    const auto is_open = [&] { return named(window, QStringLiteral("Copy as Markdown")) != nullptr; };
    for (int i = 0; i < 5 && !is_open(); ++i) {
      press(window, QStringLiteral("More for message 2"));
      if (QTest::qWaitFor(is_open, 2'000)) break;
    }
    ASSERT_TRUE(is_open());
    for (int i = 0; i < steps; ++i) window.press(Qt::Key_Down);
    window.press(Qt::Key_Return);
    ASSERT_TRUE(becomes([&] { return named(window, QStringLiteral("Copy as Markdown")) == nullptr; }));
  };
  choose(1);
  EXPECT_EQ(QGuiApplication::clipboard()->text(), text);
  choose(2);
  EXPECT_NE(QGuiApplication::clipboard()->text(), text);
  EXPECT_FALSE(QGuiApplication::clipboard()->text().contains(QStringLiteral("```")));
  choose(3);
  EXPECT_TRUE(window.app().chats()->draft().startsWith(QStringLiteral("> ")))
      << window.app().chats()->draft().toStdString();
  choose(4);
  EXPECT_TRUE(window.app().chats()->messages()->at(1).raw);
  choose(4);
  EXPECT_FALSE(window.app().chats()->messages()->at(1).raw);
  expect_quiet();
}

TEST_F(PromptScreens, AContextIsSavedFromTheMenuOfAMessageByKeyboard) {
  TestWindow window;
  window.load_starter();
  ask(window, QStringLiteral("Hello"));
  QMetaObject::invokeMethod(&window.window(), "saveContext", Q_ARG(int, 1));
  ASSERT_TRUE(becomes([&] { return named(window, QStringLiteral("Name of the snapshot")) != nullptr; }));
  window.type(QStringLiteral("rules"));
  window.press(Qt::Key_Return);
  EXPECT_TRUE(
      becomes([&] { return window.app().snapshots()->notice().contains(QStringLiteral("“rules” was saved")); }));
  EXPECT_TRUE(becomes([&] { return named(window, QStringLiteral("Name of the snapshot")) == nullptr; }));
  expect_quiet();
}

}  // namespace
}  // namespace etna::gui

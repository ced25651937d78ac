// The composer with files and a queue, and the comparison, in the real window: by keyboard, by paste and drop, and as a
// screen reader finds them.
#include <gtest/gtest.h>

#include <QClipboard>
#include <QDropEvent>
#include <QFile>
#include <QGuiApplication>
#include <QInputMethodEvent>
#include <QMimeData>
#include <QSet>

#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

class ComposerTest : public testing::Test {
protected:
  void SetUp() override {
    QAccessible::setActive(true);
    window.load_starter();
  }

  void TearDown() override {
    chats().stop();
    EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "");
  }

  ChatController& chats() { return *window.app().chats(); }

  CompareController& compare() { return *window.app().compare(); }

  QUrl file(const QString& name) {
    QFile file(folder.filePath(name));
    EXPECT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("some text");
    return QUrl::fromLocalFile(file.fileName());
  }

  void attach(const QString& name) {
    chats().desk()->addFiles({file(name)});
    ASSERT_TRUE(QTest::qWaitFor([this] { return !chats().attachments()->reading(); }));
  }

  /// Sends by key and waits until the reply has begun.
  void ask_long() {
    chats().set_draft(QStringLiteral("something very long"));
    window.press(Qt::Key_Return);
    ASSERT_TRUE(QTest::qWaitFor([this] { return chats().lastReply().size() > 20; }));
  }

  QString focused() { return accessible_name(window.window().activeFocusItem()); }

  /// Presses Tab until something with this name has the focus.
  bool tab_to(const QString& name) {
    for (int i = 0; i < 60; ++i) {
      if (focused() == name) return true;
      window.press(Qt::Key_Tab);
    }
    return focused() == name;
  }

  QQuickItem* shown(const QString& name) {
    for (QQuickItem* item : window.items()) {
      if (accessible_name(item) == name) return item;
    }
    return nullptr;
  }

  bool appears(const QString& name) {
    return QTest::qWaitFor([&] { return shown(name) != nullptr; });
  }

  void expect_names(const char* where) {
    QSet<QString> seen;
    for (QQuickItem* item : window.items()) {
      if (!item->activeFocusOnTab()) continue;
      EXPECT_FALSE(accessible_name(item).isEmpty()) << where << ": " << item->metaObject()->className();
    }
  }

  QTemporaryDir folder;
  TestWindow window;
};

TEST_F(ComposerTest, EnterWhileAReplyRunsQueuesAndTheQueueIsChangedByKeyboard) {
  ask_long();
  window.type(QStringLiteral("second"));
  window.press(Qt::Key_Return);
  EXPECT_TRUE(chats().draft().isEmpty());
  ASSERT_EQ(chats().queue()->count(), 1);
  ASSERT_TRUE(appears(QStringLiteral("Edit waiting message 1")));
  expect_names("queue");

  window.press(Qt::Key_Up);
  ASSERT_TRUE(QTest::qWaitFor([this] { return focused() == QStringLiteral("Waiting message 1"); }));
  window.type(QStringLiteral(" one"));
  window.press(Qt::Key_Return);
  EXPECT_EQ(chats().queue()->messages().at(0).text, QStringLiteral("second one"));
  EXPECT_EQ(focused(), QStringLiteral("Message"));

  ASSERT_TRUE(tab_to(QStringLiteral("Don't send waiting message 1")));
  window.press(Qt::Key_Space);
  EXPECT_EQ(chats().queue()->count(), 0);
}

TEST_F(ComposerTest, AfterAStopTheQueueCanBeSent) {
  ask_long();
  window.type(QStringLiteral("second"));
  window.press(Qt::Key_Return);
  window.press(Qt::Key_Escape);
  EXPECT_FALSE(chats().writing());
  ASSERT_TRUE(appears(QStringLiteral("Send now")));
  ASSERT_TRUE(tab_to(QStringLiteral("Send now")));
  window.press(Qt::Key_Space);
  EXPECT_EQ(chats().queue()->count(), 0);
  EXPECT_EQ(chats().messages()->at(2).text, QStringLiteral("second"));
}

TEST_F(ComposerTest, UpInAnEmptyComposerEditsMyLastMessageAndEscapeLeavesIt) {
  window.type(QStringLiteral("first"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([this] { return !chats().busy(); }));
  window.press(Qt::Key_Up);
  EXPECT_TRUE(chats().editing());
  EXPECT_EQ(chats().draft(), QStringLiteral("first"));
  window.press(Qt::Key_Escape);
  EXPECT_FALSE(chats().editing());
  EXPECT_TRUE(chats().draft().isEmpty());
}

TEST_F(ComposerTest, NoShortcutFiresWhileAnInputMethodComposes) {
  QInputMethodEvent composing(QStringLiteral("にほ"), {});
  QCoreApplication::sendEvent(window.window().activeFocusItem(), &composing);
  window.press(Qt::Key_Comma, Qt::ControlModifier);
  window.press(Qt::Key_2, Qt::ControlModifier);
  EXPECT_EQ(window.window().property("page").toInt(), 0);
  window.press(Qt::Key_Return);
  EXPECT_EQ(chats().messages()->count(), 0) << "Enter belongs to what is composed";
  QInputMethodEvent done(QString(), {});
  done.setCommitString(QStringLiteral("日本"));
  QCoreApplication::sendEvent(window.window().activeFocusItem(), &done);
  EXPECT_EQ(chats().draft(), QStringLiteral("日本"));
  window.press(Qt::Key_2, Qt::ControlModifier);
  EXPECT_NE(window.window().property("page").toInt(), 0);
}

TEST_F(ComposerTest, ALongPasteIsOfferedAsAnAttachment) {
  window.type(QStringLiteral("see "));
  QGuiApplication::clipboard()->setText(QString(7600, QLatin1Char('a')));
  window.press(Qt::Key_V, Qt::ControlModifier);
  EXPECT_EQ(chats().draft().size(), 7604);
  const QString offer = QStringLiteral("Attach as text (about 1900 tokens)");
  ASSERT_TRUE(appears(offer));
  ASSERT_TRUE(tab_to(offer));
  window.press(Qt::Key_Space);
  EXPECT_EQ(chats().draft(), QStringLiteral("see "));
  EXPECT_EQ(chats().attachments()->count(), 1);
  EXPECT_EQ(focused(), QStringLiteral("Message"));
}

TEST_F(ComposerTest, AttachmentsAreOpenedAndRemovedByKeyboard) {
  attach(QStringLiteral("notes.md"));
  const QString chip = QStringLiteral("Attached file notes.md, 9 B · 3 tokens");
  ASSERT_TRUE(appears(chip));
  expect_names("attachments");
  ASSERT_TRUE(tab_to(chip));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(appears(QStringLiteral("Text of notes.md")));
  window.press(Qt::Key_Escape);
  ASSERT_TRUE(QTest::qWaitFor([this] { return !shown(QStringLiteral("Text of notes.md")); }));
  ASSERT_TRUE(tab_to(QStringLiteral("Remove notes.md")));
  window.press(Qt::Key_Space);
  EXPECT_EQ(chats().attachments()->count(), 0);
}

TEST_F(ComposerTest, ASentFileIsAChipInTheTranscriptThatOpens) {
  attach(QStringLiteral("notes.md"));
  window.type(QStringLiteral("what"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([this] { return !chats().busy(); }));
  const QString chip = QStringLiteral("Attached file notes.md, 9 B · 3 tokens");
  ASSERT_TRUE(appears(chip));
  QMetaObject::invokeMethod(shown(chip), "clicked");
  EXPECT_TRUE(appears(QStringLiteral("Text of notes.md")));
}

TEST_F(ComposerTest, FilesDroppedAnywhereOnThePageAreAttached) {
  QMimeData data;
  data.setUrls({file(QStringLiteral("a.txt"))});
  const QPoint place(window.window().width() / 2, 200);
  QDragEnterEvent enter(place, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window.window(), &enter);
  QDragMoveEvent move(place, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window.window(), &move);
  QDropEvent drop(place, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&window.window(), &drop);
  ASSERT_TRUE(QTest::qWaitFor([this] { return chats().attachments()->count() == 1; }));
  ASSERT_TRUE(QTest::qWaitFor([this] { return !chats().attachments()->reading(); }));
  EXPECT_EQ(chats().attachments()->at(0).name(), QStringLiteral("a.txt"));
}

TEST_F(ComposerTest, TheComposerGrowsToTwoFifthsOfThePage) {
  QQuickItem* area = window.window().activeFocusItem();
  ASSERT_EQ(accessible_name(area), QStringLiteral("Message"));
  QQuickItem* view = area;
  while (view && !view->inherits("QQuickFlickable")) view = view->parentItem();
  ASSERT_NE(view, nullptr);
  const double one = view->height();
  chats().set_draft(QStringLiteral("a\nb\nc"));
  EXPECT_TRUE(QTest::qWaitFor([&] { return view->height() > 2 * one; }));
  chats().set_draft(QStringLiteral("line\n").repeated(200));
  QTest::qWait(50);
  EXPECT_LT(view->height(), 0.4 * window.window().height());
  EXPECT_GT(view->height(), 0.25 * window.window().height());
}

TEST_F(ComposerTest, TwoSidesAreComparedAndOneIsKeptByKeyboard) {
  ASSERT_TRUE(tab_to(QStringLiteral("Compare two models")));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(compare().is_open());
  compare().chooseAdapter(1, QUrl::fromLocalFile(QStringLiteral("/adapters/a")));
  EXPECT_EQ(focused(), QStringLiteral("Question for both"));
  expect_names("comparison");
  window.type(QStringLiteral("hello"));
  window.press(Qt::Key_Return);
  EXPECT_TRUE(compare().running());
  ASSERT_TRUE(QTest::qWaitFor([this] { return !compare().running(); }, 60'000));
  ASSERT_TRUE(appears(QStringLiteral("Right: keep this answer")));
  ASSERT_TRUE(tab_to(QStringLiteral("Right: keep this answer")));
  window.press(Qt::Key_Space);
  EXPECT_TRUE(compare().right()->kept());
  ASSERT_TRUE(tab_to(QStringLiteral("End the comparison")));
  window.press(Qt::Key_Space);
  EXPECT_FALSE(compare().is_open());
  ASSERT_TRUE(QTest::qWaitFor([this] { return chats().messages()->count() == 2; }));
  EXPECT_EQ(chats().messages()->at(1).versions, 2);
}

TEST_F(ComposerTest, EscapeStopsAComparison) {
  compare().begin();
  compare().chooseAdapter(1, QUrl::fromLocalFile(QStringLiteral("/adapters/a")));
  compare().set_draft(QStringLiteral("something very long"));
  compare().send();
  ASSERT_TRUE(QTest::qWaitFor([this] { return compare().left()->state() == CompareColumn::Writing; }));
  window.press(Qt::Key_Escape);
  EXPECT_FALSE(compare().running());
  EXPECT_TRUE(compare().is_open());
}

}  // namespace
}  // namespace etna::gui

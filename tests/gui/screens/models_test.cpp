#include <gtest/gtest.h>

#include <QAccessible>
#include <QSet>

#include "tests/gui/offline/fake_hub.h"
#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

constexpr int models_page = 1;

class ModelsPageTest : public testing::Test {
protected:
  void SetUp() override { QAccessible::setActive(true); }

  void TearDown() override {
    qunsetenv("ETNA_FAKE_DOWNLOADS");
    qunsetenv("ETNA_FAKE_LIBRARY");
  }

  static void open(TestWindow& window, int tab = 0) {
    window.press(Qt::Key_2, Qt::ControlModifier);
    window.window().setProperty("modelsTab", tab);
    QTest::qWait(80);
  }

  static void search(TestWindow& window, const char* text) {
    DiscoverController& discover = *window.app().hub()->discover();
    discover.set_text(QLatin1String(text));
    discover.search();
    ASSERT_TRUE(QTest::qWaitFor([&] { return discover.state() != DiscoverController::Loading; }));
    QTest::qWait(30);
  }

  static void expect_names(const TestWindow& window, const char* where) {
    static const QSet<QAccessible::Role> roles = {
        QAccessible::Button,  QAccessible::CheckBox, QAccessible::RadioButton,
        QAccessible::Slider,  QAccessible::ComboBox, QAccessible::EditableText,
        QAccessible::PageTab, QAccessible::ListItem, QAccessible::ProgressBar};
    for (QQuickItem* item : window.items()) {
      QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(item);
      if (!item->activeFocusOnTab() && !(accessible && roles.contains(accessible->role()))) continue;
      EXPECT_FALSE(accessible_name(item).isEmpty())
          << where << ": " << item->metaObject()->className() << " has no name";
    }
    EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "") << where;
  }

  static QQuickItem* named(const TestWindow& window, const char* name) {
    for (QQuickItem* item : window.items())
      if (accessible_name(item) == QString::fromUtf8(name)) return item;
    return nullptr;
  }
};

TEST_F(ModelsPageTest, TheRailAndItsKeyOpenThePageWithoutAskingAnybody) {
  TestWindow window;
  window.press(Qt::Key_2, Qt::ControlModifier);
  EXPECT_EQ(window.window().property("page").toInt(), models_page);
  QTest::qWait(400);
  EXPECT_EQ(FakeHub::last()->searches(), 0);
  EXPECT_EQ(accessible_name(window.window().activeFocusItem()).toStdString(), "Search Hugging Face");
  expect_names(window, "before a search");
}

TEST_F(ModelsPageTest, EveryStateHasNamesForEverything) {
  TestWindow window;
  open(window);
  for (const char* text : {"qwen", "nothing", "offline", "limited", "broken"}) {
    search(window, text);
    expect_names(window, text);
  }
  search(window, "qwen");
  for (const char* id : {"Qwen/Qwen3-8B-GGUF", "google/gemma-3-4b-it-gated", "state-spaces/Mamba-Codestral-7B",
                         "someone/pickle-only", "nobody/gone"}) {
    window.app().hub()->card()->open(QLatin1String(id));
    QTest::qWait(250);
    expect_names(window, id);
  }
}

TEST_F(ModelsPageTest, AModelIsFoundChosenFetchedAndUsedByKeysAlone) {
  TestWindow window;
  window.press(Qt::Key_2, Qt::ControlModifier);
  window.type(QStringLiteral("qwen"));
  window.press(Qt::Key_Return);
  DiscoverController& discover = *window.app().hub()->discover();
  ASSERT_TRUE(QTest::qWaitFor([&] { return discover.state() == DiscoverController::Filled; }));
  window.press(Qt::Key_Down);
  window.press(Qt::Key_Return);
  CardController& card = *window.app().hub()->card();
  ASSERT_TRUE(QTest::qWaitFor([&] { return card.action() == CardController::Download; }));
  const QString button = card.action_text();
  for (int i = 0; i < 60 && accessible_name(window.window().activeFocusItem()) != button; ++i)
    window.press(Qt::Key_Tab);
  ASSERT_EQ(accessible_name(window.window().activeFocusItem()), button);
  window.press(Qt::Key_Space);
  ASSERT_TRUE(QTest::qWaitFor([&] { return card.action() == CardController::Use; }, 10'000));
  window.press(Qt::Key_Space);
  EXPECT_EQ(window.window().property("page").toInt(), 0);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().library()->loaded(); }));
}

TEST_F(ModelsPageTest, TheLibraryIsUsedByKeysAlone) {
  TestWindow window;
  open(window, 1);
  ShelfController& shelf = *window.app().hub()->shelf();
  ASSERT_TRUE(QTest::qWaitFor([&] { return shelf.models()->count() == 6; }));
  QTest::qWait(50);
  expect_names(window, "library");
  window.press(Qt::Key_Down);
  window.press(Qt::Key_Space);
  EXPECT_EQ(shelf.models()->selected_count(), 1);
  window.press(Qt::Key_Right);
  QTest::qWait(30);
  expect_names(window, "details");
  window.press(Qt::Key_Space);
  window.press(Qt::Key_Up);
  window.press(Qt::Key_Delete);
  ASSERT_TRUE(QTest::qWaitFor([&] { return shelf.models()->count() == 5; }));
  QTest::qWait(50);
  expect_names(window, "after the trash");
  window.press(Qt::Key_Return);
  EXPECT_EQ(window.window().property("page").toInt(), 0);
}

TEST_F(ModelsPageTest, EveryStateOfADownloadHasItsButtons) {
  qputenv("ETNA_FAKE_DOWNLOADS", "states");
  TestWindow window;
  window.window().resize(1280, 1600);
  window.press(Qt::Key_J, Qt::ControlModifier);
  EXPECT_EQ(window.window().property("page").toInt(), models_page);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().hub()->downloads()->list()->count() == 12; }));
  QTest::qWait(100);
  expect_names(window, "downloads");
  for (const char* name : {"Pause Qwen3-8B", "Resume Mistral-Small-24B", "Now", "Free up space", "Other folder…",
                           "Open licence page", "Add token", "Try again", "Use in new chat", "Copy details"})
    EXPECT_NE(named(window, name), nullptr) << name;
}

TEST_F(ModelsPageTest, EveryStateOfAModelHasItsWordsAndWaysOut) {
  qputenv("ETNA_FAKE_LIBRARY", "states");
  TestWindow window;
  open(window, 1);
  ShelfController& shelf = *window.app().hub()->shelf();
  ASSERT_TRUE(QTest::qWaitFor([&] { return shelf.models()->count() == 8; }));
  QTest::qWait(50);
  expect_names(window, "states");
  EXPECT_NE(named(window, "Repair (1.73 GB)"), nullptr);
  shelf.moveTo(shelf.models()->pathAt(0), QUrl::fromLocalFile(QStringLiteral("/media/slow")));
  ASSERT_TRUE(QTest::qWaitFor([&] { return shelf.moves()->progress() > 0; }));
  QTest::qWait(30);
  expect_names(window, "moving");
  QQuickItem* cancel = named(window, "Cancel");
  ASSERT_NE(cancel, nullptr);
  cancel->forceActiveFocus(Qt::TabFocusReason);
  window.press(Qt::Key_Space);
  EXPECT_FALSE(shelf.moves()->running());
}

TEST_F(ModelsPageTest, TheFilterTheMenuAndTheTrashAreUsedByKeysAlone) {
  TestWindow window;
  open(window, 1);
  ShelfController& shelf = *window.app().hub()->shelf();
  ASSERT_TRUE(QTest::qWaitFor([&] { return shelf.models()->count() == 6; }));
  QTest::qWait(50);
  window.press(Qt::Key_F, Qt::ControlModifier);
  window.type(QStringLiteral("experiment"));
  ASSERT_EQ(shelf.models()->count(), 1);
  window.press(Qt::Key_Down);
  window.press(Qt::Key_Menu);
  QTest::qWait(50);
  EXPECT_NE(named(window, "Move to…"), nullptr);
  expect_names(window, "menu");
  for (int i = 0; i < 8; ++i) window.press(Qt::Key_Down);  // to the last of the menu
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return shelf.trash_list()->count() == 1; }));
  QTest::qWait(50);
  EXPECT_NE(named(window, "Clear the filter"), nullptr);
  expect_names(window, "nothing passes the filter");
  window.press(Qt::Key_F, Qt::ControlModifier);
  window.press(Qt::Key_Escape);
  EXPECT_EQ(shelf.models()->count(), 5);
  QQuickItem* back = nullptr;
  for (int i = 0; i < 80 && !back; ++i) {
    window.press(Qt::Key_Tab);
    QQuickItem* here = window.window().activeFocusItem();
    if (accessible_name(here) == QStringLiteral("Delete for good…")) back = here;
  }
  ASSERT_NE(back, nullptr) << "Tab reaches what is below the list";
  window.press(Qt::Key_Space);
  QTest::qWait(50);
  EXPECT_FALSE(shelf.question().isEmpty());
  expect_names(window, "question");
  window.press(Qt::Key_Escape);
  QTest::qWait(50);
  EXPECT_TRUE(shelf.question().isEmpty());
  EXPECT_EQ(shelf.trash_list()->count(), 1);
}

TEST_F(ModelsPageTest, ALinkThatIsDroppedShowsItsModel) {
  TestWindow window;
  open(window, 1);
  QMetaObject::invokeMethod(&window.window(), "takeFile",
                            Q_ARG(QUrl, QUrl(QStringLiteral("https://huggingface.co/Qwen/Qwen3-8B-GGUF"))));
  CardController& card = *window.app().hub()->card();
  ASSERT_TRUE(QTest::qWaitFor([&] { return card.state() == CardController::Filled; }));
  EXPECT_EQ(window.window().property("modelsTab").toInt(), 0);
}

TEST_F(ModelsPageTest, AnEmptyLibraryShowsTheWaysOn) {
  qputenv("ETNA_FAKE_LIBRARY", "empty");
  TestWindow window;
  open(window, 1);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().hub()->shelf()->known(); }));
  QTest::qWait(50);
  EXPECT_NE(named(window, "Add a folder…"), nullptr);
  expect_names(window, "empty library");
}

}  // namespace
}  // namespace etna::gui

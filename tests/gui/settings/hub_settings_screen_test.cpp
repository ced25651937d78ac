#include <gtest/gtest.h>

#include <QAccessible>

#include "tests/gui/offline/fake_hub.h"
#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

constexpr int models_page = 1;
constexpr int settings_page = 5;

/// The hub's settings and the first run, by keys alone.
class HubSettingsScreen : public testing::Test {
protected:
  void SetUp() override { QAccessible::setActive(true); }

  void TearDown() override {
    for (const char* name : {"ETNA_FAKE_ACCESS", "ETNA_FAKE_NETWORK", "ETNA_FAKE_DISK", "ETNA_FAKE_DEVICES"})
      qunsetenv(name);
  }

  static AccessController& access(TestWindow& window) { return *window.app().hub()->access(); }

  static void open(TestWindow& window) {
    window.press(Qt::Key_6, Qt::ControlModifier);
    ASSERT_TRUE(QTest::qWaitFor([&] { return access(window).known() && !access(window).busy(); }));
    QTest::qWait(30);
  }

  static std::string focused(TestWindow& window) {
    return accessible_name(window.window().activeFocusItem()).toStdString();
  }

  /// Tabs until the control of this name has the focus, which must then be in sight.
  static bool reach(TestWindow& window, const char* name) {
    for (int i = 0; i < 80 && focused(window) != name; ++i) window.press(Qt::Key_Tab);
    const QQuickItem* item = window.window().activeFocusItem();
    const double top = item->mapToScene({0, 0}).y();
    EXPECT_GE(top, 0) << name;
    EXPECT_LE(top + item->height(), window.window().height()) << name;
    return focused(window) == name;
  }

  static void expect_names(const TestWindow& window, const char* where) {
    for (QQuickItem* item : window.items()) {
      if (!item->activeFocusOnTab()) continue;
      EXPECT_FALSE(accessible_name(item).isEmpty()) << where << ": " << item->metaObject()->className();
    }
    EXPECT_EQ(TestWindow::warnings().join(u'\n').toStdString(), "") << where;
  }
};

TEST_F(HubSettingsScreen, ATokenIsEnteredCheckedAndForgotten) {
  TestWindow window;
  open(window);
  ASSERT_TRUE(reach(window, "Access token"));
  window.type(QStringLiteral("hf_bad"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !access(window).token_problem().isEmpty(); }));
  window.type(QStringLiteral("hf_canary"));
  for (QQuickItem* item : window.items())
    EXPECT_FALSE(accessible_name(item).contains(QLatin1String("canary"))) << "a token is never shown";
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return access(window).signed_in() && !access(window).busy(); }));
  EXPECT_EQ(focused(window), "Check");
  expect_names(window, "signed in");
  ASSERT_TRUE(reach(window, "Sign out"));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !access(window).signed_in(); }));
  expect_names(window, "signed out");
}

TEST_F(HubSettingsScreen, ATokenThatOthersUseIsForgottenAfterAQuestion) {
  qputenv("ETNA_FAKE_ACCESS", "file");
  TestWindow window;
  open(window);
  ASSERT_TRUE(reach(window, "Sign out…"));
  window.press(Qt::Key_Space);
  EXPECT_TRUE(access(window).signed_in());
  EXPECT_EQ(focused(window), "Sign out for all");
  window.press(Qt::Key_Space);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !access(window).signed_in(); }));
}

TEST_F(HubSettingsScreen, EverythingIsReachedAndHasAName) {
  TestWindow window;
  window.window().resize(960, 640);
  open(window);
  access(window).set_proxy(AccessController::ManualProxy);
  access(window).useEndpoint(QStringLiteral("mirror.example.org"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return access(window).is_mirror() && !access(window).busy(); }));
  QTest::qWait(30);
  expect_names(window, "manual proxy and mirror");
  for (const char* name :
       {"Access token", "Offline mode", "Address of the hub", "Test", "Back to Hugging Face",
        "Send my token to mirror.example.org", "Manual", "Address of the proxy", "Password for the proxy",
        "Choose a file…", "Choose another folder…", "Files at once", "Speed limit", "See every connection it can make"})
    EXPECT_TRUE(reach(window, name)) << name;
}

TEST_F(HubSettingsScreen, AnAddressAndAProxyAreTyped) {
  TestWindow window;
  open(window);
  ASSERT_TRUE(reach(window, "Address of the hub"));
  window.press(Qt::Key_A, Qt::ControlModifier);
  window.type(QStringLiteral("mirror.example.org"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return access(window).is_mirror(); }));
  ASSERT_TRUE(reach(window, "Manual"));
  window.press(Qt::Key_Space);
  QTest::qWait(30);
  ASSERT_TRUE(reach(window, "Address of the proxy"));
  window.type(QStringLiteral("proxy.example.org:3128"));
  ASSERT_TRUE(reach(window, "Password for the proxy"));
  window.type(QStringLiteral("word"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return access(window).has_proxy_password(); }));
  EXPECT_EQ(FakeHub::last()->choices().proxy_address, "http://proxy.example.org:3128");
}

TEST_F(HubSettingsScreen, OfflineModeIsSwitchedAndLeftFromTheModelsPage) {
  TestWindow window;
  open(window);
  ASSERT_TRUE(reach(window, "Offline mode"));
  window.press(Qt::Key_Space);
  ASSERT_TRUE(QTest::qWaitFor([&] { return access(window).offline() && !access(window).busy(); }));
  window.press(Qt::Key_2, Qt::ControlModifier);
  QTest::qWait(50);
  ASSERT_TRUE(reach(window, "Go online…"));
  window.press(Qt::Key_Space);
  EXPECT_EQ(window.window().property("page").toInt(), settings_page);
  EXPECT_EQ(focused(window), "Offline mode");
  window.press(Qt::Key_Space);
  ASSERT_TRUE(QTest::qWaitFor([&] { return !access(window).offline(); }));
  window.press(Qt::Key_Escape);
  EXPECT_EQ(window.window().property("page").toInt(), models_page) << "back to where one came from";
}

TEST_F(HubSettingsScreen, WhatVariablesDecideIsDisabled) {
  qputenv("ETNA_FAKE_ACCESS", "environment");
  TestWindow window;
  open(window);
  expect_names(window, "environment");
  for (QQuickItem* item : window.items()) {
    const QString name = accessible_name(item);
    if (name == QLatin1String("Offline mode") && item->activeFocusOnTab()) EXPECT_FALSE(item->isEnabled());
    EXPECT_NE(name.toStdString(), "Access token");
    EXPECT_NE(name.toStdString(), "Use this address");
  }
}

TEST_F(HubSettingsScreen, AGatedModelLeadsToTheTokenAndBack) {
  TestWindow window;
  window.press(Qt::Key_2, Qt::ControlModifier);
  CardController& card = *window.app().hub()->card();
  card.open(QStringLiteral("google/gemma-3-4b-it-gated"));
  ASSERT_TRUE(QTest::qWaitFor([&] { return card.action() == CardController::Access; }));
  QTest::qWait(50);
  ASSERT_TRUE(reach(window, "Add a token…"));
  window.press(Qt::Key_Space);
  QTest::qWait(50);
  EXPECT_EQ(window.window().property("page").toInt(), settings_page);
  EXPECT_EQ(focused(window), "Access token");
  window.type(QStringLiteral("hf_good"));
  window.press(Qt::Key_Return);
  ASSERT_TRUE(QTest::qWaitFor([&] { return access(window).signed_in() && !access(window).busy(); }));
  window.press(Qt::Key_Escape);
  EXPECT_EQ(window.window().property("page").toInt(), models_page);
  ASSERT_TRUE(
      QTest::qWaitFor([&] { return card.action() == CardController::Access && card.wayAt(0) == HubWay::OpenPage; }));
  expect_names(window, "asks for consent");
}

TEST_F(HubSettingsScreen, TheFirstRunIsUsedByKeysAlone) {
  TestWindow window(true);
  ASSERT_TRUE(QTest::qWaitFor([&] { return window.app().hub()->first_run()->known(); }));
  QTest::qWait(50);
  EXPECT_EQ(FakeHub::last()->searches(), 0);
  expect_names(window, "first run");
  for (const char* name : {"Download and start", "Choose another", "Show them", "Choose a file…", "Choose a folder…",
                           "Try the tiny model", "Look around", "See every connection it can make"})
    EXPECT_TRUE(reach(window, name)) << name;
  window.press(Qt::Key_Space);
  QTest::qWait(50);
  EXPECT_EQ(focused(window), "Close");
  window.press(Qt::Key_Escape);
  ASSERT_TRUE(reach(window, "Download and start"));
  window.press(Qt::Key_Space);
  EXPECT_EQ(window.window().property("page").toInt(), 0);
  EXPECT_EQ(focused(window), "Message") << "one click from here to a typed question";
}

TEST_F(HubSettingsScreen, WithoutANetworkTheFirstRunKeepsItsOtherWays) {
  qputenv("ETNA_FAKE_NETWORK", "none");
  TestWindow window(true);
  FirstRunController& first = *window.app().hub()->first_run();
  ASSERT_TRUE(QTest::qWaitFor([&] { return first.known(); }));
  EXPECT_EQ(first.note().toStdString(), "No connection. Etna will keep trying; you can use a model you already have.");
  EXPECT_FALSE(first.can_download());
  QTest::qWait(50);
  EXPECT_EQ(focused(window), "Choose another") << "not a button that does nothing";
  EXPECT_TRUE(reach(window, "Choose a folder…"));
  EXPECT_TRUE(reach(window, "Look around"));
  qunsetenv("ETNA_FAKE_NETWORK");
  first.look();
  ASSERT_TRUE(QTest::qWaitFor([&] { return first.can_download(); }));
}

TEST_F(HubSettingsScreen, ASmallDiskIsNamedWithItsNumbers) {
  qputenv("ETNA_FAKE_DISK", "small");
  TestWindow window(true);
  FirstRunController& first = *window.app().hub()->first_run();
  ASSERT_TRUE(QTest::qWaitFor([&] { return first.known(); }));
  EXPECT_FALSE(first.can_download());
  EXPECT_TRUE(first.note().contains(QLatin1String("1.4 GB free"))) << first.note().toStdString();
}

}  // namespace
}  // namespace etna::gui

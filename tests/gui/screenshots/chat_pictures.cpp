// Pictures of keeping and finding chats, light and dark: chat_pictures <folder> [name …]
// Look at them before committing.
#include <QDir>
#include <QGuiApplication>
#include <QImage>
#include <QStandardPaths>
#include <cstdio>
#include <functional>

#include "tests/gui/screens/window.h"
#include "tests/gui/screenshots/pseudo_translator.h"

namespace etna::gui {
namespace {

struct Picture {
  const char* name;
  std::function<void(TestWindow&)> bring_about;
  QSize size = {1280, 820};
  double scale = 1;

  enum Words { English, Pseudo, RightToLeft } words = English;
};

const QSize narrow = {960, 640};

ChatController& chats(TestWindow& window) {
  return *window.app().chats();
}

void say(TestWindow& window, const char* text) {
  chats(window).set_draft(QString::fromUtf8(text));
  chats(window).send();
  (void)QTest::qWaitFor([&] { return !chats(window).writing(); }, 20'000);
}

void chat(TestWindow& window, const char* text) {
  chats(window).newChat();
  say(window, text);
}

/// Chats of some days, in two folders, one of them pinned.
void fill(TestWindow& window) {
  window.load_starter();
  chats(window).addFolder(QStringLiteral("Journeys"));
  chats(window).addFolder(QStringLiteral("Work"));
  chat(window, "Where do swallows spend the winter?");
  chats(window).setPinned(chats(window).current_id(), true);
  chat(window, "Plan three days in Lisbon for two people who like trains");
  chats(window).moveToFolder(chats(window).current_id(), 0);
  chat(window, "A letter to the landlord");
  chats(window).moveToFolder(chats(window).current_id(), 1);
  chat(window, "Explain how a swallow finds its nest again.");
  say(window, "And a robot swallow?");
  QTest::qWait(100);
}

void throw_away(TestWindow& window) {
  for (const char* text : {"Recipes with leeks", "A name for a boat"}) {
    chat(window, text);
    chats(window).remove(chats(window).current_id());
  }
  chats(window).forgetRemoved();
  window.press(Qt::Key_Tab);
  QTest::qWait(100);
}

void look_for(TestWindow& window, const char* text) {
  window.press(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
  window.type(QLatin1String(text));
  (void)QTest::qWaitFor([&] { return window.app().archive()->search()->answered() == QLatin1String(text); });
  QTest::qWait(100);
}

QQuickItem* item(TestWindow& window, const char* end) {
  for (QQuickItem* each : window.items()) {
    if (each->objectName() == QLatin1String(end)) return each;
  }
  return nullptr;
}

void click(TestWindow& window, const char* object) {
  if (QQuickItem* found = item(window, object)) QMetaObject::invokeMethod(found, "clicked");
  QTest::qWait(200);
}

void sidebar(TestWindow& window) {
  fill(window);
}

void found(TestWindow& window) {
  fill(window);
  look_for(window, "swallow");
}

void nothing(TestWindow& window) {
  fill(window);
  look_for(window, "penguin");
}

void opened(TestWindow& window) {
  found(window);
  window.press(Qt::Key_Down);
  window.press(Qt::Key_Return);
  QTest::qWait(200);
}

void trash(TestWindow& window) {
  fill(window);
  throw_away(window);
  click(window, "trashButton");
}

void empty_trash(TestWindow& window) {
  fill(window);
  click(window, "trashButton");
}

void erase(TestWindow& window) {
  trash(window);
  for (QQuickItem* each : window.items()) {
    if (each->objectName() != QLatin1String("eraseButton")) continue;
    QMetaObject::invokeMethod(each, "clicked");
    break;
  }
  QTest::qWait(200);
}

void undo(TestWindow& window) {
  fill(window);
  chats(window).remove(chats(window).current_id());
}

void menu(TestWindow& window) {
  fill(window);
  click(window, "chatMenuButton");
}

void all_menu(TestWindow& window) {
  fill(window);
  click(window, "allChatsButton");
}

void temporary(TestWindow& window) {
  fill(window);
  window.press(Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
  say(window, "Between us: tell me a joke.");
}

void temporary_menu(TestWindow& window) {
  temporary(window);
  click(window, "chatMenuButton");
}

void folder_sheet(TestWindow& window) {
  fill(window);
  QMetaObject::invokeMethod(&window.window(), "askFolder");
  QTest::qWait(200);
}

void exported(TestWindow& window) {
  fill(window);
  QTemporaryDir folder;
  ChatFiles& files = *window.app().archive()->files();
  files.exportChat(chats(window).current_id(), QUrl::fromLocalFile(folder.filePath(QStringLiteral("swallows.md"))),
                   ChatFiles::Markdown);
  (void)QTest::qWaitFor([&] { return !files.busy(); });
}

void not_imported(TestWindow& window) {
  fill(window);
  ChatFiles& files = *window.app().archive()->files();
  files.importFile(QUrl::fromLocalFile(QStringLiteral("/media/stick/chats.jsonl")));
  (void)QTest::qWaitFor([&] { return !files.busy(); });
}

QList<Picture> pictures() {
  QList<Picture> all = {
      {"sidebar", sidebar},
      {"menu", menu},
      {"all-menu", all_menu},
      {"folder", folder_sheet},
      {"found", found},
      {"nothing", nothing},
      {"opened", opened},
      {"trash", trash},
      {"trash-empty", empty_trash},
      {"erase", erase},
      {"undo", undo},
      {"temporary", temporary},
      {"temporary-menu", temporary_menu},
      {"exported", exported},
      {"not-imported", not_imported},
  };
  // Small, large, long words and the other direction, of what has most on it.
  const QList<std::pair<const char*, void (*)(TestWindow&)>> hard = {
      {"sidebar", sidebar}, {"menu", menu},   {"found", found},        {"nothing", nothing},
      {"trash", trash},     {"erase", erase}, {"temporary", temporary}};
  static QList<QByteArray> names;
  names.reserve(100);
  const auto add = [&](const char* name, const char* kind, auto bring_about, QSize size, double scale,
                       Picture::Words words) {
    names << QByteArray(name) + kind;
    all << Picture{names.last().constData(), bring_about, size, scale, words};
  };
  for (const auto& [name, bring_about] : hard) {
    add(name, "-narrow", bring_about, narrow, 1, Picture::English);
    add(name, "-large", bring_about, narrow, 2, Picture::English);
    add(name, "-pseudo", bring_about, {1280, 820}, 1, Picture::Pseudo);
    add(name, "-pseudo-large", bring_about, narrow, 2, Picture::Pseudo);
    add(name, "-right-to-left", bring_about, {1280, 820}, 1, Picture::RightToLeft);
  }
  return all;
}

bool take(const Picture& picture, bool dark, const QString& folder) {
  static PseudoTranslator pseudo;
  if (picture.words == Picture::Pseudo) QCoreApplication::installTranslator(&pseudo);
  QGuiApplication::setLayoutDirection(picture.words == Picture::RightToLeft ? Qt::RightToLeft : Qt::LeftToRight);
  bool saved = false;
  {
    TestWindow window;
    window.app().settings()->set_theme(dark ? SettingsController::Dark : SettingsController::Light);
    window.app().settings()->set_font_scale(picture.scale);
    window.window().setMinimumSize(picture.size);
    window.window().resize(picture.size);
    picture.bring_about(window);
    QTest::qWait(400);
    const QString name = QStringLiteral("%1-%2.png")
                             .arg(QLatin1String(picture.name), dark ? QStringLiteral("dark") : QStringLiteral("light"));
    saved = window.window().grabWindow().convertToFormat(QImage::Format_RGB888).save(folder + u'/' + name, "PNG");
    std::printf("%s%s\n", qUtf8Printable(name), saved ? "" : ": could not be written");
    for (const QString& warning : TestWindow::warnings()) std::printf("  %s\n", qUtf8Printable(warning));
  }
  QCoreApplication::removeTranslator(&pseudo);
  return saved;
}

}  // namespace
}  // namespace etna::gui

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  qputenv("QT_QUICK_BACKEND", "software");
  qputenv("LC_ALL", "C.UTF-8");
  qputenv("DBUS_SESSION_BUS_ADDRESS", "disabled:");
  qputenv("ETNA_FAKE_RATE", "1000");
  QStandardPaths::setTestModeEnabled(true);
  const QGuiApplication application(argc, argv);
  const QStringList arguments = application.arguments();
  if (arguments.size() < 2) return 2;
  QDir().mkpath(arguments[1]);
  bool all = true;
  for (const etna::gui::Picture& picture : etna::gui::pictures()) {
    if (arguments.size() > 2 && !arguments.contains(QLatin1String(picture.name))) continue;
    for (const bool dark : {false, true}) all = etna::gui::take(picture, dark, arguments[1]) && all;
  }
  return all ? 0 : 1;
}

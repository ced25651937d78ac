// Pictures of every state of the Models page and the first run, light and dark: models_pictures <folder> [name …]
// Look at them before committing.
#include <QDir>
#include <QGuiApplication>
#include <QImage>
#include <QStandardPaths>
#include <cstdio>
#include <functional>

#include "tests/gui/offline/fake_hub.h"
#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

enum Tab { Discover, Library, Downloads };

struct Picture {
  const char* name;
  std::function<void(TestWindow&)> bring_about;
  QSize size = {1280, 820};
  double scale = 1;
  bool first_run = false;
  QList<std::pair<const char*, const char*>> environment = {};
};

HubController& hub(TestWindow& window) {
  return *window.app().hub();
}

void show(TestWindow& window, int tab) {
  window.press(Qt::Key_2, Qt::ControlModifier);
  window.window().setProperty("modelsTab", tab);
  QTest::qWait(100);
}

void search(TestWindow& window, const char* text) {
  show(window, Discover);
  hub(window).discover()->set_text(QLatin1String(text));
  hub(window).discover()->search();
  QTest::qWait(150);
}

void card(TestWindow& window, const char* id) {
  search(window, "qwen");
  hub(window).card()->open(QLatin1String(id));
  QTest::qWait(600);
}

const char* const quants = "Qwen/Qwen3-8B-GGUF";

void library_details(TestWindow& window) {
  show(window, Library);
  ShelfList& models = *hub(window).shelf()->models();
  models.toggleOpen(4);
  models.selectOnly(1);
  models.toggle(3);
}

void question(TestWindow& window) {
  show(window, Library);
  hub(window).shelf()->trash(hub(window).shelf()->models()->pathAt(4));
}

void trashed(TestWindow& window) {
  show(window, Library);
  hub(window).shelf()->trash(hub(window).shelf()->models()->pathAt(0));
  QTest::qWait(200);
}

void moving(TestWindow& window) {
  show(window, Library);
  ShelfController& shelf = *hub(window).shelf();
  shelf.moveTo(shelf.models()->pathAt(0), QUrl::fromLocalFile(QStringLiteral("/media/ada/slow")));
  QTest::qWait(200);
}

void move_refused(TestWindow& window) {
  show(window, Library);
  ShelfController& shelf = *hub(window).shelf();
  shelf.moveTo(shelf.models()->pathAt(0), QUrl::fromLocalFile(QStringLiteral("/media/ada/full")));
  QTest::qWait(200);
}

/// One of each state that a check leads to.
void conditions(TestWindow& window) {
  show(window, Library);
  ShelfController& shelf = *hub(window).shelf();
  for (const LibraryModel& model : shelf.models()->models())
    if (model.name == "Llama-3.2-3B-Instruct")
      FakeHub::last()->tell_check({.path = model.path, .state = CheckNews::State::checking, .progress = 0.4});
  window.app().library()->load(shelf.models()->pathAt(0));
  QTest::qWait(600);
}

void in_trash(TestWindow& window) {
  trashed(window);
  ShelfController& shelf = *hub(window).shelf();
  shelf.trash(shelf.models()->pathAt(4));
  QTest::qWait(200);
  for (QQuickItem* item : window.items())
    if (QByteArray(item->metaObject()->className()).contains("ListView"))
      QMetaObject::invokeMethod(item, "positionViewAtEnd");
}

void menu(TestWindow& window) {
  show(window, Library);
  QTest::qWait(100);
  window.press(Qt::Key_Down);
  window.press(Qt::Key_Menu);
}

void filtered(TestWindow& window) {
  show(window, Library);
  hub(window).shelf()->models()->set_filter(QStringLiteral("studio"));
}

void filtered_away(TestWindow& window) {
  show(window, Library);
  hub(window).shelf()->models()->set_filter(QStringLiteral("falcon"));
}

void downloading(TestWindow& window) {
  card(window, quants);
  hub(window).card()->download();
  QTest::qWait(380);
  const auto& rows = hub(window).downloads()->list()->rows();
  if (!rows.empty()) hub(window).downloads()->pause(static_cast<double>(rows.front().id));
}

AccessController& access(TestWindow& window) {
  return *hub(window).access();
}

void settle(TestWindow& window) {
  QTest::qWait(50);
  (void)QTest::qWaitFor([&] {
    return access(window).known() && !access(window).busy() && !access(window).checking_token() &&
           !access(window).trying_endpoint();
  });
  QTest::qWait(100);
}

/// The settings page, scrolled so that the account stands at its top.
void settings(TestWindow& window) {
  // The same path wherever the pictures are taken.
  window.app().settings()->set_models_folder_url(QUrl::fromLocalFile(QStringLiteral("/home/ada/models")));
  window.press(Qt::Key_6, Qt::ControlModifier);
  settle(window);
  QMetaObject::invokeMethod(&window.window(), "showSettings", Q_ARG(int, HubWay::OfflineSettings));
  settle(window);
}

void sign_in(TestWindow& window, const char* token) {
  settings(window);
  access(window).signIn(QLatin1String(token));
  settle(window);
}

void manual(TestWindow& window) {
  settings(window);
  access(window).useEndpoint(QStringLiteral("mirror.example.org"));
  access(window).set_proxy(AccessController::ManualProxy);
  access(window).useProxy(QStringLiteral("proxy.example.org:3128"), QStringLiteral("ada"), QStringLiteral("localhost"));
  access(window).setProxyPassword(QStringLiteral("word"));
  access(window).useCacheFolder(QUrl::fromLocalFile(QStringLiteral("/tmp")));
  settle(window);
}

void refused(TestWindow& window) {
  settings(window);
  access(window).signIn(QStringLiteral("hf_bad"));
  settle(window);
  access(window).tryEndpoint(QStringLiteral("broken.example.org"));
  access(window).set_proxy(AccessController::ManualProxy);
  access(window).useProxy(QStringLiteral("proxy.example.org"), {}, {});
  settle(window);
}

void consent(TestWindow& window) {
  sign_in(window, "hf_good");
  card(window, "google/gemma-3-4b-it-gated");
  hub(window).card()->watchAccess();
}

void offline_mode(TestWindow& window) {
  hub(window).discover()->set_store({});
  access(window).set_offline(true);
  settle(window);
  show(window, Discover);
}

void connections(TestWindow& window) {
  if (QObject* sheet = window.window().findChild<QObject*>(QStringLiteral("connectionSheet")))
    QMetaObject::invokeMethod(sheet, "open");
  QTest::qWait(300);
}

QList<Picture> pictures() {
  const QSize narrow(960, 640);
  const std::pair<const char*, const char*> states("ETNA_FAKE_DOWNLOADS", "states");
  const std::pair<const char*, const char*> each("ETNA_FAKE_LIBRARY", "states");
  const std::pair<const char*, const char*> empty("ETNA_FAKE_LIBRARY", "empty");
  const std::pair<const char*, const char*> offline("ETNA_FAKE_NETWORK", "none");
  const auto library = [](TestWindow& window) { show(window, Library); };
  const auto downloads = [](TestWindow& window) { show(window, Downloads); };
  const auto found = [](TestWindow& window) { card(window, quants); };
  const std::pair<const char*, const char*> locked("ETNA_FAKE_ACCESS", "environment");
  const std::pair<const char*, const char*> file("ETNA_FAKE_ACCESS", "file");
  const std::pair<const char*, const char*> small("ETNA_FAKE_DISK", "small");
  const std::pair<const char*, const char*> no_gpu("ETNA_FAKE_DEVICES", "processor");
  const QSize tall(1280, 1600);
  const auto wait = [](TestWindow&) { QTest::qWait(400); };
  return {
      {"models-idle", [](TestWindow& window) { show(window, Discover); }},
      {"models-loading", [](TestWindow& window) { search(window, "slow"); }},
      {"models-results", found},
      {"models-narrow", [](TestWindow& window) { search(window, "qwen"); }, narrow},
      {"models-card-narrow", found, narrow},
      {"models-large", [](TestWindow& window) { search(window, "qwen"); }, narrow, 2},
      {"models-card-large", found, narrow, 2},
      {"models-large-wide", found, {1920, 1080}, 2},
      {"models-nothing", [](TestWindow& window) { search(window, "nothing"); }},
      {"models-offline",
       [](TestWindow& window) {
         hub(window).discover()->set_store({});
         search(window, "offline");
       }},
      {"models-offline-kept",
       [](TestWindow& window) {
         search(window, "qwen");
         search(window, "offline");
       }},
      {"models-limited", [](TestWindow& window) { search(window, "limited"); }},
      {"models-broken", [](TestWindow& window) { search(window, "broken"); }},
      {"models-gated", [](TestWindow& window) { card(window, "google/gemma-3-4b-it-gated"); }},
      {"models-unsupported", [](TestWindow& window) { card(window, "state-spaces/Mamba-Codestral-7B"); }},
      {"models-pickle", [](TestWindow& window) { card(window, "someone/pickle-only"); }},
      {"models-gone", [](TestWindow& window) { card(window, "nobody/gone"); }},
      {"models-downloading", downloading},
      {"library", library},
      {"library-details", library_details},
      {"library-question", question},
      {"library-trash", trashed},
      {"library-states", conditions, {1280, 820}, 1, false, {each}},
      {"library-states-narrow", conditions, narrow, 1, false, {each}},
      {"library-states-large", conditions, narrow, 2, false, {each}},
      {"library-wide", conditions, {1680, 900}, 1, false, {each}},
      {"library-moving", moving},
      {"library-moving-large", moving, narrow, 2},
      {"library-move-refused", move_refused},
      {"library-menu", menu},
      {"library-filter", filtered},
      {"library-filter-empty", filtered_away},
      {"library-in-trash", in_trash},
      {"library-in-trash-large", in_trash, narrow, 2},
      {"library-empty", library, {1280, 820}, 1, false, {empty}},
      {"library-narrow", library, narrow},
      {"library-large", library, narrow, 2},
      {"downloads", downloads, {1280, 1500}, 1, false, {states}},
      {"downloads-empty", downloads},
      {"downloads-narrow", downloads, narrow, 1, false, {states}},
      {"downloads-large", downloads, narrow, 2, false, {states}},
      {"models-gated-consent", consent},
      {"models-offline-mode", offline_mode},
      {"settings-hub", settings, tall},
      {"settings-hub-signed-in", [](TestWindow& window) { sign_in(window, "hf_good"); }, tall},
      {"settings-hub-file", settings, tall, 1, false, {file}},
      {"settings-hub-locked", settings, tall, 1, false, {locked}},
      {"settings-hub-manual", manual, {1280, 1900}},
      {"settings-hub-refused", refused, {1280, 1900}},
      {"settings-hub-narrow", settings, narrow},
      {"settings-hub-large", settings, {960, 640}, 2},
      {"settings-hub-large-token",
       [](TestWindow& window) {
         settings(window);
         QMetaObject::invokeMethod(&window.window(), "showSettings", Q_ARG(int, HubWay::AddToken));
       },
       narrow, 2},
      {"settings-hub-large-whole", manual, {960, 4200}, 2},
      {"first-run-small-disk", wait, {1280, 820}, 1, true, {small, empty}},
      {"first-run-no-gpu", wait, {1280, 820}, 1, true, {no_gpu}},
      {"first-run-connections", connections, {1280, 820}, 1, true},
      {"first-run", wait, {1280, 820}, 1, true},
      {"first-run-offline", wait, {1280, 820}, 1, true, {offline, empty}},
      {"first-run-narrow", wait, narrow, 1, true},
      {"first-run-large", wait, narrow, 2, true},
  };
}

bool take(const Picture& picture, bool dark, const QString& folder) {
  for (const auto& [name, value] : picture.environment) qputenv(name, value);
  bool saved = false;
  {
    TestWindow window(picture.first_run);
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
  for (const auto& [name, value] : picture.environment) qunsetenv(name);
  return saved;
}

}  // namespace
}  // namespace etna::gui

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  qputenv("QT_QUICK_BACKEND", "software");
  qputenv("LC_ALL", "C.UTF-8");
  qputenv("DBUS_SESSION_BUS_ADDRESS", "disabled:");
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

// Pictures of the composer, the queue and the comparison in every state, light and dark:
// composer_pictures <folder> [name …]. Look at them before committing.
#include <QClipboard>
#include <QDir>
#include <QFile>
#include <QGuiApplication>
#include <QImage>
#include <QStandardPaths>
#include <cstdio>
#include <functional>

#include "tests/gui/screens/window.h"

namespace etna::gui {
namespace {

struct Picture {
  const char* name;
  std::function<void(TestWindow&)> bring_about;
  QSize size = {1280, 820};
  double scale = 1;
};

ChatController& chats(TestWindow& window) {
  return *window.app().chats();
}

CompareController& compare(TestWindow& window) {
  return *window.app().compare();
}

template <class Condition>
void wait_for(Condition condition) {
  if (!QTest::qWaitFor(condition, 60'000)) std::fprintf(stderr, "composer_pictures: a state was not reached\n");
}

void load(TestWindow& window, const char* path = "/models/Qwen3-4B") {
  window.app().library()->load(QLatin1String(path));
  wait_for([&] { return window.app().library()->loaded(); });
}

void attach(TestWindow& window) {
  const QTemporaryDir folder;
  QList<QUrl> urls;
  for (const char* name : {"release-notes.md", "main.cpp", "a-rather-long-name-of-a-log-file-2026-11-21.log"}) {
    QFile file(folder.filePath(QLatin1String(name)));
    if (file.open(QIODevice::WriteOnly)) file.write(QByteArray("A line of text that says something.\n").repeated(90));
    urls << QUrl::fromLocalFile(file.fileName());
  }
  chats(window).desk()->addFiles(urls);
  wait_for([&] { return !chats(window).attachments()->reading(); });
}

void ask(TestWindow& window, const char* text) {
  chats(window).set_draft(QLatin1String(text));
  chats(window).send();
}

void attached(TestWindow& window) {
  load(window);
  attach(window);
  chats(window).set_draft(QStringLiteral("What changed between these?"));
}

void refused(TestWindow& window) {
  load(window);
  const QTemporaryDir folder;
  QFile file(folder.filePath(QStringLiteral("holiday.png")));
  if (file.open(QIODevice::WriteOnly)) file.write(QByteArray("\x89PNG\0\0", 6));
  file.close();
  chats(window).desk()->addFiles({QUrl::fromLocalFile(file.fileName()), QUrl::fromLocalFile(folder.path())});
  wait_for([&] { return !chats(window).desk()->problem().isEmpty() && !chats(window).attachments()->reading(); });
}

void pasted(TestWindow& window) {
  load(window);
  QGuiApplication::clipboard()->setText(QStringLiteral("A line of the text that was pasted, as long as it is.\n").repeated(140));
  window.press(Qt::Key_V, Qt::ControlModifier);
}

void pasted_long(TestWindow& window) {
  load(window);
  QGuiApplication::clipboard()->setText(QStringLiteral("A line of the text that was pasted.\n").repeated(600));
  window.press(Qt::Key_V, Qt::ControlModifier);
  QTest::qWait(200);
}

void sent(TestWindow& window) {
  attached(window);
  chats(window).send();
  wait_for([&] { return !chats(window).busy(); });
}

void opened(TestWindow& window) {
  sent(window);
  if (QAccessibleInterface* chip = window.spoken(QStringLiteral("Attached file main.cpp, 3.24 kB · 810 tokens")))
    QMetaObject::invokeMethod(chip->object(), "clicked");
  QTest::qWait(300);
}

void queued(TestWindow& window) {
  load(window);
  ask(window, "something very long");
  wait_for([&] { return chats(window).lastReply().size() > 900; });
  attach(window);
  ask(window, "And then summarise it in one sentence that I can put at the top of a page.");
  ask(window, "Now the same in French.");
  chats(window).set_draft(QStringLiteral("And one more"));
}

void queue_edited(TestWindow& window) {
  queued(window);
  chats(window).queue()->edit(1);
}

void queue_paused(TestWindow& window) {
  queued(window);
  chats(window).stop();
}

void comparing(TestWindow& window) {
  load(window);
  compare(window).begin();
  compare(window).chooseAdapter(1, QUrl::fromLocalFile(QStringLiteral("/adapters/legal-tone")));
  compare(window).set_seed(QStringLiteral("42"));
}

void compare_empty(TestWindow& window) {
  load(window);
  compare(window).begin();
}

void compared(TestWindow& window) {
  comparing(window);
  compare(window).set_draft(QStringLiteral("Explain how a model answers."));
  compare(window).send();
  wait_for([&] { return !compare(window).running(); });
  compare(window).set_seed(QStringLiteral("42"));
}

void compare_kept(TestWindow& window) {
  compared(window);
  compare(window).keep(1);
}

void compare_running(TestWindow& window) {
  comparing(window);
  compare(window).set_draft(QStringLiteral("something very long"));
  compare(window).send();
  wait_for([&] {
    CompareColumn& left = *compare(window).left();
    return left.answer_row() >= 0 && left.messages()->at(left.answer_row()).text.size() > 600;
  });
}

void compare_turns(TestWindow& window) {
  load(window, "/models/Qwen3-8B");
  window.app().library()->recent()->use(QStringLiteral("/models/Mistral-9B"));
  window.app().library()->recent()->use(QStringLiteral("/models/Qwen3-8B"));
  compare(window).begin();
  compare(window).set_draft(QStringLiteral("Tell me a joke."));
  compare(window).send();
  wait_for([&] { return !compare(window).running(); });
  compare(window).set_seed(QStringLiteral("42"));
}

void version_kept(TestWindow& window) {
  compare_kept(window);
  compare(window).close();
}

void adapter(TestWindow& window) {
  load(window);
  QMetaObject::invokeMethod(&window.window(), "openCurrentLoadSettings");
  window.app().load_settings()->chooseAdapter(QUrl::fromLocalFile(QStringLiteral("/adapters/legal-tone")));
  QTest::qWait(300);
}

const QSize narrow = {960, 640};

const QList<Picture> pictures = {
    {"attached", attached},
    {"attached-narrow", attached, narrow},
    {"attached-large", attached, narrow, 2},
    {"refused", refused},
    {"pasted", pasted},
    {"pasted-large", pasted, narrow, 2},
    {"pasted-long", pasted_long},
    {"sent", sent},
    {"sent-large", sent, narrow, 2},
    {"opened", opened},
    {"queued", queued},
    {"queued-narrow", queued, narrow},
    {"queued-large", queued, narrow, 2},
    {"queue-edited", queue_edited},
    {"queue-paused", queue_paused},
    {"compare-empty", compare_empty},
    {"compare-running", compare_running},
    {"compared", compared},
    {"compared-narrow", compared, narrow},
    {"compared-large", compared, narrow, 2},
    {"compare-kept", compare_kept},
    {"compare-turns", compare_turns},
    {"version-kept", version_kept},
    {"adapter", adapter},
    {"adapter-large", adapter, narrow, 2},
};

bool take(const Picture& picture, bool dark, const QString& folder) {
  TestWindow window;
  window.app().settings()->set_theme(dark ? SettingsController::Dark : SettingsController::Light);
  window.app().settings()->set_font_scale(picture.scale);
  window.window().setMinimumSize(picture.size);
  window.window().resize(picture.size);
  QTest::qWait(50);
  picture.bring_about(window);
  QTest::qWait(400);
  const QString name = QLatin1String(picture.name) + QLatin1String(dark ? "-dark" : "-light");
  for (const QString& warning : TestWindow::warnings())
    std::fprintf(stderr, "%s: %s\n", qUtf8Printable(name), qUtf8Printable(warning));
  const QImage image = window.window().grabWindow().convertToFormat(QImage::Format_RGB888);
  const bool saved = image.save(folder + u'/' + name + QLatin1String(".png"), "PNG");
  std::printf("%s\n", qUtf8Printable(name));
  std::fflush(stdout);
  chats(window).stop();
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
  const QString folder = argc > 1 ? QString::fromLocal8Bit(argv[1]) : QStringLiteral(".");
  QDir().mkpath(folder);
  const QStringList names = QCoreApplication::arguments().mid(2);
  bool good = true;
  for (const etna::gui::Picture& picture : etna::gui::pictures) {
    if (!names.isEmpty() && !names.contains(QLatin1String(picture.name))) continue;
    for (const bool dark : {false, true}) good = etna::gui::take(picture, dark, folder) && good;
  }
  return good ? 0 : 1;
}

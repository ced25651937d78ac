// How quick the composer is in the real window while a reply streams into a long chat: stand-in engine, offscreen,
// software renderer. Prints percentiles in milliseconds, by the clock and in time of the processor, which other
// programs on the machine do not lengthen. typing [messages] [tokens per second] [keys]
#include <QGuiApplication>
#include <QQmlApplicationEngine>
#include <QQuickWindow>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <vector>

#include "engine/engine.h"
#include "gui/app.h"
#include "gui/application.h"
#include "gui/chat/store/chat_database.h"
#include "gui/chat/store/chat_schema.h"
#include "gui/store/word_tokenizer.h"

namespace etna::gui {
namespace {

constexpr const char* paragraph =
    "A model reads your message as *tokens*, small pieces of text, and predicts **one piece after the other**. Each "
    "new piece is added to what it has read, so `logits` are computed again and again.\n\n";
constexpr const char* code = "```cpp\nfor (int i = 0; i < 10; ++i) {\n  sum += value[i];  // add\n}\n```\n\n";

double processor_ms() {
  std::timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

double clock_ms() {
  return 1e-6 * static_cast<double>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

void print(const char* name, std::vector<double> times) {
  if (times.empty()) return;
  std::ranges::sort(times);
  const auto at = [&](double part) {
    return times[std::min(times.size() - 1, static_cast<std::size_t>(part * static_cast<double>(times.size())))];
  };
  std::printf("%-46s p50 %7.2f  p95 %7.2f  p99 %7.2f  max %7.2f ms  (%zu)\n", name, at(0.5), at(0.95), at(0.99),
              times.back(), times.size());
  std::fflush(stdout);
}

/// A chat as a person finds it: written straight into the database.
void fill(const QString& folder, int messages) {
  store::Database database =
      store::Database::open(QFile::encodeName(folder + QLatin1String("/chats.db")).toStdString(),
                            store::Database::Mode::create);
  store::add_word_tokenizer(database);
  store::migrate(database, chats::chat_migrations());
  chats::ChatDatabase chats(database);
  store::Transaction transaction(database);
  chats.create_chat({.id = 1, .title = "Long", .settings = {}});
  for (int i = 1; i <= messages; ++i) {
    chats::Message message;
    message.id = i + 1;
    message.parent = i == 1 ? 0 : i;
    message.role = i % 2 == 1 ? chats::Role::user : chats::Role::assistant;
    message.text = i % 2 == 1 ? "Question " + std::to_string(i) + ": what about this?" : std::string();
    for (int part = 0; i % 2 == 0 && part <= i % 5; ++part) message.text += paragraph;
    if (i % 3 == 0 && i % 2 == 0) message.text += code;
    message.created = i;
    chats.add_message(1, message);
  }
  transaction.commit();
}

/// Times of every turn of the event loop: how long the thread of the screens was busy at a stretch.
class Turns {
public:
  Turns() {
    QObject::connect(&timer_, &QTimer::timeout, [this] { turn(); });
    timer_.start(0);
  }

  void begin() {
    work.clear();
    clock.clear();
    work_ = processor_ms();
    clock_ = clock_ms();
  }

  std::vector<double> work, clock;

private:
  void turn() {
    const double work_now = processor_ms(), clock_now = clock_ms();
    work.push_back(work_now - std::exchange(work_, work_now));
    clock.push_back(clock_now - std::exchange(clock_, clock_now));
  }

  QTimer timer_;
  double work_ = 0, clock_ = 0;
};

/// From a key to the frame that shows its letter.
class Glyphs {
public:
  Glyphs(QQuickWindow& window, ChatController& chats) : window_(window) {
    QObject::connect(&chats, &ChatController::draftChanged, &chats, [this] { typed_ = waiting_; });
    QObject::connect(&window, &QQuickWindow::afterRendering, &window, [this] { frame(); }, Qt::DirectConnection);
  }

  bool press() {
    if (waiting_) return false;
    waiting_ = true;
    clock_ = clock_ms();
    work_ = processor_ms();
    for (const QEvent::Type type : {QEvent::KeyPress, QEvent::KeyRelease})
      QCoreApplication::postEvent(&window_, new QKeyEvent(type, Qt::Key_X, Qt::NoModifier, QStringLiteral("x")));
    return true;
  }

  std::vector<double> work, clock;

private:
  void frame() {
    if (!typed_) return;  // this frame was made before the letter came
    clock.push_back(clock_ms() - clock_);
    work.push_back(processor_ms() - work_);
    waiting_ = typed_ = false;
  }

  QQuickWindow& window_;
  bool waiting_ = false, typed_ = false;
  double clock_ = 0, work_ = 0;
};

bool wait_for(const std::function<bool()>& condition, const char* what) {
  if (QTest::qWaitFor(condition, 60'000)) return true;
  std::fprintf(stderr, "typing: %s did not happen\n", what);
  return false;
}

int run(int messages, int keys) {
  const QTemporaryDir folder;
  fill(folder.path(), messages);
  QSettings store(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
  Engine engine;
  App app(engine, store, folder.path());
  app.settings()->set_first_run_done(true);
  QQmlApplicationEngine screens;
  QQuickWindow* window = make_window(app, screens);
  if (!window) return 1;
  window->show();
  window->requestActivate();
  ChatController& chats = *app.chats();
  Turns turns;
  if (!wait_for([&] { return chats.chats()->count() == 2; }, "the store's opening")) return 1;
  app.library()->loadStarter();
  if (!wait_for([&] { return app.library()->loaded(); }, "the load")) return 1;

  turns.begin();
  const double begin = clock_ms();
  for (int row = 0; row < 2; ++row) {
    if (!chats.chats()->at(row).title.isEmpty()) chats.select(chats.chats()->at(row).id);
  }
  if (!wait_for([&] { return chats.messages()->count() == messages; }, "the chat's opening")) return 1;
  window->grabWindow();
  std::printf("open %d messages to text: %.1f ms by the clock\n", messages, clock_ms() - begin);
  print("turn of the event loop while it opens, work", turns.work);

  QTest::qWait(500);
  chats.set_draft(QStringLiteral("something very long"));
  chats.send();
  if (!wait_for([&] { return chats.lastReply().size() > 100; }, "a reply")) return 1;
  Glyphs glyphs(*window, chats);
  turns.begin();
  for (int pressed = 0; pressed < keys && chats.writing();) {
    QTest::qWait(17);
    if (glyphs.press()) ++pressed;
    if (chats.draft().size() > 400) chats.set_draft({});
  }
  print("key to glyph while a reply streams, clock", glyphs.clock);
  print("key to glyph while a reply streams, work", glyphs.work);
  print("turn of the event loop meanwhile, clock", turns.clock);
  print("turn of the event loop meanwhile, work", turns.work);
  chats.stop();
  app.shut_down();
  return 0;
}

}  // namespace
}  // namespace etna::gui

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  qputenv("QT_QUICK_BACKEND", "software");
  qputenv("DBUS_SESSION_BUS_ADDRESS", "disabled:");
  QStandardPaths::setTestModeEnabled(true);
  qputenv("ETNA_FAKE_RATE", argc > 2 ? argv[2] : "100");
  QGuiApplication application(argc, argv);
  return etna::gui::run(argc > 1 ? std::atoi(argv[1]) : 10'000, argc > 3 ? std::atoi(argv[3]) : 300);
}

// Pictures of every step of the Fine-tune page, light and dark: training_pictures <folder> [name …]
// Look at them before committing.
#include <QDir>
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
  bool first_run = false;
  QList<std::pair<const char*, const char*>> environment = {};
};

TrainingController& training(TestWindow& window) {
  return *window.app().training();
}

void open(TestWindow& window) {
  window.press(Qt::Key_3, Qt::ControlModifier);
  QTest::qWait(100);
}

void choose(TestWindow& window, const char* model, const char* file) {
  open(window);
  training(window).chooseModel(QLatin1String(model));
  training(window).set_name(QStringLiteral("shop tone"));
  training(window).data()->choose(QUrl::fromLocalFile(QLatin1String(file)));
  (void)QTest::qWaitFor([&] { return training(window).ready() || training(window).missing()->count() > 0; });
}

std::function<void(TestWindow&)> step(int number, const char* file = "/data/shop-chats.jsonl") {
  return [=](TestWindow& window) {
    choose(window, "/models/Qwen3-4B", file);
    training(window).goTo(number);
  };
}

void scroll(TestWindow& window, double share) {
  QTest::qWait(100);
  QMetaObject::invokeMethod(&window.window(), "scrollTraining", Q_ARG(double, share));
}

void start(TestWindow& window, const char* model) {
  choose(window, model, "/data/shop-chats.jsonl");
  training(window).start();
}

std::function<void(TestWindow&)> running(std::uint64_t until) {
  return [=](TestWindow& window) {
    start(window, "/models/Qwen3-4B");
    (void)QTest::qWaitFor([&] { return training(window).view()->run().iteration >= until; }, 30'000);
    training(window).pause();
    (void)QTest::qWaitFor([&] { return training(window).view()->paused(); });
  };
}

std::function<void(TestWindow&)> finished(const char* model = "/models/Qwen3-4B") {
  return [=](TestWindow& window) {
    start(window, model);
    (void)QTest::qWaitFor([&] { return !training(window).active(); }, 30'000);
    QTest::qWait(200);
  };
}

void quitting(TestWindow& window) {
  start(window, "/models/halts-Qwen3-4B");
  (void)QTest::qWaitFor([&] { return training(window).view()->run().iteration == 12; });
  window.window().close();
}

std::vector<Picture> pictures() {
  using enum TrainingController::Step;
  const QSize narrow(960, 640);
  const auto below = [](const std::function<void(TestWindow&)>& first, double share) {
    return [=](TestWindow& window) {
      first(window);
      scroll(window, share);
    };
  };
  const std::pair<const char*, const char*> quick = {"ETNA_FAKE_STEPS", "2000"};
  return {
      {"training-empty", open},
      {"training-model", step(Model)},
      {"training-data", step(Data)},
      {"training-data-whole", step(Data), {1280, 1500}},
      {"training-data-broken", step(Data, "/data/broken-chats.jsonl")},
      {"training-data-unclear", step(Data, "/data/unclear-shop.csv")},
      {"training-data-narrow", step(Data), narrow},
      {"training-data-large", step(Data), narrow, 2},
      {"training-settings", step(Settings)},
      {"training-settings-narrow", step(Settings), narrow},
      {"training-settings-large", below(step(Settings), 0.3), narrow, 2},
      {"training-review", step(Review)},
      {"training-review-large", step(Review), narrow, 2},
      {"training-run", running(412), {1280, 820}, 1, false, {quick}},
      {"training-run-narrow", running(412), narrow, 1, false, {quick}},
      {"training-run-large", running(412), narrow, 2, false, {quick}},
      {"training-unstable", finished("/models/unstable-Qwen3-4B"), {1280, 820}, 1, false, {quick}},
      {"training-results", finished(), {1280, 820}, 1, false, {quick}},
      {"training-results-narrow", finished(), narrow, 1, false, {quick}},
      {"training-results-large", finished(), narrow, 2, false, {quick}},
      {"training-quit", quitting, {1280, 820}, 1, false, {quick}},
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

#include "gui/application.h"

#include <QFontDatabase>
#include <QIcon>
#include <QQmlApplicationEngine>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QScreen>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>
#include <cstdio>
#include <memory>

#include "engine/engine.h"
#include "gui/app.h"
#include "gui/icon_provider.h"
#include "gui/options.h"
#include "gui/screenshot.h"

void qml_register_types_Etna_Transcript();
void qml_register_types_Etna_Gui();
void qml_register_types_Etna();

namespace etna::gui {
namespace {

constexpr int downloads_delay_ms = 1500;

/// The person's settings, or empty ones that vanish with the program: a picture must not depend on who takes it.
class Store {
public:
  explicit Store(bool isolated)
      : isolated_(isolated),
        settings_(isolated ? std::make_unique<QSettings>(folder_.filePath(QStringLiteral("settings.ini")),
                                                         QSettings::IniFormat)
                           : std::make_unique<QSettings>()) {}

  QSettings& settings() { return *settings_; }

  QString data_folder() const {
    return isolated_ ? folder_.filePath(QStringLiteral("chats")) : QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + QStringLiteral("/etna/chats");
  }

  QString training_folder() const {
    return isolated_ ? folder_.filePath(QStringLiteral("training"))
                     : QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) +
                           QStringLiteral("/etna/training");
  }

private:
  QTemporaryDir folder_;
  bool isolated_;
  std::unique_ptr<QSettings> settings_;
};

void prepare_for_picture(SettingsController& settings, const Options& options) {
  settings.set_theme(options.theme == QLatin1String("dark") ? SettingsController::Dark : SettingsController::Light);
  settings.set_reduce_motion(true);
  settings.set_first_run_done(options.state != QLatin1String("first-run"));
}

void restore_window(QQuickWindow& window, const SettingsController& settings, const Options& options) {
  QRect geometry = settings.window_geometry();
  bool on_a_screen = false;
  for (const QScreen* screen : QGuiApplication::screens())
    on_a_screen = on_a_screen || screen->availableGeometry().intersects(geometry);
  if (on_a_screen) window.setGeometry(geometry);
  if (!options.size.isEmpty()) {
    window.setMinimumSize(options.size.boundedTo(window.minimumSize()));
    window.resize(options.size);
  }
  if (settings.window_maximized() && options.size.isEmpty()) {
    window.showMaximized();
  } else {
    window.show();
  }
}

void load_first_model(App& app, const Options& options) {
  if (!options.model.isEmpty()) {
    app.settings()->set_first_run_done(true);
    return app.library()->load(options.model);
  }
  const SettingsController& settings = *app.settings();
  // A load that took the program down last time is not repeated by itself.
  if (settings.first_run_done() && settings.load_at_start() && !settings.load_was_interrupted())
    app.library()->loadLast();
}

}  // namespace

QQuickWindow* make_window(App& app, QQmlApplicationEngine& screens) {
  QQuickStyle::setStyle(QStringLiteral("Basic"));
  qml_register_types_Etna_Transcript();
  qml_register_types_Etna_Gui();
  qml_register_types_Etna();
  app.attach_to(screens);
  screens.addImageProvider(QStringLiteral("icons"), new IconProvider);
  screens.addImportPath(QStringLiteral("qrc:/qt/qml"));
  screens.load(QUrl(QStringLiteral("qrc:/qt/qml/Etna/Main.qml")));
  return screens.rootObjects().isEmpty() ? nullptr : qobject_cast<QQuickWindow*>(screens.rootObjects().first());
}

int run_application(QGuiApplication& application) {
  const Options options = parse_options(application.arguments());
  if (!options.error.isEmpty()) {
    std::fprintf(stderr, "etna: %s\n", qUtf8Printable(options.error));
    return 2;
  }
  Store store(options.takes_picture());
  auto engine = std::make_unique<Engine>();
  App app(*engine, store.settings(), store.data_folder(), store.training_folder());
  if (options.takes_picture()) {
    prepare_for_picture(*app.settings(), options);
  } else if (!options.theme.isEmpty()) {
    app.settings()->set_theme(options.theme == QLatin1String("dark") ? SettingsController::Dark
                                                                     : SettingsController::Light);
  }

  int code = 1;
  {
    QQmlApplicationEngine screens;
    if (QQuickWindow* window = make_window(app, screens)) {
      restore_window(*window, *app.settings(), options);
      app.machine()->find_devices();
      Screenshot screenshot(app, *window, options);
      if (options.takes_picture()) {
        QTimer::singleShot(0, &screenshot, &Screenshot::start);
      } else {
        load_first_model(app, options);
        // What an earlier run left goes on; the window comes first.
        if (app.settings()->first_run_done())
          QTimer::singleShot(downloads_delay_ms, app.hub(), &HubController::open_downloads);
      }
      code = application.exec();
      if (!options.takes_picture())
        app.settings()->store_window(window->geometry(), window->visibility() == QWindow::Maximized);
    } else {
      std::fprintf(stderr, "etna: the window could not be made.\n");
    }
  }
  // First the engine: it cancels what runs, and its last callbacks still find their receivers.
  app.shut_down();
  engine.reset();
  return code;
}

}  // namespace etna::gui

#include "gui/app.h"

#include <QClipboard>
#include <QDesktopServices>
#include <QGuiApplication>
#include <QUrl>

namespace etna::gui {
namespace {

constexpr const char* property_name = "etnaApp";

}  // namespace

App::App(Engine& engine, QSettings& store, const QString& data_folder, const QString& training_folder, QObject* parent)
    : QObject(parent),
      settings_(store),
      library_(engine, settings_),
      keeper_(data_folder),
      chats_(engine, library_, keeper_),
      archive_(keeper_, chats_, store),
      inspector_(engine, chats_, library_, store),
      compare_(engine, library_, &chats_),
      memory_(engine),
      limits_(engine, memory_, store),
      load_settings_(library_, library_.estimator()),
      hub_(engine, library_, store),
      prompts_(engine, chats_, keeper_, store, Engine::usual_prompt_cache()),
      snapshots_(engine, chats_, library_),
      training_(engine, library_,
                training_folder.isEmpty() ? data_folder + QStringLiteral("/training") : training_folder) {
  connect(&memory_, &MemoryMonitor::sampled, &library_,
          [this](const std::vector<MemoryEvent>& events) { library_.take_memory(memory_.status(), events); });
  for (auto happened : {&LibraryController::ready, &LibraryController::unloaded, &LibraryController::cancelled})
    connect(&library_, happened, &memory_, &MemoryMonitor::refresh);
  connect(&library_, &LibraryController::failed, &memory_, &MemoryMonitor::refresh, Qt::QueuedConnection);
  connect(&chats_, &ChatController::finished, &memory_, &MemoryMonitor::refresh);
  connect(memory_.models(), &LoadedModels::unloadWanted, &library_, &LibraryController::unload);
  connect(memory_.models(), &LoadedModels::countChanged, &load_settings_, &LoadSettings::estimate_again);
  connect(hub_.first_run(), &FirstRunController::waitingChanged, this,
          [this] { chats_.set_expected(hub_.first_run()->waiting()); });
  connect(&chats_, &ChatController::stateChanged, hub_.shelf(),
          [this] { hub_.shelf()->set_answering(chats_.writing()); });
  connect(archive_.files(), &ChatFiles::copied, this, &App::copy);
  connect(hub_.shelf()->models(), &ShelfList::countChanged, &training_, [this] {
    QStringList paths;
    for (const LibraryModel& model : hub_.shelf()->models()->models()) paths << QString::fromStdString(model.path);
    training_.set_library(paths);
  });
  connect(&machine_, &Machine::changed, this, [this] { library_.set_devices(machine_.device_ids()); });
}

App* App::create(QQmlEngine* engine, QJSEngine*) {
  App* app = engine->property(property_name).value<App*>();
  QJSEngine::setObjectOwnership(app, QJSEngine::CppOwnership);
  return app;
}

void App::attach_to(QQmlEngine& engine) {
  engine.setProperty(property_name, QVariant::fromValue(this));
}

QString App::version() const {
  return QString::fromStdString(Engine::version());
}

void App::copy(const QString& text) {
  QGuiApplication::clipboard()->setText(text);
}

void App::openLink(const QString& link) {
  const QUrl url(link, QUrl::StrictMode);
  static const QStringList schemes = {QStringLiteral("https"), QStringLiteral("http"), QStringLiteral("mailto")};
  if (schemes.contains(url.scheme())) QDesktopServices::openUrl(url);
}

}  // namespace etna::gui

#include "gui/app.h"

#include <QClipboard>
#include <QDesktopServices>
#include <QGuiApplication>
#include <QUrl>

namespace etna::gui {
namespace {

constexpr const char* property_name = "etnaApp";

}  // namespace

App::App(Engine& engine, QSettings& store, QObject* parent)
    : QObject(parent), settings_(store), library_(engine, settings_), chats_(engine, library_), memory_(engine) {
  const auto busy_changed = [this] { memory_.set_busy(library_.loading() || chats_.writing()); };
  connect(&chats_, &ChatController::stateChanged, this, busy_changed);
  connect(&library_, &LibraryController::ready, this, busy_changed);
}

App* App::create(QQmlEngine* engine, QJSEngine*) {
  App* app = engine->property(property_name).value<App*>();
  QJSEngine::setObjectOwnership(app, QJSEngine::CppOwnership);
  return app;
}

void App::attach_to(QQmlEngine& engine) { engine.setProperty(property_name, QVariant::fromValue(this)); }

QString App::version() const { return QString::fromStdString(Engine::version()); }

void App::copy(const QString& text) { QGuiApplication::clipboard()->setText(text); }

void App::openLink(const QString& link) {
  const QUrl url(link, QUrl::StrictMode);
  static const QStringList schemes = {QStringLiteral("https"), QStringLiteral("http"), QStringLiteral("mailto")};
  if (schemes.contains(url.scheme())) QDesktopServices::openUrl(url);
}

}  // namespace etna::gui

#include <QGuiApplication>
#include <QIcon>

#include "engine/engine.h"
#include "gui/application.h"

int main(int argc, char** argv) {
  QGuiApplication application(argc, argv);
  QGuiApplication::setApplicationName(QStringLiteral("etna"));
  QGuiApplication::setApplicationDisplayName(QStringLiteral("Etna"));
  QGuiApplication::setOrganizationName(QStringLiteral("etna"));
  QGuiApplication::setDesktopFileName(QStringLiteral("etna"));
  QGuiApplication::setApplicationVersion(QString::fromStdString(etna::Engine::version()));
  QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/etna/icons/app.svg")));
  return etna::gui::run_application(application);
}

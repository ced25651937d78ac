#pragma once

#include <QGuiApplication>
#include <QQmlApplicationEngine>
#include <QQuickWindow>

#include "gui/app.h"

namespace etna::gui {

/// Makes the window, hidden. nullptr: the screens are broken, and the engine has said why.
QQuickWindow* make_window(App& app, QQmlApplicationEngine& screens);

/// Runs the window: reads the command line, makes engine, App and screens, and takes them down in the right order.
/// Returns the program's exit code.
int run_application(QGuiApplication& application);

}  // namespace etna::gui

#pragma once

#include <QGuiApplication>

namespace etna::gui {

/// Runs the window: reads the command line, makes engine, App and screens, and takes them down in the right order.
/// Returns the program's exit code.
int run_application(QGuiApplication& application);

}  // namespace etna::gui

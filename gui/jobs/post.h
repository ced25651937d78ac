#pragma once

#include <QMetaObject>
#include <QObject>
#include <utility>

namespace etna::gui {

/// Runs a function later on the thread of a receiver. The engine's callbacks come on its own thread; this is the only
/// way their values reach the screen. Nothing runs once the receiver is gone.
template <class Function>
void post(QObject* receiver, Function&& function) {
  QMetaObject::invokeMethod(receiver, std::forward<Function>(function), Qt::QueuedConnection);
}

}  // namespace etna::gui

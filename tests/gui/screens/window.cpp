#include "tests/gui/screens/window.h"

#include <QAccessible>
#include <stdexcept>

#include "gui/application.h"

namespace etna::gui {
namespace {

QStringList collected;

void collect(QtMsgType type, const QMessageLogContext&, const QString& message) {
  if (type != QtDebugMsg && type != QtInfoMsg) collected << message;
}

void add_visible(QQuickItem* item, QList<QQuickItem*>& all) {
  if (!item->isVisible() || item->opacity() == 0) return;
  all << item;
  for (QQuickItem* child : item->childItems()) add_visible(child, all);
}

void add_all(QQuickItem* item, QList<QQuickItem*>& all) {
  all << item;
  for (QQuickItem* child : item->childItems()) add_all(child, all);
}

QAccessibleInterface* find_spoken(QAccessibleInterface* node, const QString& name) {
  if (!node || !node->isValid() || node->text(QAccessible::Name) == name) return node;
  for (int i = 0; i < node->childCount(); ++i) {
    QAccessibleInterface* found = find_spoken(node->child(i), name);
    if (found && found->text(QAccessible::Name) == name) return found;
  }
  return nullptr;
}

}  // namespace

TestWindow::TestWindow(bool first_run) {
  collected.clear();
  qInstallMessageHandler(collect);
  app_ = std::make_unique<App>(*engine_, store_, folder_.path());
  app_->settings()->set_first_run_done(!first_run);
  app_->settings()->set_reduce_motion(true);
  screens_ = std::make_unique<QQmlApplicationEngine>();
  window_ = make_window(*app_, *screens_);
  if (!window_) throw std::runtime_error(collected.join(u'\n').toStdString());
  window_->show();
  window_->requestActivate();
  if (!QTest::qWaitForWindowActive(window_)) throw std::runtime_error("the window did not become active");
  app_->machine()->find_devices();
  if (!QTest::qWaitFor([this] { return app_->machine()->known(); })) throw std::runtime_error("no devices were found");
}

TestWindow::~TestWindow() {
  app_->shut_down();
  engine_.reset();
  screens_.reset();
  qInstallMessageHandler(nullptr);
}

void TestWindow::load_starter() {
  app_->library()->loadStarter();
  if (!QTest::qWaitFor([this] { return app_->library()->loaded(); }))
    throw std::runtime_error("the starter did not load");
}

void TestWindow::press(Qt::Key key, Qt::KeyboardModifiers modifiers) {
  QTest::keyClick(window_, key, modifiers);
  QCoreApplication::processEvents();
}

void TestWindow::type(const QString& text) {
  for (const QChar letter : text) QTest::keyClick(window_, letter.toLatin1());
}

QList<QQuickItem*> TestWindow::items() const {
  QList<QQuickItem*> all;
  add_visible(window_->contentItem(), all);
  return all;
}

QAccessibleInterface* TestWindow::spoken(const QString& name) const {
  return find_spoken(QAccessible::queryAccessibleInterface(window_), name);
}

QList<QQuickItem*> TestWindow::everything() const {
  QList<QQuickItem*> all;
  add_all(window_->contentItem(), all);
  return all;
}

QStringList TestWindow::warnings() {
  return collected;
}

QString accessible_name(QQuickItem* item) {
  QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(item);
  return accessible ? accessible->text(QAccessible::Name) : QString();
}

}  // namespace etna::gui

#include <gtest/gtest.h>

#include <QGuiApplication>
#include <QStandardPaths>

// Tests of the window need no screen, no graphics driver and none of the person's settings.
int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  qputenv("QT_QUICK_BACKEND", "software");
  qputenv("LC_ALL", "C.UTF-8");
  qputenv("DBUS_SESSION_BUS_ADDRESS", "disabled:");
  if (!qEnvironmentVariableIsSet("ETNA_FAKE_RATE")) qputenv("ETNA_FAKE_RATE", "1000");
  QStandardPaths::setTestModeEnabled(true);
  testing::InitGoogleTest(&argc, argv);
  const QGuiApplication application(argc, argv);
  return RUN_ALL_TESTS();
}

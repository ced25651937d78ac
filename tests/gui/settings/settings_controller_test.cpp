#include "gui/settings/settings_controller.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QTemporaryDir>

namespace etna::gui {
namespace {

class SettingsControllerTest : public testing::Test {
protected:
  QTemporaryDir folder;
  QString file = folder.filePath(QStringLiteral("settings.ini"));
};

TEST_F(SettingsControllerTest, ChoicesSurviveARestart) {
  {
    QSettings store(file, QSettings::IniFormat);
    SettingsController settings(store);
    settings.set_theme(SettingsController::Dark);
    settings.largerFont();
    settings.set_first_run_done(true);
    settings.store_window(QRect(10, 20, 1000, 700), false);
  }
  QSettings store(file, QSettings::IniFormat);
  const SettingsController settings(store);
  EXPECT_TRUE(settings.dark());
  EXPECT_DOUBLE_EQ(settings.font_scale(), 1.1);
  EXPECT_TRUE(settings.first_run_done());
  EXPECT_EQ(settings.window_geometry(), QRect(10, 20, 1000, 700));
}

TEST_F(SettingsControllerTest, TheTextSizeStaysBetween80And200Percent) {
  QSettings store(file, QSettings::IniFormat);
  SettingsController settings(store);
  for (int i = 0; i < 30; ++i) settings.largerFont();
  EXPECT_DOUBLE_EQ(settings.font_scale(), 2.0);
  for (int i = 0; i < 30; ++i) settings.smallerFont();
  EXPECT_DOUBLE_EQ(settings.font_scale(), 0.8);
}

TEST_F(SettingsControllerTest, ADamagedFileMeansTheUsualSettings) {
  QFile damaged(file);
  ASSERT_TRUE(damaged.open(QIODevice::WriteOnly));
  damaged.write("[General]\ntheme=purple\nfontScale=nan\nwindowGeometry=@Rect(\n\x00\x01\xff garbage", 70);
  damaged.close();
  QSettings store(file, QSettings::IniFormat);
  const SettingsController settings(store);
  EXPECT_EQ(settings.theme(), SettingsController::System);
  EXPECT_DOUBLE_EQ(settings.font_scale(), 1.0);
  EXPECT_FALSE(settings.window_geometry().isValid());
}

}  // namespace
}  // namespace etna::gui

#include <gtest/gtest.h>

#include <QFile>
#include <QTemporaryDir>

#include "gui/hub/readme_text.h"
#include "gui/hub/result_list.h"
#include "gui/hub/result_store.h"
#include "tests/gui/offline/fake_hub.h"

namespace etna::gui {
namespace {

TEST(Readme, HeadCommentsAndTagsGoTextAndCodeStay) {
  const QString text =
      readme_text(QStringLiteral("---\nlicense: mit\n---\n<!-- a\ncomment -->\n<div align=\"center\">\n<b>Bold</b> "
                                 "words\n</div>\n\n\n\nEnd\n```html\n<p>kept</p>\n```"));
  EXPECT_EQ(text.toStdString(), "Bold words\n\nEnd\n```html\n<p>kept</p>\n```");
}

TEST(Readme, ScriptsImagesAndUnclosedTagsLeaveNoMarkup) {
  const QString text = readme_text(QString::fromStdString(fake_readme()));
  EXPECT_FALSE(text.contains(QLatin1String("<script")));
  EXPECT_FALSE(text.contains(QLatin1String("alert")));
  EXPECT_FALSE(text.contains(QLatin1String("<img")));
  EXPECT_TRUE(text.contains(QLatin1String("# Qwen3 8B")));
  EXPECT_EQ(readme_text(QStringLiteral("a < b and b > a")).toStdString(), "a < b and b > a");
}

TEST(Readme, ALongCardIsCutAtAParagraph) {
  QString card;
  while (card.size() < 200'000) card += QStringLiteral("A paragraph of some words.\n\n");
  const QString text = readme_text(card);
  EXPECT_LT(text.size(), 21'000);
  EXPECT_TRUE(text.endsWith(QLatin1String("words.\n\n*The rest is on Hugging Face.*")));
}

TEST(Readme, AHeadThatNeverEndsIsText) {
  EXPECT_EQ(readme_text(QStringLiteral("---\nno end")).toStdString(), "---\nno end");
  EXPECT_EQ(readme_text({}).toStdString(), "");
}

TEST(ResultStore, WhatIsKeptComesBackAndStrangersDoNot) {
  QTemporaryDir folder;
  const QString file = folder.filePath(QStringLiteral("cache/results.json"));
  EXPECT_FALSE(kept_results(file));
  keep_results(file, {QDate(2026, 5, 12), fake_models()});
  const auto kept = kept_results(file);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->date, QDate(2026, 5, 12));
  ASSERT_EQ(kept->models.size(), fake_models().size());
  EXPECT_EQ(kept->models[0].elements[0].elements, fake_models()[0].elements[0].elements);

  QFile out(file);
  ASSERT_TRUE(out.open(QIODevice::WriteOnly));
  out.write(R"({"date":"2026-05-12","models":[{"id":"../../etc/passwd"},{"id":"a/b"},7]})");
  out.close();
  ASSERT_TRUE(kept_results(file));
  EXPECT_EQ(kept_results(file)->models.size(), 1u);
  ASSERT_TRUE(out.open(QIODevice::WriteOnly));
  out.write("not JSON");
  out.close();
  EXPECT_FALSE(kept_results(file));
}

TEST(ResultTexts, CountsAndSizesAreShort) {
  EXPECT_EQ(short_count(912).toStdString(), "912");
  EXPECT_EQ(short_count(38'412).toStdString(), "38 k");
  EXPECT_EQ(short_count(1'240'000).toStdString(), "1.2 M");
  EXPECT_EQ(short_parameters(8'190'000'000).toStdString(), "8.2B");
  EXPECT_EQ(short_parameters(8'000'000'000).toStdString(), "8B");
  EXPECT_EQ(short_parameters(70'600'000'000).toStdString(), "71B");
  EXPECT_EQ(short_parameters(360'000'000).toStdString(), "360M");
  EXPECT_EQ(short_date("2025-11-02T09:00:00.000Z").toStdString().substr(0, 5), "2 Nov");
  EXPECT_TRUE(short_date("nonsense").isEmpty());
}

}  // namespace
}  // namespace etna::gui

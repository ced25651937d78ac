#include "gui/errors/catalogue.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QTemporaryDir>
#include <set>

namespace etna::gui {
namespace {

TEST(Catalogue, EveryCodeHasShortTitleBodyAndAWayOut) {
  std::set<std::string> codes;
  for (const CatalogueEntry& entry : catalogue()) {
    EXPECT_TRUE(codes.insert(entry.code).second) << entry.code << " twice";
    const Problem problem = make_problem(QLatin1String(entry.code), QStringLiteral("something is missing"));
    EXPECT_EQ(problem.code.toStdString(), entry.code);
    EXPECT_FALSE(problem.title.isEmpty());
    EXPECT_LE(problem.title.size(), 60) << entry.code;
    EXPECT_FALSE(problem.body.contains(u'%')) << problem.body.toStdString();
    EXPECT_GE(problem.actions.size(), 1) << entry.code;
    EXPECT_LE(problem.actions.size(), 3) << entry.code;
    for (const QString& text : problem.action_texts()) EXPECT_FALSE(text.isEmpty());
    for (const char* word : {"Oops", "nexpected", "OOM", "VRAM", "!"})
      EXPECT_FALSE((problem.title + problem.body).contains(QLatin1String(word))) << entry.code << ": " << word;
  }
}

TEST(Catalogue, EveryKindOfFailureHasAnEntry) {
  for (int code = 0; code <= static_cast<int>(Errc::template_error); ++code) {
    const Failure failure{static_cast<Errc>(code), "reason"};
    EXPECT_TRUE(load_problem(failure, {}).is_set());
    EXPECT_TRUE(reply_problem(failure).is_set());
  }
}

TEST(Catalogue, AMissingFolderAndAMissingFileAreToldApart) {
  EXPECT_EQ(load_problem({Errc::not_found, "no such folder"}, QStringLiteral("/nowhere/at/all")).code, QStringLiteral("E-DSK-04"));
  QTemporaryDir folder;
  const Failure failure{Errc::not_found, "shard 2 is missing"};
  EXPECT_EQ(load_problem(failure, folder.path()).code, QStringLiteral("E-MOD-01")) << "a folder without config.json is no model";
  QFile config(folder.filePath(QStringLiteral("config.json")));
  ASSERT_TRUE(config.open(QIODevice::WriteOnly));
  EXPECT_EQ(load_problem(failure, folder.path()).code, QStringLiteral("E-MOD-03"));
}

TEST(Catalogue, TheEnginesSentenceIsShownAsItIsAndKeptInTheDetails) {
  const Problem problem = load_problem({Errc::corrupt, "config.json: 100 %1 of %2"}, QStringLiteral("/models/x"));
  EXPECT_TRUE(problem.body.startsWith(QStringLiteral("config.json: 100 %1 of %2."))) << problem.body.toStdString();
  EXPECT_TRUE(problem.details.contains(QStringLiteral("E-MOD-04")));
  EXPECT_TRUE(problem.details.contains(QStringLiteral("/models/x")));
}

}  // namespace
}  // namespace etna::gui

#include "gui/training/tune_draft.h"

#include <gtest/gtest.h>

#include <QJsonDocument>
#include <QJsonObject>

#include "gui/training/loss_series.h"
#include "gui/training/run_words.h"

namespace etna::gui {
namespace {

QJsonObject recipe(const TuneDraft& draft, std::uint64_t iterations = 400) {
  return QJsonDocument::fromJson(recipe_of(draft, iterations, QStringLiteral("/out")).toUtf8()).object();
}

TEST(TuneDraft, ADraftComesBackAsItWasKept) {
  TuneDraft draft;
  draft.name = QStringLiteral("legal tone");
  draft.has_model = true;
  draft.model = QStringLiteral("/models/Qwen3-4B");
  draft.data = QStringLiteral("/data/chat.jsonl");
  draft.columns = {{QStringLiteral("frage"), QStringLiteral("prompt")},
                   {QStringLiteral("antwort"), QStringLiteral("answer")}};
  draft.fixes = QStringList{QStringLiteral("skip_long")};
  draft.check_percent = 8;
  draft.preset = TunePreset::thorough;
  draft.changed[QStringLiteral("rank")] = 12;
  draft.step = 2;
  EXPECT_EQ(TuneDraft::from_json(draft.to_json()).to_json(), draft.to_json());
  EXPECT_EQ(value_of(TuneDraft::from_json(draft.to_json()), QStringLiteral("rank")).toInt(), 12);
}

TEST(TuneDraft, HostileDraftsBecomeUsualOnes) {
  for (const char* text :
       {"", "[]", "{\"preset\": 7, \"step\": 99, \"changed\": {\"nothing\": 1}}", "{\"columns\": [1, [2]]}"}) {
    const TuneDraft draft = TuneDraft::from_json(QLatin1String(text));
    EXPECT_LE(draft.step, 5);
    EXPECT_TRUE(draft.changed.isEmpty());
    EXPECT_EQ(draft.preset, TunePreset::balanced);
  }
}

TEST(TuneDraft, StepsFollowFromRowsBatchAndPasses) {
  TuneDraft draft;
  EXPECT_EQ(iterations_of(draft, 0), 0u);
  EXPECT_EQ(iterations_of(draft, 3204), 1602u);
  EXPECT_EQ(iterations_of(draft, 3), 2u) << "less than a batch is one";
  draft.preset = TunePreset::quick_try;
  EXPECT_EQ(iterations_of(draft, 3204), 100u);
  draft.changed[QStringLiteral("passes")] = 3;
  EXPECT_EQ(iterations_of(draft, 3204), 2403u) << "who asks for passes gets them";
}

TEST(TuneDraft, TheRecipeSaysWhatTheSettingsSay) {
  TuneDraft draft;
  draft.data = QStringLiteral("/data/chat.jsonl");
  draft.changed[QStringLiteral("rank")] = 8;
  draft.changed[QStringLiteral("alpha")] = 24.0;
  const QJsonObject json = recipe(draft);
  EXPECT_EQ(json[QStringLiteral("iters")].toInt(), 400);
  EXPECT_EQ(json[QStringLiteral("lora_parameters")][QStringLiteral("rank")].toInt(), 8);
  EXPECT_EQ(json[QStringLiteral("lora_parameters")][QStringLiteral("scale")].toDouble(), 3.0);
  EXPECT_TRUE(json[QStringLiteral("mask_prompt")].toBool());
  EXPECT_EQ(json[QStringLiteral("adapter_path")].toString(), QStringLiteral("/out"));
  EXPECT_FALSE(json.contains(QStringLiteral("columns")));
  EXPECT_EQ(json[QStringLiteral("lr_schedule")][QStringLiteral("name")].toString(), QStringLiteral("cosine_decay"));
  EXPECT_EQ(json[QStringLiteral("lr_schedule")][QStringLiteral("warmup")].toInt(), 12) << "3 % of 400 steps";
}

TEST(TuneDraft, GuardsSpeakUpLive) {
  TuneDraft draft;
  EXPECT_TRUE(guard_of(draft, QStringLiteral("alpha")).isEmpty());
  draft.changed[QStringLiteral("alpha")] = 16.0;
  EXPECT_EQ(guard_of(draft, QStringLiteral("alpha")).toStdString(), "Alpha is usually twice the rank (32).");
  draft.changed[QStringLiteral("learning_rate")] = 2e-3;
  EXPECT_TRUE(guard_of(draft, QStringLiteral("learning_rate"))
                  .contains(QStringLiteral("10 times the usual; training may diverge")))
      << guard_of(draft, QStringLiteral("learning_rate")).toStdString();
  const double before = value_of(draft, QStringLiteral("learning_rate")).toDouble();
  EXPECT_EQ(value_of(with_half_strength(draft), QStringLiteral("learning_rate")).toDouble(), before / 2);
}

TEST(LossSeries, SaysHowTheLossWentAndWhyThereIsNoCheck) {
  LossSeries loss;
  loss.begin(1602, 100, true);
  EXPECT_EQ(loss.check_note().toStdString(), "First check at step 100");
  runs::Events events;
  for (std::uint64_t step = 1; step <= 150; ++step) events.steps.push_back({step, step < 5 ? 2.41 : 1.12, 0});
  loss.add(events);
  EXPECT_EQ(loss.summary().toStdString(), "Loss fell from 2.41 to 1.12");
  loss.add({{}, {{100, 1.19}}, {}});
  EXPECT_EQ(loss.summary().toStdString(), "Loss fell from 2.41 to 1.12; last check 1.19");
  EXPECT_TRUE(loss.check_note().isEmpty());
  EXPECT_TRUE(loss.describe(100).contains(QStringLiteral("Check 1.19"))) << loss.describe(100).toStdString();
  loss.begin(10, 100, false);
  EXPECT_EQ(loss.check_note().toStdString(), "No row is kept for checking.");
}

TEST(LossSeries, ALongRunIsDrawnWithFewPointsAndItsEndAlone) {
  LossSeries loss;
  loss.begin(100'000, 0, true);
  runs::Events events;
  for (std::uint64_t step = 1; step <= 50'000; ++step)
    events.steps.push_back({step, 2.0 - 1e-5 * static_cast<double>(step), 0});
  loss.add(events);
  for (const PlotSeries& series : loss.plot().series) EXPECT_LE(series.points.size(), 2000);
  loss.set_last_only(true);
  EXPECT_EQ(loss.plot().x_min, 49'800);
  loss.set_logarithmic(true);
  EXPECT_TRUE(loss.plot().log_y);
}

TEST(RunWords, SeesWhenAModelBeginsToMemorise) {
  std::vector<runs::Step> steps;
  for (std::uint64_t step = 1; step <= 500; ++step) steps.push_back({step, 2.0 - 0.002 * static_cast<double>(step), 0});
  EXPECT_TRUE(memorising_hint(steps, {{100, 1.5}, {200, 1.4}, {300, 1.45}, {400, 1.5}}).isEmpty())
      << "twice is not three times";
  EXPECT_FALSE(memorising_hint(steps, {{100, 1.5}, {200, 1.4}, {300, 1.45}, {400, 1.5}, {500, 1.6}}).isEmpty());
  for (runs::Step& step : steps) step.loss = 2;
  EXPECT_TRUE(memorising_hint(steps, {{100, 1.3}, {200, 1.4}, {300, 1.45}, {400, 1.5}}).isEmpty())
      << "the training loss does not fall";
}

}  // namespace
}  // namespace etna::gui

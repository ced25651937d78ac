#include "gui/memory/memory_limits.h"

#include <QSignalSpy>

#include "tests/gui/app_fixture.h"

namespace etna::gui {
namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

using MemoryLimitsTest = AppTest;

TEST_F(MemoryLimitsTest, ALimitHoldsAtOnceAndAfterARestart) {
  memory().refresh();
  MemoryLimits& limits = *app->limits();
  EXPECT_FALSE(limits.limited());
  EXPECT_EQ(limits.limit_text(), QStringLiteral("12 GiB"));
  EXPECT_NEAR(limits.limit_share(), 12.0 / 15.5, 0.001);
  limits.set_limit_share(0.5);
  EXPECT_TRUE(limits.limited());
  EXPECT_EQ(engine->memory_policy().limit_bytes, limits.policy().limit_bytes);
  EXPECT_EQ(engine->memory_policy().limit_bytes % (gib / 4), 0) << "in steps of 256 MiB";
  EXPECT_EQ(memory().status().limit_bytes, limits.policy().limit_bytes);
  const std::uint64_t chosen = limits.policy().limit_bytes;
  restart();
  EXPECT_EQ(engine->memory_policy().limit_bytes, chosen);
  app->limits()->useRecommendedLimit();
  EXPECT_EQ(engine->memory_policy().limit_bytes, 0);
}

TEST_F(MemoryLimitsTest, GuardrailIdleTimeAndCacheAreKept) {
  memory().refresh();
  app->limits()->set_guardrail(0);
  app->limits()->set_idle(2);
  app->limits()->set_prompt_cache(4);
  EXPECT_TRUE(app->limits()->guardrail_note().contains(QStringLiteral("Models may use 10 GiB now")))
      << app->limits()->guardrail_note().toStdString();
  restart();
  EXPECT_EQ(engine->memory_policy().guardrail, Guardrail::careful);
  EXPECT_EQ(engine->memory_policy().idle_unload_seconds, 900);
  EXPECT_EQ(engine->memory_policy().prompt_cache_bytes, 2 * gib);
  EXPECT_EQ(app->limits()->idle(), 2);
  EXPECT_EQ(app->limits()->prompt_cache(), 4);
}

TEST_F(MemoryLimitsTest, ADamagedFileIsAsGoodAsNone) {
  store.setValue(QStringLiteral("memory/guardrail"), QStringLiteral("strong"));
  store.setValue(QStringLiteral("memory/idleSeconds"), -5);
  store.setValue(QStringLiteral("memory/promptCache"), QStringLiteral("much"));
  store.setValue(QStringLiteral("memory/limit"), 3);
  restart();
  const MemoryPolicy policy = engine->memory_policy();
  EXPECT_EQ(policy.idle_unload_seconds, 0);
  EXPECT_EQ(policy.prompt_cache_bytes, MemoryPolicy().prompt_cache_bytes);
  EXPECT_GE(policy.limit_bytes, gib / 2) << "a limit below which nothing works is none that anybody chose";
}

TEST_F(MemoryLimitsTest, ClearSaysHowMuchAndGivesItBack) {
  memory().refresh();
  EXPECT_FALSE(app->limits()->can_clear());
  EXPECT_EQ(app->limits()->clear_text(), QStringLiteral("Nothing to clear"));
  load(QStringLiteral("/models/Qwen3-4B"));
  EXPECT_EQ(app->limits()->clear_text(), QStringLiteral("Clear (4 MiB)"));
  app->limits()->clearCaches();
}

TEST_F(MemoryLimitsTest, ScreensHearOnlyOfDifferences) {
  memory().refresh();
  QSignalSpy changed(app->limits(), &MemoryLimits::changed);
  for (int i = 0; i < 5; ++i) memory().refresh();
  EXPECT_EQ(changed.count(), 0);
}

}  // namespace
}  // namespace etna::gui

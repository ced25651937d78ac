#include "gui/memory/memory_text.h"

#include <gtest/gtest.h>

#include <QRegularExpression>
#include <limits>
#include <numeric>
#include <random>

#include "gui/memory/loaded_models.h"
#include "gui/memory/memory_history.h"
#include "gui/memory/memory_kinds.h"
#include "gui/memory/use_list.h"
#include "gui/models/fit_text.h"

namespace etna::gui {
namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

TEST(MemoryText, TheSentenceSaysTheWordAndTheNumbers) {
  MemoryPoolStatus pool;
  pool.total_bytes = 33'500'000'000;
  pool.live_bytes = 7'840'000'000;
  pool.free_bytes = 16'000'000'000;
  MemoryStatus status;
  status.pools = {pool};
  EXPECT_EQ(memory_sentence(status),
            QStringLiteral("Memory is calm. Etna uses 7.3 of 31.2 GiB; 14.9 GiB are free for models."));
  status.pressure = MemoryPressure::critical;
  EXPECT_TRUE(memory_sentence(status).startsWith(QStringLiteral("Memory is critical.")));
  EXPECT_FALSE(memory_sentence({}).contains(QRegularExpression(QStringLiteral("\\d"))));
}

TEST(MemoryText, ABarAddsUpToItsPoolAndNothingCountsTwice) {
  MemoryPoolStatus pool;
  pool.total_bytes = 16 * gib;
  pool.other_bytes = 3 * gib;
  pool.app_bytes = gib / 4;
  pool.cached_bytes = gib / 4;
  pool.slack_bytes = gib / 8;
  pool.limit_bytes = 8 * gib;
  pool.uses = {{"m", "weights", 2 * gib, 0, 1}, {"m", "staging", gib / 2, 0, 1}, {"t", "training", gib, 0, 2}};
  const auto parts = split(pool);
  EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), std::uint64_t{0}), pool.total_bytes);
  EXPECT_EQ(parts[static_cast<std::size_t>(MemoryKind::working)], gib / 2 + gib / 4 + gib / 8);
  const Bar bar = pool_bar(pool);
  EXPECT_DOUBLE_EQ(bar.tick, (3 + 0.25 + 8) / 16);
  EXPECT_TRUE(bar.text.startsWith(QStringLiteral("7.13 of 16 GiB in use"))) << bar.text.toStdString();
}

TEST(MemoryText, MoreInUseThanThereIsStaysABar) {
  MemoryPoolStatus pool;
  pool.total_bytes = gib;
  pool.other_bytes = 2 * gib;
  pool.limit_bytes = 5 * gib;
  const Bar bar = pool_bar(pool);
  EXPECT_EQ(bar.whole, 2 * gib);
  EXPECT_LE(bar.tick, 1);
}

/// Values that no engine should say, and some that it does.
class Nonsense {
public:
  std::uint64_t bytes() {
    static constexpr std::uint64_t ends[] = {0, 1, gib, std::uint64_t{1} << 63,
                                             std::numeric_limits<std::uint64_t>::max()};
    return random_() % 3 == 0 ? ends[random_() % 5] : random_() >> (random_() % 64);
  }

  double number() {
    static constexpr double ends[] = {0, -1, -1e300, 1e300, 0.5, 59.9, 3601};
    switch (random_() % 4) {
      case 0: return std::numeric_limits<double>::quiet_NaN();
      case 1: return std::numeric_limits<double>::infinity() * (random_() % 2 ? 1 : -1);
      default: return ends[random_() % 7];
    }
  }

  MemoryStatus status() {
    MemoryStatus status;
    status.seconds = random_() % 2 ? number() : 1000.0;
    status.some_avg10 = number();
    status.full_avg10 = number();
    status.pressure_known = random_() % 2;
    status.limit_bytes = bytes();
    status.recommended_limit_bytes = bytes();
    status.peaks = {{"loading", bytes()}};
    for (int i = 0; i < 2; ++i) {
      MemoryPoolStatus pool;
      pool.name = "pool";
      for (std::uint64_t* value : {&pool.total_bytes, &pool.other_bytes, &pool.app_bytes, &pool.live_bytes,
                                   &pool.mapped_bytes, &pool.cached_bytes, &pool.slack_bytes, &pool.reserved_bytes,
                                   &pool.free_bytes, &pool.limit_bytes, &pool.peak_bytes})
        *value = bytes();
      pool.uses = {{"owner", "weights", bytes(), bytes(), 1}};
      status.pools.push_back(pool);
      LoadedModelStatus model;
      model.name = "model";
      model.bytes = bytes();
      model.unload_frees = bytes();
      model.idle_seconds = number();
      model.unloads_in_seconds = number();
      status.models.push_back(model);
    }
    return status;
  }

  LoadEstimate estimate() {
    LoadEstimate estimate;
    estimate.pools = {{"system", bytes(), bytes(), bytes(), bytes(), bytes(), bytes()}};
    estimate.fit = static_cast<Fit>(random_() % 4);
    estimate.usable_bytes = bytes();
    estimate.longest_context = bytes();
    estimate.unloading = {{1, "model", bytes(), static_cast<Fit>(random_() % 4)}};
    return estimate;
  }

private:
  std::mt19937_64 random_{5};
};

void expect_sane(const QString& text) {
  static const QRegularExpression bad(QStringLiteral("nan|inf\\b|[-−]\\d|%\\d"),
                                      QRegularExpression::CaseInsensitiveOption);
  EXPECT_FALSE(text.contains(bad)) << text.toStdString();
}

void expect_sane(const Bar& bar) {
  expect_sane(bar.text);
  EXPECT_TRUE(bar.tick == -1 || (bar.tick >= 0 && bar.tick <= 1)) << bar.tick;
  SegmentList list;
  list.set(bar.segments, bar.whole);
  expect_sane(list.summary());
  for (const double end : list.ends()) EXPECT_TRUE(end >= 0 && end <= 1) << end;
}

TEST(MemoryText, NoTextHoldsANumberThatIsNoneOrBelowZero) {
  Nonsense nonsense;
  for (int i = 0; i < 500; ++i) {
    const MemoryStatus status = nonsense.status();
    expect_sane(memory_sentence(status));
    expect_sane(memory_report(status));
    for (const MemoryPoolStatus& pool : status.pools) expect_sane(pool_bar(pool));
    UseList uses;
    uses.set(status.pools);
    expect_sane(uses.copyText());
    MemoryHistory history;
    history.take(status, {});
    expect_sane(history.summary());
    expect_sane(history.describe(nonsense.number()));
    for (const PlotTick& tick : history.plot().y_ticks) expect_sane(tick.text);

    const LoadEstimate estimate = nonsense.estimate();
    expect_sane(fit_sentence(estimate));
    expect_sane(fit_hint(estimate));
    for (const Bar& bar : estimate_bars(estimate, {})) expect_sane(bar);
  }
}

TEST(MemoryText, NoRowOfALoadedModelDoesEither) {
  Engine engine;
  LoadedModels models(engine);
  Nonsense nonsense;
  for (int i = 0; i < 200; ++i) {
    models.set(nonsense.status().models);
    for (int row = 0; row < models.count(); ++row) {
      for (const int role :
           {LoadedModels::AmountRole, LoadedModels::UsedRole, LoadedModels::UnloadsRole, LoadedModels::FreesRole})
        expect_sane(models.data(models.index(row), role).toString());
    }
  }
}

}  // namespace
}  // namespace etna::gui

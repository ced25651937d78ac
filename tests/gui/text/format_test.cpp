#include "gui/text/format.h"

#include <gtest/gtest.h>

#include <QLocale>
#include <cmath>

namespace etna::gui {
namespace {

class FormatTest : public testing::Test {
protected:
  void SetUp() override { QLocale::setDefault(QLocale::c()); }
};

TEST_F(FormatTest, DiskIsDecimalMemoryIsBinary) {
  EXPECT_EQ(format::disk_bytes(10'640'000), QStringLiteral("10.6 MB"));
  EXPECT_EQ(format::disk_bytes(2'500'000'000), QStringLiteral("2.5 GB"));
  EXPECT_EQ(format::disk_bytes(999), QStringLiteral("999 B"));
  EXPECT_EQ(format::disk_progress(1'050'000'000, 2'500'000'000), QStringLiteral("1.05 of 2.5 GB"));
  EXPECT_EQ(format::memory_bytes(16ull << 30), QStringLiteral("16 GiB"));
  EXPECT_EQ(format::memory_bytes(5ull << 20), QStringLiteral("5 MiB"));
  EXPECT_EQ(format::memory_bytes(553ull << 10), QStringLiteral("553 KiB"));
  EXPECT_EQ(format::memory_share(7'838'315'315, 12ull << 30), QStringLiteral("7.3 / 12.0 GiB"));
  EXPECT_EQ(format::memory_share(40ull << 20, 12ull << 30), QStringLiteral("40 MiB / 12.0 GiB"));
}

TEST_F(FormatTest, ThreeSignificantDigitsAtMost) {
  EXPECT_EQ(format::rate(38.24), QStringLiteral("38.2 tok/s"));
  EXPECT_EQ(format::rate(412.4), QStringLiteral("412 tok/s"));
  EXPECT_EQ(format::rate(9.999), QStringLiteral("10 tok/s"));
  EXPECT_EQ(format::seconds(0.314), QStringLiteral("0.31 s"));
  EXPECT_EQ(format::parameters(8'030'000'000), QStringLiteral("8.03 billion"));
}

TEST_F(FormatTest, OneUnitForAPairAndNoNumberThatIsNone) {
  EXPECT_EQ(format::memory_of(7'838'315'315, 33'500'000'000), QStringLiteral("7.3 of 31.2 GiB"));
  EXPECT_EQ(format::memory_of(40ull << 20, 12ull << 30), QStringLiteral("40 MiB of 12 GiB"));
  EXPECT_EQ(format::memory_bytes(0), QStringLiteral("0 MiB"));
  EXPECT_EQ(format::rate(std::nan("")), QStringLiteral("0 tok/s"));
  EXPECT_EQ(format::seconds(-1), QStringLiteral("0 s"));
}

TEST_F(FormatTest, DurationsAreRoundedDown) {
  EXPECT_EQ(format::duration(45.9), QStringLiteral("45 s"));
  EXPECT_EQ(format::duration(719), QStringLiteral("11 min"));
  EXPECT_EQ(format::duration(3600), QStringLiteral("1 h"));
  EXPECT_EQ(format::duration(7500), QStringLiteral("2 h 5 min"));
  EXPECT_EQ(format::duration(-5), QStringLiteral("0 s"));
  EXPECT_EQ(format::duration(std::nan("")), QStringLiteral("0 s"));
}

TEST_F(FormatTest, TheStatisticsLineHasItsAgreedForm) {
  RunStatistics statistics;
  statistics.prompt_tokens = 100;
  statistics.cached_tokens = 92;
  statistics.generated_tokens = 412;
  statistics.decode_seconds = 411 / 38.2;
  statistics.first_token_seconds = 0.31;
  EXPECT_EQ(format::statistics_line(statistics),
            QStringLiteral(
                "38.2 tok/s · 412 tokens · first token 0.31 s · 92 % of prompt from cache · stopped: end of text"));
}

TEST_F(FormatTest, AReplyStoppedBeforeItsFirstTokenHasNoSpeed) {
  RunStatistics statistics;
  statistics.stop_reason = StopReason::stopped;
  EXPECT_EQ(format::statistics_line(statistics), QStringLiteral("0 tokens · stopped: you stopped it"));
}

TEST(Format, ThinkingIsNamedWithItsTime) {
  EXPECT_EQ(format::thinking_title(0.4, true), QStringLiteral("Thinking…"));
  EXPECT_EQ(format::thinking_title(12.9, true), QStringLiteral("Thinking… 12 s"));
  EXPECT_EQ(format::thinking_title(0.4, false), QStringLiteral("Thought for a moment"));
  EXPECT_EQ(format::thinking_title(12, false), QStringLiteral("Thought for 12 s"));
  EXPECT_EQ(format::thinking_title(125, false), QStringLiteral("Thought for 2 min 5 s"));
}

}  // namespace
}  // namespace etna::gui

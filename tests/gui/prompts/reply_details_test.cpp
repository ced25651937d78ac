#include "gui/prompts/reply_details.h"

#include <gtest/gtest.h>

#include <QLocale>
#include <QSignalSpy>

#include "gui/chat/live_speed.h"

namespace etna::gui {
namespace {

RunStatistics measured() {
  RunStatistics statistics;
  statistics.prompt_tokens = 2312;
  statistics.cached_tokens = 2128;
  statistics.cache.tokens = {.context = 2000, .memory = 128};
  statistics.cache.missed_tokens = 40;
  statistics.cache.sentence = "the text changed at message 2";
  statistics.generated_tokens = 412;
  statistics.prompt_seconds = 0.46;
  statistics.first_token_seconds = 0.31;
  statistics.decode_seconds = 411 / 38.2;
  statistics.peak_memory_bytes = std::uint64_t{3} << 30;
  statistics.seed = 8327441;
  return statistics;
}

chats::Run run() {
  chats::Run run;
  run.model_hash = "9f86d081884c7d65";
  run.device = "AMD Radeon 780M";
  run.sampling.temperature = 0.7;
  run.sampling.top_k = 40;
  run.max_tokens = 8192;
  return run;
}

TEST(ReplyDetails, SayEverythingThatIsKnownOfAReply) {
  QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
  MessageList messages;
  const int row =
      messages.add(MessageList::Model, QStringLiteral("Hello"), MessageList::Done, QStringLiteral("Qwen3 8B"));
  messages.set_run(row, run());
  messages.set_statistics(row, measured());
  ReplyDetails details;
  details.show(&messages, row);
  const QString text = details.text();
  for (const char* line :
       {"Model: Qwen3 8B", "Model file hash: 9f86d081884c7d65", "Device: AMD Radeon 780M", "Prompt: 2,312 tokens",
        "From cache: 2,128 tokens (92 %): 2,000 from the chat itself, 128 from memory",
        "Why not more: the text changed at message 2; 40 tokens were read again",
        "Evaluation: 184 tokens in 0.46 s (400 tok/s)", "Sampling: temperature 0.7, top-k 40",
        "Longest reply: 8,192 tokens", "Seed: 8327441", "First token: after 0.31 s",
        "Reply: 412 tokens in 10.8 s (38.2 tok/s)", "Memory peak: 3 GiB", "Stopped: end of text"})
    EXPECT_TRUE(text.contains(QString::fromUtf8(line) + u'\n')) << line << " is not in\n" << text.toStdString();
  EXPECT_EQ(details.names().size(), details.values().size());
  QLocale::setDefault(QLocale::c());
}

TEST(ReplyDetails, LeaveOutWhatNobodyKnows) {
  MessageList messages;
  messages.add(MessageList::Model, QStringLiteral("Hello"), MessageList::Done, QStringLiteral("Qwen3 8B"));
  ReplyDetails details;
  details.show(&messages, 0);
  EXPECT_EQ(details.names(), QStringList{QStringLiteral("Model")});
  details.show(&messages, 5);
  EXPECT_TRUE(details.names().isEmpty());
  details.show(nullptr, 0);
  EXPECT_TRUE(details.names().isEmpty());
}

TEST(ReplyDetails, AGivenSeedIsTheOneThatIsSaid) {
  MessageList messages;
  messages.add(MessageList::Model, {}, MessageList::Done);
  chats::Run given = run();
  given.sampling.seed = 7;
  messages.set_run(0, given);
  messages.set_statistics(0, measured());
  ReplyDetails details;
  details.show(&messages, 0);
  EXPECT_TRUE(details.text().contains(QStringLiteral("Seed: 7\n")));
  given.sampling.temperature = 0;
  messages.set_run(0, given);
  details.show(&messages, 0);
  EXPECT_TRUE(details.text().contains(QStringLiteral("Sampling: always the most likely token\n")));
}

TEST(MessageLines, AReplySaysHowQuickItIsWhileItIsWrittenAndAsWrittenWhenItIsAsked) {
  MessageList messages;
  messages.add(MessageList::Model, {}, MessageList::Writing);
  QSignalSpy changed(&messages, &MessageList::dataChanged);
  const auto line = [&] { return messages.data(messages.index(0), MessageList::StatisticsRole).toString(); };
  EXPECT_EQ(line(), QString());
  messages.set_live(0, QStringLiteral("38.2 tok/s · 112 tokens"));
  EXPECT_EQ(line(), QStringLiteral("38.2 tok/s · 112 tokens"));
  messages.set_statistics(0, measured());
  messages.set_state(0, MessageList::Done);
  EXPECT_TRUE(
      line().startsWith(QStringLiteral("38.2 tok/s · 412 tokens · first token 0.31 s · 92 % of prompt from cache")));
  messages.set_state(0, MessageList::Broken);
  EXPECT_EQ(line(), QStringLiteral("stopped: failed"));
  changed.clear();
  messages.setRaw(0, true);
  EXPECT_TRUE(messages.at(0).raw);
  EXPECT_EQ(changed.count(), 1);
  messages.setRaw(0, true);
  messages.setRaw(7, true);
  EXPECT_EQ(changed.count(), 1);
}

TEST(LiveSpeed, BeginsWithACountAndIsNotShownForEveryToken) {
  LiveSpeed speed;
  EXPECT_FALSE(speed.take(0));
  EXPECT_TRUE(speed.take(1));
  EXPECT_EQ(speed.line(), QStringLiteral("1 token"));
  EXPECT_EQ(speed.rate(), 0);
  EXPECT_FALSE(speed.take(1));
}

}  // namespace
}  // namespace etna::gui

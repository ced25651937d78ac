// How a chat's settings are shown, kept and handed on.
#include <QAbstractItemModelTester>

#include "gui/chat/settings/chat_inspector.h"
#include "tests/gui/app_fixture.h"

namespace etna::gui {
namespace {

class InspectorTest : public AppTest {
protected:
  ChatController& chats() { return *app->chats(); }

  ChatInspector& inspector() { return *app->inspector(); }

  SamplingList& sampling() { return *inspector().sampling(); }

  QString shown(int row) { return sampling().data(sampling().index(row), SamplingList::TextRole).toString(); }

  bool is_changed(int row) { return sampling().data(sampling().index(row), SamplingList::ChangedRole).toBool(); }

  void come_back_to(const QString& title) {
    restart();
    const auto id = [&] {
      for (int row = 0; row < chats().chats()->count(); ++row) {
        if (chats().chats()->at(row).title == title) return chats().chats()->at(row).id;
      }
      return 0;
    };
    ASSERT_TRUE(becomes([&] { return id() != 0; }));
    chats().select(id());
    ASSERT_TRUE(becomes([this] { return !chats().opening(); }));
  }
};

TEST_F(InspectorTest, ShowsWhatTheModelOrEtnaWouldChoose) {
  QAbstractItemModelTester tester(&sampling(), QAbstractItemModelTester::FailureReportingMode::Fatal);
  EXPECT_EQ(shown(SamplingList::Temperature), QStringLiteral("0.7"));
  EXPECT_EQ(shown(SamplingList::TopP), QStringLiteral("1"));
  EXPECT_EQ(shown(SamplingList::TopK), QStringLiteral("0"));
  EXPECT_EQ(shown(SamplingList::RepetitionPenalty), QStringLiteral("1"));
  EXPECT_EQ(shown(SamplingList::Seed), QString()) << "different each time";
  EXPECT_EQ(sampling().changed_count(), 0);
  load(QStringLiteral("/models/tuned-Qwen3-4B"));
  EXPECT_EQ(shown(SamplingList::Temperature), QStringLiteral("0.6")) << "the model's own";
  EXPECT_EQ(shown(SamplingList::TopP), QStringLiteral("0.95"));
  EXPECT_EQ(shown(SamplingList::TopK), QStringLiteral("20"));
  EXPECT_EQ(sampling().changed_count(), 0);
}

TEST_F(InspectorTest, WhatIsTypedOrMovedChangesTheChatAndCanBeReset) {
  sampling().type(SamplingList::Temperature, QStringLiteral("1.25"));
  sampling().move(SamplingList::TopP, 0.5);
  sampling().type(SamplingList::Seed, QStringLiteral("42"));
  EXPECT_EQ(chats().settings().temperature, 1.25);
  EXPECT_EQ(chats().settings().top_p, 0.5);
  EXPECT_EQ(chats().settings().seed, 42u);
  EXPECT_EQ(inspector().changed_text(), QStringLiteral("Changed: 3 settings"));
  EXPECT_TRUE(is_changed(SamplingList::Seed));
  sampling().reset(SamplingList::Seed);
  sampling().type(SamplingList::Temperature, QString());
  EXPECT_FALSE(chats().settings().seed);
  EXPECT_EQ(inspector().changed_text(), QStringLiteral("Changed: 1 setting"));
  inspector().resetSampling();
  EXPECT_EQ(chats().settings(), chats::ChatSettings{});
  EXPECT_EQ(inspector().changed_text(), QString());
}

TEST_F(InspectorTest, WhatMakesNoSenseChangesNothingAndWhatIsTooMuchIsCut) {
  sampling().type(SamplingList::Temperature, QStringLiteral("warm"));
  sampling().type(SamplingList::Temperature, QStringLiteral("nan"));
  sampling().type(SamplingList::Temperature, QStringLiteral("0.7"));
  sampling().move(SamplingList::Seed, 0.5);
  sampling().move(-1, 0.5);
  sampling().type(99, QStringLiteral("1"));
  EXPECT_EQ(chats().settings(), chats::ChatSettings{});
  sampling().type(SamplingList::TopP, QStringLiteral("-3"));
  EXPECT_EQ(chats().settings().top_p, 0.0);
  sampling().type(SamplingList::TopK, QStringLiteral("1e99"));
  EXPECT_EQ(chats().settings().top_k, 1'000'000);
  sampling().type(SamplingList::MaxTokens, QStringLiteral("0"));
  EXPECT_EQ(chats().settings().max_tokens, 1u);
  sampling().move(SamplingList::MaxTokens, 1);
  EXPECT_EQ(chats().settings().max_tokens, 8192u);
  sampling().move(SamplingList::RepetitionPenalty, 7);
  EXPECT_EQ(chats().settings().repetition_penalty, 2.0);
}

TEST_F(InspectorTest, EverythingReachesTheEngineAndTheRunsRecord) {
  load();
  inspector().set_system_prompt(QStringLiteral("Be brief."));
  sampling().type(SamplingList::Temperature, QStringLiteral("0.2"));
  sampling().type(SamplingList::TopP, QStringLiteral("0.9"));
  sampling().type(SamplingList::TopK, QStringLiteral("40"));
  sampling().type(SamplingList::MinP, QStringLiteral("0.05"));
  sampling().type(SamplingList::RepetitionPenalty, QStringLiteral("1.1"));
  sampling().type(SamplingList::MaxTokens, QStringLiteral("300"));
  sampling().type(SamplingList::Seed, QStringLiteral("7"));
  inspector().addStopText(QStringLiteral("\\nEND"));
  inspector().context()->set_policy(1);
  chats().set_draft(QStringLiteral("Hello"));
  const ChatRequest request = chats().next_request();
  ASSERT_EQ(request.messages.size(), 2u);
  EXPECT_EQ(request.messages[0].role, "system");
  EXPECT_EQ(request.messages[0].content, "Be brief.");
  EXPECT_EQ(request.sampling.temperature, 0.2);
  EXPECT_EQ(request.sampling.top_p, 0.9);
  EXPECT_EQ(request.sampling.top_k, 40);
  EXPECT_EQ(request.sampling.min_p, 0.05);
  EXPECT_EQ(request.sampling.repetition_penalty, 1.1);
  EXPECT_EQ(request.sampling.seed, 7u);
  EXPECT_EQ(request.max_tokens, 300u);
  EXPECT_EQ(request.stop_texts, std::vector<std::string>{"\nEND"});
  EXPECT_EQ(request.overflow, OverflowPolicy::drop_oldest);
  EXPECT_EQ(request.reply_reserve, 128u) << "an eighth of 1 024";

  chats().send();
  ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  const chats::MessageId reply = chats().messages()->at(1).stored;
  std::optional<chats::Run> run;
  bool read = false;
  app->shut_down();
  engine.reset();
  app.reset();
  ChatKeeper keeper(folder.path());
  QObject::connect(&keeper, &ChatKeeper::opened, [&](const chats::Opened& opened) {
    for (const chats::ChatSummary& chat : opened.chats) {
      if (chat.title != "Hello") continue;
      EXPECT_EQ(chat.settings.stop_texts, std::vector<std::string>{"\nEND"});
      EXPECT_EQ(chat.settings.seed, 7u);
      keeper.store().load(chat.id, [&](const chats::Outcome<chats::Transcript>& outcome) {
        for (const chats::Message& message : outcome->messages) {
          if (message.id == reply) run = message.run;
        }
        read = true;
      });
    }
  });
  keeper.open();
  ASSERT_TRUE(becomes([&] { return read; }));
  engine = std::make_unique<Engine>();
  app = std::make_unique<App>(*engine, store, folder.filePath(QStringLiteral("other")));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->sampling.temperature, 0.2);
  EXPECT_EQ(run->sampling.top_k, 40);
  EXPECT_EQ(run->sampling.seed, 7u);
  EXPECT_EQ(run->max_tokens, 300u);
  EXPECT_EQ(run->stop_texts, std::vector<std::string>{"\nEND"});
  EXPECT_EQ(run->overflow, chats::Overflow::drop_oldest);
}

TEST_F(InspectorTest, SettingsOfAChatWithoutMessagesAreThereAfterARestart) {
  inspector().set_system_prompt(QStringLiteral("Be brief."));
  chats().rename(chats().current_id(), QStringLiteral("Brief"));
  sampling().move(SamplingList::Temperature, 0.5);
  EXPECT_EQ(inspector().saved_text(), QStringLiteral("Saved in this chat"));
  come_back_to(QStringLiteral("Brief"));
  EXPECT_EQ(inspector().system_prompt(), QStringLiteral("Be brief."));
  EXPECT_EQ(chats().settings().temperature, 1.0);
}

TEST_F(InspectorTest, EachChatHasItsOwnAndATemporaryOneSaysThatItIsNotSaved) {
  inspector().set_system_prompt(QStringLiteral("Be brief."));
  const int first = chats().current_id();
  chats().newChat();
  EXPECT_NE(chats().current_id(), first) << "a chat with settings is not an untouched one";
  EXPECT_EQ(inspector().system_prompt(), QString());
  sampling().move(SamplingList::Temperature, 0);
  chats().select(first);
  EXPECT_EQ(inspector().system_prompt(), QStringLiteral("Be brief."));
  EXPECT_EQ(sampling().changed_count(), 0);
  chats().newTemporaryChat();
  EXPECT_NE(inspector().saved_text(), QStringLiteral("Saved in this chat"));
}

TEST_F(InspectorTest, PresetsAreSavedChosenReplacedAndDeleted) {
  inspector().set_system_prompt(QStringLiteral("You are a pirate."));
  sampling().type(SamplingList::Temperature, QStringLiteral("1.4"));
  inspector().addStopText(QStringLiteral("Arr"));
  inspector().savePreset(QStringLiteral("  Pirate "));
  inspector().savePreset(QStringLiteral("   "));
  EXPECT_EQ(inspector().presets(), QStringList{QStringLiteral("Pirate")});
  EXPECT_EQ(inspector().preset(), 0);
  sampling().type(SamplingList::Temperature, QStringLiteral("1"));
  EXPECT_EQ(inspector().preset(), -1) << "changed since";

  chats().newChat();
  inspector().context()->set_policy(2);
  inspector().usePreset(0);
  EXPECT_EQ(inspector().system_prompt(), QStringLiteral("You are a pirate."));
  EXPECT_EQ(chats().settings().temperature, 1.4);
  EXPECT_EQ(inspector().stop_texts(), QStringList{QStringLiteral("Arr")});
  EXPECT_EQ(chats().settings().overflow, chats::Overflow::drop_middle) << "is no part of it";
  EXPECT_EQ(inspector().preset(), 0);

  restart();
  EXPECT_EQ(inspector().presets(), QStringList{QStringLiteral("Pirate")});
  inspector().set_system_prompt(QStringLiteral("You are a ghost."));
  inspector().savePreset(QStringLiteral("Ghost"));
  inspector().savePreset(QStringLiteral("Pirate"));
  EXPECT_EQ(inspector().presets().size(), 2);
  inspector().usePreset(1);
  EXPECT_EQ(inspector().system_prompt(), QStringLiteral("You are a ghost."));
  inspector().deletePreset(0);
  inspector().deletePreset(7);
  EXPECT_EQ(inspector().presets(), QStringList{QStringLiteral("Pirate")});
}

TEST_F(InspectorTest, ADamagedPresetIsReadAsFarAsItGoes) {
  store.setValue(QStringLiteral("presets"),
                 QVariantMap{{QStringLiteral("Odd"), QStringLiteral("{\"top_k\": 7, \"seed\": []")},
                             {QStringLiteral("Part"), QStringLiteral("{\"top_k\": 7, \"seed\": []}")}});
  inspector().usePreset(0);
  EXPECT_EQ(chats().settings(), chats::ChatSettings{});
  inspector().usePreset(1);
  EXPECT_EQ(chats().settings().top_k, 7);
  EXPECT_FALSE(chats().settings().seed);
}

TEST_F(InspectorTest, StopTextsMayHaveLineBreaksAndAreThereOnce) {
  inspector().addStopText(QStringLiteral("a\\nb"));
  inspector().addStopText(QStringLiteral("a\\nb"));
  inspector().addStopText(QString());
  inspector().addStopText(QStringLiteral("c\\\\d"));
  EXPECT_EQ(chats().settings().stop_texts, (std::vector<std::string>{"a\nb", "c\\d"}));
  EXPECT_EQ(inspector().stop_texts(), (QStringList{QStringLiteral("a\\nb"), QStringLiteral("c\\\\d")}));
  inspector().removeStopText(0);
  inspector().removeStopText(5);
  EXPECT_EQ(inspector().stop_texts(), QStringList{QStringLiteral("c\\\\d")});
}

TEST_F(InspectorTest, ASizeTakesEffectAfterReloading) {
  load(QStringLiteral("/models/Qwen3-4B"));
  EXPECT_EQ(inspector().size(), 0);
  EXPECT_TRUE(inspector().reload_text().isEmpty());
  const qsizetype wanted = inspector().sizes().indexOf(QStringLiteral("2,048 tokens"));
  ASSERT_GT(wanted, 0) << inspector().sizes().join(u' ').toStdString();
  EXPECT_EQ(inspector().sizes().last(), QStringLiteral("40,960 tokens")) << "what it was made for";
  inspector().set_size(static_cast<int>(wanted));
  EXPECT_EQ(inspector().size(), static_cast<int>(wanted));
  EXPECT_EQ(inspector().reload_text(), QStringLiteral("takes effect after reloading the model (about 1 s)"));
  EXPECT_TRUE(inspector().can_reload());
  inspector().reload();
  ASSERT_TRUE(becomes([this] { return library().loaded() && library().model().context_length == 2048; }));
  EXPECT_TRUE(inspector().reload_text().isEmpty());
  inspector().set_size(0);
  EXPECT_FALSE(chats().settings().context_length);
}

TEST_F(InspectorTest, WhetherItIsOpenIsRemembered) {
  EXPECT_FALSE(inspector().open());
  inspector().set_open(true);
  restart();
  EXPECT_TRUE(inspector().open());
}

}  // namespace
}  // namespace etna::gui

// Chats and what is kept of them, with the real engine and the starter model.
#include <gtest/gtest.h>

#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

#include "gui/prompts/conversation.h"
#include "gui/prompts/prompts_controller.h"
#include "gui/prompts/snapshots_controller.h"

namespace etna::gui {
namespace {

/// Everything of the program that a chat needs; made again, it is the program started again.
struct Program {
  Program(QSettings& store, const QString& folder)
      : settings(store),
        library(*engine, settings),
        keeper(folder + QStringLiteral("/chats")),
        chats(*engine, library, keeper),
        prompts(*engine, chats, keeper, store, places(folder)),
        snapshots(*engine, chats, library) {}

  ~Program() {
    chats.shut_down();
    prompts.shut_down();
    snapshots.shut_down();
    library.shut_down();
    engine.reset();  // its last callbacks still find their receivers
  }

  static PromptCacheSettings places(const QString& folder) {
    PromptCacheSettings places;
    places.disk_folder = (folder + QStringLiteral("/prompts")).toStdString();
    places.snapshot_folder = (folder + QStringLiteral("/snapshots")).toStdString();
    return places;
  }

  std::unique_ptr<Engine> engine = std::make_unique<Engine>();
  SettingsController settings;
  LibraryController library;
  ChatKeeper keeper;
  ChatController chats;
  PromptsController prompts;
  SnapshotsController snapshots;
};

class RealPrompts : public testing::Test {
protected:
  template <class Condition>
  static bool becomes(Condition condition) {
    return QTest::qWaitFor(condition, 120'000);
  }

  void SetUp() override { start(); }

  void start() {
    program.reset();
    program = std::make_unique<Program>(store, folder.path());
    program->settings.set_device(QStringLiteral("cpu"));
    program->library.loadStarter();
    ASSERT_TRUE(becomes([this] { return program->library.loaded(); }));
  }

  /// Asks, and lets the model write some words.
  const MessageList::Message& ask(const QString& text) {
    ChatController& chats = program->chats;
    chats.set_draft(text);
    chats.send();
    EXPECT_TRUE(becomes([&] { return chats.lastReply().size() > 20 || !chats.writing(); }));
    chats.stop();
    const int row = chats.messages()->count() - 1;
    EXPECT_TRUE(becomes([&] {
      return chats.messages()->at(row).statistics && chats.messages()->at(row).statistics->prompt_tokens > 0;
    }));
    return chats.messages()->at(row);
  }

  std::optional<KeptPrompt> kept_of(const std::string& conversation) {
    for (const KeptPrompt& kept : program->engine->kept_prompts()) {
      if (kept.conversation == conversation) return kept;
    }
    return {};
  }

  QTemporaryDir folder;
  QSettings store{folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat};
  std::unique_ptr<Program> program;
};

const QString question =
    QStringLiteral("What do you like about old maps, and which was the first one that you ever saw?");

TEST_F(RealPrompts, AChatGoesOnFromWhatWasKeptAlsoAfterARestartAndNothingIsLeftWhenItIsDeleted) {
  const RunStatistics first = *ask(question).statistics;
  EXPECT_EQ(first.cached_tokens, 0u);
  EXPECT_EQ(first.cache.sentence, "first use of this model");
  EXPECT_TRUE(first.seed.has_value());
  const RunStatistics second = *ask(QStringLiteral("And tea? Which kind of it, and out of which cup?")).statistics;
  EXPECT_GT(second.cached_tokens, first.prompt_tokens / 2) << second.cache.sentence;
  const std::string conversation = program->chats.current_conversation();
  const auto kept = kept_of(conversation);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->model, "Etna Starter");

  start();
  ASSERT_TRUE(becomes([this] { return program->chats.chats()->count() == 2; }));
  program->chats.select(program->chats.chats()->at(1).id);
  ASSERT_TRUE(becomes([this] { return !program->chats.opening(); }));
  ASSERT_EQ(program->chats.current_conversation(), conversation);
  ASSERT_TRUE(program->chats.messages()->at(1).run.has_value()) << "how it was asked for is kept";
  EXPECT_FALSE(program->chats.messages()->at(1).run->model_hash.empty());
  EXPECT_EQ(program->chats.messages()->at(1).statistics->seed, first.seed);
  const RunStatistics third = *ask(QStringLiteral("Thank you. And rain?")).statistics;
  EXPECT_GT(third.cache.tokens.disk, 0u) << third.cache.sentence;

  program->chats.remove(program->chats.current_id());  // to the Trash
  program->keeper.store().erase(*chat_of(conversation));
  EXPECT_TRUE(becomes([&] { return !kept_of(conversation); }));
  EXPECT_TRUE(becomes([&] { return program->engine->prompt_cache().disk_bytes == 0; }));
}

TEST_F(RealPrompts, ATemporaryChatLeavesNothing) {
  program->chats.newTemporaryChat();
  ask(question);
  const std::string conversation = program->chats.current_conversation();
  ASSERT_TRUE(becomes([&] { return kept_of(conversation).has_value(); }));
  EXPECT_EQ(kept_of(conversation)->disk_bytes, 0u);
  program->chats.remove(program->chats.current_id());
  EXPECT_TRUE(becomes([&] { return !kept_of(conversation); }));
  EXPECT_EQ(program->engine->prompt_cache().memory_bytes, 0u);
}

TEST_F(RealPrompts, ASnapshotIsSavedAndAChatBegunFromItNeedNotReadItAgain) {
  program->chats.set_system_prompt(
      QStringLiteral("You answer briefly and kindly. You never guess: where you do not know, you say so."));
  ask(question);
  program->snapshots.begin(-1);
  program->snapshots.save(QStringLiteral("Maps"));
  ASSERT_TRUE(becomes([this] { return !program->snapshots.saving() && program->snapshots.snapshots()->count() == 1; }))
      << program->snapshots.trouble().toStdString();
  program->prompts.forgetAll();
  ASSERT_TRUE(becomes([this] { return program->engine->kept_prompts().empty(); }));
  start();
  program->snapshots.refresh();
  ASSERT_TRUE(becomes([this] { return program->snapshots.snapshots()->count() == 1; }));
  const ShownSnapshot& snapshot = program->snapshots.snapshots()->at(0);
  EXPECT_TRUE(snapshot.fit.fits) << snapshot.fit.sentence;
  const std::uint64_t tokens = snapshot.info.file.tokens;
  program->snapshots.startChat(0);
  ASSERT_TRUE(becomes([this] { return program->chats.title() == QLatin1String("Maps"); }));
  ASSERT_EQ(program->chats.messages()->count(), 2);
  EXPECT_EQ(program->chats.messages()->at(0).text, question);
  const RunStatistics reply = *ask(QStringLiteral("And then?")).statistics;
  EXPECT_EQ(reply.cache.tokens.snapshot, tokens) << reply.cache.sentence;
}

}  // namespace
}  // namespace etna::gui

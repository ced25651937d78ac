#include "gui/prompts/snapshots_controller.h"

#include <QFile>

#include "tests/gui/prompts/prompts_fixture.h"

namespace etna::gui {
namespace {

class SnapshotsTest : public PromptsTest {
protected:
  QString text(int row, SnapshotList::Role role) {
    return snapshots.snapshots()->data(snapshots.snapshots()->index(row), role).toString();
  }

  void save(const QString& name) {
    snapshots.save(name);
    ASSERT_TRUE(becomes([this] { return !snapshots.saving(); }));
  }

  QUrl file(const QString& name) {
    const QString path = folder.filePath(name);
    QFile made(path);
    EXPECT_TRUE(made.open(QIODevice::WriteOnly));
    return QUrl::fromLocalFile(path);
  }

  bool listed(int count) {
    return becomes([this, count] { return snapshots.known() && snapshots.snapshots()->count() == count; });
  }
};

TEST_F(SnapshotsTest, AContextIsSavedUnderANameWithTheMessagesUpToThere) {
  EXPECT_FALSE(snapshots.can_save()) << "there is no model";
  load();
  EXPECT_FALSE(snapshots.can_save()) << "nothing was said";
  chats.set_system_prompt(QStringLiteral("You are kind."));
  ask(QStringLiteral("Hello"));
  ask(QStringLiteral("And then?"));
  snapshots.begin(1);
  EXPECT_TRUE(snapshots.can_save());
  save(QStringLiteral("  Kind  rules "));
  EXPECT_EQ(snapshots.trouble(), QString());
  ASSERT_TRUE(listed(1));
  EXPECT_EQ(text(0, SnapshotList::NameRole), QStringLiteral("Kind rules"));
  const std::vector<ChatMessage> messages = engine->snapshot_messages(snapshots.snapshots()->at(0).info.id);
  ASSERT_EQ(messages.size(), 3u) << "the system prompt, and the first two messages";
  EXPECT_EQ(messages[0].role, "system");
  EXPECT_EQ(messages[1].content, "Hello");
  EXPECT_EQ(messages[2].role, "assistant");
}

TEST_F(SnapshotsTest, ASnapshotWithoutANameOrOnAFullDiskIsSaidAndNotKept) {
  load();
  ask(QStringLiteral("Hello"));
  snapshots.begin(-1);
  snapshots.save(QStringLiteral("   "));
  EXPECT_FALSE(snapshots.saving());
  EXPECT_FALSE(snapshots.trouble().isEmpty());
  save(QStringLiteral("broken"));
  EXPECT_TRUE(snapshots.trouble().contains(QStringLiteral("No space left"))) << snapshots.trouble().toStdString();
  snapshots.begin(-1);
  EXPECT_EQ(snapshots.trouble(), QString());
  snapshots.save(QStringLiteral("slow"));
  snapshots.cancelSaving();
  ASSERT_TRUE(becomes([this] { return !snapshots.saving(); }));
  EXPECT_EQ(snapshots.trouble(), QStringLiteral("Saving was stopped. Nothing was kept."));
  EXPECT_TRUE(engine->snapshots().empty());
}

TEST_F(SnapshotsTest, AChatBegunFromASnapshotShowsItsMessagesAndKeepsThem) {
  load();
  chats.set_system_prompt(QStringLiteral("You are kind."));
  ask(QStringLiteral("Hello"));
  const QString answer = last_message().text;
  snapshots.begin(-1);
  save(QStringLiteral("Greeting"));
  ASSERT_TRUE(listed(1));
  const int before = chats.current_id();
  snapshots.startChat(0);
  ASSERT_TRUE(becomes([&] { return chats.current_id() != before; }));
  EXPECT_EQ(chats.title(), QStringLiteral("Greeting"));
  EXPECT_EQ(chats.system_prompt(), QStringLiteral("You are kind."));
  ASSERT_EQ(chats.messages()->count(), 2);
  EXPECT_EQ(chats.messages()->at(0).sender, MessageList::User);
  EXPECT_EQ(chats.messages()->at(1).text, answer);
  EXPECT_EQ(snapshots.chat_notice(), QString()) << "everything is shown";
  ask(QStringLiteral("Go on"));
  EXPECT_EQ(chats.messages()->count(), 4);
  EXPECT_EQ(last_message().state, MessageList::Done);
}

TEST_F(SnapshotsTest, AChatBegunFromAFileThatDoesNotSayItsTextSaysSo) {
  load();
  snapshots.importFrom(file(QStringLiteral("foreign.safetensors")));
  ASSERT_TRUE(listed(1));
  EXPECT_TRUE(becomes([this] { return snapshots.notice().contains(QStringLiteral("fits")); }))
      << snapshots.notice().toStdString();
  snapshots.startChat(0);
  ASSERT_TRUE(becomes([this] { return !snapshots.chat_notice().isEmpty(); }));
  EXPECT_TRUE(snapshots.chat_notice().contains(QStringLiteral("“foreign” (512 tokens)")))
      << snapshots.chat_notice().toStdString();
  EXPECT_EQ(chats.messages()->count(), 0);
  EXPECT_EQ(chats.current_snapshot(), snapshots.snapshots()->at(0).info.id);
  chats.newTemporaryChat();
  EXPECT_EQ(snapshots.chat_notice(), QString());
}

TEST_F(SnapshotsTest, ImportingSaysWhetherTheFileFitsTheModel) {
  load();
  snapshots.importFrom(file(QStringLiteral("misfit.safetensors")));
  ASSERT_TRUE(listed(1));
  EXPECT_TRUE(snapshots.notice().contains(QStringLiteral("can't use it. It was made with another model: Another-1B.")))
      << snapshots.notice().toStdString();
  EXPECT_FALSE(snapshots.snapshots()->data(snapshots.snapshots()->index(0), SnapshotList::UsableRole).toBool());
  snapshots.importFrom(file(QStringLiteral("damaged.safetensors")));
  ASSERT_TRUE(becomes([this] { return !snapshots.trouble().isEmpty(); }));
  EXPECT_TRUE(snapshots.trouble().contains(QStringLiteral("is no prompt cache")));
  EXPECT_EQ(engine->snapshots().size(), 1u);
}

TEST_F(SnapshotsTest, SnapshotsAreRenamedExportedAndDeleted) {
  load();
  ask(QStringLiteral("Hello"));
  for (const char* name : {"One", "Two"}) {
    snapshots.begin(-1);
    save(QString::fromLatin1(name));
  }
  ASSERT_TRUE(listed(2));
  snapshots.rename(1, QStringLiteral("Two"));
  ASSERT_TRUE(becomes([this] { return !snapshots.trouble().isEmpty(); }));
  EXPECT_TRUE(snapshots.trouble().contains(QStringLiteral("already")));
  snapshots.rename(1, QStringLiteral("Three"));
  ASSERT_TRUE(becomes([this] { return text(1, SnapshotList::NameRole) == QLatin1String("Three"); }));
  const QUrl target = QUrl::fromLocalFile(folder.filePath(QStringLiteral("shared.safetensors")));
  snapshots.exportTo(1, target);
  ASSERT_TRUE(becomes([this] { return snapshots.notice().contains(QStringLiteral("was exported to")); }));
  EXPECT_TRUE(QFile::exists(target.toLocalFile()));
  snapshots.remove(0);
  ASSERT_TRUE(listed(1));
  EXPECT_EQ(text(0, SnapshotList::NameRole), QStringLiteral("Three"));
}

}  // namespace
}  // namespace etna::gui

#include <QFile>
#include <QSignalSpy>

#include "tests/gui/chat/archive/archive_fixture.h"

namespace etna::gui {
namespace {

class ChatFilesTest : public ArchiveTest {
protected:
  ChatFiles& files() { return *archive().files(); }

  QUrl place(const char* name) { return QUrl::fromLocalFile(folder.filePath(QLatin1String(name))); }

  void finish() {
    ASSERT_TRUE(becomes([this] { return !files().busy(); }));
  }

  static QString content(const QUrl& file) {
    QFile read(file.toLocalFile());
    return read.open(QIODevice::ReadOnly) ? QString::fromUtf8(read.readAll()) : QString();
  }
};

TEST_F(ChatFilesTest, AChatGoesOutAsMarkdownAndToTheClipboard) {
  const int id = chat(QStringLiteral("Why is the sky blue?"));
  files().exportChat(id, place("sky.md"), ChatFiles::Markdown);
  finish();
  EXPECT_FALSE(files().failed()) << files().text().toStdString();
  EXPECT_EQ(files().text(), QStringLiteral("Saved as sky.md"));
  const QString text = content(place("sky.md"));
  EXPECT_TRUE(text.startsWith(QStringLiteral("# Why is the sky blue?\n"))) << text.toStdString();
  EXPECT_TRUE(text.contains(chats().lastReply().left(20)));
  QSignalSpy copied(&files(), &ChatFiles::copied);
  files().copyAll(id);
  ASSERT_TRUE(becomes([&] { return copied.count() == 1; }));
  EXPECT_EQ(copied.at(0).at(0).toString(), text);
  files().dismiss();
  EXPECT_TRUE(files().text().isEmpty());
}

TEST_F(ChatFilesTest, AllChatsGoOutAndComeInAgainWithFoldersAndVersions) {
  const int id = chat(QStringLiteral("first"));
  chats().regenerate();
  ASSERT_TRUE(becomes([this] { return !chats().writing(); }));
  chats().addFolder(QStringLiteral("Work"));
  chats().moveToFolder(id, 0);
  chat(QStringLiteral("second"));
  files().exportAll(place("all.jsonl"), ChatFiles::Json);
  finish();
  ASSERT_FALSE(files().failed()) << files().text().toStdString();
  chats().removeFolder(0);
  const int before = chats().chats()->count();
  files().importFile(place("all.jsonl"));
  finish();
  ASSERT_FALSE(files().failed()) << files().text().toStdString();
  EXPECT_EQ(files().text(), QStringLiteral("2 chats imported, with 5 messages"));
  EXPECT_EQ(chats().chats()->count(), before + 2);
  EXPECT_EQ(chats().chats()->folder_names(), QStringList{QStringLiteral("Work")});
  // The first of its name is the one in the folder.
  chats().select(id_of(QStringLiteral("first")));
  ASSERT_TRUE(becomes([this] { return !chats().opening(); }));
  ASSERT_EQ(messages().count(), 2);
  EXPECT_EQ(messages().at(1).versions, 2);
}

TEST_F(ChatFilesTest, AFileThatIsNoneOfOursBringsNothingIn) {
  const QUrl file = place("notes.json");
  QFile write(file.toLocalFile());
  ASSERT_TRUE(write.open(QIODevice::WriteOnly));
  write.write("{\"shopping\": [\"bread\"]}\n");
  write.close();
  ASSERT_TRUE(becomes([this] { return archive().trash()->known(); })) << "the store is open";
  files().importFile(file);
  finish();
  EXPECT_TRUE(files().failed());
  EXPECT_TRUE(files().text().startsWith(QStringLiteral("Nothing was imported. notes.json")))
      << files().text().toStdString();
  EXPECT_EQ(chats().chats()->count(), 1);
  files().importFile(place("nowhere.json"));
  finish();
  EXPECT_TRUE(files().failed());
}

TEST_F(ChatFilesTest, AFolderThatCannotBeWrittenIsSaid) {
  const int id = chat(QStringLiteral("first"));
  files().exportChat(id, place("missing/first.md"), ChatFiles::Markdown);
  finish();
  EXPECT_TRUE(files().failed());
  EXPECT_TRUE(files().text().startsWith(QStringLiteral("The chat was not exported."))) << files().text().toStdString();
}

TEST_F(ChatFilesTest, WhatIsCancelledLeavesNothing) {
  chat(QStringLiteral("first"));
  files().exportAll(place("all.jsonl"), ChatFiles::Json);
  files().cancel();
  finish();
  EXPECT_FALSE(files().failed()) << "a person's wish is no failure";
  EXPECT_EQ(files().text(), QString());
  EXPECT_FALSE(QFile::exists(folder.filePath(QStringLiteral("all.jsonl"))));
}

TEST_F(ChatFilesTest, ATemporaryChatCanBeTakenAlongButIsNotKept) {
  chats().newTemporaryChat();
  say(QStringLiteral("between us"));
  const int id = chats().current_id();
  files().exportChat(id, place("secret.md"), ChatFiles::Markdown);
  finish();
  EXPECT_TRUE(content(place("secret.md")).contains(QStringLiteral("between us")));
  files().exportChat(id, place("secret.jsonl"), ChatFiles::Json);
  EXPECT_FALSE(files().busy()) << "it has no versions in the store";
  QSignalSpy copied(&files(), &ChatFiles::copied);
  files().copyAll(id);
  EXPECT_EQ(copied.count(), 1);
  restart();
  QTest::qWait(20);
  EXPECT_EQ(id_of(QStringLiteral("between us")), 0);
}

TEST_F(ChatFilesTest, NamesOfFilesAreHarmless) {
  const int id = chat(QStringLiteral("x"));
  const auto name = [&](const QString& title) {
    chats().rename(id, title);
    return files().fileName(id, ChatFiles::Markdown);
  };
  EXPECT_EQ(name(QStringLiteral("Plans for May")), QStringLiteral("Plans for May.md"));
  EXPECT_EQ(name(QStringLiteral("../../etc/passwd")), QStringLiteral("etc passwd.md"));
  EXPECT_EQ(name(QStringLiteral("a:b*c?\u202Egpj")), QStringLiteral("a b c gpj.md"));
  EXPECT_LT(name(QString(500, u'x')).size(), 100);
  EXPECT_EQ(files().fileName(0, ChatFiles::Json), QStringLiteral("Chats.jsonl"));
}

}  // namespace
}  // namespace etna::gui

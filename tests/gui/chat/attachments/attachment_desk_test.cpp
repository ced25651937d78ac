#include "gui/chat/attachments/attachment_desk.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QDir>
#include <QFile>
#include <QGuiApplication>
#include <QMimeData>
#include <QSignalSpy>

#include "tests/gui/fixture.h"

namespace etna::gui {
namespace {

class AttachmentDeskTest : public ControllerTest {
protected:
  QUrl file(const QString& name, const QByteArray& bytes = "some text") {
    QFile file(folder.filePath(name));
    EXPECT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    return QUrl::fromLocalFile(file.fileName());
  }

  void attach(const QList<QUrl>& urls) {
    desk().addFiles(urls);
    ASSERT_TRUE(becomes([this] { return !list().reading(); }));
  }

  AttachmentDesk& desk() { return *chats.desk(); }

  AttachmentList& list() { return *chats.attachments(); }

  QString detail(int row) { return list().data(list().index(row), AttachmentList::DetailRole).toString(); }

  static void copy(const QString& text) { QGuiApplication::clipboard()->setText(text); }
};

TEST_F(AttachmentDeskTest, FilesAreReadAndCountedInTheOrderTheyCame) {
  const QAbstractItemModelTester tester(&list());
  attach({file(QStringLiteral("a.txt"), QByteArray(400, 'a')), file(QStringLiteral("b.txt"))});
  ASSERT_EQ(list().count(), 2);
  EXPECT_EQ(list().at(0).name(), QStringLiteral("a.txt"));
  EXPECT_EQ(detail(0), QStringLiteral("400 B · 100 tokens"));
  list().remove(0);
  EXPECT_EQ(list().at(0).name(), QStringLiteral("b.txt"));
  EXPECT_TRUE(desk().problem().isEmpty());
}

TEST_F(AttachmentDeskTest, WhatCanNotBeAttachedIsExplainedAndTheRestIsAttached) {
  attach({file(QStringLiteral("a.bin"), QByteArray(10, '\0')), file(QStringLiteral("b.txt")),
          QUrl(QStringLiteral("https://example.org/c.txt"))});
  ASSERT_EQ(list().count(), 1);
  EXPECT_TRUE(desk().problem().contains(QStringLiteral("“a.bin” is not a text file")));
  EXPECT_TRUE(desk().problem().contains(QStringLiteral("“c.txt” is not on this computer")));
  desk().dismissProblem();
  EXPECT_TRUE(desk().problem().isEmpty());
}

TEST_F(AttachmentDeskTest, AMessageHasTwentyFilesAtMost) {
  QList<QUrl> urls;
  for (int i = 0; i <= AttachmentDesk::most_files; ++i) urls << file(QStringLiteral("%1.txt").arg(i));
  attach(urls);
  EXPECT_EQ(list().count(), AttachmentDesk::most_files);
  EXPECT_EQ(desk().problem().toStdString(), "“20.txt” was not attached: a message can have 20 files.");
}

TEST_F(AttachmentDeskTest, TheFilesOfAMessageHaveALimitTogether) {
  QList<QUrl> urls;
  for (int i = 0; i < 5; ++i) urls << file(QStringLiteral("%1.txt").arg(i), QByteArray(3'500'000, 'a'));
  attach(urls);
  EXPECT_EQ(list().count(), 4);
  EXPECT_TRUE(desk().problem().startsWith(QStringLiteral("“4.txt” was not attached:")));
}

TEST_F(AttachmentDeskTest, AFolderWithAModelIsLoadedInstead) {
  QDir(folder.path()).mkdir(QStringLiteral("model"));
  file(QStringLiteral("model/config.json"), "{}");
  const QSignalSpy dropped(&desk(), &AttachmentDesk::modelDropped);
  desk().addFiles({QUrl::fromLocalFile(folder.filePath(QStringLiteral("model")))});
  EXPECT_TRUE(becomes([&] { return dropped.count() == 1; }));
  EXPECT_EQ(list().count(), 0);
}

TEST_F(AttachmentDeskTest, ModelsAndLinksThatAreDroppedAreLeftToTheWindow) {
  EXPECT_TRUE(desk().takes({QUrl(QStringLiteral("file:///a/notes.md"))}));
  EXPECT_FALSE(desk().takes({QUrl(QStringLiteral("file:///a/model.gguf"))}));
  EXPECT_FALSE(desk().takes({QUrl(QStringLiteral("https://huggingface.co/a/b"))}));
  EXPECT_FALSE(desk().takes({}));
}

TEST_F(AttachmentDeskTest, ALongPasteIsOfferedAsAFile) {
  const QString text(7600, QLatin1Char('a'));
  copy(text);
  EXPECT_FALSE(desk().paste()) << "the composer pastes it";
  chats.set_draft(QStringLiteral("see ") + text + QStringLiteral("!"));
  desk().notePaste(text);
  EXPECT_EQ(desk().offer_action(), QStringLiteral("Attach as text (about 1900 tokens)"));
  desk().acceptOffer();
  EXPECT_EQ(chats.draft(), QStringLiteral("see !"));
  ASSERT_EQ(list().count(), 1);
  EXPECT_EQ(list().at(0).name(), QStringLiteral("Pasted text.txt"));
  EXPECT_EQ(list().at(0).file->bytes, text.toStdString());
  EXPECT_TRUE(desk().offer().isEmpty());
}

TEST_F(AttachmentDeskTest, AShortPasteIsNotAndAnOfferEndsWithItsText) {
  desk().notePaste(QString(4000, QLatin1Char('a')));
  EXPECT_TRUE(desk().offer().isEmpty());
  const QString text(4001, QLatin1Char('a'));
  chats.set_draft(text);
  desk().notePaste(text);
  EXPECT_FALSE(desk().offer().isEmpty());
  chats.set_draft(text.left(4000));
  EXPECT_TRUE(desk().offer().isEmpty());
}

TEST_F(AttachmentDeskTest, AVeryLongPasteBecomesAFileAtOnceAndCanGoBack) {
  const QString text(20'000, QLatin1Char('a'));
  copy(text);
  EXPECT_TRUE(desk().paste());
  ASSERT_EQ(list().count(), 1);
  EXPECT_EQ(desk().offer_action(), QStringLiteral("Put it into the message"));
  desk().acceptOffer();
  EXPECT_EQ(list().count(), 0);
  EXPECT_EQ(chats.draft(), text);

  copy(QString(100'000, QLatin1Char('b')));
  EXPECT_TRUE(desk().paste());
  EXPECT_EQ(list().count(), 1);
  EXPECT_TRUE(desk().offer_action().isEmpty()) << "that much would hold the composer up";
}

TEST_F(AttachmentDeskTest, CopiedFilesAreAttachedWhenTheyArePasted) {
  auto* data = new QMimeData;
  data->setUrls({file(QStringLiteral("a.txt"))});
  QGuiApplication::clipboard()->setMimeData(data);
  EXPECT_TRUE(desk().paste());
  EXPECT_TRUE(becomes([this] { return list().count() == 1 && !list().reading(); }));
}

}  // namespace
}  // namespace etna::gui

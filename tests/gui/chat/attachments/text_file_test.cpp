#include "gui/chat/attachments/text_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

namespace etna::gui {
namespace {

class TextFileTest : public testing::Test {
protected:
  QString write(const QString& name, const QByteArray& bytes) {
    QFile file(folder_.filePath(name));
    EXPECT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    return file.fileName();
  }

  std::string problem_of(const QString& path) {
    const TextFile file = read_text_file(path);
    EXPECT_FALSE(file.attachment);
    return file.problem.toStdString();
  }

  QTemporaryDir folder_;
};

TEST_F(TextFileTest, TextAndSourceIsRead) {
  const TextFile file = read_text_file(write(QStringLiteral("main.cpp"), "int main() {}\n\t// ünï\n"));
  ASSERT_TRUE(file.attachment) << file.problem.toStdString();
  EXPECT_EQ(file.attachment->name, "main.cpp");
  EXPECT_EQ(file.attachment->bytes, "int main() {}\n\t// ünï\n");
  EXPECT_EQ(file.attachment->media_type, "text/x-c++src");
}

TEST_F(TextFileTest, AByteOrderMarkIsLeftOut) {
  EXPECT_EQ(read_text_file(write(QStringLiteral("a.txt"), "\xEF\xBB\xBFone")).attachment->bytes, "one");
}

TEST_F(TextFileTest, EveryRefusalSaysWhyWithTheName) {
  EXPECT_EQ(problem_of(write(QStringLiteral("latin.txt"), "caf\xe9")),
            "“latin.txt” is not UTF-8 text. Save it as UTF-8 and attach it again.");
  EXPECT_EQ(problem_of(write(QStringLiteral("wide.txt"), QByteArray("\xFF\xFEh\0i\0", 6))),
            "“wide.txt” is UTF-16 text. Save it as UTF-8 and attach it again.");
  EXPECT_EQ(problem_of(write(QStringLiteral("cat.png"), QByteArray("\x89PNG\r\n\x1a\n\0\0", 10))),
            "“cat.png” is not a text file. Etna attaches text and source files.");
  EXPECT_EQ(problem_of(write(QStringLiteral("nothing.txt"), "")), "“nothing.txt” is empty.");
  EXPECT_EQ(problem_of(write(QStringLiteral("big.txt"), QByteArray(5'000'000, 'a'))),
            "“big.txt” is too large: it has 5 MB, and 4 MB can be attached.");
  EXPECT_EQ(problem_of(folder_.filePath(QStringLiteral("gone.txt"))), "“gone.txt” is not there any more.");
  QDir(folder_.path()).mkdir(QStringLiteral("src"));
  EXPECT_EQ(problem_of(folder_.filePath(QStringLiteral("src"))), "“src” is a folder. Attach the files in it.");
}

TEST_F(TextFileTest, APipeIsRefusedWithoutWaitingForIt) {
  const QString path = folder_.filePath(QStringLiteral("pipe"));
  ASSERT_EQ(::mkfifo(QFile::encodeName(path).constData(), 0600), 0);
  EXPECT_EQ(problem_of(path), "“pipe” is not a file that can be read.");
}

TEST_F(TextFileTest, AFileThatMayNotBeReadIsRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const QString path = write(QStringLiteral("secret.txt"), "x");
  QFile(path).setPermissions(QFileDevice::WriteOwner);
  EXPECT_EQ(problem_of(path), "“secret.txt” can't be read: Permission denied.");
}

TEST_F(TextFileTest, AFolderWithAModelIsNoAttachment) {
  write(QStringLiteral("config.json"), "{}");
  const TextFile file = read_text_file(folder_.path());
  EXPECT_TRUE(file.is_model);
  EXPECT_TRUE(file.problem.isEmpty());
}

}  // namespace
}  // namespace etna::gui

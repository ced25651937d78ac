#include "hub/local_folder.h"

#include <gmock/gmock.h>

#include "hub/cache_lock.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
protected:
  RemoteFile file(const std::string& path, const std::string& content) {
    return {.path = path, .blob = hash_of(content, HashKind::sha256), .size = content.size()};
  }

  fs::path staged(const std::string& content) {
    write_file(folder_.staging() / "file", content);
    return folder_.staging() / "file";
  }

  fs::path note(const std::string& path) const {
    return folder_.path() / ".cache/huggingface/download" / (path + ".metadata");
  }

  const TemporaryFolder place_;
  const LocalFolder folder_{place_ / "model"};
  const std::string commit_ = std::string(40, 'a');
};

TEST_F(Folder, AFileThatWasPutThereIsThere) {
  const RemoteFile wanted = file("sub/weights.bin", "weights");
  EXPECT_FALSE(folder_.has(wanted, commit_));
  folder_.adopt(staged("weights"), wanted, commit_);
  EXPECT_TRUE(folder_.has(wanted, commit_));
  EXPECT_EQ(read_text_file(folder_.path() / "sub/weights.bin"), "weights");
  EXPECT_THAT(read_text_file(note("sub/weights.bin")), testing::StartsWith(commit_ + "\n" + wanted.blob + "\n"));
}

TEST_F(Folder, AChangedFileIsNotThereWhateverItsNoteSays) {
  const RemoteFile wanted = file("a", "one");
  folder_.adopt(staged("one"), wanted, commit_);
  write_file(folder_.path() / "a", "two");
  fs::last_write_time(folder_.path() / "a", fs::file_time_type::clock::now() + std::chrono::seconds(10));
  EXPECT_FALSE(folder_.has(wanted, commit_));
}

TEST_F(Folder, TheSameBytesAtAnotherCommitAreNoted) {
  const RemoteFile wanted = file("a", "one");
  folder_.adopt(staged("one"), wanted, commit_);
  const std::string next(40, 'b');
  EXPECT_TRUE(folder_.has(wanted, next));
  EXPECT_THAT(read_text_file(note("a")), testing::StartsWith(next));
}

TEST_F(Folder, WhoeverMadeAFileItsBytesCount) {
  write_file(folder_.path() / "a", "one");
  write_file(note("a"), "no note at all");
  EXPECT_TRUE(folder_.has(file("a", "one"), commit_));
  EXPECT_THAT(read_text_file(note("a")), testing::StartsWith(commit_));
}

TEST_F(Folder, NoNameLeadsOutOfIt) {
  for (const char* name : {"../a", "/a", "a/../../b", ".cache/x", ".git/config", "a\\b", ""}) {
    EXPECT_THROW(folder_.has(file(name, "x"), commit_), Error) << name;
    EXPECT_THROW(folder_.adopt(staged("x"), file(name, "x"), commit_), Error) << name;
  }
  write_file(place_ / "elsewhere" / "a", "one");
  fs::create_directory_symlink(place_ / "elsewhere", folder_.path() / "link");
  EXPECT_FALSE(folder_.has(file("link/a", "one"), commit_));
  EXPECT_THROW(folder_.adopt(staged("two"), file("link/a", "two"), commit_), Error);
  EXPECT_EQ(read_text_file(place_ / "elsewhere" / "a"), "one");
}

TEST_F(Folder, AFileThatAnotherProgramLoadsIsLeftToIt) {
  const auto lock = BlobLock::try_take(folder_.path() / ".cache/huggingface/download/a.lock");
  ASSERT_TRUE(lock);
  EXPECT_THROW(folder_.adopt(staged("one"), file("a", "one"), commit_), Error);
  EXPECT_FALSE(fs::exists(folder_.path() / "a"));
}

}  // namespace
}  // namespace etna::hub

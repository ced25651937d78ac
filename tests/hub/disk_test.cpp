#include "hub/disk.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;

TEST(Disk, a_file_is_written_whole_over_another_and_nothing_else_remains) {
  const TemporaryFolder folder;
  disk::write_whole(folder / "a", "first", folder / "a-new");
  EXPECT_EQ(read_text_file(folder / "a"), "first");
  write_file(folder / "a-new", "left by a program that was killed");
  disk::write_whole(folder / "a", "second", folder / "a-new");
  EXPECT_EQ(read_text_file(folder / "a"), "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
  EXPECT_THROW(disk::write_whole(folder / "none/a", "x", folder / "none/a-new"), Error);
}

TEST(Disk, several_threads_write_the_same_file_at_once) {
  const TemporaryFolder folder;
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      const std::string content(1000, static_cast<char>('a' + writer));
      for (int i = 0; i < 20; ++i) EXPECT_NO_THROW(disk::write_whole(folder / "a", content, folder / "a-new"));
    });
  }
  writers.clear();
  const std::string content = read_text_file(folder / "a");
  EXPECT_EQ(content, std::string(1000, content.at(0)));
  EXPECT_FALSE(fs::exists(folder / "a-new"));
}

TEST(Disk, folders_are_made_through_no_links) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "root");
  fs::create_directories(folder / "outside");
  EXPECT_EQ(disk::make_folders(folder / "root", "a/b/c"), folder / "root/a/b/c");
  EXPECT_TRUE(fs::is_directory(folder / "root/a/b/c"));
  disk::make_folders(folder / "root", "a/b/c");
  fs::create_directory_symlink(folder / "outside", folder / "root/link");
  EXPECT_THROW(disk::make_folders(folder / "root", "link/x"), Error);
  EXPECT_THROW(disk::make_folders(folder / "root", "../x"), Error);
  write_file(folder / "root/file", "");
  EXPECT_THROW(disk::make_folders(folder / "root", "file/x"), Error);
  EXPECT_TRUE(fs::is_empty(folder / "outside"));
}

TEST(Disk, what_is_inside_is_told_after_links_are_followed) {
  const TemporaryFolder folder;
  write_file(folder / "root/a/file", "");
  write_file(folder / "rooted/file", "");
  fs::create_symlink(folder / "rooted/file", folder / "root/out");
  fs::create_symlink("a/file", folder / "root/in");
  EXPECT_TRUE(disk::is_inside(folder / "root/a/file", folder / "root"));
  EXPECT_TRUE(disk::is_inside(folder / "root/in", folder / "root"));
  EXPECT_FALSE(disk::is_inside(folder / "root/out", folder / "root"));
  EXPECT_FALSE(disk::is_inside(folder / "rooted/file", folder / "root"));
  EXPECT_FALSE(disk::is_inside(folder / "root/../rooted/file", folder / "root"));
}

TEST(Disk, files_for_writing_are_no_links_and_no_devices) {
  const TemporaryFolder folder;
  fs::create_symlink(folder / "target", folder / "link");
  EXPECT_THROW(disk::File::open_to_write(folder / "link"), Error);
  EXPECT_FALSE(fs::exists(folder / "target"));
  EXPECT_THROW(disk::File::open_to_write("/dev/full"), Error);
  EXPECT_THROW(disk::File::open_to_read("/dev/zero"), Error);
  EXPECT_FALSE(disk::remove_file(folder / "none"));
}

TEST(Disk, a_limit_of_one_files_size_is_told_from_a_full_disk) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 1000, .rlim_max = 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      disk::File::open_to_write(folder / "file").resize(2000);
    } catch (const disk::NoSpace& error) {
      ::_exit(error.file_too_large() ? 0 : 2);
    } catch (...) {
      ::_exit(3);
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace etna::hub

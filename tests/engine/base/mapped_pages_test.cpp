#include "engine/base/mapped_pages.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/files.h"

namespace etna {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t page = 4096;

/// Files of 16 pages that hold ones.
class MappedPagesTest : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "etna-pages-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }

  void TearDown() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, std::size_t bytes = 16 * page) {
    std::ofstream(folder_ / name) << std::string(bytes, '\1');
    return folder_ / name;
  }

  static int sum(std::span<const std::byte> bytes) {
    int total = 0;
    for (std::size_t i = 0; i < bytes.size(); i += page) total += std::to_integer<int>(bytes[i]);
    return total;
  }

  static std::string failure(const MappedFile& file) {
    try {
      file.check();
    } catch (const Error& error) {
      return std::string(name(error.code())) + ": " + error.what();
    }
    return "fine";
  }

  fs::path folder_;
};

TEST_F(MappedPagesTest, a_file_that_is_cut_short_reads_as_zeros_and_is_marked) {
  const fs::path path = write("cut.bin");
  const auto file = MappedFile::open(path);
  EXPECT_EQ(sum(file->bytes()), 16);
  EXPECT_EQ(failure(*file), "fine");
  fs::resize_file(path, 5 * page);
  EXPECT_EQ(sum(file->bytes()), 5);
  EXPECT_EQ(failure(*file), "io: " + path.string() +
                                ": byte 20480 cannot be read any more: the file was cut short while it was in use, or "
                                "its disk reports an error");
  EXPECT_THROW(check_mapped_file(file->bytes().data() + 1), Error);
  EXPECT_THROW(check_mapped_file(&file->bytes().back()), Error);
}

TEST_F(MappedPagesTest, of_two_mappings_only_the_damaged_one_is_marked_and_the_mark_goes_with_it) {
  const fs::path path = write("cut.bin");
  const auto other = MappedFile::open(write("other.bin"));
  auto file = MappedFile::open(path);
  fs::resize_file(path, 0);
  EXPECT_EQ(sum(file->bytes()), 0);
  EXPECT_EQ(sum(other->bytes()), 16);
  EXPECT_NO_THROW(check_mapped_file(other->bytes().data()));
  EXPECT_THROW(check_mapped_file(file->bytes().data()), Error);
  const std::byte* address = file->bytes().data();
  file.reset();
  EXPECT_NO_THROW(check_mapped_file(address));
  EXPECT_EQ(sum(MappedFile::open(write("cut.bin"))->bytes()), 16) << "another life";
}

TEST_F(MappedPagesTest, renaming_replacing_and_removing_a_file_harm_nothing) {
  const fs::path path = write("model.bin");
  const auto file = MappedFile::open(path);
  fs::rename(path, folder_ / "renamed.bin");
  EXPECT_EQ(failure(*file), "fine");
  FileWriter writer(folder_ / "renamed.bin");
  writer.append("short");
  writer.commit();
  EXPECT_EQ(failure(*file), "fine");
  fs::remove(folder_ / "renamed.bin");
  EXPECT_EQ(failure(*file), "fine");
  EXPECT_EQ(sum(file->bytes()), 16);
}

TEST_F(MappedPagesTest, what_raises_no_signal_is_found_by_asking) {
  const fs::path path = write("model.bin", 15 * page + 100);
  const auto cut = MappedFile::open(path);
  fs::resize_file(path, 15 * page + 50);  // the rest of the last page reads as zeros
  EXPECT_EQ(sum(cut->bytes()), 16);
  EXPECT_NE(failure(*cut).find("was changed while it was in use: it had 61540 bytes and has 61490 now"),
            std::string::npos)
      << failure(*cut);

  const auto rewritten = MappedFile::open(path);
  fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(1));
  EXPECT_NE(failure(*rewritten).find("was changed"), std::string::npos);
}

TEST_F(MappedPagesTest, many_threads_may_touch_lost_pages_while_files_come_and_go) {
  std::atomic<bool> over{false};
  std::jthread traffic([&] {
    const fs::path path = write("traffic.bin");
    std::vector<std::shared_ptr<const MappedFile>> files;
    while (!over) {
      for (int i = 0; i < 200; ++i) files.push_back(MappedFile::open(path));
      files.clear();
    }
  });
  for (int round = 0; round < 20; ++round) {
    const fs::path path = write("cut.bin");
    const auto file = MappedFile::open(path);
    fs::resize_file(path, page);
    {
      std::vector<std::jthread> readers;
      for (int i = 0; i < 4; ++i) readers.emplace_back([&] { EXPECT_EQ(sum(file->bytes()), 1); });
    }
    EXPECT_THROW(file->check(), Error);
  }
  over = true;
}

TEST_F(MappedPagesTest, threads_that_block_signals_survive_once_they_were_asked_to) {
  const fs::path path = write("cut.bin");
  const auto file = MappedFile::open(path);
  fs::resize_file(path, 0);
  std::atomic<bool> blocked{false}, go{false};
  std::jthread driver([&] {
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGSYS);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    blocked = true;
    while (!go) std::this_thread::yield();
    EXPECT_EQ(sum(file->bytes()), 0);
  });
  while (!blocked) std::this_thread::yield();
  unblock_bus_errors_in_all_threads();
  go = true;
  driver.join();
  EXPECT_THROW(file->check(), Error);
}

std::atomic<int> foreign_faults{0};
void* foreign_page = nullptr;

void foreign_handler(int, siginfo_t* info, void*) {
  if (info->si_addr != foreign_page) ::_exit(3);
  ++foreign_faults;
  ::mmap(foreign_page, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/// In a process of its own: which handler was there first matters.
TEST_F(MappedPagesTest, addresses_that_are_not_ours_go_to_the_handler_before) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto scenario = [this] {
    struct sigaction action {};
    action.sa_sigaction = foreign_handler;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGBUS, &action, nullptr);
    const fs::path path = write("cut.bin");
    const auto file = MappedFile::open(path);
    fs::resize_file(path, 0);
    if (sum(file->bytes()) != 0 || foreign_faults != 0) ::_exit(1);
    const fs::path foreign = write("foreign.bin", page);
    std::FILE* stream = std::fopen(foreign.c_str(), "rb");
    foreign_page = ::mmap(nullptr, page, PROT_READ, MAP_PRIVATE, fileno(stream), 0);
    fs::resize_file(foreign, 0);
    const int value = *static_cast<volatile char*>(foreign_page);
    ::_exit(value == 0 && foreign_faults == 1 ? 0 : 2);
  };
  EXPECT_EXIT(scenario(), testing::ExitedWithCode(0), "");
}

TEST_F(MappedPagesTest, where_nobody_handles_a_foreign_address_the_program_ends_as_it_would_have) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto scenario = [this] {
    ::signal(SIGBUS, SIG_DFL);
    const auto file = MappedFile::open(write("ours.bin"));
    const fs::path foreign = write("foreign.bin", page);
    std::FILE* stream = std::fopen(foreign.c_str(), "rb");
    foreign_page = ::mmap(nullptr, page, PROT_READ, MAP_PRIVATE, fileno(stream), 0);
    fs::resize_file(foreign, 0);
    ::_exit(*static_cast<volatile char*>(foreign_page));
  };
  EXPECT_EXIT(scenario(), testing::KilledBySignal(SIGBUS), "");
  EXPECT_EXIT(
      {
        const auto file = MappedFile::open(write("ours.bin"));
        ::raise(SIGBUS);
        ::_exit(0);
      },
      testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace etna

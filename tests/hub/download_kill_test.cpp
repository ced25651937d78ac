// D1: a program that downloads is killed again and again; what has arrived is never fetched twice.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "hub/cache.h"
#include "tests/hub/download_fakes.h"

extern char** environ;

namespace etna::hub {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Kill : public testing::Test {
protected:
  void SetUp() override {
    write_file(folder_ / "sent", std::string(8, '\0'));
    const int descriptor = ::open((folder_ / "sent").c_str(), O_RDWR | O_CLOEXEC);
    sent_ =
        static_cast<std::atomic<std::uint64_t>*>(::mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0));
    ::close(descriptor);
  }

  pid_t start() const {
    std::string program = ETNA_DOWNLOAD_CHILD, cache = (folder_ / "hub").string(), data = (folder_ / "data").string(),
                sent = (folder_ / "sent").string();
    char* arguments[] = {program.data(), cache.data(), data.data(), sent.data(), nullptr};
    pid_t child = 0;
    EXPECT_EQ(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environ), 0);
    return child;
  }

  /// Kills it after a random number of bytes, or after a random time: at its start, between files, while it checks.
  static bool has_ended(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, WNOHANG) == child;
  }

  void run(int rounds) {
    std::mt19937 random(42);
    const std::uint64_t per_round = 200'000'000 / static_cast<std::uint64_t>(rounds);
    int killed = 0;
    for (int round = 0; round < rounds; ++round) {
      const pid_t child = start();
      bool ended = false;
      if (round % 5 == 4) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 1000));
      } else {
        const std::uint64_t enough = *sent_ + random() % (2 * per_round);
        while (!ended && *sent_ < enough) {
          std::this_thread::sleep_for(1ms);
          ended = has_ended(child);
        }
      }
      if (ended || has_ended(child)) continue;
      ::kill(child, SIGKILL);
      int status = 0;
      ::waitpid(child, &status, 0);
      ++killed;
    }
    int status = 0;
    ::waitpid(start(), &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    check();
    EXPECT_GT(killed, rounds / 2);
    EXPECT_LE(*sent_, 200'000'002 + static_cast<std::uint64_t>(killed) * 8'000'000);
    RecordProperty("killed", killed);
    RecordProperty("fetched", std::to_string(sent_->load()));
  }

  void check() const {
    const Cache cache(folder_ / "hub");
    const std::string id = "maker/model", commit(40, 'c');
    EXPECT_EQ(cache.ref(id, "main"), commit);
    const auto weights = cache.find(id, commit, "model.safetensors");
    ASSERT_TRUE(weights);
    EXPECT_EQ(hash_file(*weights, HashKind::sha256), weights->filename());
    for (const auto& entry : fs::directory_iterator(cache.repository(id) / "blobs")) {
      EXPECT_TRUE(hash_kind(entry.path().filename().string())) << entry.path();
    }
  }

  const TemporaryFolder folder_;
  std::atomic<std::uint64_t>* sent_ = nullptr;
};

TEST_F(Kill, killed_at_random_moments_it_loses_at_most_eight_megabytes_each_time) {
  const char* rounds = std::getenv("ETNA_KILL_ROUNDS");
  run(rounds ? std::atoi(rounds) : 6);
}

}  // namespace
}  // namespace etna::hub

// D1: a program that downloads is killed again and again; what has arrived is not fetched twice.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "hub/cache.h"
#include "tests/hub/download_fakes.h"
#include "tests/hub/support/test_hub.h"

extern char** environ;

namespace etna::hub {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t size = 200'000'000;
constexpr std::uint64_t most_lost = 8'000'000;
const std::string id = "org/model";

class Kill : public testing::Test {
protected:
  void SetUp() override {
    // The bytes are counted where they are made: what the hub sends into a connection that dies counts, too.
    auto weights = *test::make_pattern_blob(size, 7);
    weights.source = [this, make = weights.source](std::uint64_t offset, std::span<char> bytes) {
      make(offset, bytes);
      sent_ += bytes.size();
    };
    commit_ = hub_.add(id)
                  .commit({{"config.json", test::make_blob("{}", false)},
                           {"model.safetensors", std::make_shared<const test::Blob>(weights)}})
                  .id;
    hub_.add_fault({.kind = test::FaultKind::drip, .on_content_network = true, .count = -1, .at = 10'000'000});
  }

  pid_t start() const {
    std::string program = ETNA_DOWNLOAD_CHILD, cache = (folder_ / "hub").string(), data = (folder_ / "data").string(),
                endpoint = hub_.endpoint(), repository = id;
    char* arguments[] = {program.data(), cache.data(), data.data(), endpoint.data(), repository.data(), nullptr};
    pid_t child = 0;
    EXPECT_EQ(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environ), 0);
    return child;
  }

  static bool has_ended(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, WNOHANG) == child;
  }

  /// Waits for a random number of bytes, or now and then for a random time: at its start, between files, while it checks.
  bool wait_for_some(pid_t child, int round, std::uint64_t per_round) {
    if (round % 5 == 4) {
      std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 500));
      return !has_ended(child);
    }
    const std::uint64_t enough = sent_ + random_() % (2 * per_round);
    while (sent_ < enough) {
      std::this_thread::sleep_for(1ms);
      if (has_ended(child)) return false;
    }
    return !has_ended(child);
  }

  void run(int rounds) {
    int killed = 0;
    for (int round = 0; round < rounds; ++round) {
      const pid_t child = start();
      if (!wait_for_some(child, round, size / static_cast<std::uint64_t>(rounds))) continue;
      ::kill(child, SIGKILL);
      int status = 0;
      ::waitpid(child, &status, 0);
      ++killed;
    }
    hub_.clear_faults();
    int status = 0;
    ::waitpid(start(), &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    check();
    EXPECT_GT(killed, rounds / 2);
    EXPECT_LE(sent_, size + static_cast<std::uint64_t>(killed) * most_lost);
    RecordProperty("killed", killed);
    RecordProperty("fetched_bytes", std::to_string(sent_));
  }

  void check() const {
    const Cache cache(folder_ / "hub");
    EXPECT_EQ(cache.ref(id, "main"), commit_);
    const auto weights = cache.find(id, commit_, "model.safetensors");
    ASSERT_TRUE(weights);
    EXPECT_EQ(hash_file(*weights, HashKind::sha256), weights->filename());
    for (const auto& entry : fs::directory_iterator(cache.repository(id) / "blobs")) {
      EXPECT_TRUE(hash_kind(entry.path().filename().string())) << entry.path();
    }
  }

  const TemporaryFolder folder_;
  std::mt19937 random_{42};
  std::atomic<std::uint64_t> sent_ = 0;
  test::TestHub hub_;
  std::string commit_;
};

TEST_F(Kill, killed_at_random_moments_it_loses_at_most_eight_megabytes_each_time) {
  const char* rounds = std::getenv("ETNA_KILL_ROUNDS");
  run(rounds ? std::atoi(rounds) : 6);
}

}  // namespace
}  // namespace etna::hub

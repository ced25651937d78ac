#include "hub/model_move.h"

#include <algorithm>

#include "engine/base/files.h"
#include "hub/download_problem.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mib = 1u << 20;

class ModelMove : public testing::Test {
protected:
  ModelMove() {
    write_file(folder_ / "old/model/config.json", "{}");
    write_file(folder_ / "old/model/deep/weights.bin", weights_);
    fs::create_directories(folder_ / "new");
  }

  ModelCopy model() const {
    return {.files = {{.from = folder_ / "old/model/config.json", .name = "config.json"},
                      {.from = folder_ / "old/model/deep/weights.bin", .name = "deep/weights.bin"}},
            .folder = folder_ / "new",
            .place = "maker/model"};
  }

  /// As if the other folder were on another disk.
  static CopyTools copying() {
    CopyTools tools;
    tools.may_share = false;
    tools.space = [](const fs::path&) { return Space{.available = 100'000'000'000, .total = 1'000'000'000'000}; };
    return tools;
  }

  std::vector<std::string> there() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "new"))
      names.push_back(entry.path().lexically_relative(folder_ / "new"));
    std::ranges::sort(names);
    return names;
  }

  void expect_old_is_whole() const {
    EXPECT_EQ(read_text_file(folder_ / "old/model/config.json"), "{}");
    EXPECT_EQ(read_text_file(folder_ / "old/model/deep/weights.bin", 64 * mib), weights_);
  }

  const std::string weights_ = random_bytes(9 * mib, 1);
  const TemporaryFolder folder_;
};

TEST_F(ModelMove, every_file_is_there_and_the_same) {
  CopyTools tools = copying();
  std::uint64_t copied = 0, checked = 0;
  tools.report = [&](CopyPhase phase, std::uint64_t done, std::uint64_t total) {
    EXPECT_LE(done, total);
    std::uint64_t& most = phase == CopyPhase::copying ? copied : checked;
    EXPECT_GE(done + 1, most);
    most = std::max(most, done);
  };
  copy_model(model(), tools);
  EXPECT_EQ(there(), (std::vector<std::string>{"maker", "maker/model", "maker/model/config.json", "maker/model/deep",
                                               "maker/model/deep/weights.bin"}));
  EXPECT_EQ(read_text_file(folder_ / "new/maker/model/deep/weights.bin", 64 * mib), weights_);
  EXPECT_GT(copied, 4 * mib);
  EXPECT_GT(checked, 4 * mib);
  expect_old_is_whole();
}

TEST_F(ModelMove, on_the_same_disk_it_is_a_second_name) {
  CopyTools tools;
  tools.space = [](const fs::path&) { return Space{}; };  // and takes no room
  copy_model(model(), tools);
  EXPECT_TRUE(fs::equivalent(folder_ / "new/maker/model/config.json", folder_ / "old/model/config.json"));
}

TEST_F(ModelMove, a_stop_at_any_moment_leaves_nothing_behind) {
  int reports = 0;
  CopyTools counting = copying();
  counting.report = [&](CopyPhase, std::uint64_t, std::uint64_t) { ++reports; };
  copy_model(model(), counting);
  fs::remove_all(folder_ / "new/maker");
  ASSERT_GT(reports, 5);
  for (int at = 1; at < reports; ++at) {
    std::stop_source stop;
    CopyTools tools = copying();
    tools.stop = stop.get_token();
    int count = 0;
    tools.report = [&](CopyPhase, std::uint64_t, std::uint64_t) {
      if (++count == at) stop.request_stop();
    };
    EXPECT_THROW(copy_model(model(), tools), Error) << at;
    EXPECT_TRUE(there().empty()) << at << ": " << there().front();
  }
  expect_old_is_whole();
}

TEST_F(ModelMove, a_disk_without_room_says_how_much_is_missing) {
  CopyTools tools = copying();
  tools.space = [](const fs::path&) { return Space{.available = 4 * mib, .total = 1'000'000'000}; };
  tools.reserve = [](const Space&) { return mib; };
  try {
    copy_model(model(), tools);
    FAIL();
  } catch (const DownloadError& error) {
    EXPECT_EQ(error.problem().code, "E-DSK-01");
  }
  EXPECT_TRUE(there().empty());
}

TEST_F(ModelMove, what_is_there_already_stays) {
  write_file(folder_ / "new/maker/model/config.json", "mine");
  EXPECT_THROW(copy_model(model(), copying()), Error);
  EXPECT_EQ(read_text_file(folder_ / "new/maker/model/config.json"), "mine");
  EXPECT_FALSE(fs::exists(folder_ / "new/maker/model/deep"));
}

TEST_F(ModelMove, files_join_others_in_a_folder_that_is_there) {
  write_file(folder_ / "new/maker/model/README.md", "mine");
  copy_model(model(), copying());
  EXPECT_EQ(read_text_file(folder_ / "new/maker/model/README.md"), "mine");
  EXPECT_EQ(read_text_file(folder_ / "new/maker/model/config.json"), "{}");
  EXPECT_EQ(there().size(), 6u);
}

TEST_F(ModelMove, a_damaged_original_is_not_moved) {
  ModelCopy damaged = model();
  damaged.files[1].expected = std::string(64, '0');
  EXPECT_THROW(copy_model(damaged, copying()), Error);
  EXPECT_TRUE(there().empty());
  damaged.files[1].expected = hash_of(weights_, HashKind::sha256);
  damaged.files[0].expected = hash_of("{}", HashKind::git_sha1);
  copy_model(damaged, copying());
  EXPECT_EQ(there().size(), 5u);
}

TEST_F(ModelMove, what_an_earlier_program_left_is_no_hindrance) {
  write_file(folder_ / "new/.etna-move-model/config.json", "half");
  copy_model(model(), copying());
  EXPECT_EQ(there().size(), 5u);
}

TEST_F(ModelMove, names_that_lead_elsewhere_are_refused) {
  ModelCopy hostile = model();
  hostile.files[0].name = "../../outside";
  EXPECT_THROW(copy_model(hostile, copying()), Error);
  fs::create_directory_symlink(folder_ / "old", folder_ / "new/maker");
  EXPECT_THROW(copy_model(model(), copying()), Error);
  EXPECT_FALSE(fs::exists(folder_ / "old/model-copy"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "old"), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace etna::hub

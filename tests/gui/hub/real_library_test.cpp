// The library on a real disk: moved, checked, thrown away and brought back.
#include <gtest/gtest.h>

#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <fstream>
#include <mutex>

#include "gui/hub/real_hub.h"
#include "gui/hub/trouble.h"
#include "hub/download_problem.h"
#include "hub/verify.h"
#include "tests/hub/support/test_hub.h"

namespace etna::gui {
namespace {

namespace fs = std::filesystem;

std::string random_text(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 31 + seed * 7 + i / 97) % 26);
  return text;
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

class RealLibraryTest : public testing::Test {
protected:
  void SetUp() override {
    qputenv("HF_HUB_CACHE", (root_ / "cache").c_str());
    qputenv("XDG_DATA_HOME", (root_ / "share").c_str());
    qputenv("HOME", root_.c_str());
    qunsetenv("HF_TOKEN");
    test_.add("org/tiny")
        .commit({{"config.json", test::make_blob(R"({"model_type":"llama"})", false)},
                 {"tokenizer.json", test::make_blob("{}", false)},
                 {"model.safetensors", test::make_blob(weights_, true)}});
    test_.add("org/quants")
        .commit({{"config.json", test::make_blob("{}", false)},
                 {"mmproj-f16.gguf", test::make_blob(random_text(20'000, 2), true)},
                 {"quants-Q4_K_M.gguf", test::make_blob(random_text(40'000, 4), true)},
                 {"quants-Q8_0.gguf", test::make_blob(random_text(80'000, 8), true)}});
    fs::create_directories(root_ / "other");
    open();
  }

  void TearDown() override {
    hub_.reset();
    qunsetenv("HF_HUB_CACHE");
  }

  void open() {
    hub_.reset();
    hub_ = std::make_unique<RealHub>(root_ / "data", test_.settings());
    hub_->listen_checks([this](const CheckNews& news) {
      const std::lock_guard lock(mutex_);
      news_.push_back(news);
    });
  }

  void fetch(const std::string& repository) {
    hub_->download({.repository = repository, .title = repository});
    ASSERT_TRUE(QTest::qWaitFor(
        [&] {
          for (const hub::DownloadStatus& row : hub_->downloads())
            if (row.request.repository == repository && row.state == hub::DownloadState::done) return true;
          return false;
        },
        20'000))
        << hub_->downloads().front().sentence;
  }

  LibraryModel only_model(const char* part = "") {
    for (const LibraryModel& model : hub_->library({}).models)
      if (model.path.find(part) != std::string::npos) return model;
    ADD_FAILURE() << "no model with " << part;
    return {};
  }

  bool was_told(CheckNews::State state) {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(news_, [&](const CheckNews& news) { return news.state == state; });
  }

  static void ignore(hub::CopyPhase, std::uint64_t, std::uint64_t) {}

  const std::string weights_ = random_text(300'000, 1);
  QTemporaryDir folder_;
  const fs::path root_ = folder_.path().toStdString();
  test::TestHub test_;
  std::mutex mutex_;  // guards news_
  std::vector<CheckNews> news_;
  std::unique_ptr<RealHub> hub_;
};

TEST_F(RealLibraryTest, AModelOfTheCacheMovesToAFolderOfMine) {
  fetch("org/tiny");
  const LibraryModel model = only_model();
  std::uint64_t reported = 0;
  const MovedModel moved = hub_->move_model(
      model, (root_ / "other").string(),
      [&](hub::CopyPhase, std::uint64_t done, std::uint64_t) { reported = std::max(reported, done); }, {});
  EXPECT_EQ(moved.problem, "");
  EXPECT_EQ(moved.path, (root_ / "other/org/tiny").string());
  EXPECT_EQ(read(root_ / "other/org/tiny/model.safetensors"), weights_);
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(root_ / "other/org/tiny/model.safetensors")));
  const LibraryScan scan = hub_->library({});
  ASSERT_EQ(scan.models.size(), 1u);
  EXPECT_EQ(scan.models.front().path, moved.path);
  EXPECT_EQ(scan.models.front().owner, FolderOwner::user);
  EXPECT_EQ(hub_->check(scan.models.front(), {}), std::optional(true)) << "it is known what it should be";
  ASSERT_EQ(hub_->trash_contents().size(), 1u);
  hub_->restore(moved.old.ticket);
  EXPECT_EQ(hub_->library({}).models.size(), 2u);
  EXPECT_TRUE(hub_->trash_contents().empty());
}

TEST_F(RealLibraryTest, OneVersionOutOfSeveralGoesAndComesBack) {
  hub_->download({.repository = "org/quants",
                  .files = {"config.json", "mmproj-f16.gguf", "quants-Q4_K_M.gguf", "quants-Q8_0.gguf"}});
  ASSERT_TRUE(QTest::qWaitFor([&] { return hub_->downloads().front().state == hub::DownloadState::done; }, 20'000));
  ASSERT_EQ(hub_->library({}).models.size(), 2u) << "a projector is no version";
  const Trashed gone = hub_->trash(only_model("Q4_K_M"));
  EXPECT_GE(gone.bytes, 40'000u);
  EXPECT_LT(gone.bytes, 80'000u) << "what the other version needs is not freed";
  LibraryScan scan = hub_->library({});
  ASSERT_EQ(scan.models.size(), 1u);
  EXPECT_NE(scan.models.front().path.find("Q8_0"), std::string::npos);
  // After a new start, too.
  open();
  ASSERT_EQ(hub_->trash_contents().size(), 1u);
  hub_->restore(hub_->trash_contents().front().ticket);
  EXPECT_EQ(hub_->library({}).models.size(), 2u);
}

TEST_F(RealLibraryTest, WhatIsDeletedForGoodIsGone) {
  fetch("org/tiny");
  const Trashed gone = hub_->trash(only_model());
  EXPECT_TRUE(fs::exists(gone.ticket));
  hub_->delete_for_good(gone.ticket);
  EXPECT_FALSE(fs::exists(gone.ticket));
  EXPECT_TRUE(hub_->trash_contents().empty());
  EXPECT_THROW(hub_->restore(gone.ticket), std::exception);
  EXPECT_TRUE(fs::is_empty(root_ / "share/Trash/info"));
}

TEST_F(RealLibraryTest, AllPartsOfAFileGoToTheTrashTogether) {
  write(root_ / "mine/big-00001-of-00002.gguf", "one");
  write(root_ / "mine/big-00002-of-00002.gguf", "two");
  hub_->link_folder((root_ / "mine").string());
  const Trashed gone = hub_->trash(only_model("big"));
  EXPECT_TRUE(fs::is_empty(root_ / "mine"));
  EXPECT_TRUE(hub_->library({}).unusable.empty());
  write(root_ / "mine/big-00001-of-00002.gguf", "another");
  EXPECT_THROW(hub_->restore(gone.ticket), std::exception) << "what came there meanwhile stays";
  EXPECT_EQ(read(root_ / "mine/big-00001-of-00002.gguf"), "another");
  fs::remove(root_ / "mine/big-00001-of-00002.gguf");
  hub_->restore(gone.ticket);
  EXPECT_EQ(read(root_ / "mine/big-00002-of-00002.gguf"), "two");
}

TEST_F(RealLibraryTest, MyOwnModelKeepsItsPlaceBelowTheFolder) {
  write(root_ / "mine/deep/tiny/config.json", "{}");
  write(root_ / "mine/deep/tiny/model.safetensors", weights_);
  hub_->link_folder((root_ / "mine").string());
  const MovedModel moved = hub_->move_model(only_model("tiny"), (root_ / "other").string(), ignore, {});
  EXPECT_EQ(moved.path, (root_ / "other/deep/tiny").string());
  EXPECT_EQ(read(root_ / "other/deep/tiny/config.json"), "{}");
  EXPECT_FALSE(fs::exists(root_ / "mine/deep/tiny"));
  EXPECT_EQ(moved.old.ticket, (root_ / "share/Trash/files/tiny").string());
  EXPECT_TRUE(fs::exists(root_ / "share/Trash/info/tiny.trashinfo"));
}

TEST_F(RealLibraryTest, AStoppedMoveChangesNothing) {
  fetch("org/tiny");
  const LibraryModel model = only_model();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(hub_->move_model(model, (root_ / "other").string(), ignore, stop.get_token()), Error);
  EXPECT_TRUE(fs::is_empty(root_ / "other"));
  EXPECT_EQ(only_model().path, model.path);
  EXPECT_TRUE(hub_->trash_contents().empty());
}

TEST_F(RealLibraryTest, OtherProgramsFoldersAreOnlyRead) {
  write(root_ / ".lmstudio/models/maker/model/model-Q4_K_M.gguf", "weights");
  const LibraryModel theirs = only_model("lmstudio");
  EXPECT_EQ(theirs.owner, FolderOwner::lm_studio);
  EXPECT_THROW(hub_->move_model(theirs, (root_ / "other").string(), ignore, {}), Error);
  fetch("org/tiny");
  const LibraryModel mine = only_model("tiny");
  for (const char* place : {"cache", ".lmstudio/models/maker", "nowhere"}) {
    try {
      hub_->move_model(mine, (root_ / place).string(), ignore, {});
      FAIL() << place;
    } catch (const std::exception& error) {
      EXPECT_EQ(trouble_of(error).code.toStdString(), "E-DSK-02") << place;
    }
  }
  EXPECT_EQ(hub_->library({}).models.size(), 2u);
}

TEST_F(RealLibraryTest, ADownloadGoesOnInAFolderOfMineAndIsListedThere) {
  test::Fault slow;
  slow.kind = test::FaultKind::drip;
  slow.on_content_network = true;
  slow.count = 4;
  slow.at = 20'000;
  test_.add_fault(slow);
  hub_->download({.repository = "org/tiny", .title = "tiny"});
  ASSERT_TRUE(QTest::qWaitFor([&] { return hub_->downloads().front().done_bytes > 1000; }, 20'000));
  const hub::DownloadId id = hub_->downloads().front().id;
  hub_->download_elsewhere(id, (root_ / "other").string());
  test_.clear_faults();
  ASSERT_TRUE(QTest::qWaitFor([&] { return hub_->downloads().front().state == hub::DownloadState::done; }, 20'000))
      << hub_->downloads().front().sentence;
  const LibraryScan scan = hub_->library({});
  ASSERT_EQ(scan.models.size(), 1u);
  EXPECT_EQ(scan.models.front().folder, (root_ / "other").string());
  EXPECT_EQ(scan.models.front().owner, FolderOwner::user);
  EXPECT_EQ(scan.models.front().repository, "org/tiny");
  EXPECT_EQ(read(fs::path(scan.models.front().path) / "model.safetensors"), weights_);
  EXPECT_EQ(hub_->check(scan.models.front(), {}), std::optional(true));
  hub_->trash(scan.models.front());
  EXPECT_TRUE(hub_->library({}).models.empty());
  EXPECT_THROW(hub_->download_elsewhere(id, (root_ / "cache").string()), Error);
}

TEST_F(RealLibraryTest, WhatOthersDownloadedIsCheckedOnceAndRepaired) {
  fetch("org/tiny");
  // As if another program had put it there, badly.
  hub_.reset();
  fs::remove_all(root_ / "data");
  fs::path blob;
  for (const auto& entry : fs::directory_iterator(root_ / "cache/models--org--tiny/blobs"))
    if (entry.file_size() == weights_.size()) blob = entry.path();
  std::string bytes = weights_;
  bytes[100'000] ^= 1;
  fs::permissions(blob, fs::perms::owner_write, fs::perm_options::add);
  write(blob, bytes);
  open();
  hub_->hold_checks(true);
  EXPECT_TRUE(only_model().check_waits);
  QTest::qWait(150);
  EXPECT_FALSE(was_told(CheckNews::State::damaged)) << "it waits while something else goes on";
  hub_->hold_checks(false);
  ASSERT_TRUE(QTest::qWaitFor([&] { return was_told(CheckNews::State::damaged); }, 10'000));
  const LibraryModel damaged = only_model();
  EXPECT_TRUE(damaged.damaged);
  EXPECT_FALSE(damaged.check_waits) << "it is not read again";
  hub::DownloadRequest repair{.repository = damaged.repository, .revision = damaged.commit, .title = "tiny"};
  for (const LibraryFile& file : damaged.files) repair.files.push_back(file.name);
  hub_->download(repair);
  ASSERT_TRUE(QTest::qWaitFor([&] { return hub_->downloads().back().state == hub::DownloadState::done; }, 20'000))
      << hub_->downloads().back().sentence;
  EXPECT_EQ(read(blob), weights_);
  const LibraryModel whole = only_model();
  EXPECT_FALSE(whole.damaged);
  EXPECT_GT(whole.verified, 0);
}

TEST_F(RealLibraryTest, ABlobThatIsIntactIsRememberedAsVerified) {
  fetch("org/tiny");
  hub_.reset();
  fs::remove_all(root_ / "data");
  open();
  EXPECT_TRUE(only_model().check_waits);
  ASSERT_TRUE(QTest::qWaitFor([&] { return was_told(CheckNews::State::checked); }, 10'000));
  const LibraryModel checked = only_model();
  EXPECT_FALSE(checked.check_waits);
  EXPECT_GT(checked.verified, 0);
  open();
  EXPECT_FALSE(only_model().check_waits) << "once, not at each start";
}

}  // namespace
}  // namespace etna::gui

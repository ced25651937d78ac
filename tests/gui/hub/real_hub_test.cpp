#include "gui/hub/real_hub.h"

#include <gtest/gtest.h>

#include <QTemporaryDir>
#include <QTest>
#include <fstream>

#include "gui/hub/trouble.h"
#include "hub/problem.h"
#include "tests/hub/support/test_hub.h"

namespace etna::gui {
namespace {

namespace fs = std::filesystem;

/// A safetensors file with one matrix.
std::string safetensors() {
  const std::string header = R"({"model.embed_tokens.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})";
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(i == 0 ? header.size() : 0);
  return bytes + header + std::string(24, 'x');
}

class RealHubTest : public testing::Test {
protected:
  void SetUp() override {
    qputenv("HF_HUB_CACHE", (root_ / "cache").c_str());
    qputenv("XDG_DATA_HOME", (root_ / "share").c_str());
    qputenv("HOME", root_.c_str());
    qunsetenv("HF_TOKEN");
    test_.add("org/tiny")
        .commit({{"config.json", test::make_blob(R"({"model_type":"llama"})", false)},
                 {"README.md", test::make_blob("# Tiny", false)},
                 {"tokenizer.json", test::make_blob("{}", false)},
                 {"model.safetensors", test::make_blob(safetensors(), true)}});
    auto& gated = test_.add("org/gated");
    gated.gated = "manual";
    gated.commit(
        {{"config.json", test::make_blob("{}", false)}, {"model.safetensors", test::make_blob(safetensors(), true)}});
    hub_ = std::make_unique<RealHub>(root_ / "data", test_.settings());
  }

  void TearDown() override {
    hub_.reset();
    qunsetenv("HF_HUB_CACHE");
  }

  QTemporaryDir folder_;
  const fs::path root_ = folder_.path().toStdString();
  test::TestHub test_;
  std::unique_ptr<RealHub> hub_;
};

TEST_F(RealHubTest, NothingIsOpenedOrAskedBeforeItIsNeeded) {
  EXPECT_TRUE(test_.requests().empty());
  EXPECT_FALSE(fs::exists(root_ / "data"));
  EXPECT_FALSE(fs::exists(root_ / "cache"));
  hub_->library({});
  EXPECT_TRUE(test_.requests().empty());
}

TEST_F(RealHubTest, AModelIsFoundJudgedFetchedListedTrashedAndPutBack) {
  hub::SearchQuery query;
  query.text = "tiny";
  const hub::SearchPage page = hub_->search(query, {}, {});
  ASSERT_EQ(page.models.size(), 1u);
  EXPECT_EQ(test_.requests().size(), 1u);

  const HubCard card = hub_->card("org/tiny", "main", {});
  ASSERT_EQ(card.versions.versions.size(), 1u);
  EXPECT_TRUE(card.present.front().empty());
  EXPECT_EQ(hub_->readme(card, {}), "# Tiny");
  const ModelDescription description = hub_->describe(card, card.versions.versions.front(), {});
  ASSERT_EQ(description.tensors.size(), 1u);
  EXPECT_EQ(description.tensors.front().bytes, 24u);
  EXPECT_EQ(description.config_json, R"({"model_type":"llama"})");
  const auto asked = test_.requests().size();
  hub_->describe(card, card.versions.versions.front(), {});
  EXPECT_EQ(test_.requests().size(), asked) << "headers are read once";

  hub_->download({.repository = "org/tiny", .title = "tiny"});
  ASSERT_TRUE(QTest::qWaitFor(
      [&] {
        const auto rows = hub_->downloads();
        return rows.size() == 1 && rows.front().state == hub::DownloadState::done;
      },
      20'000))
      << hub_->downloads().front().sentence;
  const HubCard again = hub_->card("org/tiny", "main", {});
  EXPECT_FALSE(again.present.front().empty());

  const LibraryScan scan = hub_->library({});
  ASSERT_EQ(scan.models.size(), 1u);
  EXPECT_EQ(scan.models.front().repository, "org/tiny");
  EXPECT_EQ(scan.models.front().path, again.present.front());
  EXPECT_EQ(scan.folders.front().owner, FolderOwner::hugging_face);
  EXPECT_EQ(hub_->check(scan.models.front(), {}), std::optional(true));

  const Trashed gone = hub_->trash(scan.models.front());
  EXPECT_TRUE(hub_->library({}).models.empty());
  hub_->restore(gone.ticket);
  EXPECT_EQ(hub_->library({}).models.size(), 1u);
  EXPECT_EQ(test_.leaked_authorizations(), 0);
}

TEST_F(RealHubTest, AGatedModelShowsItsCardAndRefusesItsHeaders) {
  const HubCard card = hub_->card("org/gated", "main", {});
  EXPECT_EQ(card.info.access, hub::Access::manual);
  ASSERT_EQ(card.versions.versions.size(), 1u);
  try {
    hub_->describe(card, card.versions.versions.front(), {});
    FAIL();
  } catch (const hub::HubError& error) {
    EXPECT_EQ(error.problem().trouble, hub::Trouble::gated);
  }
}

TEST_F(RealHubTest, TheTokenIsInNoText) {
  const std::string canary = "hf_canaryCanaryCanaryCanaryCanaryCanary";
  qputenv("HF_TOKEN", canary.c_str());
  RealHub hub(root_ / "other", test_.settings());
  const HubAccess access = hub.access();
  qunsetenv("HF_TOKEN");
  EXPECT_TRUE(access.signed_in);
  for (const std::string& text : {access.host, access.token_place, access.token_file})
    EXPECT_EQ(text.find("canary"), std::string::npos) << text;
  test::Fault refusal;
  refusal.kind = test::FaultKind::status;
  refusal.count = -1;
  refusal.status = 401;
  refusal.body = R"({"error":"Invalid credentials"})";
  test_.add_fault(refusal);
  try {
    hub.search({}, {}, {});
    FAIL();
  } catch (const std::exception& error) {
    const Trouble trouble = trouble_of(error);
    EXPECT_EQ(trouble.code.toStdString(), "E-HUB-02");
    EXPECT_FALSE((trouble.title + trouble.text).contains(QLatin1String("canary")));
  }
}

TEST_F(RealHubTest, AFolderOfMineIsLinkedUsedAndGoesToTheTrash) {
  const fs::path mine = root_ / "mine" / "deep" / "tiny";
  fs::create_directories(mine);
  std::ofstream(mine / "config.json") << "{}";
  std::ofstream(mine / "model.safetensors") << safetensors();
  hub_->link_folder((root_ / "mine").string());
  LibraryScan scan = hub_->library({});
  ASSERT_EQ(scan.models.size(), 1u);
  EXPECT_EQ(scan.models.front().owner, FolderOwner::user);
  const Trashed gone = hub_->trash(scan.models.front());
  EXPECT_FALSE(fs::exists(mine));
  hub_->restore(gone.ticket);
  EXPECT_TRUE(fs::exists(mine / "config.json"));
  hub_->unlink_folder((root_ / "mine").string());
  EXPECT_TRUE(hub_->library({}).models.empty());
}

}  // namespace
}  // namespace etna::gui

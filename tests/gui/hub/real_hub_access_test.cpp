#include <gtest/gtest.h>
#include <sys/stat.h>

#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <sstream>

#include "engine/base/error.h"
#include "gui/hub/real_hub.h"
#include "gui/hub/trouble.h"
#include "hub/problem.h"
#include "tests/hub/support/test_hub.h"

namespace etna::gui {
namespace {

namespace fs = std::filesystem;

const std::string good = "hf_canaryGoodGoodGoodGoodGoodGoodGood";

/// The usual choices with some of them changed.
template <class Change>
HubChoices chosen(Change change) {
  HubChoices choices;
  change(choices);
  return choices;
}

/// The real hub client in a home of its own; no password store, so secrets are in files.
class RealHubAccess : public testing::Test {
protected:
  void SetUp() override {
    for (const char* name : {"HF_TOKEN", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_HUB_OFFLINE", "HTTPS_PROXY", "https_proxy",
                             "HF_HOME", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
      qunsetenv(name);
    qputenv("XDG_CACHE_HOME", root_.c_str());
    qputenv("XDG_DATA_HOME", (root_ / "share").c_str());
    test_.add("org/tiny")
        .commit({{"config.json", test::make_blob("{}", false)},
                 {"model.bin", test::make_blob(std::string(3 << 20, 'x'), true)}});
    auto& gated = test_.add("org/gated");
    gated.gated = "manual";
    gated.commit({{"config.json", test::make_blob("{}", false)}});
    test_.add_user(good, {.name = "ada", .role = "read"});
    hub_ = std::make_unique<RealHub>(root_ / "data", test_.settings());
  }

  void TearDown() override {
    hub_.reset();
    qunsetenv("XDG_CACHE_HOME");
  }

  static std::string text_of(const fs::path& file) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  template <class Question>
  static Trouble refused(Question question) {
    const auto answer = ask([&] {
      question();
      return true;
    });
    EXPECT_FALSE(answer.value) << "nothing was refused";
    return answer.trouble;
  }

  void search() { hub_->search({}, {}, {}); }

  QTemporaryDir folder_;
  const fs::path root_ = folder_.path().toStdString();
  test::TestHub test_;
  std::unique_ptr<RealHub> hub_;
};

TEST_F(RealHubAccess, ATokenIsCheckedKeptWhereOthersFindItAndUsedFromThenOn) {
  EXPECT_FALSE(hub_->access().signed_in);
  EXPECT_EQ(hub_->access().secret_place, (root_ / "huggingface" / "token").string());
  const hub::Account account = hub_->sign_in("  " + good + "\n", {});
  EXPECT_EQ(account.name, "ada");
  const HubAccess access = hub_->access();
  EXPECT_TRUE(access.signed_in);
  EXPECT_EQ(access.token_origin, hub::TokenOrigin::file);
  EXPECT_EQ(text_of(root_ / "huggingface" / "token"), good);

  struct stat status {};

  ASSERT_EQ(::stat((root_ / "huggingface" / "token").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  test_.forget_requests();
  search();
  EXPECT_EQ(test_.requests().back().headers.at("authorization"), "Bearer " + good);
  EXPECT_EQ(hub_->who_am_i({}).name, "ada");

  hub_->sign_out();
  EXPECT_FALSE(hub_->access().signed_in);
  EXPECT_FALSE(fs::exists(root_ / "huggingface" / "token"));
  search();
  EXPECT_FALSE(test_.requests().back().headers.contains("authorization"));
}

TEST_F(RealHubAccess, ATokenThatIsNobodysIsRefusedAndNotKept) {
  const Trouble trouble = refused([&] { hub_->sign_in("hf_canaryWrong", {}); });
  EXPECT_EQ(trouble.code.toStdString(), "E-HUB-02");
  EXPECT_FALSE((trouble.title + trouble.text).contains(QLatin1String("canary")));
  EXPECT_FALSE(fs::exists(root_ / "huggingface" / "token"));
  EXPECT_FALSE(hub_->access().signed_in);
  test_.forget_requests();
  EXPECT_FALSE(refused([&] { hub_->sign_in("hf_canary with space", {}); }).text.contains(QLatin1String("canary")));
  EXPECT_TRUE(test_.requests().empty()) << "what is no token is sent to nobody";
}

TEST_F(RealHubAccess, AMirrorIsAskedFromTheNextRequestOnAndGetsNoTokenUnlessAllowed) {
  test::TestHub mirror;
  mirror.add("org/other").commit({{"config.json", test::make_blob("{}", false)}});
  mirror.add_user(good, {.name = "ada"});
  hub_->sign_in(good, {});
  hub_->try_endpoint(mirror.endpoint(), {});
  EXPECT_EQ(mirror.requests().size(), 1u);
  EXPECT_FALSE(mirror.requests().front().headers.contains("authorization"));

  HubChoices choices;
  choices.endpoint = mirror.endpoint();
  hub_->configure(choices);
  const hub::SearchPage page = hub_->search({}, {}, {});
  ASSERT_EQ(page.models.size(), 1u);
  EXPECT_EQ(page.models.front().id, "org/other");
  EXPECT_FALSE(mirror.requests().back().headers.contains("authorization"));
  const HubAccess access = hub_->access();
  EXPECT_EQ(access.endpoint, mirror.endpoint());
  EXPECT_FALSE(access.endpoint_is_default);
  EXPECT_FALSE(access.endpoint_gets_token);
  const auto asked = mirror.requests().size();
  EXPECT_TRUE(refused([&] { hub_->sign_in(good, {}); }).text.contains(QLatin1String("sends no token")));
  EXPECT_EQ(mirror.requests().size(), asked);

  choices.token_endpoint = "https://another.example.org";
  hub_->configure(choices);
  search();
  EXPECT_FALSE(mirror.requests().back().headers.contains("authorization")) << "another one was allowed";
  choices.token_endpoint = mirror.endpoint();
  hub_->configure(choices);
  search();
  EXPECT_EQ(mirror.requests().back().headers.at("authorization"), "Bearer " + good);
}

TEST_F(RealHubAccess, AnAddressThatIsNoHubFailsItsTest) {
  const Trouble nobody = refused([&] { hub_->try_endpoint("http://127.0.0.1:9", {}); });
  EXPECT_EQ(nobody.code.toStdString(), "E-NET-06");
  test::TestHub strange;
  strange.override_answer("/api/models", "<html>Sign in to the network</html>", {{"Content-Type", "text/html"}});
  refused([&] { hub_->try_endpoint(strange.endpoint(), {}); });
}

TEST_F(RealHubAccess, OfflineModeSendsNothingAndTheLibraryWorks) {
  hub_->configure(chosen([](HubChoices& choices) { choices.offline = true; }));
  test_.forget_requests();
  EXPECT_TRUE(hub_->access().offline);
  const Trouble trouble = refused([&] { search(); });
  EXPECT_TRUE(trouble.by_choice);
  EXPECT_EQ(trouble.code.toStdString(), "E-NET-01");
  refused([&] { hub_->sign_in(good, {}); });
  EXPECT_NO_THROW(hub_->library({}));
  EXPECT_TRUE(test_.requests().empty());
  hub_->configure({});
  EXPECT_NO_THROW(search());
}

TEST_F(RealHubAccess, WhatTheEnvironmentSaysGoesFirst) {
  qputenv("HF_HOME", (root_ / "said").c_str());
  qputenv("HF_TOKEN", good.c_str());
  qputenv("HF_ENDPOINT", "https://said.example.org/");
  qputenv("HF_HUB_OFFLINE", "1");
  qputenv("HTTPS_PROXY", "http://said.example.org:1");
  RealHub hub(root_ / "other");
  hub.configure(chosen([&](HubChoices& choices) {
    choices.endpoint = "https://chosen.example.org";
    choices.cache = (root_ / "mine").string();
  }));
  const HubAccess access = hub.access();
  for (const char* name : {"HF_HOME", "HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE", "HTTPS_PROXY"}) qunsetenv(name);
  EXPECT_EQ(access.endpoint, "https://said.example.org");
  EXPECT_TRUE(access.offline);
  EXPECT_EQ(access.cache, (root_ / "said" / "hub").string());
  EXPECT_EQ(access.token_origin, hub::TokenOrigin::environment);
  EXPECT_EQ(access.variables, (hub::HubEnvironment::Variables{"HF_ENDPOINT", "HF_HOME", "HF_TOKEN", "HF_HUB_OFFLINE",
                                                              "HTTPS_PROXY", ""}));
}

TEST_F(RealHubAccess, AProxysPasswordIsKeptAsideAndForgotten) {
  hub_->set_proxy_password("p:w d@");
  EXPECT_TRUE(hub_->access().has_proxy_password);

  struct stat status {};

  ASSERT_EQ(::stat((root_ / "data" / "proxy-password").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  hub_->configure(chosen([](HubChoices& choices) {
    choices.proxy = hub::NetworkSettings::Proxy::manual;
    choices.proxy_address = "http://127.0.0.1:9";
    choices.proxy_user = "ada";
  }));
  const Trouble trouble = refused([&] { search(); });
  EXPECT_FALSE((trouble.title + trouble.text).contains(QLatin1String("p:w"))) << trouble.text.toStdString();
  hub_->set_proxy_password("");
  EXPECT_FALSE(hub_->access().has_proxy_password);
}

TEST_F(RealHubAccess, RunningDownloadsGoOnWithNewSettings) {
  HubChoices choices;
  choices.speed_limit = 400'000;
  hub_->configure(choices);
  hub_->download({.repository = "org/tiny", .files = {"config.json", "model.bin"}});
  const auto row = [&] { return hub_->downloads().front(); };
  ASSERT_TRUE(QTest::qWaitFor([&] { return row().done_bytes > 0; }, 20'000)) << row().sentence;
  const hub::DownloadId id = row().id;
  choices.offline = true;
  hub_->configure(choices);
  const auto asked = test_.requests().size();
  QTest::qWait(300);
  EXPECT_EQ(test_.requests().size(), asked) << "offline holds for what runs already";
  EXPECT_NE(row().state, hub::DownloadState::failed) << row().sentence;
  hub_->configure({});
  ASSERT_TRUE(QTest::qWaitFor(
      [&] {
        if (row().state == hub::DownloadState::reconnecting) hub_->resume(id);
        return row().state == hub::DownloadState::done;
      },
      30'000))
      << row().sentence;
  EXPECT_EQ(row().id, id);
}

TEST_F(RealHubAccess, AnotherFolderIsForTheDownloadsToCome) {
  hub_->download({.repository = "org/tiny", .files = {"config.json"}});
  const auto is_done = [&](std::size_t count) {
    return QTest::qWaitFor(
        [&] {
          const auto rows = hub_->downloads();
          return rows.size() == count && rows.back().state == hub::DownloadState::done;
        },
        20'000);
  };
  ASSERT_TRUE(is_done(1));
  hub_->configure(chosen([&](HubChoices& choices) { choices.cache = (root_ / "mine").string(); }));
  EXPECT_EQ(hub_->access().cache, (root_ / "mine").string());
  hub_->download({.repository = "org/tiny", .files = {"config.json", "model.bin"}});
  ASSERT_TRUE(is_done(2));
  EXPECT_TRUE(fs::exists(root_ / "mine" / "models--org--tiny"));
  EXPECT_TRUE(fs::exists(root_ / "huggingface" / "hub" / "models--org--tiny")) << "nothing moves";
  std::vector<std::string> folders;
  for (const LibraryFolder& folder : hub_->library({}).folders) folders.push_back(folder.path);
  EXPECT_EQ(folders.size(), 2u) << "the library shows both";
}

TEST_F(RealHubAccess, AccessToAGatedModelIsAskedForWithoutTouchingItsFiles) {
  const Trouble trouble = refused([&] { hub_->check_access("org/gated", {}); });
  EXPECT_EQ(trouble.kind, Trouble::Kind::access);
  EXPECT_TRUE(trouble.must_sign_in);
  EXPECT_EQ(test_.count_requests("GET", "/resolve/"), 0);
}

}  // namespace
}  // namespace etna::gui

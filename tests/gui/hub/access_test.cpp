#include <QFile>
#include <fstream>

#include "tests/gui/hub/hub_fixture.h"

namespace etna::gui {
namespace {

/// The settings of the way to the hub, on a made-up hub.
class AccessTest : public HubTest {
protected:
  void TearDown() override {
    HubTest::TearDown();
    qunsetenv("ETNA_FAKE_ACCESS");
  }

  void wait() {
    ASSERT_TRUE(becomes([this] { return access.known() && !access.busy() && !access.checking_token(); }));
  }

  QString stored() {
    store.sync();
    QFile file(store.fileName());
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
  }

  AccessController& access = *hub_controller.access();
};

TEST_F(AccessTest, ATokenSignsInAndIsInNoFileOfOurs) {
  const QSignalSpy named(&access, &AccessController::signedInAs);
  access.refresh();
  wait();
  EXPECT_EQ(access.token_text().toStdString(), "Not signed in");
  EXPECT_TRUE(access.token_note().contains(QLatin1String("the desktop's password store")));
  access.signIn(QStringLiteral(" hf_canaryCanary \n"));
  EXPECT_TRUE(access.checking_token());
  wait();
  EXPECT_EQ(named.count(), 1);
  EXPECT_EQ(access.token_text().toStdString(), "Signed in as ada");
  EXPECT_EQ(access.token_note().toStdString(),
            "Token “laptop”: it may read. It is kept in the desktop's password store.");
  EXPECT_EQ(access.summary().toStdString(), "huggingface.co · signed in as ada");
  EXPECT_FALSE(stored().contains(QLatin1String("canary")));
  access.signOut();
  wait();
  EXPECT_FALSE(access.signed_in());
  EXPECT_EQ(access.summary().toStdString(), "huggingface.co · no token");
}

TEST_F(AccessTest, ATokenThatIsNoneOrNobodysSaysSo) {
  access.refresh();
  wait();
  access.signIn(QStringLiteral("two words"));
  EXPECT_FALSE(access.checking_token()) << "nothing is asked";
  EXPECT_FALSE(access.token_problem().isEmpty());
  access.signIn(QStringLiteral("hf_bad"));
  wait();
  EXPECT_TRUE(access.token_problem().startsWith(QLatin1String("The token was not accepted. ")));
  EXPECT_FALSE(access.signed_in());
  access.signIn(QStringLiteral("hf_good"));
  wait();
  EXPECT_EQ(access.token_problem().toStdString(), "");
  EXPECT_TRUE(access.signed_in());
}

TEST_F(AccessTest, WhatVariablesDecideIsSaidAndCannotBeChanged) {
  qputenv("ETNA_FAKE_ACCESS", "environment");
  access.refresh();
  wait();
  EXPECT_EQ(access.token_locked().toStdString(), "The environment variable HF_TOKEN decides this.");
  EXPECT_EQ(access.endpoint_locked().toStdString(), "The environment variable HF_ENDPOINT decides this.");
  EXPECT_EQ(access.proxy_locked().toStdString(), "The environment variable https_proxy decides this.");
  EXPECT_EQ(access.offline_locked().toStdString(), "The environment variable HF_HUB_OFFLINE decides this.");
  EXPECT_EQ(access.cache_locked().toStdString(), "The environment variable HF_HOME decides this.");
  EXPECT_TRUE(access.ca_text().endsWith(QLatin1String("SSL_CERT_FILE adds some, too.")));
  EXPECT_TRUE(access.token_goes_anyway());
}

TEST_F(AccessTest, AnAddressIsCheckedTriedUsedAndLeft) {
  EXPECT_FALSE(access.useEndpoint(QStringLiteral("http://mirror.example.org")));
  EXPECT_TRUE(access.endpoint_problem().contains(QLatin1String("https://")));
  EXPECT_TRUE(fake().choices().endpoint.empty());
  access.tryEndpoint(QStringLiteral("broken.example.org"));
  ASSERT_TRUE(becomes([&] { return !access.trying_endpoint(); }));
  EXPECT_EQ(access.endpoint_problem().toStdString(),
            "broken.example.org can't be found. The name can't be resolved. Check the network or the proxy setting.");
  access.tryEndpoint(QStringLiteral("mirror.example.org"));
  ASSERT_TRUE(becomes([&] { return !access.trying_endpoint(); }));
  EXPECT_EQ(access.endpoint_answer().toStdString(), "A model hub answers at https://mirror.example.org.");
  EXPECT_TRUE(fake().choices().endpoint.empty()) << "a test changes nothing";

  EXPECT_TRUE(access.useEndpoint(QStringLiteral("mirror.example.org/")));
  wait();
  EXPECT_EQ(access.endpoint().toStdString(), "https://mirror.example.org");
  EXPECT_TRUE(access.is_mirror());
  EXPECT_FALSE(access.endpoint_gets_token());
  access.set_endpoint_gets_token(true);
  wait();
  EXPECT_EQ(fake().choices().token_endpoint, "https://mirror.example.org");
  access.useEndpoint(QStringLiteral("other.example.org"));
  wait();
  EXPECT_FALSE(access.endpoint_gets_token()) << "the yes was for the first one";
  access.useEndpoint({});
  wait();
  EXPECT_FALSE(access.is_mirror());
}

TEST_F(AccessTest, AProxyCountsWhenItHasAnAddressAndItsPasswordIsNotKeptWithIt) {
  access.set_proxy(AccessController::ManualProxy);
  wait();
  EXPECT_EQ(fake().choices().proxy, hub::NetworkSettings::Proxy::system) << "there is no address yet";
  EXPECT_FALSE(access.useProxy(QStringLiteral("proxy.example.org"), {}, {}));
  EXPECT_FALSE(access.proxy_problem().isEmpty());
  EXPECT_TRUE(access.useProxy(QStringLiteral("proxy.example.org:3128"), QStringLiteral("ada"),
                              QStringLiteral("localhost, .example.org")));
  access.setProxyPassword(QStringLiteral("canary word"));
  wait();
  EXPECT_EQ(fake().choices().proxy, hub::NetworkSettings::Proxy::manual);
  EXPECT_EQ(fake().choices().proxy_address, "http://proxy.example.org:3128");
  EXPECT_EQ(fake().choices().no_proxy, "localhost,.example.org");
  EXPECT_TRUE(access.has_proxy_password());
  EXPECT_FALSE(stored().contains(QLatin1String("canary")));
  access.set_proxy(AccessController::NoProxy);
  wait();
  EXPECT_EQ(fake().choices().proxy, hub::NetworkSettings::Proxy::none);
}

TEST_F(AccessTest, OnlyACertificateIsTakenForOne) {
  const QString file = folder.filePath(QStringLiteral("ca.pem"));
  std::ofstream(file.toStdString()) << "not one";
  access.useCaFile(QUrl::fromLocalFile(file));
  ASSERT_TRUE(becomes([&] { return !access.ca_problem().isEmpty(); }));
  EXPECT_FALSE(access.has_ca_file());
  EXPECT_TRUE(fake().choices().ca_file.empty());
}

TEST_F(AccessTest, OfflineModeShowsAtOnceAndEndsWithoutASearch) {
  search(QStringLiteral("qwen"));
  const int searches = fake().searches();
  access.set_offline(true);
  ASSERT_TRUE(becomes([&] { return discover.state() == DiscoverController::Offline; }));
  EXPECT_EQ(discover.title().toStdString(), "Offline mode is on");
  EXPECT_GT(discover.results()->count(), 0) << "what is on the screen stays";
  EXPECT_EQ(discover.wayAt(0), HubWay::OfflineSettings);
  discover.search();
  EXPECT_EQ(fake().searches(), searches);
  access.set_offline(false);
  ASSERT_TRUE(becomes([&] { return discover.state() == DiscoverController::Filled; }));
  EXPECT_EQ(fake().searches(), searches);
}

TEST_F(AccessTest, TheFolderAndTheSpeedOfDownloadsAreChosen) {
  access.refresh();
  wait();
  EXPECT_EQ(access.cache_note().toStdString(), "212 GB free of 512 GB");
  access.useCacheFolder(QUrl::fromLocalFile(folder.path() + QStringLiteral("/none")));
  EXPECT_FALSE(access.cache_problem().isEmpty());
  access.useCacheFolder(QUrl::fromLocalFile(folder.path()));
  wait();
  EXPECT_EQ(access.cache_folder(), folder.path());
  EXPECT_FALSE(access.cache_is_usual());
  access.useUsualCacheFolder();
  access.set_files_at_once(9);
  access.set_speed_limit(3);
  wait();
  EXPECT_TRUE(access.cache_is_usual());
  EXPECT_EQ(fake().choices().files_at_once, 4);
  EXPECT_EQ(fake().choices().speed_limit, 5'000'000u);
  EXPECT_EQ(access.speed_limits().at(3).toStdString(), "5 MB/s");
  access.set_unfinished_downloads(1);
  EXPECT_FALSE(access.cache_locked().isEmpty());
  access.useCacheFolder(QUrl::fromLocalFile(folder.path()));
  EXPECT_TRUE(access.cache_is_usual());
}

TEST_F(AccessTest, ChoicesOutliveTheProgramAndNonsenseInTheFileDoesNotCount) {
  access.useEndpoint(QStringLiteral("mirror.example.org"));
  access.set_offline(true);
  access.set_files_at_once(3);
  wait();
  {
    HubController next(*engine, library, store);
    EXPECT_EQ(fake().choices().endpoint, "https://mirror.example.org");
    EXPECT_TRUE(fake().choices().offline);
    EXPECT_EQ(fake().choices().files_at_once, 3);
    next.shut_down();
  }
  store.setValue(QStringLiteral("hub/endpoint"), QStringLiteral("http://evil.example.org"));
  store.setValue(QStringLiteral("hub/filesAtOnce"), 4000);
  store.setValue(QStringLiteral("hub/proxy"), QStringLiteral("canary"));
  HubController next(*engine, library, store);
  EXPECT_EQ(fake().choices().endpoint, "");
  EXPECT_EQ(fake().choices().files_at_once, 4);
  EXPECT_EQ(fake().choices().proxy, hub::NetworkSettings::Proxy::system);
  next.shut_down();
}

TEST_F(AccessTest, AGatedModelAsksForATokenThenForConsentThenOpens) {
  open_card(QStringLiteral("google/gemma-3-4b-it-gated"));
  ASSERT_EQ(card.action(), CardController::Access);
  EXPECT_EQ(card.wayAt(0), HubWay::AddToken);
  card.watchAccess();
  EXPECT_TRUE(card.watch_text().isEmpty()) << "without a token the answer can only be no";

  access.signIn(QStringLiteral("hf_good"));
  ASSERT_TRUE(becomes([&] { return card.action() == CardController::Access && card.wayAt(0) == HubWay::OpenPage; }))
      << "the card asks again by itself";
  EXPECT_TRUE(card.blocked().contains(QLatin1String("You are not in the list")));
  card.set_watch_interval(20);
  card.watchAccess();
  EXPECT_FALSE(card.watch_text().isEmpty());
  ASSERT_TRUE(becomes([&] { return card.blocked().contains(QLatin1String("awaiting a review")); }))
      << "it says how far the request has come";
  fake().grant_access();
  ASSERT_TRUE(becomes([&] { return card.action() == CardController::Download; }));
  EXPECT_TRUE(card.watch_text().isEmpty());
  const int checks = fake().access_checks();
  QTest::qWait(80);
  EXPECT_EQ(fake().access_checks(), checks);
}

TEST_F(AccessTest, EveryRefusalHasItsWayOut) {
  const auto first = [](const char* code, bool signed_in, bool must_sign_in = false) {
    Trouble trouble;
    trouble.code = QLatin1String(code);
    trouble.must_sign_in = must_sign_in;
    return ways_out(trouble, signed_in).constFirst();
  };
  EXPECT_EQ(first("E-NET-01", false), HubWay::TryAgain);
  EXPECT_EQ(first("E-NET-03", false), HubWay::AddCertificate);
  EXPECT_EQ(first("E-NET-04", false), HubWay::ProxySettings);
  EXPECT_EQ(first("E-HUB-01", false, true), HubWay::AddToken);
  EXPECT_EQ(first("E-HUB-01", true), HubWay::OpenPage);
  EXPECT_EQ(first("E-HUB-02", true), HubWay::ChangeToken);
  EXPECT_EQ(first("E-HUB-03", false), HubWay::SearchSimilar);
  Trouble limited;
  limited.code = QStringLiteral("E-NET-05");
  EXPECT_TRUE(ways_out(limited, false).contains(HubWay::AddToken));
  EXPECT_FALSE(ways_out(limited, true).contains(HubWay::AddToken));
  for (const QString& text : way_texts(ways_out(limited, false))) EXPECT_FALSE(text.isEmpty());
}

}  // namespace
}  // namespace etna::gui

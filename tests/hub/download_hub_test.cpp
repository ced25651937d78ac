// Downloads over HTTP from the test hub, with everything that goes wrong on the way.
#include "hub/download_hub_source.h"

#include <algorithm>

#include "hub/downloads.h"
#include "tests/hub/download_fakes.h"
#include "tests/hub/support/test_hub.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::Fault;
using test::FaultKind;

constexpr std::uint64_t mib = 1u << 20;
constexpr std::uint64_t size = 70 * mib + 11;
const std::string id = "org/model";

/// Of answers from the content network; `count` < 0: of all.
Fault fault(FaultKind kind, int count, std::uint64_t at = 0, int status = 500) {
  Fault result;
  result.kind = kind;
  result.on_content_network = true;
  result.count = count;
  result.at = at;
  result.status = status;
  return result;
}

class FromHub : public testing::Test {
protected:
  void begin(const test::TestHubOptions& options = {}) {
    hub_ = std::make_unique<test::TestHub>(options);
    hub_->add_user("hf_token", {.name = "user"});
    weights_ = test::make_pattern_blob(size, 5);
    hub_->add(id).commit({{"config.json", test::make_blob("{}", false)}, {"model.safetensors", weights_}});
  }

  void open() {
    auto settings = hub_->settings();
    settings.stall_timeout = 1s;
    client_ = std::make_shared<HttpClient>(settings, [] { return std::string("hf_token"); });
    queue_ = std::make_unique<DownloadQueue>(DownloadQueue::Options{
        .data_folder = folder_ / "data",
        .cache_root = folder_ / "hub",
        .source = std::make_shared<HubSource>(client_),
        .space = [](const fs::path&) { return Space{.available = 1ull << 40, .total = 1ull << 40}; },
        .clock_speed = 20.0,
        .part = {.claim_bytes = mib / 4}});
    queue_->start();
  }

  void wait_for_bytes(DownloadId row, std::uint64_t bytes) const {
    while (is_active(queue_->find(row)->state) && queue_->find(row)->done_bytes < bytes)
      std::this_thread::sleep_for(5ms);
  }

  DownloadStatus load() {
    open();
    return *queue_->wait(queue_->add({.repository = id}));
  }

  void expect_loaded() {
    const DownloadStatus status = load();
    ASSERT_EQ(status.state, DownloadState::done) << status.sentence;
    EXPECT_EQ(hash_file(status.folder / "model.safetensors", HashKind::sha256), weights_->sha256);
    EXPECT_EQ(read_text_file(status.folder / "config.json"), "{}");
    EXPECT_EQ(hub_->leaked_authorizations(), 0);
  }

  const TemporaryFolder folder_;
  std::unique_ptr<test::TestHub> hub_;
  test::BlobRef weights_;
  std::shared_ptr<HttpClient> client_;
  std::unique_ptr<DownloadQueue> queue_;
};

TEST_F(FromHub, a_model_comes_in_ranges_with_one_question_to_the_hub_per_file) {
  begin();
  expect_loaded();
  EXPECT_EQ(hub_->content_bytes(), size);
  // The four connections may ask at the same time, before the first link is known.
  EXPECT_LE(hub_->count_requests("GET", "/resolve/"), 5);
  EXPECT_EQ(hub_->count_requests("HEAD", ""), 0);
  // Answers that end by themselves leave their connections for the next requests: four here and four there, and not one
  // for each of the nine pieces.
  EXPECT_LE(hub_->connections(), 8);
  for (const test::Seen& seen : hub_->requests()) {
    if (!seen.on_content_network) continue;
    EXPECT_TRUE(seen.headers.contains("range"));
    EXPECT_EQ(seen.headers.at("accept-encoding"), "identity");
  }
}

TEST_F(FromHub, over_tls_with_its_own_authority) {
  begin({.tls = true, .link_lifetime = 1h});
  expect_loaded();
}

class Transient : public FromHub, public testing::WithParamInterface<std::pair<const char*, Fault>> {};

TEST_P(Transient, faults_are_overcome_and_the_file_is_right) {
  begin();
  hub_->add_fault(GetParam().second);
  expect_loaded();
}

INSTANTIATE_TEST_SUITE_P(Faults, Transient,
                         testing::Values(std::pair{"cut_at_once", fault(FaultKind::cut, 3, 0)},
                                         std::pair{"cut_after_a_byte", fault(FaultKind::cut, 3, 1)},
                                         std::pair{"cut_in_the_middle", fault(FaultKind::cut, 5, 3 * mib + 7)},
                                         std::pair{"reset", fault(FaultKind::reset, 3, mib)},
                                         std::pair{"stall", fault(FaultKind::stall, 2, mib)},
                                         std::pair{"no_answer", fault(FaultKind::no_answer, 2)},
                                         std::pair{"garbage", fault(FaultKind::garbage, 2)},
                                         std::pair{"busy", fault(FaultKind::status, 3, 0, 503)},
                                         std::pair{"expired_link", fault(FaultKind::status, 1, 0, 403)},
                                         std::pair{"flip", fault(FaultKind::flip, 1, 20 * mib)},
                                         std::pair{"longer_length", fault(FaultKind::longer_length, 1, 100)},
                                         std::pair{"shorter_length", fault(FaultKind::shorter_length, 1, 100)},
                                         std::pair{"chunked", fault(FaultKind::chunked, 2)},
                                         std::pair{"no_length", fault(FaultKind::no_length, 1)},
                                         std::pair{"two_lengths", fault(FaultKind::two_lengths, 1)},
                                         std::pair{"ignores_range", fault(FaultKind::ignores_range, -1)},
                                         std::pair{"wrong_start", fault(FaultKind::wrong_start, 1)},
                                         std::pair{"no_content_range", fault(FaultKind::no_content_range, 1)},
                                         std::pair{"multipart", fault(FaultKind::multipart, 1)},
                                         std::pair{"empty_partial", fault(FaultKind::empty_partial, 2)},
                                         std::pair{"gzip_header", fault(FaultKind::gzip_header, 1)},
                                         std::pair{"html_page", fault(FaultKind::html_page, 3)}),
                         [](const auto& instance) { return std::string(instance.param.first); });

TEST_F(FromHub, links_that_expire_are_renewed_without_a_sign_and_nothing_is_fetched_twice) {
  begin({.link_bytes = 12 * mib});
  expect_loaded();
  EXPECT_GE(hub_->count_requests("GET", "/resolve/"), 5);
}

TEST_F(FromHub, a_content_network_that_refuses_every_link_is_not_asked_for_ever) {
  begin();
  hub_->add_fault(fault(FaultKind::status, -1, 0, 403));
  const DownloadStatus status = load();
  EXPECT_EQ(status.state, DownloadState::failed);
  EXPECT_LE(hub_->count_requests("GET", "/resolve/"), 12);
}

TEST_F(FromHub, another_file_under_the_same_name_is_told_and_not_mixed_in) {
  begin();
  hub_->add_fault({.kind = FaultKind::other_etag, .path = "model.safetensors", .count = -1});
  const DownloadStatus status = load();
  EXPECT_EQ(status.state, DownloadState::failed);
  EXPECT_EQ(status.problem.code, "E-HUB-04");
}

TEST_F(FromHub, a_wrong_total_is_a_changed_file) {
  begin();
  hub_->add_fault(fault(FaultKind::wrong_total, -1));
  EXPECT_EQ(load().problem.code, "E-HUB-04");
}

TEST_F(FromHub, a_gate_that_closes_in_flight_keeps_the_part) {
  begin();
  hub_->add_fault(fault(FaultKind::drip, -1, 10 * mib));
  open();
  const DownloadId row = queue_->add({.repository = id});
  wait_for_bytes(row, 10 * mib);
  hub_->change([&] { hub_->find(id)->gated = "manual"; });
  hub_->clear_faults();
  // Connections that are open go on; a new link is needed when they break.
  hub_->add_fault(fault(FaultKind::status, -1, 0, 403));
  queue_->pause(row);
  queue_->resume(row);
  const auto status = queue_->wait(row);
  EXPECT_EQ(status->state, DownloadState::needs_access) << status->sentence;
  EXPECT_EQ(status->problem.code, "E-HUB-01");
  EXPECT_TRUE(fs::exists(Cache(folder_ / "hub").part(id, weights_->sha256)));
}

TEST_F(FromHub, a_token_that_is_revoked_in_flight_keeps_the_part) {
  begin();
  hub_->change([&] { hub_->find(id)->is_private = true; });
  hub_->add_fault(fault(FaultKind::drip, -1, 10 * mib));
  open();
  const DownloadId row = queue_->add({.repository = id});
  wait_for_bytes(row, 10 * mib);
  hub_->revoke("hf_token");
  hub_->clear_faults();
  hub_->add_fault(fault(FaultKind::status, -1, 0, 403));  // the links are of no use any more
  queue_->pause(row);
  queue_->resume(row);
  const auto status = queue_->wait(row);
  EXPECT_EQ(status->state, DownloadState::needs_access) << status->sentence;
  EXPECT_EQ(status->problem.code, "E-HUB-02");
  EXPECT_TRUE(fs::exists(Cache(folder_ / "hub").part(id, weights_->sha256)));
}

TEST_F(FromHub, a_rate_limit_is_waited_for) {
  begin();
  hub_->add_fault(
      {.kind = FaultKind::status, .path = "/resolve/", .count = 1, .status = 429, .headers = {{"Retry-After", "1"}}});
  expect_loaded();
}

TEST_F(FromHub, the_same_queue_goes_on_with_what_an_earlier_one_left) {
  begin();
  hub_->add_fault(fault(FaultKind::drip, -1, 10 * mib));
  open();
  const DownloadId row = queue_->add({.repository = id});
  wait_for_bytes(row, 20 * mib);
  queue_.reset();
  hub_->clear_faults();
  hub_->forget_requests();
  const std::uint64_t before = hub_->content_bytes();
  expect_loaded();
  EXPECT_LE(hub_->content_bytes() - before, size - 20 * mib + 2 * mib);
}

}  // namespace
}  // namespace etna::hub

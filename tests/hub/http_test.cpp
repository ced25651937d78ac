#include "hub/http.h"

#include <fmt/format.h>

#include <thread>

#include "engine/base/log.h"
#include "tests/hub/hub_fixture.h"
#include "tests/hub/support/protocols.h"

namespace etna::test {

using hub::Retry;
using hub::Trouble;
using namespace std::chrono_literals;

class Http : public HubTest {
protected:
  /// What a download of the weights ends in while the content network misbehaves so.
  hub::Problem problem_with(Fault fault) {
    fault.on_content_network = true;
    hub.add_fault(fault);
    KeepingSink sink;
    auto with = hub.settings();
    with.stall_timeout = 300ms;
    hub::HttpClient quick(with);
    return problem_of([&] { quick.check(quick.send(get_file(file_url()), sink), "etna/tiny"); });
  }
};

class HttpOverTls : public HubTest {
protected:
  HttpOverTls() : HubTest({.tls = true}) {}
};

TEST_F(Http, a_large_file_comes_through_the_redirect_with_the_hubs_own_headers) {
  KeepingSink sink;
  const hub::Response response = client()->send(get_file(file_url()), sink);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(sink.text, weights->text());
  ASSERT_EQ(response.hops.size(), 2u);
  EXPECT_EQ(response.hops[0].status, 302);
  EXPECT_EQ(response.hops[0].headers.etag("x-linked-etag"), weights->sha256);
  EXPECT_EQ(response.find_in_hops("X-Repo-Commit"), commit());
  EXPECT_EQ(sink.head.hops.size(), 2u);
  EXPECT_EQ(response.headers.etag("etag"), weights->xet_hash);
}

TEST_F(Http, a_small_file_comes_through_a_relative_redirect_of_the_same_host) {
  const hub::Response response = client()->send(get_file(file_url("config.json")));
  EXPECT_EQ(response.body, config->text());
  EXPECT_EQ(response.hops.at(0).status, 307);
}

TEST_F(Http, a_renamed_repository_redirects_once_more) {
  hub.rename("etna/tiny", "etna/small");
  KeepingSink sink;
  const hub::Response response = client()->send(get_file(file_url()), sink);
  EXPECT_EQ(response.hops.size(), 3u);
  EXPECT_EQ(sink.text, weights->text());
}

TEST_F(Http, a_range_and_its_condition_reach_the_content_network) {
  hub::Request request = get_file(file_url());
  request.range = hub::ByteRange{1000, 1999};
  request.if_range = weights->xet_hash;
  const hub::Response response = client()->send(request);
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(response.body, weights->text().substr(1000, 1000));
  request.if_range = "another";
  EXPECT_EQ(client()->send(request).status, 200);
}

TEST_F(Http, the_token_goes_to_the_hub_and_never_to_the_content_network) {
  KeepingSink sink;
  client(true)->send(get_file(file_url()), sink);
  EXPECT_EQ(hub.requests().at(0).headers.at("authorization"), "Bearer " + token);
  EXPECT_EQ(hub.leaked_authorizations(), 0);
  EXPECT_FALSE(hub.requests().at(1).headers.contains("authorization"));
}

TEST_F(Http, a_mirror_gets_no_token_until_the_user_says_so) {
  auto settings = hub.settings();
  settings.endpoint_gets_token = false;
  hub::HttpClient mirror(settings, [this] { return token; });
  mirror.send(get_file(file_url()));
  EXPECT_FALSE(hub.requests().at(0).headers.contains("authorization"));
  EXPECT_FALSE(mirror.signed_in());
}

TEST_F(Http, the_token_is_in_no_log_line_error_text_or_foreign_address) {
  std::string log;
  log::set_sink(log::Level::debug, [&](log::Level, std::string_view line) { log.append(line).append("\n"); });
  hub.add_fault({.kind = FaultKind::status,
                 .count = 1,
                 .status = 403,
                 .headers = {{"X-Error-Message", "the token " + token + " and Bearer " + token}}});
  std::string message;
  const auto with_token = client(true);
  try {
    with_token->check(with_token->send(get_file(file_url())), "etna/tiny");
  } catch (const hub::HubError& error) {
    message = error.what() + error.problem().server_message;
  }
  KeepingSink sink;
  with_token->send(get_file(file_url()), sink);
  log::set_sink(log::Level::error, {});
  EXPECT_THAT(message, testing::Not(testing::HasSubstr("canary")));
  EXPECT_THAT(message, testing::HasSubstr("<redacted>"));
  EXPECT_THAT(
      log, testing::AllOf(testing::Not(testing::HasSubstr("canary")), testing::Not(testing::HasSubstr("Signature="))));
  for (const Seen& seen : hub.requests()) EXPECT_THAT(seen.target, testing::Not(testing::HasSubstr("canary")));
}

TEST_F(Http, files_are_asked_for_as_they_are_and_json_may_be_packed) {
  client()->send(get_file(file_url("config.json")));
  EXPECT_EQ(hub.requests().back().headers.at("accept-encoding"), "identity");
  EXPECT_THAT(hub.requests().back().headers.at("user-agent"), testing::StartsWith("etna/"));
  hub::Request request;
  request.url = hub.endpoint() + "/api/models";
  client()->send(request);
  EXPECT_EQ(hub.requests().back().headers.at("accept-encoding"), "gzip");
}

TEST_F(Http, connections_are_used_again) {
  const auto one = client();
  for (int i = 0; i < 5; ++i) one->send(get_file(file_url("config.json")));
  EXPECT_EQ(hub.connections(), 1);
}

TEST_F(Http, broken_transfers_are_the_servers_trouble_and_worth_another_try) {
  const Fault faults[] = {{.kind = FaultKind::cut, .at = 0},
                          {.kind = FaultKind::cut, .at = 1000},
                          {.kind = FaultKind::cut, .at = 299'999},
                          {.kind = FaultKind::reset, .at = 1000},
                          {.kind = FaultKind::stall, .at = 1000},
                          {.kind = FaultKind::drip, .at = 20},
                          {.kind = FaultKind::no_answer},
                          {.kind = FaultKind::garbage},
                          {.kind = FaultKind::longer_length, .at = 10},
                          {.kind = FaultKind::two_lengths},
                          {.kind = FaultKind::gzip_header},
                          {.kind = FaultKind::html_page},
                          {.kind = FaultKind::multipart},
                          {.kind = FaultKind::endless_headers},
                          {.kind = FaultKind::status, .status = 500},
                          {.kind = FaultKind::status, .status = 503},
                          {.kind = FaultKind::status, .status = 403},
                          {.kind = FaultKind::status, .status = 408}};
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fmt::format("fault {} at {} status {}", static_cast<int>(fault.kind), fault.at, fault.status));
    hub.clear_faults();
    const hub::Problem problem = problem_with(fault);
    EXPECT_EQ(problem.trouble, Trouble::server);
    EXPECT_EQ(problem.retry, Retry::with_backoff);
    EXPECT_EQ(problem.host, "localhost");
    EXPECT_EQ(problem.code(), "E-NET-06");
  }
}

TEST_F(Http, a_web_page_is_refused_before_its_first_byte) {
  hub.add_fault({.kind = FaultKind::html_page, .on_content_network = true});
  KeepingSink sink;
  const auto problem = problem_of([&] { client()->send(get_file(file_url()), sink); });
  EXPECT_EQ(sink.text, "");
  EXPECT_THAT(problem.reason, testing::HasSubstr("sign-in page"));
}

TEST_F(Http, a_slow_sink_is_no_stall) {
  class SlowSink : public KeepingSink {
    void write(std::span<const std::byte> bytes) override {
      if (text.empty()) std::this_thread::sleep_for(500ms);
      KeepingSink::write(bytes);
    }
  };

  auto settings = hub.settings();
  settings.stall_timeout = 200ms;
  SlowSink sink;
  hub::HttpClient(settings).send(get_file(file_url()), sink);
  EXPECT_EQ(sink.text, weights->text());
}

TEST_F(Http, a_sinks_exception_ends_the_transfer_and_leaves_send) {
  class FullDisk : public KeepingSink {
    void write(std::span<const std::byte>) override { fail(Errc::io, "the disk is full"); }
  };

  FullDisk sink;
  const auto one = client();
  EXPECT_EQ(errc_of([&] { one->send(get_file(file_url()), sink); }), Errc::io);
  EXPECT_EQ(one->send(get_file(file_url("config.json"))).status, 200);
}

TEST_F(Http, a_stop_ends_a_transfer_that_stands_still) {
  hub.add_fault({.kind = FaultKind::stall, .on_content_network = true, .at = 1000});
  std::stop_source source;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    source.request_stop();
  });
  KeepingSink sink;
  EXPECT_EQ(errc_of([&] { client()->send(get_file(file_url()), sink, source.get_token()); }), Errc::cancelled);
}

TEST_F(Http, bodies_and_declared_lengths_beyond_the_limit_are_refused) {
  hub::Request request = get_file(file_url());
  request.limit = 1000;
  KeepingSink sink;
  EXPECT_EQ(errc_of([&] { client()->send(request, sink); }), Errc::corrupt);
  EXPECT_EQ(sink.text, "");
  hub.add_fault({.kind = FaultKind::endless_body, .path = "/api/models"});
  request = {};
  request.url = hub.endpoint() + "/api/models";
  EXPECT_EQ(errc_of([&] { client()->send(request); }), Errc::corrupt);
}

TEST_F(Http, redirects_to_forbidden_places_are_refused) {
  for (const char* to : {"", "http://169.254.169.254/latest", "http://10.0.0.1/x", "ftp://localhost/x",
                         "file:///etc/passwd", "https://evil.test/x", "http://user:secret@localhost/x",
                         "https://hf.co.evil.test/", "http://[::1]:1/", "http://127.0.0.1:1/"}) {
    SCOPED_TRACE(to);
    hub.clear_faults();
    hub.add_fault({.kind = FaultKind::redirect, .body = to});
    const auto problem = problem_of([&] { client()->send(get_file(file_url())); });
    EXPECT_EQ(problem.trouble, Trouble::server);
    EXPECT_EQ(problem.retry, Retry::never);
  }
}

TEST_F(Http, a_redirect_in_circles_ends) {
  hub.add_fault({.kind = FaultKind::redirect, .count = -1, .body = "/etna/tiny/resolve/main/config.json"});
  EXPECT_THAT(problem_of([&] { client()->send(get_file(file_url())); }).reason, testing::HasSubstr("circles"));
  EXPECT_EQ(hub.requests().size(), 11u);
}

TEST_F(Http, a_very_long_location_is_refused) {
  hub.add_fault({.kind = FaultKind::redirect, .body = hub.content_network() + "/" + std::string(40'000, 'x')});
  EXPECT_EQ(problem_of([&] { client()->send(get_file(file_url())); }).trouble, Trouble::server);
}

TEST_F(Http, offline_nothing_is_sent) {
  auto settings = hub.settings();
  settings.offline = true;
  const auto problem = problem_of([&] { hub::HttpClient(settings).send(get_file(file_url())); });
  EXPECT_EQ(problem.trouble, Trouble::no_network);
  EXPECT_EQ(problem.code(), "E-NET-01");
  EXPECT_TRUE(hub.requests().empty());
}

TEST_F(Http, settings_change_for_later_requests) {
  const auto one = client();
  auto settings = hub.settings();
  settings.offline = true;
  one->set_settings(settings);
  EXPECT_EQ(problem_of([&] { one->send(get_file(file_url())); }).trouble, Trouble::no_network);
  one->set_settings(hub.settings());
  EXPECT_EQ(one->send(get_file(file_url("config.json"))).status, 200);
}

TEST_F(Http, a_name_that_nobody_knows_and_a_port_where_nobody_listens) {
  auto settings = hub.settings();
  settings.endpoint = "https://no-such-host.invalid";
  const auto unknown = problem_of([&] { hub::HttpClient(settings).send(get_file(settings.endpoint + "/x")); });
  EXPECT_TRUE(unknown.trouble == Trouble::unknown_host || unknown.trouble == Trouble::no_network);
  EXPECT_EQ(unknown.host, "no-such-host.invalid");
  settings.endpoint = "http://127.0.0.1:1";
  const auto closed = problem_of([&] { hub::HttpClient(settings).send(get_file(settings.endpoint + "/x")); });
  EXPECT_EQ(closed.trouble, Trouble::server);
  EXPECT_EQ(closed.retry, Retry::with_backoff);
}

TEST_F(Http, requests_to_other_hosts_are_refused_before_anything_is_sent) {
  EXPECT_EQ(errc_of([&] { client()->send(get_file("https://elsewhere.test/x")); }), Errc::invalid_argument);
  EXPECT_EQ(errc_of([&] { client()->send(get_file("file:///etc/passwd")); }), Errc::corrupt);
  auto settings = hub.settings();
  settings.endpoint = "http://mirror.example.org";
  EXPECT_EQ(errc_of([&] { hub::HttpClient{settings}; }), Errc::invalid_argument);
}

TEST_F(Http, a_rate_limit_holds_its_bucket_back_and_no_other) {
  hub.add_fault({.kind = FaultKind::status,
                 .path = "/resolve/",
                 .status = 429,
                 .headers = {{"RateLimit", "\"resolvers\";r=0;t=55"}},
                 .body = "<html>wait</html>"});
  const auto one = client();
  const hub::Response response = one->send(get_file(file_url()));
  const auto problem = problem_of([&] { one->check(response, "etna/tiny"); });
  EXPECT_EQ(problem.trouble, Trouble::rate_limited);
  EXPECT_EQ(problem.retry, Retry::after_delay);
  EXPECT_EQ(problem.retry_after, 56s);
  EXPECT_EQ(problem.text(), "Too many requests. Trying again in 56 s.");
  hub.forget_requests();
  EXPECT_EQ(problem_of([&] { one->send(get_file(file_url())); }).code(), "E-NET-05");
  EXPECT_TRUE(hub.requests().empty());
  EXPECT_GT(one->wait_of(hub::RateBucket::resolvers), 50s);
  hub::Request list;
  list.url = hub.endpoint() + "/api/models";
  EXPECT_EQ(one->send(list).status, 200);
}

TEST_F(Http, retry_after_is_honoured) {
  hub.add_fault({.kind = FaultKind::status, .count = 2, .status = 503, .headers = {{"Retry-After", "7"}}});
  const auto one = client();
  EXPECT_EQ(one->problem(one->send(get_file(file_url())), "x")->retry_after, 7s);
}

TEST_F(HttpOverTls, files_come_over_a_second_host_name) {
  KeepingSink sink;
  const hub::Response response = client(true)->send(get_file(file_url()), sink);
  EXPECT_EQ(sink.text, weights->text());
  EXPECT_THAT(response.url, testing::StartsWith("https://cdn.test:"));
  EXPECT_EQ(hub.leaked_authorizations(), 0);
}

TEST_F(HttpOverTls, files_never_share_a_connection_of_http_2) {
  const auto one = client();
  take_offered_protocols();
  KeepingSink sink;
  one->send(get_file(file_url()), sink);
  EXPECT_EQ(take_offered_protocols(), (std::vector<std::string>{"http/1.1", "http/1.1"}))
      << "the hub's host, then the other";
  hub::Request json;
  json.url = hub.endpoint() + "/api/models";
  hub::HttpClient(hub.settings()).send(json);
  EXPECT_EQ(take_offered_protocols(), std::vector<std::string>{"h2,http/1.1"});
}

TEST_F(HttpOverTls, a_step_down_to_http_is_refused) {
  hub.add_fault({.kind = FaultKind::redirect, .body = "http://cdn.test/x"});
  EXPECT_THAT(problem_of([&] { client()->send(get_file(file_url())); }).reason, testing::HasSubstr("unencrypted"));
}

TEST_F(HttpOverTls, an_unknown_authority_is_not_trusted) {
  auto settings = hub.settings();
  settings.ca_files.clear();
  const auto problem = problem_of([&] { hub::HttpClient(settings).send(get_file(file_url())); });
  EXPECT_EQ(problem.trouble, Trouble::untrusted);
  EXPECT_EQ(problem.retry, Retry::never);
  EXPECT_EQ(problem.code(), "E-NET-03");
}

TEST(HttpCertificates, flawed_ones_are_refused_on_both_hosts) {
  for (const CertificateFlaw flaw :
       {CertificateFlaw::expired, CertificateFlaw::wrong_name, CertificateFlaw::self_signed}) {
    for (const bool second_host : {false, true}) {
      TestHub hub({.tls = true,
                   .flaw = second_host ? CertificateFlaw::none : flaw,
                   .content_network_flaw = second_host ? flaw : CertificateFlaw::none});
      hub.add("etna/tiny").commit({{"model.safetensors", make_pattern_blob(1000, 1)}});
      const auto problem = problem_of([&] {
        hub::HttpClient(hub.settings()).send(get_file(hub.endpoint() + "/etna/tiny/resolve/main/model.safetensors"));
      });
      EXPECT_EQ(problem.trouble, Trouble::untrusted);
      EXPECT_EQ(problem.host, second_host ? "cdn.test" : "hub.test");
      EXPECT_FALSE(problem.reason.empty());
    }
  }
}

TEST(HttpLinks, an_expired_link_says_so_and_may_be_tried_again) {
  TestHub hub({.link_lifetime = 0ms});
  hub.add("etna/tiny").commit({{"model.safetensors", make_pattern_blob(1000, 1)}});
  hub::HttpClient client(hub.settings());
  const hub::Response response = client.send(get_file(hub.endpoint() + "/etna/tiny/resolve/main/model.safetensors"));
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(client.problem(response, "x")->retry, Retry::with_backoff);
}

TEST(HttpProxy, a_proxy_that_wants_a_password_is_named_without_its_own) {
  Server proxy([](const ServerRequest&) {
    ServerAnswer answer;
    answer.status = 407;
    answer.set("Proxy-Authenticate", "Basic realm=\"x\"");
    return answer;
  });
  hub::NetworkSettings settings;
  settings.proxy = hub::NetworkSettings::Proxy::manual;
  settings.proxy_url = fmt::format("http://me:canary@127.0.0.1:{}", proxy.port());
  const auto problem = problem_of([&] { hub::HttpClient(settings).send(get_file("https://huggingface.co/x")); });
  EXPECT_EQ(problem.trouble, Trouble::proxy_password);
  EXPECT_EQ(problem.text(), fmt::format("127.0.0.1:{} answered 407.", proxy.port()));
}

TEST(ContentRange, only_exact_values_count) {
  const auto range = hub::parse_content_range("bytes 10-19/100");
  ASSERT_TRUE(range && range->range);
  EXPECT_EQ(range->range->first, 10u);
  EXPECT_EQ(range->range->last, 19u);
  EXPECT_EQ(range->total, 100u);
  EXPECT_EQ(hub::parse_content_range("bytes */2307")->total, 2307u);
  for (const char* bad :
       {"", "bytes", "bytes 19-10/100", "bytes 0-100/100", "bytes 0-9", "bytes -9/100", "items 0-9/100",
        "bytes 0-9/1e3", "bytes */*", "bytes 0-9/100 ", "bytes 0-99999999999999999999/1"}) {
    EXPECT_FALSE(hub::parse_content_range(bad)) << bad;
  }
}

}  // namespace etna::test

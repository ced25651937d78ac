#include "hub/connection_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "engine/base/error.h"
#include "tests/hub/support/test_hub.h"

namespace etna::test {

namespace {

template <class Check>
std::string refusal(Check check) {
  try {
    check();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_argument);
    return error.what();
  }
  return {};
}

TEST(ConnectionSettings, addresses_of_hubs_are_made_whole) {
  EXPECT_EQ(hub::checked_endpoint(" https://Mirror.example.org/ \n"), "https://mirror.example.org");
  EXPECT_EQ(hub::checked_endpoint("mirror.example.org"), "https://mirror.example.org");
  EXPECT_EQ(hub::checked_endpoint("https://example.org:8443/hf//"), "https://example.org:8443/hf");
  EXPECT_EQ(hub::checked_endpoint("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
}

TEST(ConnectionSettings, addresses_that_others_could_read_along_or_that_are_none_are_refused) {
  for (const char* bad :
       {"", "http://mirror.example.org", "ftp://example.org", "https://", "https://user:canary@x.org",
        "https://x.org/?q=1", "https://x.org/#a", "a b", "https://x.org:99999", "file:///etc/passwd"}) {
    const std::string sentence = refusal([&] { hub::checked_endpoint(bad); });
    EXPECT_NE(sentence, "") << bad;
    EXPECT_THAT(sentence, testing::Not(testing::HasSubstr("canary")));
  }
}

TEST(ConnectionSettings, proxies_have_a_scheme_and_a_port_and_no_password) {
  EXPECT_EQ(hub::checked_proxy("proxy.example.org:3128"), "http://proxy.example.org:3128");
  EXPECT_EQ(hub::checked_proxy("socks5h://10.0.0.1:1080/"), "socks5h://10.0.0.1:1080");
  for (const char* bad : {"", "proxy.example.org", "gopher://x:70", "http://ada:canary@proxy:3128",
                          "http://proxy:1/path", "http://[::1]"}) {
    const std::string sentence = refusal([&] { hub::checked_proxy(bad); });
    EXPECT_NE(sentence, "") << bad;
    EXPECT_THAT(sentence, testing::Not(testing::HasSubstr("canary")));
  }
  EXPECT_EQ(hub::proxy_url("http://proxy:3128", "", "x"), "http://proxy:3128");
  EXPECT_EQ(hub::proxy_url("http://proxy:3128", "ada", ""), "http://ada@proxy:3128");
  EXPECT_EQ(hub::proxy_url("http://proxy:3128", "a:b", "p@w /"), "http://a%3Ab:p%40w%20%2F@proxy:3128");
}

TEST(ConnectionSettings, certificates_are_counted_before_they_are_trusted) {
  const TestHub hub({.tls = true});
  EXPECT_EQ(hub::count_certificates(hub.ca_file()), 1u);
  const auto folder = std::filesystem::temp_directory_path() / ("etna-certificates-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::string pem;
  {
    std::ifstream file(hub.ca_file());
    pem.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto check = [&](const std::string& text) {
    std::ofstream(folder / "ca.pem") << text;
    return refusal([&] { hub::count_certificates(folder / "ca.pem"); });
  };
  EXPECT_EQ(check(pem + "# two\n" + pem), "");
  EXPECT_EQ(hub::count_certificates(folder / "ca.pem"), 2u);
  EXPECT_NE(check(""), "");
  EXPECT_NE(check("no certificate"), "");
  EXPECT_NE(check(pem + pem.substr(0, pem.size() / 2)), "");
  std::string damaged = pem;
  damaged[pem.size() / 2] = damaged[pem.size() / 2] == 'A' ? 'B' : 'A';
  damaged[pem.size() / 2 + 1] = '!';
  EXPECT_NE(check(damaged), "");
  EXPECT_THAT(check("-----BEGIN PRIVATE KEY-----\n"), testing::HasSubstr("private key"));
  EXPECT_NE(refusal([&] { hub::count_certificates(folder / "none.pem"); }), "");
  EXPECT_NE(refusal([&] { hub::count_certificates(folder); }), "");
  std::filesystem::remove_all(folder);
}

}  // namespace

}  // namespace etna::test

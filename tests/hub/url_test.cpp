#include "hub/url.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace etna::hub {
namespace {

std::string again(const std::string& text) {
  return parse_url(text).text();
}

TEST(Url, is_taken_apart_and_put_together) {
  const Url url = parse_url("https://Hub.Example:8443/a/b%20c?d=e#f");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "hub.example");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.path, "/a/b%20c");
  EXPECT_EQ(url.query, "d=e");
  EXPECT_EQ(url.origin(), "https://hub.example:8443");
  EXPECT_EQ(url.text(), "https://hub.example:8443/a/b%20c?d=e");
  EXPECT_EQ(again("https://hub.example:443"), "https://hub.example/");
  EXPECT_EQ(again("http://[::1]:8080/x"), "http://[::1]:8080/x");
  EXPECT_EQ(again("https://hub.example./x"), "https://hub.example/x");
}

TEST(Url, what_is_no_address_of_the_web_is_refused) {
  for (const char* text : {"", "hub.example", "/a", "ftp://hub.example/", "file:///etc/passwd", "javascript:x",
                           "https://", "https://user@hub.example/", "https://user:password@hub.example/",
                           "https://hub.example/a b", "https://hub.example/a\nb", "https://hub.example:99999/"}) {
    EXPECT_THROW(parse_url(text), Error) << text;
  }
  EXPECT_THROW(parse_url("https://hub.example/" + std::string(20'000, 'a')), Error);
}

TEST(Url, hosts_that_could_deceive_are_refused) {
  for (const char* text : {"https://hub\u202Eelpmaxe/", "https://h\u0443b.example/", "https://hub\xFF.example/",
                           "https://hub%E2%80%AE.example/", "https://hub,example/", "https://./", "https://../"}) {
    EXPECT_THROW(parse_url(text), Error) << text;
  }
  EXPECT_EQ(parse_url("https://xn--hb-xka.example/").host, "xn--hb-xka.example");
}

TEST(Url, numbers_are_addresses_with_a_dot_behind_them_too) {
  for (const char* text :
       {"http://2130706433/", "http://2130706433./", "http://0x7f.1/", "http://0x7f.1./", "http://127.0.0.1./"}) {
    EXPECT_EQ(parse_url(text).host, "127.0.0.1") << text;
  }
}

TEST(Url, references_are_resolved_as_browsers_do) {
  const Url base = parse_url("https://hub.example/a/b?c");
  EXPECT_EQ(resolve_reference(base, "/x?y").text(), "https://hub.example/x?y");
  EXPECT_EQ(resolve_reference(base, "d").text(), "https://hub.example/a/d");
  EXPECT_EQ(resolve_reference(base, "../../../d").text(), "https://hub.example/d");
  EXPECT_EQ(resolve_reference(base, "//other.example/d").text(), "https://other.example/d");
  EXPECT_THROW(resolve_reference(base, "file:///etc/passwd"), Error);
  EXPECT_THROW(resolve_reference(base, ""), Error);
}

TEST(Url, addresses_that_are_not_on_the_internet_are_known) {
  for (const char* host :
       {"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:10.0.0.1]"}) {
    EXPECT_TRUE(is_private_address(host)) << host;
  }
  for (const char* host : {"8.8.8.8", "172.32.0.1", "[2001:4860:4860::8888]", "hub.example", "localhost"}) {
    EXPECT_FALSE(is_private_address(host)) << host;
  }
  EXPECT_TRUE(is_loopback("localhost"));
  EXPECT_TRUE(is_loopback("127.8.8.8"));
  EXPECT_FALSE(is_loopback("127.example"));
}

TEST(Url, hosts_match_whole_labels) {
  EXPECT_TRUE(host_matches("cdn.hf.co", "*.hf.co"));
  EXPECT_TRUE(host_matches("a.b.hf.co", "*.hf.co"));
  EXPECT_FALSE(host_matches("hf.co", "*.hf.co"));
  EXPECT_FALSE(host_matches("evilhf.co", "*.hf.co"));
  EXPECT_FALSE(host_matches("hf.co.evil", "*.hf.co"));
}

TEST(Url, the_next_page_is_found_among_links) {
  EXPECT_EQ(next_link(R"(<https://h/a>; rel="prev", <https://h/b?c=1,2>; title="x, y"; rel="next")"),
            "https://h/b?c=1,2");
  EXPECT_EQ(next_link("<https://h/a>;rel=next"), "https://h/a");
  for (const char* text : {"", "<", "<https://h/a", "<https://h/a>", R"(<https://h/a>; rel="xet-auth")", ";rel=next"}) {
    EXPECT_EQ(next_link(text), "") << text;
  }
}

TEST(Url, names_are_encoded_without_exceptions) {
  EXPECT_EQ(encode_component("refs/pr/1"), "refs%2Fpr%2F1");
  EXPECT_EQ(encode_path("a b/ü#?.gguf"), "a%20b/%C3%BC%23%3F.gguf");
}

}  // namespace
}  // namespace etna::hub

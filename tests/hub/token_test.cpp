#include "hub/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "engine/base/error.h"

namespace etna::test {

class MemoryStore : public hub::TokenStore {
public:
  std::optional<std::string> read() override { return token; }

  void write(const std::string& value) override { token = value; }

  void erase() override { token.reset(); }

  std::string place() const override { return "the test's store"; }

  std::optional<std::string> token;
};

class Tokens : public testing::Test {
protected:
  Tokens() : folder(std::filesystem::temp_directory_path() / ("etna-token-test-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder);
    variables["HF_HOME"] = folder.string();
  }

  ~Tokens() override { std::filesystem::remove_all(folder); }

  hub::HubEnvironment environment() {
    return hub::read_environment([this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(std::string(name));
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  }

  void write(const std::string& text) { std::ofstream(folder / "token") << text; }

  std::filesystem::path folder;
  std::map<std::string, std::string> variables;
  MemoryStore store;
};

TEST_F(Tokens, are_looked_for_in_the_environment_then_the_file_then_the_store) {
  EXPECT_FALSE(hub::find_token(environment(), &store));
  EXPECT_FALSE(hub::find_token(environment(), nullptr));
  store.token = "hf_store";
  EXPECT_EQ(hub::find_token(environment(), &store)->value, "hf_store");
  write("hf_file\n");
  EXPECT_EQ(hub::find_token(environment(), &store)->value, "hf_store") << "it was given to Etna itself";
  EXPECT_EQ(hub::find_token(environment(), &store)->origin, hub::TokenOrigin::store);
  EXPECT_EQ(hub::find_token(environment(), nullptr)->value, "hf_file");
  EXPECT_EQ(hub::find_token(environment(), nullptr)->origin, hub::TokenOrigin::file);
  variables["HUGGING_FACE_HUB_TOKEN"] = "hf_legacy";
  EXPECT_EQ(hub::find_token(environment(), &store)->value, "hf_legacy");
  variables["HF_TOKEN"] = " hf_environment\n";
  EXPECT_EQ(hub::find_token(environment(), &store)->value, "hf_environment");
  EXPECT_EQ(hub::find_token(environment(), &store)->origin, hub::TokenOrigin::environment);
}

TEST_F(Tokens, that_were_not_asked_for_can_be_forbidden) {
  variables["HF_TOKEN"] = "hf_environment";
  variables["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "yes";
  write("hf_file");
  EXPECT_FALSE(hub::find_token(environment(), &store));
  store.token = "hf_store";
  EXPECT_EQ(hub::find_token(environment(), &store)->value, "hf_store");
}

TEST_F(Tokens, that_would_break_a_header_are_refused_without_being_shown) {
  for (const char* bad : {"hf_canary x", "hf_canary\r\nX-Evil: 1", "hf_canary\x01", "hf_canary\u00E9"}) {
    variables["HF_TOKEN"] = bad;
    try {
      hub::find_token(environment(), nullptr);
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::corrupt);
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("canary")));
      EXPECT_THAT(error.what(), testing::HasSubstr("HF_TOKEN"));
    }
  }
}

TEST_F(Tokens, that_are_pasted_lose_the_space_around_them_and_nothing_else) {
  EXPECT_EQ(hub::clean_token(" \t hf_pasted\n"), "hf_pasted");
  for (const char* bad : {"", "  ", "hf_canary x", "hf_canary\nX-Evil: 1"}) {
    try {
      hub::clean_token(bad);
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_argument);
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("canary")));
    }
  }
}

TEST_F(Tokens, files_are_for_their_owner_only) {
  hub::FileTokenStore file(folder / "new" / "token");
  EXPECT_FALSE(file.read());
  file.write("hf_one\n");
  file.write("hf_two");
  EXPECT_EQ(file.read(), "hf_two");

  struct stat status {};

  ASSERT_EQ(::stat((folder / "new" / "token").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((folder / "new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  file.erase();
  file.erase();
  EXPECT_FALSE(file.read());
  EXPECT_THROW(file.write(""), Error);
  EXPECT_THROW(file.write("two words"), Error);
}

TEST(Redaction, hides_secrets_and_leaves_the_rest) {
  EXPECT_EQ(hub::redacted("GET /x Authorization: Bearer hf_abc.def-1, then more"),
            "GET /x Authorization: Bearer <redacted>, then more");
  EXPECT_EQ(hub::redacted("token hf_abcDEF_123!"), "token <redacted>!");
  EXPECT_EQ(hub::redacted("https://a.b/x?X-Amz-Signature=abc&y=1&Signature=def#z"),
            "https://a.b/x?X-Amz-Signature=<redacted>&y=1&Signature=<redacted>");
  EXPECT_EQ(hub::redacted("http://me:secret@proxy:80/"), "http://<redacted>@proxy:80/");
  EXPECT_EQ(hub::redacted("Cookie: session=1"), "Cookie: <redacted>");
  EXPECT_EQ(hub::redacted("model shf_x of https://huggingface.co/org/name"),
            "model shf_x of https://huggingface.co/org/name");
  EXPECT_EQ(hub::redacted("tokenhf_abcdefgh1234 ends"), "token<redacted> ends");
  EXPECT_EQ(hub::masked_token("hf_abcdefghijklmnop"), "hf_ab…op");
  EXPECT_EQ(hub::masked_token("hf_short"), "…");
}

TEST(Environment, folders_and_switches_as_huggingface_hub_reads_them) {
  const auto read = [](std::map<std::string, std::string> variables) {
    return hub::read_environment([variables](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(std::string(name));
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  };
  const auto plain = read({{"HOME", "/home/me"}});
  EXPECT_EQ(plain.endpoint, "https://huggingface.co");
  EXPECT_EQ(plain.cache, "/home/me/.cache/huggingface/hub");
  EXPECT_EQ(plain.token_file, "/home/me/.cache/huggingface/token");
  EXPECT_FALSE(plain.offline);
  EXPECT_TRUE(plain.symlinks);
  EXPECT_TRUE(hub::network_settings(plain).endpoint_gets_token);
  const auto set = read({{"HOME", "/home/me"},
                         {"XDG_CACHE_HOME", "/c"},
                         {"HF_ENDPOINT", "https://mirror.test//"},
                         {"TRANSFORMERS_OFFLINE", "True"},
                         {"HF_HUB_DISABLE_SYMLINKS", "ON"},
                         {"HF_TOKEN_PATH", "~/t"}});
  EXPECT_EQ(set.endpoint, "https://mirror.test");
  EXPECT_EQ(set.home, "/c/huggingface");
  EXPECT_EQ(set.token_file, "/home/me/t");
  EXPECT_TRUE(set.offline);
  EXPECT_FALSE(set.symlinks);
  EXPECT_FALSE(hub::network_settings(set).endpoint_gets_token);
  EXPECT_EQ(read({{"HF_HUB_CACHE", "/a"}, {"HUGGINGFACE_HUB_CACHE", "/b"}}).cache, "/a");
  EXPECT_EQ(read({{"HF_HOME", "/h"}, {"HF_HUB_CACHE", ""}}).cache, "/h/hub");
}

}  // namespace etna::test

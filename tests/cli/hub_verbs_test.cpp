// search and login, and what all verbs of the hub say when something is wrong.
#include <sys/stat.h>

#include "tests/cli/hub_fixture.h"

namespace etna::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const std::string token = "hf_canarycanarycanarycanarycanary01";

class CliSearch : public CliHub {
protected:
  void SetUp() override {
    CliHub::SetUp();
    Repository& mlx = hub_.add("etna/Small-1B-4bit");
    mlx.tags.push_back("mlx");
    mlx.downloads = 1234567;
    mlx.commit({{"config.json", make_blob("{}", false)}});
    Repository& gguf = hub_.add("etna/Huge-400B-GGUF");
    gguf.tags.push_back("gguf");
    gguf.gated = "manual";
    gguf.commit({{"huge-Q4_K_M.gguf", make_blob("x", true)}});
  }
};

TEST_F(CliSearch, FoundModelsAreATableThatCostsOneRequest) {
  const CliResult result = run_cli("search etna");
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("NAME"));
  EXPECT_THAT(result.output, testing::ContainsRegex("etna/Small-1B-4bit +MLX +1.0B +~606 MB +1M +apache-2.0 +Fits well"));
  EXPECT_THAT(result.output, testing::ContainsRegex("etna/Huge-400B-GGUF +GGUF +400.0B .*manual .*Too big"));
  EXPECT_EQ(hub_.requests().size(), 1u);
}

TEST_F(CliSearch, ConditionsLeaveModelsOut) {
  EXPECT_THAT(run_cli("search etna --fits").output, Not(HasSubstr("Huge")));
  EXPECT_THAT(run_cli("search etna --max-size 5GB").output, Not(HasSubstr("Huge")));
  EXPECT_THAT(run_cli("search etna --format gguf").output, Not(HasSubstr("Small")));
  run_cli("search etna --max-size 8B --capability chat --license mit --sort newest --author someone --limit 5");
  const std::string target = hub_.requests().back().target;
  for (const char* part : {"num_parameters=max%3A8B", "filter=conversational", "filter=license%3Amit", "sort=createdAt",
                           "author=someone", "limit=5", "pipeline_tag=text-generation"})
    EXPECT_THAT(target, HasSubstr(part));
}

TEST_F(CliSearch, JsonNamesTheNextPage) {
  const json first = json::parse(run_cli("search etna --json --limit 1").output);
  ASSERT_EQ(first.at("models").size(), 1u);
  const std::string cursor = first.at("next_cursor");
  ASSERT_NE(cursor, "");
  const json second = json::parse(run_cli("search etna --json --limit 1 --cursor '" + cursor + "'").output);
  EXPECT_NE(second.at("models").at(0).at("id"), first.at("models").at(0).at("id"));
  EXPECT_TRUE(first.at("models").at(0).contains("fit"));
}

TEST_F(CliSearch, NonsenseIsAQuestionOfUsage) {
  EXPECT_EQ(run_cli("search x --max-size 5").code, 2);
  EXPECT_EQ(run_cli("search x --format exe").code, 2);
  EXPECT_EQ(run_cli("search x --cursor http://elsewhere/").code, 2);
}

TEST_F(CliSearch, WithoutANetworkNobodyIsAsked) {
  const CliResult result = run_cli("search x --offline --json");
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(json::parse(result.output).at("error").at("code"), "E-NET-01");
  EXPECT_THAT(result.errors, HasSubstr("offline mode is on"));
  EXPECT_EQ(hub_.requests().size(), 0u);
}

TEST_F(CliSearch, ABusyHubIsToldInTheCataloguesWords) {
  Fault busy;
  busy.kind = FaultKind::status;
  busy.status = 429;
  busy.count = -1;
  busy.headers = {{"Retry-After", "38"}};
  hub_.add_fault(busy);
  const CliResult result = run_cli("search x");
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.errors, HasSubstr("etna-cli: Hugging Face asks us to wait: Too many requests. Trying again in 38 s."));
  EXPECT_THAT(result.errors, HasSubstr("etna-cli login"));
}

class CliLogin : public CliHub {
protected:
  void SetUp() override {
    CliHub::SetUp();
    hub_.add_user(token, {"reader", "read"});
  }

  std::filesystem::path file() const { return home_ / "hf" / "token"; }
};

TEST_F(CliLogin, ATokenFromStandardInputIsCheckedAndKeptForOneselfAlone) {
  const CliResult result = run_cli("login", token + "\n");
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("Signed in as reader"));
  EXPECT_THAT(result.output + result.errors, Not(HasSubstr("canary")));
  EXPECT_EQ(text_of(file()), token);
  struct stat info {};
  ASSERT_EQ(::stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(CliLogin, ATokenThatTheHubRefusesIsNotKept) {
  const CliResult result = run_cli("login --json", "hf_unknownunknownunknown\n");
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(json::parse(result.output).at("error").at("code"), "E-HUB-02");
  EXPECT_THAT(result.output + result.errors, Not(HasSubstr("hf_unknown")));
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(CliLogin, WhatIsNoTokenIsNeverSent) {
  EXPECT_EQ(run_cli("login", "\n").code, 2);
  EXPECT_EQ(run_cli("login", "two words\n").code, 2);
  EXPECT_EQ(run_cli("login", "hf_a\rInjected: header\n").code, 2);
  EXPECT_EQ(hub_.requests().size(), 0u);
}

TEST_F(CliLogin, ATokenOnTheCommandLineIsWarnedOf) {
  const CliResult result = run_cli("login --token " + token);
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.errors, HasSubstr("list of processes"));
  EXPECT_THAT(result.output + result.errors, Not(HasSubstr("canary")));
}

TEST_F(CliLogin, StatusAndLogoutSayWhereTheTokenIs) {
  EXPECT_EQ(run_cli("login --status").code, 1);
  ::setenv("HF_TOKEN", token.c_str(), 1);
  const json status = json::parse(run_cli("login --status --json").output);
  EXPECT_EQ(status.at("user"), "reader");
  EXPECT_EQ(status.at("token_role"), "read");
  EXPECT_THAT(std::string(status.at("token_place")), HasSubstr("HF_TOKEN"));
  EXPECT_THAT(run_cli("login", token).errors, HasSubstr("goes before the token"));
  const CliResult out = run_cli("login --logout --json");
  EXPECT_TRUE(json::parse(out.output).at("signed_in"));
  EXPECT_THAT(out.errors, HasSubstr("HF_TOKEN is still set"));
  EXPECT_FALSE(std::filesystem::exists(file()));
  ::unsetenv("HF_TOKEN");
  EXPECT_FALSE(json::parse(run_cli("login --logout --json").output).at("removed"));
}

TEST_F(CliLogin, AMirrorGetsNoTokenThatWasKeptForTheHub) {
  EXPECT_THAT(run_cli("login", token).errors, HasSubstr("sent to Hugging Face only"));
  hub_.forget_requests();
  const CliResult status = run_cli("login --status");
  EXPECT_EQ(status.code, 2);
  EXPECT_THAT(status.errors, HasSubstr("set HF_TOKEN"));
  run_cli("search x");
  for (const Seen& request : hub_.requests()) EXPECT_FALSE(request.headers.contains("authorization"));
  EXPECT_EQ(hub_.requests().size(), 1u);
}

TEST_F(CliLogin, AGatedModelSaysWhatToDoFirst) {
  Repository& repository = hub_.add("etna/gated");
  repository.gated = "manual";
  repository.commit({{"config.json", make_blob("{}", false)}, {"model.safetensors", make_blob("weights", true)}});
  const CliResult result = run_cli("get etna/gated --json");
  EXPECT_EQ(result.code, 3) << result.errors;
  EXPECT_EQ(json::parse(result.output).at("error").at("code"), "E-HUB-01");
  EXPECT_THAT(result.errors, HasSubstr("Accept its terms at " + hub_.endpoint() + "/etna/gated"));
}

TEST_F(CliLogin, AModelThatIsNotThereIsNotFound) {
  const CliResult result = run_cli("get etna/nothing");
  EXPECT_EQ(result.code, 6);
  EXPECT_THAT(result.errors, HasSubstr("Not found on Hugging Face: “etna/nothing” was renamed, removed or is private."));
  EXPECT_THAT(result.errors, HasSubstr("etna-cli login"));
}

TEST_F(CliLogin, HostileNamesAreNeverAskedFor) {
  for (const char* name : {"'../../etc/passwd'", "'a/b/../../c'", "'org/na\nme'", "nonsense", "''", "'org/name:../x'",
                           "'https://elsewhere.example/org/name'"}) {
    const CliResult result = run_cli(std::string("get ") + name);
    EXPECT_EQ(result.code, 2) << name;
    EXPECT_THAT(result.errors, HasSubstr("neither ORG/NAME nor a link")) << name;
  }
  EXPECT_EQ(run_cli("get etna/x --revision '../main'").code, 2);
  EXPECT_EQ(hub_.requests().size(), 0u);
}

}  // namespace
}  // namespace etna::test

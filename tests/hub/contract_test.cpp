// The real hub, anonymously and read-only: about 12 requests. Runs only where ETNA_HUB_CONTRACT=1 is set; before
// releases, to see whether the hub still answers as it was recorded. Differences are printed; what Etna depends on must
// hold.
#include <cstdlib>
#include <iostream>

#include "hub/api.h"
#include "hub/environment.h"
#include "hub/headers.h"
#include "hub/versions.h"
#include "tests/hub/hub_fixture.h"

namespace etna::test {

class HubContract : public testing::Test {
protected:
  void SetUp() override {
    const char* wanted = std::getenv("ETNA_HUB_CONTRACT");
    if (wanted == nullptr || std::string_view(wanted) != "1")
      GTEST_SKIP() << "set ETNA_HUB_CONTRACT=1 to ask the real hub";
    client = std::make_shared<hub::HttpClient>(hub::network_settings(hub::read_environment()));
  }

  hub::HubApi api() { return hub::HubApi(client); }

  std::shared_ptr<hub::HttpClient> client;
};

TEST_F(HubContract, listings_have_pages) {
  hub::SearchQuery query;
  query.filters = {"gguf"};
  query.sort = hub::Sort::downloads;
  query.limit = 3;
  const auto first = api().search(query);
  ASSERT_EQ(first.models.size(), 3u);
  EXPECT_TRUE(first.models[0].is_gguf());
  ASSERT_FALSE(first.next.empty());
  const auto second = api().search(query, first.next);
  ASSERT_FALSE(second.models.empty());
  EXPECT_NE(second.models[0].id, first.models[0].id);
}

TEST_F(HubContract, a_small_model_is_described_and_its_files_resolve) {
  const std::string id = "sshleifer/tiny-gpt2";
  const auto model = api().model(id);
  EXPECT_EQ(model.id, id);
  const auto tree = api().tree(id, model.commit);
  ASSERT_NE(tree.find("config.json"), nullptr);
  for (const hub::TreeFile& file : tree.files) {
    if (file.path != "config.json" && !file.is_lfs()) continue;
    const auto resolved = api().resolve(id, model.commit, file.path);
    EXPECT_EQ(resolved.etag, file.etag()) << file.path;
    EXPECT_EQ(resolved.size, file.size) << file.path;
    EXPECT_EQ(resolved.commit, model.commit) << file.path;
    std::cout << file.path << (resolved.elsewhere ? ": from the content network" : ": from the hub itself") << "\n";
  }
}

TEST_F(HubContract, a_safetensors_header_is_read_by_ranges) {
  const std::string id = "google-bert/bert-base-uncased";
  const auto tree = api().tree(id, "main");
  const auto* file = tree.find("model.safetensors");
  ASSERT_NE(file, nullptr);
  EXPECT_GT(hub::read_safetensors_header(api(), id, tree.commit, *file).tensors.size(), 100u);
}

TEST_F(HubContract, what_is_missing_is_named) {
  EXPECT_EQ(problem_of([&] { api().model("etna-no-such-author/none"); }).trouble, hub::Trouble::not_found);
  const auto file = problem_of([&] { api().resolve("google-bert/bert-base-uncased", "main", "no-such-file.json"); });
  EXPECT_EQ(file.missing, hub::Missing::file);
}

TEST_F(HubContract, answers_carry_the_headers_that_were_recorded) {
  hub::Request request;
  request.url = client->settings().endpoint + "/api/models?limit=1";
  const auto response = client->send(request);
  for (const char* name : {"ratelimit", "ratelimit-policy", "x-request-id", "link", "access-control-expose-headers"}) {
    if (!response.headers.find(name)) std::cout << "changed: no header " << name << "\n";
  }
  EXPECT_TRUE(response.headers.find("link"));
}

}  // namespace etna::test

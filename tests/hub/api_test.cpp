#include "hub/api.h"

#include <fmt/format.h>

#include "tests/hub/hub_fixture.h"

namespace etna::test {

using hub::Gate;
using hub::Missing;
using hub::Trouble;
using testing::ElementsAre;

class Api : public HubTest {};

class PagedApi : public HubTest {
protected:
  PagedApi() : HubTest({.page_size = 2}) {}
};

std::vector<std::string> ids(const hub::SearchPage& page) {
  std::vector<std::string> found;
  for (const hub::ModelSummary& model : page.models) found.push_back(model.id);
  return found;
}

TEST_F(Api, a_listing_page_costs_one_request_and_asks_for_what_it_shows) {
  hub::SearchQuery query;
  query.text = "tiny llama";
  query.author = "etna";
  query.filters = {"mlx", "conversational"};
  query.license = "mit";
  query.task = "text-generation";
  query.min_parameters = 500'000'000;
  query.max_parameters = 8'000'000'000;
  query.sort = hub::Sort::downloads;
  api().search(query);
  ASSERT_EQ(hub.requests().size(), 1u);
  const std::string target = hub.requests()[0].target;
  for (const char* part :
       {"search=tiny%20llama", "author=etna", "filter=mlx", "filter=conversational", "filter=license%3Amit",
        "pipeline_tag=text-generation", "num_parameters=min%3A500M%2Cmax%3A8B", "sort=downloads", "limit=50",
        "expand=safetensors", "expand=config", "expand=gated"}) {
    EXPECT_THAT(target, testing::HasSubstr(part));
  }
  EXPECT_THAT(target, testing::Not(testing::HasSubstr("expand=gguf")));  // it would carry every chat template
}

TEST_F(Api, entries_of_a_listing_are_read) {
  hub.change([&] {
    Repository& repository = *hub.find("etna/tiny");
    repository.tags = {"mlx", "safetensors", "license:mit"};
    repository.gated = "manual";
    repository.config_json =
        R"({"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"quantization_config":{"bits":4}})";
    repository.safetensors_json = R"({"parameters":{"U32":600,"BF16":400},"total":1000})";
  });
  const hub::SearchPage page = api().search({});
  ASSERT_EQ(page.models.size(), 1u);
  const hub::ModelSummary& model = page.models[0];
  EXPECT_EQ(model.id, "etna/tiny");
  EXPECT_EQ(model.author, "etna");
  EXPECT_TRUE(model.is_mlx());
  EXPECT_EQ(model.license, "mit");
  EXPECT_EQ(model.access, hub::Access::manual);
  EXPECT_EQ(model.model_type, "qwen3");
  EXPECT_EQ(model.architecture, "Qwen3ForCausalLM");
  EXPECT_EQ(model.quantization_bits, 4);
  EXPECT_EQ(model.parameters, 1000u);
  EXPECT_EQ(model.downloads, 100u);
  EXPECT_EQ(page.next, "");
}

TEST_F(PagedApi, listings_and_trees_go_through_all_pages) {
  for (int i = 0; i < 4; ++i) hub.add(fmt::format("etna/m{}", i)).likes = static_cast<std::uint64_t>(100 - i);
  std::vector<std::string> found;
  std::string cursor;
  int pages = 0;
  do {
    const hub::SearchPage page = api().search({}, cursor);
    for (const std::string& id : ids(page)) found.push_back(id);
    cursor = page.next;
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(found, ElementsAre("etna/m0", "etna/m1", "etna/m2", "etna/m3", "etna/tiny"));
  EXPECT_EQ(api().tree("etna/tiny", commit()).files.size(), 3u);
}

TEST_F(Api, a_model_page_names_its_commit) {
  hub.change([&] {
    hub.find("etna/tiny")->gguf_json =
        R"({"total":999885952,"architecture":"gemma3","context_length":32768,"chat_template":"{{ bos }}"})";
  });
  const hub::ModelInfo model = api().model("etna/tiny");
  EXPECT_EQ(model.commit, commit());
  EXPECT_EQ(model.gguf_architecture, "gemma3");
  EXPECT_EQ(model.context_length, 32768u);
  EXPECT_EQ(model.parameters, 999885952u);
  EXPECT_TRUE(model.has_chat_template);
  EXPECT_THAT(model.file_names, ElementsAre("config.json", "model.safetensors", "sub/dir/extra.txt"));
}

TEST_F(Api, revisions_become_commits) {
  const std::string old_commit = commit();
  hub.change([&] { hub.find("etna/tiny")->commit({{"config.json", config}}, "Second", "refs/pr/1"); });
  EXPECT_EQ(api().commit_of("etna/tiny", "main"), old_commit);
  EXPECT_NE(api().commit_of("etna/tiny", "refs/pr/1"), old_commit);
  EXPECT_EQ(api().tree("etna/tiny", "refs/pr/1").files.size(), 1u);
}

TEST_F(Api, a_tree_names_every_blob) {
  const hub::Tree tree = api().tree("etna/tiny", "main");
  EXPECT_EQ(tree.commit, commit());
  ASSERT_EQ(tree.files.size(), 3u);
  EXPECT_EQ(tree.find("config.json")->etag(), config->oid);
  EXPECT_FALSE(tree.find("config.json")->is_lfs());
  EXPECT_EQ(tree.find("model.safetensors")->etag(), weights->sha256);
  EXPECT_EQ(tree.find("model.safetensors")->size, 300'000u);
  EXPECT_EQ(tree.find("model.safetensors")->xet_hash, weights->xet_hash);
  EXPECT_EQ(tree.find("nothing"), nullptr);
}

TEST_F(Api, a_renamed_repository_answers_under_its_new_name) {
  hub.rename("etna/tiny", "etna/small");
  EXPECT_EQ(api().model("etna/tiny").id, "etna/small");
  EXPECT_EQ(api().tree("etna/tiny", "main").files.size(), 3u);
}

TEST_F(Api, files_are_resolved_hop_by_hop) {
  const hub::ResolvedFile large = api().resolve("etna/tiny", commit(), "model.safetensors");
  EXPECT_EQ(large.etag, weights->sha256);
  EXPECT_EQ(large.transfer_etag, weights->xet_hash);
  EXPECT_EQ(large.commit, commit());
  EXPECT_EQ(large.size, 300'000u);
  EXPECT_TRUE(large.elsewhere);
  const hub::ResolvedFile small = api().resolve("etna/tiny", commit(), "sub/dir/extra.txt");
  EXPECT_EQ(small.etag, config->oid);
  EXPECT_EQ(small.size, config->size);
  EXPECT_FALSE(small.elsewhere);
  const hub::ResolvedFile direct = api(true).resolve("etna/tiny", commit(), "config.json");
  EXPECT_EQ(direct.etag, config->oid);
}

TEST_F(Api, empty_files_have_a_size_of_nothing) {
  hub.change([&] { hub.find("etna/tiny")->commit({{"empty.txt", make_blob("", false)}}); });
  const hub::ResolvedFile file = api().resolve("etna/tiny", commit(), "empty.txt");
  EXPECT_TRUE(file.has_size);
  EXPECT_EQ(file.size, 0u);
  EXPECT_EQ(api().read_text("etna/tiny", commit(), "empty.txt", 100), "");
}

TEST_F(Api, parts_of_files_are_read_exactly) {
  std::uint64_t size = 0;
  EXPECT_EQ(api().read_range("etna/tiny", commit(), "model.safetensors", 100, 50, &size),
            weights->text().substr(100, 50));
  EXPECT_EQ(size, 300'000u);
  EXPECT_EQ(api().read_range("etna/tiny", commit(), "model.safetensors", 299'990, 50).size(), 10u);
  EXPECT_EQ(api().read_range("etna/tiny", commit(), "model.safetensors", 300'000, 50, &size), "");
  EXPECT_EQ(api().read_text("etna/tiny", commit(), "config.json", 1000), config->text());
  EXPECT_EQ(errc_of([&] { api().read_text("etna/tiny", commit(), "config.json", 5); }), Errc::corrupt);
}

TEST_F(Api, a_server_that_ignores_ranges_sends_no_more_than_was_asked_for) {
  hub.add_fault({.kind = FaultKind::ignores_range, .on_content_network = true, .count = -1});
  EXPECT_EQ(api().read_range("etna/tiny", commit(), "model.safetensors", 0, 50), weights->text().substr(0, 50));
  EXPECT_EQ(errc_of([&] { api().read_range("etna/tiny", commit(), "model.safetensors", 100, 50); }), Errc::corrupt);
}

TEST_F(Api, parts_that_are_others_are_refused) {
  for (const FaultKind kind : {FaultKind::wrong_start, FaultKind::no_content_range}) {
    hub.clear_faults();
    hub.add_fault({.kind = kind, .on_content_network = true});
    EXPECT_EQ(errc_of([&] { api().read_range("etna/tiny", commit(), "model.safetensors", 100, 50); }), Errc::corrupt);
  }
}

TEST_F(Api, hashes_that_are_none_are_refused) {
  hub.add_fault({.kind = FaultKind::redirect, .body = "/etna/tiny/resolve/main/config.json"});
  hub.override_answer("/tree/", R"([{"type":"file","oid":"../../../etc/passwd","size":1,"path":"a"}])");
  EXPECT_EQ(errc_of([&] { api().tree("etna/tiny", commit()); }), Errc::corrupt);
  hub::Response response;
  response.url = hub.endpoint() + "/x";
  response.status = 200;
  response.hops = {{200, response.url, {}}};
  response.hops[0].headers.add("X-Linked-ETag", "\"../evil\"");
  EXPECT_EQ(errc_of([&] { hub::describe_resolved(response, hub.endpoint()); }), Errc::corrupt);
}

TEST_F(Api, consent_is_asked_for_step_by_step) {
  hub.change([&] { hub.find("etna/tiny")->gated = "manual"; });
  EXPECT_EQ(api().model("etna/tiny").access, hub::Access::manual);  // pages are open to everybody
  const auto anonymous = problem_of([&] { api().check_access("etna/tiny"); });
  EXPECT_EQ(anonymous.trouble, Trouble::gated);
  EXPECT_EQ(anonymous.gate, Gate::sign_in);
  EXPECT_EQ(anonymous.code(), "E-HUB-01");
  const std::pair<GateState, Gate> states[] = {{GateState::none, Gate::ask},
                                               {GateState::pending, Gate::waiting},
                                               {GateState::rejected, Gate::rejected},
                                               {GateState::reset, Gate::reset}};
  for (const auto& [state, gate] : states) {
    hub.change([&] { hub.find("etna/tiny")->gates["reader"] = state; });
    const auto problem = problem_of([&] { api(true).check_access("etna/tiny"); });
    EXPECT_EQ(problem.trouble, Trouble::gated);
    EXPECT_EQ(problem.gate, gate);
    EXPECT_FALSE(problem.server_message.empty());
  }
  hub.change([&] { hub.find("etna/tiny")->gates["reader"] = GateState::granted; });
  EXPECT_NO_THROW(api(true).check_access("etna/tiny"));
}

TEST_F(Api, what_is_missing_is_named) {
  EXPECT_EQ(problem_of([&] { api().model("etna/none"); }).missing, Missing::repository);
  EXPECT_EQ(problem_of([&] { api(true).model("etna/none"); }).code(), "E-HUB-03");
  EXPECT_EQ(problem_of([&] { api().commit_of("etna/tiny", "nope"); }).missing, Missing::revision);
  const auto file = problem_of([&] { api().resolve("etna/tiny", commit(), "nope.json"); });
  EXPECT_EQ(file.missing, Missing::file);
  EXPECT_EQ(file.text(), "“etna/tiny/nope.json” was renamed, removed or is private.");
  hub.change([&] { hub.find("etna/tiny")->is_private = true; });
  EXPECT_EQ(problem_of([&] { api().model("etna/tiny"); }).trouble, Trouble::not_found);
  EXPECT_NO_THROW(api(true).model("etna/tiny"));
}

TEST_F(Api, a_bad_token_is_told_from_a_missing_model) {
  hub.revoke(token);
  EXPECT_EQ(problem_of([&] { api(true).model("etna/tiny"); }).code(), "E-HUB-02");
  EXPECT_EQ(problem_of([&] { api(true).who_am_i(); }).trouble, Trouble::token_refused);
  EXPECT_EQ(problem_of([&] { api(false).who_am_i(); }).trouble, Trouble::token_refused);
}

TEST_F(Api, the_account_behind_a_token) {
  const hub::Account account = api(true).who_am_i();
  EXPECT_EQ(account.name, "reader");
  EXPECT_EQ(account.token_role, "read");
  EXPECT_FALSE(account.can_write());
  EXPECT_THAT(account.organizations, ElementsAre("etna"));
}

TEST_F(Api, hostile_names_are_left_out_and_listed) {
  std::string list = "[";
  for (const char* path : {"../x", "/etc/x", "a\\\\..\\\\b", "C:x", "CON", "a/./b", "a//b", "x.", "x ", ".git/config",
                           ".cache/x", "\\u202Ex", "\\u0000", "good.json", "GOOD.json", ""}) {
    list += fmt::format(R"({}{{"type":"file","oid":"{}","size":1,"path":"{}"}})", list.size() > 1 ? "," : "",
                        std::string(40, 'a'), path);
  }
  hub.override_answer("/tree/", list + "]");
  const hub::Tree tree = api().tree("etna/tiny", commit());
  ASSERT_EQ(tree.files.size(), 1u);
  EXPECT_EQ(tree.refused.size(), 15u);
  for (const std::string& reason : tree.refused) EXPECT_THAT(reason, testing::Not(testing::HasSubstr("\u202E")));
}

TEST_F(Api, hostile_json_is_refused_with_bounded_memory) {
  std::string deep(100'000, '[');
  std::string wide = "[";
  for (int i = 0; i < 2'000'000; ++i) wide += "[],";
  wide += "[]]";
  for (const std::string& body : {deep, wide, std::string("[{\"id\":"), std::string("{\"id\":\"\xFF\"}"),
                                  std::string("null"), std::string("\"text\""), std::string("[1] x"), std::string()}) {
    TestHub other;
    other.override_answer("/api/models", body);
    const hub::HubApi hostile(std::make_shared<hub::HttpClient>(other.settings()));
    EXPECT_EQ(errc_of([&] { hostile.search({}); }), Errc::corrupt) << body.substr(0, 30);
    EXPECT_EQ(errc_of([&] { hostile.model("etna/tiny"); }), Errc::corrupt) << body.substr(0, 30);
    EXPECT_EQ(errc_of([&] { hostile.tree("etna/tiny", std::string(40, 'a')); }), Errc::corrupt) << body.substr(0, 30);
  }
}

TEST_F(Api, values_of_wrong_types_are_as_if_absent) {
  hub.override_answer("/api/models", R"([{"id":"a/b","downloads":-1,"likes":1e99,"gated":7,"tags":{"a":1},"config":[],
    "safetensors":{"parameters":{"F32":"many"},"total":null},"pipeline_tag":null,"lastModified":3,"private":"yes"},
    {"id":"../evil"},{"id":5},null,[],"x",{"modelId":"c/d"}])");
  const hub::SearchPage page = api().search({});
  EXPECT_THAT(ids(page), ElementsAre("a/b", "c/d"));
  EXPECT_EQ(page.models[0].downloads, 0u);
  EXPECT_EQ(page.models[0].access, hub::Access::open);
  EXPECT_EQ(page.models[0].parameters, 0u);
}

TEST_F(Api, sizes_that_cannot_be_are_refused) {
  for (const char* size : {"-1", "1.5", "\"1\"", "null", "18446744073709551615", "1e30"}) {
    TestHub other;
    other.override_answer(
        "/tree/", fmt::format(R"([{{"type":"file","oid":"{}","size":{},"path":"a"}}])", std::string(40, 'a'), size));
    const hub::HubApi hostile(std::make_shared<hub::HttpClient>(other.settings()));
    EXPECT_EQ(errc_of([&] { hostile.tree("etna/tiny", std::string(40, 'a')); }), Errc::corrupt) << size;
  }
}

TEST_F(Api, pages_without_end_end) {
  const std::string self = fmt::format("<{}/api/models?cursor=x>; rel=\"next\"", hub.endpoint());
  hub.override_answer("/api/models?", "[]", {{"Link", self}});
  const hub::SearchPage page = api().search({});
  EXPECT_EQ(page.next, "/api/models?cursor=x");
  EXPECT_EQ(api().search({}, page.next).next, "");
  const std::string tree =
      fmt::format("<{}/api/models/etna/tiny/tree/{}?cursor=x>; rel=\"next\"", hub.endpoint(), commit());
  hub.override_answer("/tree/", "[]", {{"Link", tree}});
  EXPECT_EQ(errc_of([&] { api().tree("etna/tiny", commit()); }), Errc::corrupt);
}

TEST_F(Api, the_next_page_stays_with_the_hub) {
  hub.override_answer("/api/models?", "[]", {{"Link", "<https://huggingface.co/api/models?cursor=y>; rel=\"next\""}});
  EXPECT_EQ(api().search({}).next, "/api/models?cursor=y");  // a mirror hands on the hub's own addresses
  hub.override_answer("/api/models?", "[]", {{"Link", "<https://evil.test/api/models?cursor=y>; rel=\"next\""}});
  EXPECT_EQ(errc_of([&] { api().search({}); }), Errc::corrupt);
}

TEST_F(Api, a_tree_with_too_many_files_is_refused) {
  std::string list = "[";
  for (int i = 0; i < 20'001; ++i) {
    list += fmt::format(R"({}{{"type":"file","oid":"{}","size":1,"path":"f{}"}})", i > 0 ? "," : "",
                        std::string(40, 'a'), i);
  }
  hub.override_answer("/tree/", list + "]");
  EXPECT_EQ(errc_of([&] { api().tree("etna/tiny", commit()); }), Errc::corrupt);
}

TEST(PastedModel, links_and_names_are_understood) {
  const auto id = [](std::string_view text) {
    const auto model = hub::parse_pasted_model(text, "https://mirror.example.org");
    return model ? model->id : std::string();
  };
  for (const char* text :
       {"org/name", "  org/name\n", "https://huggingface.co/org/name", "https://huggingface.co/org/name/",
        "huggingface.co/org/name", "hf.co/org/name:Q4_K_M", "https://huggingface.co/org/name/tree/main/sub",
        "https://huggingface.co/org/name/blob/main/a.gguf?x=1#y", "https://mirror.example.org/org/name",
        "etna://models/huggingface/org/name?file=a.gguf"}) {
    EXPECT_EQ(id(text), "org/name") << text;
  }
  for (const char* text : {"", "llama", "https://evil.test/org/name", "https://huggingface.co/datasets/org/name",
                           "org/../name", "https://huggingface.co/", "javascript:alert(1)", "org/name/unknown/x",
                           "datasets/squad", "https://huggingface.co/spaces/org/name"}) {
    EXPECT_EQ(id(text), "") << text;
  }
  const auto blob = hub::parse_pasted_model("https://huggingface.co/org/name/blob/refs%2Fpr%2F1/sub/a%20b.gguf", "");
  ASSERT_TRUE(blob);
  EXPECT_EQ(blob->revision, "refs/pr/1");
  EXPECT_EQ(blob->file, "sub/a b.gguf");
  EXPECT_EQ(hub::parse_pasted_model("hf.co/org/name:Q4_K_M", "")->file, "Q4_K_M");
  EXPECT_FALSE(hub::parse_pasted_model("etna://models/huggingface/org/name?file=../x", ""));
}

}  // namespace etna::test

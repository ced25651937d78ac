// get: choosing a version, going on after a kill, several at once, folders of one's own, full disks.
#include "cli/commands/commands.h"
#include "tests/cli/hub_fixture.h"

namespace etna::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t megabyte = 1'000'000;

class CliGet : public CliHub {};

/// The last line of several JSON objects.
json last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return json::parse(text.substr(text.rfind('\n') + 1));
}

TEST_F(CliGet, AModelIsLoadedOnceAndItsFolderIsTheAnswer) {
  add_weights("etna/tiny", 3 * megabyte);
  const CliResult first = run_cli("get etna/tiny");
  EXPECT_EQ(first.code, 0) << first.errors;
  const std::string folder = first.output.substr(0, first.output.find('\n'));
  EXPECT_EQ(text_of(std::filesystem::path(folder) / "config.json"), R"({"model_type":"llama"})");
  expect_whole("etna/tiny", "model.safetensors", weights_);
  const std::uint64_t sent = sent_;
  const CliResult second = run_cli("get etna/tiny --json");
  EXPECT_EQ(second.code, 0) << second.errors;
  const json done = last_line(second.output);
  EXPECT_EQ(done.at("event"), "done");
  EXPECT_EQ(done.at("path"), folder);
  EXPECT_LT(sent_, sent + megabyte) << "only the header is read again";
}

TEST_F(CliGet, VersionsAreShownWithMemoryAndOneIsRecommended) {
  add_ggufs("etna/tiny-GGUF");
  const CliResult table = run_cli("get etna/tiny-GGUF");
  EXPECT_EQ(table.code, 2);
  EXPECT_THAT(table.output, HasSubstr("MEMORY AT 4k"));
  EXPECT_THAT(table.output, testing::ContainsRegex("\\* +F16 .*Fits well · recommended: leaves room for other programs"));
  EXPECT_THAT(table.errors, HasSubstr("--yes"));
  const json listed = json::parse(run_cli("get etna/tiny-GGUF --json --dry-run").output).at("versions");
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed.at(0).at("version"), "F16");
  EXPECT_TRUE(listed.at(0).at("recommended"));
  EXPECT_GT(listed.at(0).at("memory").at("total_bytes"), 0);
  EXPECT_FALSE(cache().ref("etna/tiny-GGUF", "main"));
}

TEST_F(CliGet, TheRecommendedOrTheNamedVersionIsLoadedAndNoOther) {
  add_ggufs("etna/tiny-GGUF");
  const CliResult best = run_cli("get etna/tiny-GGUF --yes");
  EXPECT_EQ(best.code, 0) << best.errors;
  EXPECT_THAT(best.output, HasSubstr("/tiny-F16.gguf\n"));
  const std::string commit = *cache().ref("etna/tiny-GGUF", "main");
  EXPECT_FALSE(cache().find("etna/tiny-GGUF", commit, "tiny-F32.gguf"));
  for (const char* name : {"etna/tiny-GGUF:f32", "etna/tiny-GGUF --version F32",
                           "hf.co/etna/tiny-GGUF/blob/main/tiny-F32.gguf"}) {
    EXPECT_THAT(run_cli(std::string("get ") + name).output, HasSubstr("/tiny-F32.gguf\n")) << name;
  }
  const CliResult wrong = run_cli("get etna/tiny-GGUF:Q3");
  EXPECT_EQ(wrong.code, 6);
  EXPECT_THAT(wrong.errors, HasSubstr("it has: F16, F32"));
}

TEST_F(CliGet, ADryRunLoadsNothing) {
  add_weights("etna/tiny", 5 * megabyte);
  const json plan = json::parse(run_cli("get etna/tiny --dry-run --json").output);
  EXPECT_EQ(plan.at("needed_bytes"), plan.at("total_bytes"));
  EXPECT_EQ(plan.at("files").size(), 2u);
  EXPECT_THAT(run_cli("get etna/tiny --dry-run").output, HasSubstr("5 MB to download"));
  EXPECT_LT(sent_, megabyte);
}

TEST_F(CliGet, PatternsChooseFiles) {
  add_weights("etna/tiny", 300'000);
  EXPECT_EQ(run_cli("get --include '*.json' etna/tiny").code, 0);
  const std::string commit = *cache().ref("etna/tiny", "main");
  EXPECT_TRUE(cache().find("etna/tiny", commit, "config.json"));
  EXPECT_FALSE(cache().find("etna/tiny", commit, "model.safetensors"));
  EXPECT_EQ(run_cli("get etna/tiny --include '*.nothing'").code, 6);
}

TEST_F(CliGet, KilledInTheMiddleItGoesOn) {
  constexpr std::uint64_t size = 32 * megabyte;
  add_weights("etna/large", size);
  slow_down(20 * megabyte);
  for (const std::uint64_t bytes : {8 * megabyte, 16 * megabyte}) {
    const pid_t child = start_get("etna/large", home_ / "errors");
    wait_for_bytes(bytes);
    ::kill(child, SIGKILL);
    EXPECT_EQ(wait_for(child), -SIGKILL);
  }
  hub_.clear_faults();
  const CliResult result = run_cli("get etna/large");
  EXPECT_EQ(result.code, 0) << result.errors;
  expect_whole("etna/large", "model.safetensors", weights_);
  EXPECT_LE(sent_, size + 2 * 8 * megabyte);
}

TEST_F(CliGet, InterruptedItPausesAndSaysHowToGoOn) {
  add_weights("etna/large", 24 * megabyte);
  slow_down(10 * megabyte);
  const pid_t child = start_get("etna/large", home_ / "errors");
  wait_for_bytes(4 * megabyte);
  ::kill(child, SIGINT);
  EXPECT_EQ(wait_for(child), 130);
  EXPECT_THAT(text_of(home_ / "errors"), HasSubstr("Go on with: etna-cli get etna/large"));
  const json saved = json::parse(text_of(home_ / "data" / "etna" / "hub" / "downloads.json"));
  EXPECT_EQ(saved.at("downloads").at(0).at("state"), "paused") << "the window shows it";
  hub_.clear_faults();
  EXPECT_EQ(run_cli("get etna/large").code, 0);
  expect_whole("etna/large", "model.safetensors", weights_);
  EXPECT_EQ(json::parse(text_of(home_ / "data" / "etna" / "hub" / "downloads.json")).at("downloads").size(), 1u);
}

TEST_F(CliGet, TwoAtOnceLoadAFileOnce) {
  constexpr std::uint64_t size = 16 * megabyte;
  add_weights("etna/large", size);
  slow_down(20 * megabyte);
  const pid_t first = start_get("etna/large", home_ / "errors1");
  const pid_t second = start_get("etna/large", home_ / "errors2");
  EXPECT_EQ(wait_for(first), 0) << text_of(home_ / "errors1");
  EXPECT_EQ(wait_for(second), 0) << text_of(home_ / "errors2");
  expect_whole("etna/large", "model.safetensors", weights_);
  EXPECT_LE(sent_, size + megabyte);
}

TEST_F(CliGet, ADiskThatIsTooSmallIsToldBeforeAnythingIsLoaded) {
  add_weights("etna/large", 50 * megabyte);
  cli::GetOptions options;
  options.model = "etna/large";
  options.output = cli::Output::json;
  options.space = [](const auto&) { return hub::Space{.available = 2'040 * megabyte, .total = 100'000 * megabyte}; };
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = cli::run_get(options);
  const json answer = json::parse(testing::internal::GetCapturedStdout());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("The disk is full"));
  EXPECT_EQ(code, 4);
  EXPECT_EQ(answer.at("error").at("code"), "E-DSK-01");
  EXPECT_LT(sent_, megabyte);
}

TEST_F(CliGet, WithoutANetworkWhatIsHereIsTheAnswer) {
  add_weights("etna/tiny", 300'000);
  EXPECT_EQ(run_cli("get etna/tiny --offline").code, 3);
  const std::string folder = run_cli("get etna/tiny").output;
  const CliResult again = run_cli("get etna/tiny --offline");
  EXPECT_EQ(again.code, 0);
  EXPECT_EQ(again.output, folder);
  EXPECT_THAT(again.errors, HasSubstr("no network"));
}

class CliGetIntoFolder : public CliHub {
protected:
  std::string get(const std::string& more = {}) const {
    const CliResult result = run_cli("get etna/tiny --local-dir '" + folder().string() + "' " + more);
    EXPECT_EQ(result.code, 0) << result.errors;
    return result.output;
  }

  std::filesystem::path folder() const { return home_ / "mine"; }

  /// Lines of the note that huggingface_hub reads.
  std::vector<std::string> note(const std::string& file) const {
    std::istringstream in(text_of(folder() / ".cache/huggingface/download" / (file + ".metadata")));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
};

TEST_F(CliGetIntoFolder, FilesAreRealAndHaveTheNotesOfHuggingfaceHub) {
  add_weights("etna/tiny", 300'000);
  EXPECT_EQ(get(), folder().string() + "\n");
  EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(folder() / "model.safetensors")));
  EXPECT_EQ(hub::hash_file(folder() / "model.safetensors", hub::HashKind::sha256), weights_->sha256);
  const std::vector<std::string> lines = note("model.safetensors");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], hub_.find("etna/tiny")->commits.back().id);
  EXPECT_EQ(lines[1], weights_->sha256);
  struct stat info {};
  ASSERT_EQ(::stat((folder() / "model.safetensors").c_str(), &info), 0);
  EXPECT_GE(std::stod(lines[2]), static_cast<double>(info.st_mtim.tv_sec) - 1);
  EXPECT_EQ(text_of(folder() / ".cache/huggingface/.gitignore"), "*");
  EXPECT_FALSE(std::filesystem::exists(folder() / ".cache/etna"));
  EXPECT_FALSE(std::filesystem::exists(cache().root())) << "the shared cache has no part in this";
}

TEST_F(CliGetIntoFolder, OnlyWhatHasChangedIsLoadedAgain) {
  add_weights("etna/tiny", 3 * megabyte);
  get();
  const std::uint64_t sent = sent_;
  std::ofstream(folder() / "config.json") << "changed";
  get();
  EXPECT_EQ(text_of(folder() / "config.json"), R"({"model_type":"llama"})");
  EXPECT_LT(sent_, sent + megabyte);
  // Without its note a file is known by its bytes.
  std::filesystem::remove(folder() / ".cache/huggingface/download/model.safetensors.metadata");
  get();
  EXPECT_LT(sent_, sent + 2 * megabyte);
  EXPECT_EQ(note("model.safetensors").size(), 3u);
}

TEST_F(CliGetIntoFolder, TheSharedCacheIsCopiedFromAndNotLinked) {
  add_weights("etna/tiny", 3 * megabyte);
  EXPECT_EQ(run_cli("get etna/tiny").code, 0);
  const std::uint64_t sent = sent_;
  get();
  EXPECT_LT(sent_, sent + megabyte);
  EXPECT_EQ(std::filesystem::hard_link_count(folder() / "model.safetensors"), 1u);
}

TEST_F(CliGetIntoFolder, NothingIsWrittenThroughLinks) {
  hub_.add("etna/tiny").commit({{"config.json", make_blob("{}", false)}, {"sub/model.safetensors", make_blob("x", true)}});
  std::filesystem::create_directories(folder());
  std::filesystem::create_directories(home_ / "elsewhere");
  std::filesystem::create_directory_symlink(home_ / "elsewhere", folder() / "sub");
  const CliResult result = run_cli("get etna/tiny --include '*' --local-dir '" + folder().string() + "'");
  EXPECT_EQ(result.code, 4);
  EXPECT_TRUE(std::filesystem::is_empty(home_ / "elsewhere"));
}

}  // namespace
}  // namespace etna::test

// models ls, rm, verify, where: what is in the shared cache.
#include <fcntl.h>
#include <unistd.h>

#include "tests/cli/hub_fixture.h"

namespace etna::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::uint64_t mib = 1u << 20;

class CliModels : public CliHub {
protected:
  std::filesystem::path weights_file(const std::string& id) const {
    return *cache().find(id, *cache().ref(id, "main"), "model.safetensors");
  }

  static void flip_byte(const std::filesystem::path& file, off_t at) {
    const int descriptor = ::open(file.c_str(), O_RDWR);
    char byte = 0;
    ASSERT_EQ(::pread(descriptor, &byte, 1, at), 1);
    byte = static_cast<char>(byte ^ 1);
    ASSERT_EQ(::pwrite(descriptor, &byte, 1, at), 1);
    ::close(descriptor);
  }
};

TEST_F(CliModels, AreListedWithTheirOwnersAndVersions) {
  add_ggufs("etna/tiny-GGUF");
  ASSERT_EQ(run_cli("get etna/tiny-GGUF:F16").code, 0);
  std::filesystem::create_directories(home_ / ".lmstudio/models/someone/model");
  std::ofstream(home_ / ".lmstudio/models/someone/model/model-Q8_0.gguf") << tiny_gguf(1, 2);
  const json models = json::parse(run_cli("models ls --json").output).at("models");
  ASSERT_EQ(models.size(), 3u);
  EXPECT_EQ(models.at(0).at("owner"), "Etna");
  EXPECT_EQ(models.at(1).at("repository"), "etna/tiny-GGUF");
  EXPECT_EQ(models.at(1).at("version"), "F16");
  EXPECT_EQ(models.at(2).at("owner"), "LM Studio");
  EXPECT_THAT(run_cli("models").output, HasSubstr("Hugging Face cache"));
}

TEST_F(CliModels, ThatCannotBeUsedAreToldWithTheReason) {
  add_weights("etna/tiny", 300'000);
  ASSERT_EQ(run_cli("get etna/tiny").code, 0);
  EXPECT_THAT(run_cli("models").errors, HasSubstr("Not usable: etna/tiny: "));
}

TEST_F(CliModels, WhereIsOnePathALine) {
  add_weights("etna/tiny", 300'000);
  ASSERT_EQ(run_cli("get etna/tiny").code, 0);
  EXPECT_EQ(run_cli("models where etna/tiny").output, cache().snapshot("etna/tiny", *cache().ref("etna/tiny", "main")).string() + "\n");
  const json folders = json::parse(run_cli("models where --json").output).at("folders");
  EXPECT_EQ(folders.at(0).at("path"), cache().root().string());
  EXPECT_EQ(run_cli("models where etna/other").code, 6);
}

TEST_F(CliModels, AFlippedByteIsFoundAndItsPieceAloneIsLoadedAgain) {
  constexpr std::uint64_t size = 30 * mib;
  add_weights("etna/large", size);
  ASSERT_EQ(run_cli("get etna/large").code, 0);
  const CliResult whole = run_cli("models verify");
  EXPECT_EQ(whole.code, 0);
  EXPECT_THAT(whole.output, HasSubstr("2 files are whole"));
  flip_byte(weights_file("etna/large"), 20 * mib);
  const CliResult damaged = run_cli("models verify etna/large --json");
  EXPECT_EQ(damaged.code, 6);
  EXPECT_EQ(json::parse(damaged.output).at("damaged").at(0).at("file"), "model.safetensors");
  EXPECT_THAT(damaged.errors, HasSubstr("Repair with: etna-cli models verify --repair etna/large"));
  const std::uint64_t sent = sent_;
  const CliResult repaired = run_cli("models verify --repair etna/large");
  EXPECT_EQ(repaired.code, 0) << repaired.errors;
  EXPECT_THAT(repaired.output, HasSubstr("1 of them repaired"));
  EXPECT_LE(sent_ - sent, 8 * mib + mib);
  expect_whole("etna/large", "model.safetensors", weights_);
}

TEST_F(CliModels, RemovingAsksFirstAndMovesToTheTrash) {
  add_weights("etna/tiny", 300'000);
  ASSERT_EQ(run_cli("get etna/tiny").code, 0);
  const CliResult asked = run_cli("models rm etna/tiny");
  EXPECT_EQ(asked.code, 2);
  EXPECT_THAT(asked.errors, HasSubstr("--yes does it without asking"));
  EXPECT_TRUE(cache().ref("etna/tiny", "main"));
  const json removed = json::parse(run_cli("models rm etna/tiny --yes --json").output);
  EXPECT_GE(removed.at("freed_bytes"), 300'000);
  EXPECT_THAT(std::string(removed.at("trash")), HasSubstr((home_ / "data/Trash/files").string()));
  EXPECT_TRUE(std::filesystem::exists(std::string(removed.at("trash"))));
  EXPECT_FALSE(cache().ref("etna/tiny", "main"));
  EXPECT_EQ(run_cli("models rm etna/tiny --yes").code, 6);
}

TEST_F(CliModels, OneVersionGoesWithoutTheOther) {
  add_ggufs("etna/tiny-GGUF");
  ASSERT_EQ(run_cli("get etna/tiny-GGUF:F16").code, 0);
  ASSERT_EQ(run_cli("get etna/tiny-GGUF:F32").code, 0);
  const std::string commit = *cache().ref("etna/tiny-GGUF", "main");
  const CliResult result = run_cli("models rm etna/tiny-GGUF:f16 --yes");
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_FALSE(cache().find("etna/tiny-GGUF", commit, "tiny-F16.gguf"));
  EXPECT_TRUE(cache().find("etna/tiny-GGUF", commit, "tiny-F32.gguf"));
  EXPECT_EQ(run_cli("models rm etna/tiny-GGUF:F16 --yes").code, 6);
}

TEST_F(CliModels, OneRevisionGoesWithoutTheOther) {
  add_weights("etna/tiny", 300'000);
  ASSERT_EQ(run_cli("get etna/tiny").code, 0);
  const std::string old = *cache().ref("etna/tiny", "main");
  hub_.change([&] {
    hub_.find("etna/tiny")->commit({{"config.json", make_blob("{\"new\":1}", false)}, {"model.safetensors", make_pattern_blob(200'000, 3)}});
  });
  ASSERT_EQ(run_cli("get etna/tiny").code, 0);
  EXPECT_EQ(run_cli("models rm etna/tiny --revision 0123456 --yes").code, 6);
  ASSERT_EQ(run_cli("models rm etna/tiny --yes --revision " + old.substr(0, 10)).code, 0);
  EXPECT_FALSE(cache().find("etna/tiny", old, "config.json"));
  EXPECT_TRUE(cache().find("etna/tiny", *cache().ref("etna/tiny", "main"), "model.safetensors"));
}

TEST_F(CliModels, OtherProgramsKeepTheirFiles) {
  const auto file = home_ / ".lmstudio/models/someone/model/model-Q8_0.gguf";
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << tiny_gguf(1, 2);
  const CliResult result = run_cli("models rm --yes '" + file.string() + "'");
  EXPECT_EQ(result.code, 6);
  EXPECT_THAT(result.errors, HasSubstr("belongs to LM Studio"));
  EXPECT_TRUE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace etna::test

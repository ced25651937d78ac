#include "engine/io/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using test::expect_failure;
using test::TemporaryFolder;

void write_shard(const std::filesystem::path& path, std::initializer_list<const char*> names) {
  std::vector<TensorHeader> tensors;
  for (const char* name : names) tensors.push_back({name, DType::uint8, {4}});
  SafetensorsWriter writer(path, tensors, {});
  writer.append(std::vector<std::byte>(4 * names.size()));
  writer.commit();
}

TEST(ModelFolder, AllModelFilesAreReadWithoutAnIndex) {
  const TemporaryFolder folder;
  write_shard(folder / "model-2.safetensors", {"b"});
  write_shard(folder / "model-1.safetensors", {"a"});
  write_shard(folder / "adapters.safetensors", {"c"});
  const auto model = ModelFolder::open(folder.path());
  EXPECT_THAT(model->names(), testing::ElementsAre("a", "b"));
  EXPECT_EQ(model->find("c"), nullptr);
  EXPECT_EQ(model->bytes(), 8u);
}

TEST(ModelFolder, ShardsThroughLinksAreRead) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "blobs");
  std::filesystem::create_directory(folder / "snapshot");
  write_shard(folder / "blobs/0123", {"a"});
  std::filesystem::create_symlink("../blobs/0123", folder / "snapshot/model.safetensors");
  folder.write("snapshot/model.safetensors.index.json", R"({"weight_map":{"a":"model.safetensors"}})");
  EXPECT_NE(ModelFolder::open(folder / "snapshot")->find("a"), nullptr);
}

TEST(ModelFolder, IndexesThatDoNotFitTheFilesAreRefused) {
  const TemporaryFolder folder;
  write_shard(folder / "model-1.safetensors", {"a"});
  const auto expect = [&](const char* index, Errc code, std::initializer_list<const char*> parts) {
    folder.write("model.safetensors.index.json", index);
    expect_failure([&] { ModelFolder::open(folder.path()); }, code, parts);
  };
  expect(R"({"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})", Errc::not_found,
         {"model-2.safetensors"});
  expect(R"({"weight_map":{"a":"model-1.safetensors","b":"model-1.safetensors"}})", Errc::corrupt,
         {"\"b\"", "model-1"});
  expect(R"({"weight_map":{"a":"../x/model-1.safetensors"}})", Errc::corrupt, {"leaves the model folder"});
  expect(R"({"weight_map":{"a":"/etc/passwd"}})", Errc::corrupt, {"leaves the model folder"});
  expect(R"({"weight_map":{"a":"config.json"}})", Errc::corrupt, {"config.json"});
  expect(R"({"weight_map":{"a":5}})", Errc::corrupt, {"weight_map", "\"a\""});
  expect(R"({"weight_map":[]})", Errc::corrupt, {"weight_map"});
  expect(R"({"weight_map":{}})", Errc::corrupt, {"weight_map is empty"});
  expect("{", Errc::corrupt, {"not valid JSON"});
}

TEST(ModelFolder, TensorsThatTwoFilesHoldAreRefused) {
  const TemporaryFolder folder;
  write_shard(folder / "model-1.safetensors", {"a"});
  write_shard(folder / "model-2.safetensors", {"a"});
  expect_failure([&] { ModelFolder::open(folder.path()); }, Errc::corrupt, {"\"a\"", "model-1", "model-2"});
}

TEST(ModelFolder, FoldersWithoutWeightsAreNotFound) {
  const TemporaryFolder folder;
  expect_failure([&] { ModelFolder::open(folder.path()); }, Errc::not_found, {"model*.safetensors"});
  expect_failure([&] { ModelFolder::open(folder / "none"); }, Errc::not_found, {"none"});
}

}  // namespace
}  // namespace etna

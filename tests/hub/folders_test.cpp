#include "hub/folders.h"

#include <fmt/core.h>

#include <algorithm>

#include "hub/space.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;

const FoundModel* find(const FolderContents& contents, const std::string& name) {
  const auto found = std::ranges::find(contents.models, name, &FoundModel::name);
  return found == contents.models.end() ? nullptr : &*found;
}

TEST(Folders, models_are_found_at_any_depth_and_other_files_passed_over) {
  const TemporaryFolder folder;
  write_file(folder / "top.gguf", "12345");
  write_file(folder / "a/b/c/d/deep.gguf", "1");
  write_file(folder / "a/mmproj-x.gguf", "1");
  write_file(folder / "a/notes.txt", "1");
  write_file(folder / ".hidden/x.gguf", "1");
  write_file(folder / "maker/model/config.json", "{}");
  write_file(folder / "maker/model/model-00001-of-00003.safetensors", "123");
  write_file(folder / "maker/model/model-00003-of-00003.safetensors", "45");
  write_file(folder / "split/m-00001-of-00002.gguf", "1");
  write_file(folder / "split/m-00002-of-00002.gguf", "22");
  write_file(folder / "adapter/adapter.safetensors", "1");
  fs::create_symlink(folder.path(), folder / "a/loop");
  const FolderContents contents = scan_folder({.path = folder.path()});
  EXPECT_TRUE(contents.is_connected);
  EXPECT_TRUE(contents.unreadable.empty());
  EXPECT_EQ(contents.models.size(), 4u);
  const FoundModel* whole = find(contents, "maker/model");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->bytes, 5u);
  EXPECT_EQ(whole->missing, std::vector<std::string>{"model-00002-of-00003.safetensors"});
  const FoundModel* split = find(contents, "split · m-00001-of-00002");
  ASSERT_TRUE(split);
  EXPECT_EQ(split->files.size(), 2u);
  EXPECT_EQ(split->bytes, 3u);
  EXPECT_TRUE(split->missing.empty());
  EXPECT_TRUE(find(contents, "a/b/c/d · deep"));
}

TEST(Folders, a_link_out_of_the_folder_is_not_followed) {
  const TemporaryFolder folder;
  write_file(folder / "outside/x.gguf", "1");
  fs::create_directories(folder / "inside");
  fs::create_symlink(folder / "outside/x.gguf", folder / "inside/x.gguf");
  fs::create_directory_symlink(folder / "outside", folder / "inside/y");
  EXPECT_TRUE(scan_folder({.path = folder / "inside"}).models.empty());
}

TEST(Folders, ollamas_manifests_lead_to_its_blobs) {
  const TemporaryFolder folder;
  const std::string hash = hash_of("gguf bytes", HashKind::sha256), away(64, '0');
  const auto manifest = [](const std::string& digest) {
    return fmt::format(R"({{"schemaVersion":2,"layers":[{{"mediaType":"application/vnd.ollama.image.template"}},)"
                       R"({{"mediaType":"application/vnd.ollama.image.model","digest":"{}","size":10}}]}})",
                       digest);
  };
  write_file(folder / "blobs" / ("sha256-" + hash), "gguf bytes");
  write_file(folder / "manifests/registry.ollama.ai/library/llama3.2/3b", manifest("sha256:" + hash));
  write_file(folder / "manifests/registry.ollama.ai/somebody/model/latest", manifest("sha256:" + away));
  write_file(folder / "manifests/hf.co/org/name/Q4_K_M", manifest("sha256:" + hash));
  write_file(folder / "manifests/registry.ollama.ai/library/evil/1", manifest("sha256:../../../etc/passwd"));
  write_file(folder / "manifests/registry.ollama.ai/library/evil/2", "[[[[");
  write_file(folder / "manifests/registry.ollama.ai/library/evil/3", R"({"layers":[1,{"mediaType":2}]})");
  const FolderContents contents = scan_folder({.path = folder.path(), .owner = FolderOwner::ollama});
  ASSERT_EQ(contents.models.size(), 3u);
  const FoundModel* model = find(contents, "llama3.2:3b");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->owner, FolderOwner::ollama);
  EXPECT_EQ(model->bytes, 10u);
  EXPECT_EQ(model->sha256, hash);
  EXPECT_EQ(model->path, folder / "blobs" / ("sha256-" + hash));
  EXPECT_TRUE(find(contents, "hf.co/org/name:Q4_K_M"));
  ASSERT_TRUE(find(contents, "somebody/model:latest"));
  EXPECT_FALSE(find(contents, "somebody/model:latest")->missing.empty());
  EXPECT_GE(contents.unreadable.size(), 2u);
  EXPECT_EQ(find_in_ollama(folder.path(), hash), folder / "blobs" / ("sha256-" + hash));
  EXPECT_EQ(find_in_ollama(folder.path(), away), std::nullopt);
  EXPECT_EQ(find_in_ollama(folder.path(), "../x"), std::nullopt);
}

TEST(Folders, stores_of_other_programs_are_found_and_labelled) {
  const TemporaryFolder home;
  for (const char* name : {".lmstudio/models/maker/model", "ollama/blobs", ".cache/llama.cpp"}) {
    fs::create_directories(home / name);
  }
  write_file(home / ".lmstudio/models/maker/model/m.gguf", "1");
  const auto folders = find_other_programs_folders(home.path(), [&](std::string_view variable) -> std::string {
    return variable == "OLLAMA_MODELS" ? (home / "ollama").string() : "";
  });
  std::vector<FolderOwner> owners;
  for (const ModelFolder& folder : folders) {
    if (folder.path.string().starts_with(fs::canonical(home.path()).string())) owners.push_back(folder.owner);
    EXPECT_NE(folder.file_system, 0u);
  }
  EXPECT_EQ(owners, (std::vector{FolderOwner::lm_studio, FolderOwner::ollama, FolderOwner::llama_cpp}));
  const FolderContents contents = scan_folder(folders.front());
  ASSERT_EQ(contents.models.size(), 1u);
  EXPECT_EQ(contents.models[0].name, "maker/model · m");
  EXPECT_EQ(contents.models[0].owner, FolderOwner::lm_studio);
  EXPECT_EQ(name(FolderOwner::lm_studio), "LM Studio");
}

TEST(Folders, a_folder_whose_disk_is_away_is_not_connected) {
  const TemporaryFolder folder;
  EXPECT_FALSE(scan_folder({.path = folder / "none"}).is_connected);
  fs::create_directories(folder / "mount");
  EXPECT_FALSE(scan_folder({.path = folder / "mount", .file_system = 12345}).is_connected);
  EXPECT_TRUE(scan_folder({.path = folder / "mount"}).is_connected);
}

TEST(Space, the_reserve_is_two_gigabytes_or_two_percent) {
  EXPECT_EQ(reserved_bytes({.available = 0, .total = 50'000'000'000}), 2'000'000'000u);
  EXPECT_EQ(reserved_bytes({.available = 0, .total = 1'000'000'000'000}), 20'000'000'000u);
  EXPECT_EQ(missing_bytes({.available = 10, .total = 100}, 5, 5), 0u);
  EXPECT_EQ(missing_bytes({.available = 10, .total = 100}, 6, 5), 1u);
  EXPECT_EQ(missing_bytes({.available = 10, .total = 100}, UINT64_MAX, 5), UINT64_MAX - 10);
}

TEST(Space, of_a_folder_that_is_not_there_yet_is_that_of_the_one_above) {
  const TemporaryFolder folder;
  const Space space = space_at(folder / "a/b/c");
  EXPECT_GT(space.total, 0u);
  EXPECT_EQ(space.total, space_at(folder.path()).total);
  write_file(folder / "file", std::string(100'000, 'x'));
  EXPECT_GE(allocated_bytes(folder / "file"), 90'000u);
  EXPECT_EQ(allocated_bytes(folder / "none"), 0u);
}

}  // namespace
}  // namespace etna::hub

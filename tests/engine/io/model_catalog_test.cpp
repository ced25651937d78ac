#include "engine/io/model_catalog.h"

#include <gtest/gtest.h>

#include "tests/engine/io/gguf_builder.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/io/tiny_model.h"

namespace etna {
namespace {

TEST(ModelCatalog, FoldersAndGgufFilesOfACacheAreListed) {
  const test::TemporaryFolder cache;
  const auto folder = cache / "models--owner--folder" / "snapshots" / "1";
  const auto files = cache / "models--owner--files" / "snapshots" / "1";
  std::filesystem::create_directories(folder.parent_path());
  std::filesystem::create_directories(files);
  test::write_tiny_model(folder);
  test::GgufBuilder builder;
  builder.text("general.architecture", "llama").tensor("token_embd.weight", {8, 4}, 0, 0);
  for (const char* name : {"model-F32.gguf", "mmproj-F16.gguf", "big-00002-of-00002.gguf", "broken.gguf"}) {
    cache.write("models--owner--files/snapshots/1/" + std::string(name), std::string(name) == "broken.gguf" ? "GGUF" : builder.bytes(128));
  }
  const std::vector<CatalogEntry> found = models_in_cache(cache.path());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "owner/files · model-F32");
  EXPECT_EQ(found[0].model_type, "llama");
  EXPECT_EQ(found[0].format, "F32");
  EXPECT_EQ(found[0].bytes, 128u);
  EXPECT_EQ(found[0].path, files / "model-F32.gguf");
  EXPECT_EQ(found[1].name, "owner/folder");
}

}  // namespace
}  // namespace etna

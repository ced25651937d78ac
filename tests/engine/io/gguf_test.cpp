#include "engine/io/gguf.h"

#include <gtest/gtest.h>

#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/gguf_builder.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using test::GgufBuilder;

GgufBuilder part(std::uint32_t number, std::uint32_t count, std::uint32_t tensors = 2) {
  GgufBuilder builder;
  builder.integer("split.no", number).integer("split.count", count).integer("split.tensors.count", tensors);
  return builder;
}

TEST(GgufFile, tensors_are_found_by_name_with_their_bytes) {
  const test::TemporaryFolder folder;
  auto bytes =
      GgufBuilder().text("general.architecture", "llama").tensor("w", {32, 2}, 2, 0).tensor("b", {2}, 1, 64).bytes(68);
  bytes.back() = '\x3C';  // the upper byte of 1.0
  const auto file = GgufFile::open(folder.write("m.gguf", bytes));
  EXPECT_EQ(file->metadata().text("general.architecture"), "llama");
  const GgufTensor& w = file->at("w");
  EXPECT_EQ(w.stored_dtype, "Q4_0");
  EXPECT_EQ(w.dtype, std::nullopt);
  EXPECT_EQ(w.shape, (Shape{2, 32}));
  EXPECT_EQ(w.bytes.size(), 36U);
  EXPECT_EQ(w.offset, bytes.size() - 68);
  const GgufTensor& b = file->at("b");
  EXPECT_EQ(b.dtype, DType::float16);
  EXPECT_EQ(b.bytes.back(), std::byte{0x3C});
  EXPECT_EQ(b.bytes.data(), b.mapping.data() + b.offset);
  EXPECT_EQ(file->find("nothing"), nullptr);
  test::expect_failure([&] { file->at("nothing"); }, Errc::not_found, {"m.gguf", "\"nothing\""});
}

TEST(GgufFile, a_split_model_is_opened_as_a_whole_by_any_of_its_parts) {
  const test::TemporaryFolder folder;
  const auto first =
      folder.write("m-00001-of-00002.gguf", part(0, 2).text("general.name", "M").tensor("a", {4}, 0, 0).bytes(16));
  const auto second = folder.write("m-00002-of-00002.gguf", part(1, 2).tensor("b", {8}, 0, 0).bytes(32));
  for (const auto& path : {first, second}) {
    const auto file = GgufFile::open(path);
    EXPECT_EQ(file->path(), first);
    EXPECT_EQ(file->metadata().text("general.name"), "M");
    ASSERT_EQ(file->tensors().size(), 2U);
    EXPECT_EQ(file->at("a").file, first.string());
    EXPECT_EQ(file->at("b").file, second.string());
    EXPECT_EQ(file->at("b").bytes.size(), 32U);
  }
}

TEST(GgufFile, parts_that_do_not_belong_together_are_refused) {
  const test::TemporaryFolder folder;
  const auto first = folder.write("m-00001-of-00002.gguf", part(0, 2).tensor("a", {4}, 0, 0).bytes(16));
  const auto opens = [&] { GgufFile::open(first); };
  test::expect_failure(opens, Errc::not_found, {"m-00002-of-00002.gguf"});
  folder.write("m-00002-of-00002.gguf", part(0, 2).tensor("b", {4}, 0, 0).bytes(16));
  test::expect_failure(opens, Errc::corrupt, {"m-00002-of-00002.gguf", "part 1 of 2"});
  folder.write("m-00002-of-00002.gguf", part(1, 3).tensor("b", {4}, 0, 0).bytes(16));
  test::expect_failure(opens, Errc::corrupt, {"m-00002-of-00002.gguf", "of 3"});
  folder.write("m-00002-of-00002.gguf", part(1, 2).tensor("a", {4}, 0, 0).bytes(16));
  test::expect_failure(opens, Errc::corrupt, {"m-00002-of-00002.gguf", "\"a\"", "another part"});
  folder.write("m-00002-of-00002.gguf", part(1, 2).bytes());
  test::expect_failure(opens, Errc::corrupt, {"split.tensors.count", "2", "1 tensors"});
  test::expect_failure([&] { GgufFile::open(folder.write("x.gguf", part(0, 2).bytes())); }, Errc::corrupt,
                       {"x.gguf", "-00001-of-00002.gguf"});
  test::expect_failure([&] { GgufFile::open(folder.write("x.gguf", part(5, 2).bytes())); }, Errc::corrupt,
                       {"split.no", "5"});
}

TEST(GgufFile, outlines_of_all_parts_are_the_model_that_is_split) {
  const std::string first = part(0, 2).text("general.name", "M").tensor("a", {4}, 0, 0).bytes();
  const std::string second = part(1, 2).tensor("b", {8}, 0, 0).bytes();
  const auto outline = [](const char* name, const std::string& head, std::uint64_t data) {
    return MappedFile::outline(name, std::as_bytes(std::span(head)), head.size() + data);
  };
  const auto file = GgufFile::read({outline("first", first, 16), outline("second", second, 32)});
  EXPECT_EQ(file->metadata().text("general.name"), "M");
  EXPECT_EQ(file->at("b").file, "second");
  EXPECT_EQ(file->at("b").bytes.size(), 32U);
  test::expect_failure([&] { GgufFile::read({outline("first", first, 16)}); }, Errc::corrupt, {"first", "part 1 of 2"});
  test::expect_failure(
      [&] {
        GgufFile::read({outline("second", second, 32), outline("first", first, 16)});
      },
      Errc::corrupt, {"second", "part 2 of 2"});
  test::expect_failure([] { GgufFile::read({}); }, Errc::invalid_argument, {});
}

}  // namespace
}  // namespace etna

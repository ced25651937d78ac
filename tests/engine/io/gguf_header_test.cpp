#include "engine/io/gguf_header.h"

#include <gtest/gtest.h>

#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/gguf_builder.h"

namespace etna {
namespace {

using test::gguf_text;
using test::GgufBuilder;
using test::raw;

GgufHeader parse(const std::string& bytes) {
  return parse_gguf_header(std::as_bytes(std::span(bytes)), "m.gguf");
}

void refuses(const std::string& bytes, std::initializer_list<const char*> parts, Errc code = Errc::corrupt) {
  test::expect_failure([&] { parse(bytes); }, code, parts);
}

std::string header(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
  return "GGUF" + raw(version) + raw(tensors) + raw(keys);
}

TEST(GgufHeader, tensors_have_shapes_from_the_outside_and_places_in_the_file) {
  const auto bytes =
      GgufBuilder().tensor("w", {64, 3}, 2, 0).tensor("v", {4}, 0, 128).tensor("s", {}, 26, 160).bytes(164);
  const GgufHeader file = parse(bytes);
  ASSERT_EQ(file.tensors.size(), 3U);
  EXPECT_EQ(file.tensors[0].name, "w");
  EXPECT_EQ(file.tensors[0].type, GgmlType::q4_0);
  EXPECT_EQ(file.tensors[0].shape, (Shape{3, 64}));
  EXPECT_EQ(file.tensors[0].bytes, 108U) << "two blocks of 18 bytes a row";
  EXPECT_EQ(file.tensors[0].offset, bytes.size() - 164);
  EXPECT_EQ(file.tensors[1].bytes, 16U);
  EXPECT_EQ(file.tensors[1].offset, bytes.size() - 36);
  EXPECT_EQ(file.tensors[2].shape, Shape{});
}

TEST(GgufHeader, the_alignment_is_the_files_own) {
  const auto bytes = GgufBuilder().integer("general.alignment", 64).tensor("w", {4}, 0, 64).bytes(80, 64);
  EXPECT_EQ(parse(bytes).tensors[0].offset % 64, 0U);
  refuses(GgufBuilder().integer("general.alignment", 24).bytes(), {"general.alignment", "24"});
  refuses(GgufBuilder().integer("general.alignment", 0).bytes(), {"general.alignment"});
  refuses(GgufBuilder().text("general.alignment", "32").bytes(), {"general.alignment"});
}

TEST(GgufHeader, other_files_and_versions_are_refused) {
  refuses("GGML....", {"m.gguf", "magic", "GGML"});
  refuses("", {"magic"});
  refuses(header(0, 0, 99), {"version 99"}, Errc::unsupported);
  refuses(header(0, 0, 0x03000000), {"big endian"}, Errc::unsupported);
}

TEST(GgufHeader, claims_are_checked_against_the_file_before_anything_is_allocated) {
  constexpr std::uint64_t huge = std::uint64_t{1} << 60;
  refuses(header(0, huge), {"metadata count 1152921504606846976"});
  refuses(header(huge, 0), {"tensor count 1152921504606846976"});
  refuses(header(0, 1) + raw(huge) + "abcdefgh", {"string length", "1152921504606846976"});
  const std::string list = header(0, 1) + gguf_text("k.list") + raw(9U);
  refuses(list + raw(4U) + raw<std::uint64_t>(1000) + raw(1U), {"k.list", "1000"});
  refuses(list + raw(8U) + raw(huge), {"k.list"});
  refuses(list + raw(77U) + raw<std::uint64_t>(1), {"k.list", "unknown type 77"}, Errc::unsupported);
  refuses(header(0, 1) + gguf_text("k") + raw(13U) + raw(0U), {"unknown type 13"}, Errc::unsupported);
  refuses(header(70000, 0) + std::string(70000 * 24, '\0'), {"tensor count 70000"}, Errc::unsupported);
}

TEST(GgufHeader, every_truncation_is_refused) {
  const auto whole =
      GgufBuilder().texts("tokenizer.ggml.tokens", {"a", "b"}).integer("n", 1).tensor("w", {32}, 2, 0).bytes(18);
  EXPECT_EQ(parse(whole).tensors.size(), 1U);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parse(whole.substr(0, size)), Error) << size << " bytes";
  }
}

TEST(GgufHeader, keys_and_tensors_are_there_once) {
  refuses(GgufBuilder().integer("a.b", 1).integer("a.b", 2).bytes(), {"a.b", "twice"});
  refuses(GgufBuilder().tensor("w", {4}, 0, 0).tensor("w", {4}, 0, 32).bytes(64), {"\"w\"", "twice"});
}

TEST(GgufHeader, tensors_must_fit) {
  const auto refused = [](const std::vector<std::uint64_t>& axes, std::uint32_t type, std::uint64_t offset,
                          std::initializer_list<const char*> parts, Errc code = Errc::corrupt) {
    refuses(GgufBuilder().tensor("blk.0.w", axes, type, offset).bytes(64), parts, code);
  };
  refused({4}, 200, 0, {"blk.0.w", "unknown ggml type 200"}, Errc::unsupported);
  refused({33}, 2, 0, {"blk.0.w", "33", "blocks of 32", "Q4_0"});
  refused({4}, 0, std::uint64_t{1} << 40, {"blk.0.w", "beyond the end"});
  refused({4}, 0, ~std::uint64_t{31}, {"blk.0.w", "beyond the end"});
  refused({400}, 0, 0, {"blk.0.w", "beyond the end"});
  refused({std::uint64_t{1} << 40, std::uint64_t{1} << 40}, 0, 0, {"blk.0.w", "more than"});
  refused({std::uint64_t{1} << 63, 2}, 0, 0, {"blk.0.w", "more than"});
  refused({0, ~std::uint64_t{0}}, 0, 0, {"blk.0.w", "more than"});
  refused({4, 1, 1, 1, 1}, 0, 0, {"blk.0.w", "5 axes"});
  refused({4}, 0, 3, {"blk.0.w", "not a multiple"});
}

TEST(GgufHeader, tensors_share_no_byte) {
  refuses(GgufBuilder().tensor("b", {16}, 0, 32).tensor("a", {16}, 0, 0).bytes(96), {"\"a\"", "\"b\"", "overlap"});
  refuses(GgufBuilder().tensor("a", {4}, 0, 0).tensor("b", {4}, 0, 0).bytes(32), {"overlap"});
  EXPECT_NO_THROW(parse(GgufBuilder().tensor("a", {0}, 0, 0).tensor("b", {4}, 0, 0).bytes(16))) << "empty ones may";
}

}  // namespace
}  // namespace etna

#include "engine/io/gguf_metadata.h"

#include <gtest/gtest.h>

#include "engine/io/gguf_header.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/gguf_builder.h"

namespace etna {
namespace {

using test::gguf_text;
using test::GgufBuilder;
using test::raw;

/// Metadata and the bytes it points into.
struct Parsed {
  explicit Parsed(const GgufBuilder& builder)
      : bytes(builder.bytes()), metadata(parse_gguf_header(std::as_bytes(std::span(bytes)), "m.gguf").metadata) {}

  std::string bytes;
  GgufMetadata metadata;
};

TEST(GgufMetadata, values_of_every_type_are_read) {
  const Parsed file(GgufBuilder()
                        .value("u8", 0, raw<std::uint8_t>(200))
                        .value("i8", 1, raw<std::int8_t>(-3))
                        .value("u16", 2, raw<std::uint16_t>(60000))
                        .value("i16", 3, raw<std::int16_t>(-300))
                        .value("u32", 4, raw(4000000000U))
                        .value("i32", 5, raw(-70000))
                        .value("f32", 6, raw(0.1F))
                        .boolean("bool", true)
                        .text("text", "\xC3\xA4\xFF")
                        .value("u64", 10, raw(~std::uint64_t{0}))
                        .value("i64", 11, raw(std::int64_t{-5}))
                        .value("f64", 12, raw(0.1)));
  const GgufMetadata& metadata = file.metadata;
  EXPECT_EQ(metadata.integer("u8"), 200);
  EXPECT_EQ(metadata.integer("i8"), -3);
  EXPECT_EQ(metadata.integer("u16"), 60000);
  EXPECT_EQ(metadata.integer("i16"), -300);
  EXPECT_EQ(metadata.integer("u32"), 4000000000);
  EXPECT_EQ(metadata.integer("i32"), -70000);
  EXPECT_EQ(metadata.number("f32"), double{0.1F});
  EXPECT_EQ(metadata.boolean("bool"), true);
  EXPECT_EQ(metadata.text("text"), "\xC3\xA4\xFF");
  EXPECT_EQ(std::get<std::uint64_t>(*metadata.find("u64")), ~std::uint64_t{0});
  EXPECT_EQ(metadata.integer("i64"), -5);
  EXPECT_EQ(metadata.number("f64"), 0.1);
  EXPECT_EQ(metadata.number("i8"), -3.0) << "integers are numbers, too";
  EXPECT_EQ(metadata.entries().size(), 12U);
  EXPECT_EQ(metadata.entries().front().first, "u8") << "in file order";
}

TEST(GgufMetadata, lists_are_read_by_type) {
  const Parsed file(GgufBuilder()
                        .texts("texts", {"x", "", "yy"})
                        .floats("floats", {0.5F, -1})
                        .integers("integers", {-1, 2})
                        .array("booleans", 7, 2, std::string("\0\1", 2))
                        .array("empty", 8, 0, ""));
  EXPECT_EQ(file.metadata.texts("texts"), (std::vector<std::string_view>{"x", "", "yy"}));
  EXPECT_EQ(file.metadata.numbers("floats"), (std::vector<double>{0.5, -1}));
  EXPECT_EQ(file.metadata.integers("integers"), (std::vector<std::int64_t>{-1, 2}));
  EXPECT_EQ(file.metadata.booleans("booleans"), (std::vector<bool>{false, true}));
  EXPECT_EQ(file.metadata.texts("empty"), std::vector<std::string_view>());
}

TEST(GgufMetadata, arrays_of_arrays_are_walked) {
  const auto inner = [](const std::vector<std::string>& texts) {
    std::string bytes = raw(8U) + raw<std::uint64_t>(texts.size());
    for (const auto& text : texts) bytes += gguf_text(text);
    return bytes;
  };
  const Parsed file(GgufBuilder().array("outer", 9, 3, inner({"a", "b"}) + inner({}) + inner({"c"})));
  std::vector<std::string> seen;
  for (const GgufValue& list : *file.metadata.array("outer")) {
    seen.push_back("[");
    for (const GgufValue& item : std::get<GgufArray>(list)) seen.emplace_back(std::get<std::string_view>(item));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"[", "a", "b", "[", "[", "c"}));
}

TEST(GgufMetadata, deep_nesting_is_refused) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += raw(9U) + raw<std::uint64_t>(1);
  test::expect_failure([&] { Parsed(GgufBuilder().value("deep", 9, deep)); }, Errc::unsupported, {"\"deep\"", "nests"});
}

TEST(GgufMetadata, missing_and_misfit_values_are_told_apart) {
  const Parsed file(
      GgufBuilder().integer("n", 1).text("t", "x").texts("l", {"x"}).value("u64", 10, raw(~std::uint64_t{0})));
  const GgufMetadata& metadata = file.metadata;
  EXPECT_EQ(metadata.find("none"), nullptr);
  EXPECT_EQ(metadata.text("none"), std::nullopt);
  EXPECT_EQ(metadata.numbers("none"), std::nullopt);
  EXPECT_EQ(metadata.require("n", &GgufMetadata::integer), 1);
  const auto refuses = [](auto read, std::initializer_list<const char*> parts) {
    test::expect_failure(read, Errc::corrupt, parts);
  };
  refuses([&] { metadata.require("none", &GgufMetadata::integer); }, {"m.gguf", "\"none\"", "missing"});
  refuses([&] { metadata.text("n"); }, {"m.gguf", "\"n\"", "string"});
  refuses([&] { metadata.integer("t"); }, {"\"t\"", "integer"});
  refuses([&] { metadata.integer("u64"); }, {"\"u64\"", "64 bits"});
  refuses([&] { metadata.boolean("n"); }, {"\"n\"", "true or false"});
  refuses([&] { metadata.number("l"); }, {"\"l\"", "number"});
  refuses([&] { metadata.texts("t"); }, {"\"t\"", "array of strings"});
  refuses([&] { metadata.integers("l"); }, {"\"l\"", "array of integers"});
}

}  // namespace
}  // namespace etna

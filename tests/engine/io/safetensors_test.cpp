#include "engine/io/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using test::expect_failure;
using test::TemporaryFolder;

std::string with_length(std::uint64_t length, const std::string& rest) {
  std::string file(sizeof(length), '\0');
  std::memcpy(file.data(), &length, sizeof(length));
  return file + rest;
}

std::string file_of(const std::string& header, std::size_t data_bytes) {
  return with_length(header.size(), header + std::string(data_bytes, '\x11'));
}

const std::string two_tensors = R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
                                R"("b":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}})";

class Safetensors : public testing::Test {
protected:
  void expect_corrupt(const std::string& content, std::initializer_list<const char*> parts) {
    const auto path = folder_.write("model.safetensors", content);
    expect_failure([&] { SafetensorsFile::open(path); }, Errc::corrupt, parts);
    expect_failure([&] { SafetensorsFile::open(path); }, Errc::corrupt, {"model.safetensors"});
  }

  TemporaryFolder folder_;
};

TEST_F(Safetensors, FilesAreReadInTheOrderOfTheirBytes) {
  const std::string header = R"({"__metadata__":{"format":"mlx"},"z":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                             R"("a":{"dtype":"BF16","shape":[2,1],"data_offsets":[4,8]},)"
                             R"("empty":{"dtype":"I64","shape":[0,5],"data_offsets":[8,8]}})";
  const auto file = SafetensorsFile::open(folder_.write("f.safetensors", file_of(header, 8)));
  ASSERT_EQ(file->tensors().size(), 3u);
  EXPECT_EQ(file->tensors()[0].name, "z");
  EXPECT_EQ(file->tensors()[1].name, "a");
  EXPECT_EQ(file->tensors()[1].dtype, DType::bfloat16);
  EXPECT_EQ(file->tensors()[1].shape, (Shape{2, 1}));
  EXPECT_EQ(file->tensors()[1].bytes.size(), 4u);
  EXPECT_EQ(file->at("empty").dtype, std::nullopt);
  EXPECT_EQ(file->metadata().at("format"), "mlx");
  expect_failure([&] { file->at("b"); }, Errc::not_found, {"f.safetensors", "\"b\""});
}

TEST_F(Safetensors, NullMetadataAndUnalignedDataAreLegal) {
  for (const char* padding : {"", " ", "  ", "   "}) {
    const std::string header = R"({"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
    const auto file = SafetensorsFile::open(folder_.write("f.safetensors", file_of(header + padding, 4)));
    EXPECT_TRUE(file->metadata().empty());
    EXPECT_EQ(file->at("a").bytes[0], std::byte{0x11});
  }
}

TEST_F(Safetensors, HeaderLengthsAreCheckedAgainstTheFile) {
  expect_corrupt("", {"0 bytes", "too short"});
  expect_corrupt("1234567", {"7 bytes", "too short"});
  expect_corrupt(with_length(std::uint64_t{1} << 62, "{}"), {"4611686018427387904", "larger than the file"});
  expect_corrupt(with_length(3, "{}"), {"header length 3"});
  expect_corrupt(with_length(~std::uint64_t{0}, "{}"), {"larger than the file"});
}

TEST_F(Safetensors, HeadersThatAreNotJsonAreRefused) {
  expect_corrupt(file_of("", 0), {"not valid JSON"});
  expect_corrupt(file_of("{,}", 0), {"not valid JSON", "column 2"});
  expect_corrupt(file_of("{\"\xff\":1}", 0), {"not valid JSON"});
  expect_corrupt(file_of("{} x", 0), {"not valid JSON"});
  expect_corrupt(file_of(std::string(100000, '['), 0), {"header", "a list"});
  expect_corrupt(file_of(std::string(50000, ' ') + "{\"a\":{\"shape\":" + std::string(50000, '['), 0),
                 {"\"a\"", "a list"});
}

TEST_F(Safetensors, EntriesOfTheWrongFormAreRefusedByName) {
  expect_corrupt(file_of("[]", 0), {"header"});
  expect_corrupt(file_of(R"({"a":5})", 0), {"\"a\"", "a number"});
  expect_corrupt(file_of(R"({"a":{"dtype":"F32","shape":[1]}})", 4), {"\"a\"", "data_offsets"});
  expect_corrupt(file_of(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4), {"\"a\"", "dtype is missing"});
  expect_corrupt(file_of(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4), {"\"a\"", "shape is missing"});
  expect_corrupt(file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}})", 4), {"3 numbers, not 2"});
  expect_corrupt(file_of(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4),
                 {"a negative number", "shape"});
  expect_corrupt(file_of(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4), {"a fraction"});
  expect_corrupt(file_of(R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4), {"a list"});
  expect_corrupt(file_of(R"({"__metadata__":{"a":1}})", 0), {"__metadata__", "a number"});
  expect_corrupt(file_of(R"({"a":{"dtype":"F13","shape":[1],"data_offsets":[0,4]}})", 4),
                 {"\"a\"", "unknown dtype", "F13"});
}

TEST_F(Safetensors, SizesThatContradictEachOtherAreRefusedByName) {
  expect_corrupt(file_of(R"({"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,8]}})", 8),
                 {"\"a\"", "needs 4 bytes", "span 8"});
  expect_corrupt(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8), {"\"a\"", "backwards"});
  expect_corrupt(file_of(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}})", 8),
                 {"\"a\"", "no possible size"});
  expect_corrupt(file_of(R"({"a":{"dtype":"F32","shape":[9223372036854775808,0],"data_offsets":[0,0]}})", 0),
                 {"\"a\""});
  expect_corrupt(file_of(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", 1), {"\"a\"", "no possible size"});
}

TEST_F(Safetensors, DataThatDoesNotCoverTheFileIsRefused) {
  expect_corrupt(file_of(two_tensors, 18), {"\"b\"", "1 bytes beyond the end", "incomplete download"});
  expect_corrupt(file_of(two_tensors, 20), {"1 bytes after the last tensor"});
  expect_corrupt(
      file_of(
          R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
          6),
      {"\"a\"", "\"b\"", "overlap"});
  expect_corrupt(
      file_of(
          R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[5,9]}})",
          9),
      {"1 bytes before tensor \"b\""});
  expect_corrupt(
      file_of(
          R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
          0),
      {"\"a\"", "twice"});
}

TEST_F(Safetensors, AnyDamageToAHeaderEndsInAnErrorOrAReadableFile) {
  std::mt19937 random(7);
  const std::string good = file_of(two_tensors, 19);
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = good;
    for (int hits = static_cast<int>(random() % 4); hits >= 0; --hits) {
      damaged[random() % (good.size() - 19)] = static_cast<char>(random());
    }
    if (random() % 4 == 0) damaged.resize(random() % damaged.size());
    const auto path = folder_.write("f.safetensors", damaged);
    try {
      const auto file = SafetensorsFile::open(path);
      for (const StoredTensor& tensor : file->tensors()) {
        for (const std::byte byte : tensor.bytes) ASSERT_EQ(byte, std::byte{0x11});
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::corrupt);
    }
  }
}

TEST_F(Safetensors, WhatIsWrittenReadsBackAligned) {
  const std::vector<TensorHeader> tensors = {{"second", DType::float32, {2, 3}}, {"first", DType::bfloat16, {5}}};
  const auto path = folder_ / "out.safetensors";
  SafetensorsWriter writer(path, tensors, {{"format", "mlx"}});
  const std::vector<std::byte> bytes(34, std::byte{7});
  writer.append(std::span(bytes).first(10));
  writer.append(std::span(bytes).subspan(10));
  EXPECT_FALSE(std::filesystem::exists(path));
  writer.commit();

  const auto file = SafetensorsFile::open(path);
  EXPECT_EQ(file->tensors()[0].name, "second");
  EXPECT_EQ(file->at("first").shape, (Shape{5}));
  EXPECT_EQ(file->at("first").stored_dtype, "BF16");
  EXPECT_EQ(file->metadata().at("format"), "mlx");
  EXPECT_EQ((file->tensors()[0].bytes.data() - file->tensors()[0].mapping.data()) % 64, 0);
}

TEST_F(Safetensors, AWriterThatIsNotFinishedLeavesNothing) {
  {
    SafetensorsWriter writer(folder_ / "out.safetensors", {{"a", DType::uint8, {2}}}, {});
    expect_failure([&] { writer.commit(); }, Errc::invalid_argument, {"2 bytes"});
    const std::vector<std::byte> bytes(3);
    expect_failure([&] { writer.append(bytes); }, Errc::invalid_argument, {"more tensor data"});
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Safetensors, MissingFilesAndFoldersAreNotFoundOrNotReadable) {
  expect_failure([&] { SafetensorsFile::open(folder_ / "none"); }, Errc::not_found, {"none"});
  expect_failure([&] { SafetensorsFile::open(folder_.path()); }, Errc::io, {"not a regular file"});
}

}  // namespace
}  // namespace etna

#include "engine/io/gguf.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string text(std::string_view value) {
  return raw<std::uint64_t>(value.size()) + std::string(value);
}

std::string header(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
  return "GGUF" + raw(version) + raw(tensors) + raw(keys);
}

std::string tensor(std::string_view name, const std::vector<std::uint64_t>& axes, std::uint32_t type,
                   std::uint64_t offset) {
  std::string out = text(name) + raw(static_cast<std::uint32_t>(axes.size()));
  for (const auto axis : axes) out += raw(axis);
  return out + raw(type) + raw(offset);
}

std::string padded(std::string bytes, std::size_t data) {
  bytes.resize((bytes.size() + 31) / 32 * 32 + data);
  return bytes;
}

class Gguf : public testing::Test {
protected:
  std::shared_ptr<const GgufFile> open(const std::string& bytes) {
    const auto path = folder_.path() / "m.gguf";
    std::ofstream(path, std::ios::binary) << bytes;
    return GgufFile::open(path);
  }

  void refuses(const std::string& bytes, const char* expected) {
    try {
      open(bytes);
      ADD_FAILURE() << "opened; should say: " << expected;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what();
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(Gguf, reads_metadata_and_tensors_in_file_order) {
  const auto file = open(padded(header(2, 3) + text("a.count") + raw(4U) + raw(7U) + text("a.names") + raw(9U) +
                                    raw(8U) + raw<std::uint64_t>(2) + text("x") + text("yy") + text("a.eps") + raw(6U) +
                                    raw(1e-5F) + tensor("w", {64, 3}, 2, 0) + tensor("v", {4}, 0, 128),
                                144));
  EXPECT_EQ(std::get<std::uint64_t>(std::get<GgufScalar>(*file->find("a.count"))), 7U);
  const auto& names = std::get<GgufArray>(*file->find("a.names"));
  ASSERT_EQ(names.size(), 2U);
  EXPECT_EQ(std::get<std::string_view>(names[1]), "yy");
  EXPECT_EQ(std::get<float>(std::get<GgufScalar>(*file->find("a.eps"))), 1e-5F);
  EXPECT_EQ(file->find("a"), nullptr);
  ASSERT_EQ(file->tensors().size(), 2U);
  EXPECT_EQ(file->tensors()[0].type, "Q4_0");
  EXPECT_EQ(file->tensors()[0].shape, (std::vector<std::int64_t>{3, 64})) << "outermost axis first";
  EXPECT_EQ(file->tensors()[0].bytes.size(), 108U) << "two blocks of 18 bytes a row";
  EXPECT_EQ(file->tensors()[1].bytes.size(), 16U);
}

TEST_F(Gguf, refuses_what_the_file_cannot_hold) {
  refuses("GGML....", "magic");
  refuses(header(0, 0, 99), "version 99");
  refuses(header(0, 0, 0x03000000), "big endian");
  refuses(header(0, std::uint64_t{1} << 60), "metadata count 1152921504606846976");
  refuses(header(std::uint64_t{1} << 60, 0), "tensor count 1152921504606846976");
  refuses(header(0, 1) + raw<std::uint64_t>(std::uint64_t{1} << 62) + "abcdefgh", "string length");
  const std::string list = header(0, 1) + text("k.list") + raw(9U);
  refuses(list + raw(4U) + raw<std::uint64_t>(1000) + raw(1U), "k.list");
  refuses(list + raw(9U) + raw<std::uint64_t>(1), "array of arrays");
  refuses(list + raw(77U) + raw<std::uint64_t>(1), "unknown type 77");
}

TEST_F(Gguf, refuses_tensors_that_do_not_fit) {
  refuses(padded(header(1, 0) + tensor("w", {4}, 200, 0), 64), "unknown ggml type 200");
  refuses(padded(header(1, 0) + tensor("w", {33}, 2, 0), 64), "blocks");
  refuses(padded(header(1, 0) + tensor("w", {4}, 0, std::uint64_t{1} << 40), 64), "beyond the end");
  refuses(padded(header(1, 0) + tensor("w", {400}, 0, 0), 64), "beyond the end");
  refuses(padded(header(1, 0) + tensor("w", {std::uint64_t{1} << 40, std::uint64_t{1} << 40}, 0, 0), 64), "more than");
  refuses(padded(header(1, 0) + tensor("w", {4, 1, 1, 1, 1}, 0, 0), 64), "5 axes");
  refuses(padded(header(1, 0) + tensor("w", {4}, 0, 3), 64), "not a multiple");
  refuses(padded(header(2, 0) + tensor("w", {4}, 0, 0) + tensor("w", {4}, 0, 32), 64), "twice");
}

}  // namespace
}  // namespace etna

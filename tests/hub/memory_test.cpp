// Whatever a server sends, Etna takes at most 64 MB for it: measured in a program of its own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "tests/hub/download_fakes.h"
#include "tests/hub/support/test_hub.h"
#include "tests/hub/support/weight_files.h"

namespace etna::test {
namespace {

using hub::TemporaryFolder;

constexpr long most_kibibytes = 64'000'000 / 1024;
const std::string questions[] = {"search", "model",       "tree",    "readme",  "resolve",
                                 "gguf",   "safetensors", "account", "download"};

/// A gzip member of zero bytes that unpacks to about 159 times its size: one code of 13 bits stands for 258 bytes.
std::string gzip_bomb(std::size_t bytes) {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  unsigned pending = 0, count = 0;
  const auto put = [&](unsigned bits, unsigned width) {
    pending |= bits << count;
    for (count += width; count >= 8; count -= 8, pending >>= 8) out += static_cast<char>(pending & 0xff);
  };
  put(3, 3);     // the last block, with the fixed codes
  put(0x0C, 8);  // a zero: 00110000, sent from its highest bit on
  while (out.size() < bytes) {
    put(0xA3, 8);  // a match of 258: 11000101
    put(0, 5);     // … one byte back
  }
  return out;
}

class Memory : public testing::Test {
protected:
  Memory() {
    hub_.add("etna/tiny").commit({{"model.safetensors", make_pattern_blob(30'000'000, 1)}});
    hub_.add_user("hf_token", {.name = "reader"});
  }

  /// For answers of both hosts.
  void add_fault(FaultKind kind, int status = 0) {
    for (const bool on_content_network : {false, true}) {
      Fault fault;
      fault.on_content_network = on_content_network;
      fault.count = -1;
      if (status != 0) {
        fault.kind = FaultKind::status;
        fault.status = status;
        hub_.add_fault(fault);
      }
      fault.kind = kind;
      hub_.add_fault(fault);
    }
  }

  void expect_bounded(const std::string& question) { expect_bounded(question, hub_); }

  void expect_bounded(const std::string& question, const TestHub& hub) {
    const TemporaryFolder folder;
    const std::string command =
        fmt::format("{} {} {} {}", ETNA_MEMORY_CHILD, hub.endpoint(), question, folder.path().string());
    std::FILE* output = ::popen(command.c_str(), "r");
    ASSERT_NE(output, nullptr);
    std::array<char, 400> line{};
    const char* read = std::fgets(line.data(), line.size(), output);
    EXPECT_EQ(::pclose(output), 0) << question;
    ASSERT_NE(read, nullptr) << question;
    EXPECT_LT(std::atol(line.data()), most_kibibytes) << question << ": " << line.data();
    RecordProperty(question + "_kib", std::to_string(std::atol(line.data())));
  }

  void expect_all_bounded() {
    for (const std::string& question : questions) expect_bounded(question);
  }

  TestHub hub_;
};

TEST_F(Memory, stays_bounded_when_bodies_never_end) {
  add_fault(FaultKind::endless_body);
  expect_all_bounded();
}

TEST_F(Memory, stays_bounded_when_headers_never_end) {
  add_fault(FaultKind::endless_headers);
  expect_all_bounded();
}

TEST_F(Memory, stays_bounded_when_error_texts_never_end) {
  for (const int status : {404, 503}) {
    hub_.clear_faults();
    add_fault(FaultKind::endless_body, status);
    expect_all_bounded();
  }
}

TEST_F(Memory, stays_bounded_when_answers_unpack_to_a_hundred_times_their_size) {
  hub_.override_answer("/api/", gzip_bomb(4'000'000), {{"Content-Encoding", "gzip"}});
  for (const char* question : {"search", "model", "tree", "account"}) expect_bounded(question);
}

TEST_F(Memory, stays_bounded_when_answers_hold_very_many_small_values) {
  for (const std::string item :
       {"[]", "{\"id\":\"a/b\",\"tags\":[1,2,3]}", "{\"type\":\"file\",\"path\":\"x\",\"size\":1,\"oid\":\"\"}"}) {
    for (const std::size_t bytes : {800'000, 1'600'000, 8'000'000}) {  // some are believed, some refused
      std::string list = "[" + item;
      while (list.size() < bytes) list += "," + item;
      TestHub hub;
      hub.override_answer("/api/", list + "]");
      for (const char* question : {"search", "tree"}) expect_bounded(question, hub);
    }
  }
}

TEST_F(Memory, stays_bounded_when_heads_of_weights_are_as_long_as_they_may_be_and_longer) {
  GgufBytes endless(0, 100'000);
  while (endless.bytes().size() < 40'000'000) endless.key_text("key", std::string(9'000, 'x'));
  std::string header = "{\"__metadata__\":{}";
  for (int i = 0; header.size() < 8'000'000; ++i)
    header += fmt::format(",\"{}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", i);
  hub_.change([&] {
    hub_.find("etna/tiny")
        ->commit({{"m.gguf", make_blob(endless.bytes(), true)},
                  {"m.safetensors", make_blob(safetensors_file(header + "}", 0), true)}});
  });
  for (const char* question : {"gguf", "safetensors"}) expect_bounded(question);
}

}  // namespace
}  // namespace etna::test

#include <cstring>

#include <gtest/gtest.h>

#include "engine/backend/vulkan/pipeline.h"

namespace etna::vulkan {
namespace {

const std::string content = "what the driver made of our shaders";

std::string packed() {
  return pack_cache(std::as_bytes(std::span(content)));
}

TEST(PipelineCache, WhatWasPackedIsUnpacked) {
  const std::string file = packed();
  const auto bytes = unpack_cache(file);
  ASSERT_EQ(bytes.size(), content.size());
  EXPECT_EQ(std::memcmp(bytes.data(), content.data(), content.size()), 0);
}

TEST(PipelineCache, DamagedFilesGiveNothing) {
  EXPECT_TRUE(unpack_cache("").empty());
  EXPECT_TRUE(unpack_cache("short").empty());
  for (std::size_t i = 0; i < packed().size(); ++i) {
    if (i >= 12 && i < 16) continue;  // reserved
    std::string file = packed();
    file[i] = static_cast<char>(file[i] ^ 0x20);
    EXPECT_TRUE(unpack_cache(file).empty()) << "byte " << i;
  }
  EXPECT_TRUE(unpack_cache(packed().substr(0, packed().size() - 1)).empty());
  EXPECT_TRUE(unpack_cache(packed() + "x").empty());
}

}  // namespace
}  // namespace etna::vulkan

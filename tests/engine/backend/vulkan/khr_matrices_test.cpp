#include "engine/backend/vulkan/tools/khr_matrices.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace etna::spirv {
namespace {

using Words = std::vector<std::uint32_t>;

std::uint32_t head(std::uint32_t words, std::uint32_t op) {
  return words << 16 | op;
}

/// A module that loads two factors, multiplies them and stores the sum. Ids: 1 uint, 2 half, 3 float, 4 false, 5 true,
/// 10 to 12 types of left, right and sum.
Words module_of(std::uint32_t right_type = 11) {
  return {0x07230203,    0x00010500, 0,          40,          0,          head(2, 17),
          5357,  // capability
          head(8, 10),   0x5f565053, 0x635f564e, 0x65706f6f,  0x69746172, 0x6d5f6576,
          0x69727461,    0x78,                                                 // extension
          head(4, 21),   1,          32,         0,                            // uint
          head(3, 22),   2,          16,         head(3, 22), 3,          32,  // half, float
          head(3, 42),   6,          4,          head(3, 41), 6,          5,   // false, true
          head(6, 5358), 10,         2,          7,           8,          9,
          head(6, 5358), 11,         2,          7,           8,          9,
          head(6, 5358), 12,         3,          7,           8,          9,
          head(6, 5359), 10,         20,         30,          31,         4,  // by rows
          head(6, 5359), right_type, 21,         30,          31,         5,  // by columns
          head(6, 5359), 12,         22,         30,          31,         4,
          head(6, 5361), 12,         23,         20,          21,         22,
          head(5, 5360), 30,         23,         31,          4};
}

std::vector<Words> instructions_of(const Words& module) {
  std::vector<Words> found;
  for (std::size_t at = 5; at < module.size(); at += module[at] >> 16) {
    found.emplace_back(module.begin() + at, module.begin() + at + (module[at] >> 16));
  }
  return found;
}

Words first_with(const Words& module, std::uint32_t op) {
  for (const Words& instruction : instructions_of(module)) {
    if ((instruction[0] & 0xffff) == op) return instruction;
  }
  return {};
}

TEST(KhrMatrices, EveryInstructionBecomesItsKhrForm) {
  const Words module = to_khr_matrices(module_of(), Factor::float16);
  EXPECT_EQ(module[3], 46U);  // six ids more
  EXPECT_EQ(first_with(module, 17), (Words{head(2, 17), 6022}));
  EXPECT_EQ(first_with(module, 4456), (Words{head(7, 4456), 10, 2, 7, 8, 9, 42}));
  EXPECT_EQ(first_with(module, 4457), (Words{head(6, 4457), 10, 20, 30, 40, 31}));
  EXPECT_EQ(first_with(module, 4458), (Words{head(5, 4458), 30, 23, 40, 31}));
  EXPECT_EQ(first_with(module, 4459), (Words{head(6, 4459), 12, 23, 20, 21, 22}));
  for (const std::uint32_t op : {5358U, 5359U, 5360U, 5361U}) EXPECT_TRUE(first_with(module, op).empty());
}

TEST(KhrMatrices, FactorsOfBFloat16HaveATypeOfTheirOwn) {
  const Words module = to_khr_matrices(module_of(), Factor::bfloat16);
  std::vector<std::uint32_t> components;
  bool declared = false;
  for (const Words& i : instructions_of(module)) {
    if ((i[0] & 0xffff) == 4456) components.push_back(i[2]);
    declared = declared || i == Words{head(4, 22), 45, 16, 0};
  }
  EXPECT_EQ(components, (std::vector<std::uint32_t>{45, 45, 3}));
  EXPECT_TRUE(declared);
}

TEST(KhrMatrices, RefusesWhatItCannotRewrite) {
  EXPECT_THROW(to_khr_matrices(Words{}, Factor::float16), Malformed);
  EXPECT_THROW(to_khr_matrices(Words{1, 2, 3, 4, 5}, Factor::float16), Malformed);
  Words cut = module_of();
  cut.pop_back();
  EXPECT_THROW(to_khr_matrices(cut, Factor::float16), Malformed);
  Words endless = module_of();
  endless[5] = 17;  // an instruction without words
  EXPECT_THROW(to_khr_matrices(endless, Factor::float16), Malformed);
  EXPECT_THROW(to_khr_matrices(module_of(10), Factor::float16), Malformed);  // left and right of one type
}

}  // namespace
}  // namespace etna::spirv

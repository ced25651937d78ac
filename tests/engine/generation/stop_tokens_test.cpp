#include "engine/generation/stop_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(StopTokens, AllSourcesCountAndEachIdOnce) {
  const test::TemporaryFolder folder;
  folder.write("tokenizer.json",
               R"({"model": {"type": "BPE", "vocab": {"a": 0, "<end>": 1, "<turn>": 2, "<eom>": 3}, "merges": []}})");
  folder.write("tokenizer_config.json", R"({"eos_token": "<turn>"})");
  const auto tokenizer = Tokenizer::load(folder.path());
  const std::vector<std::int32_t> configured = {1, 2};
  EXPECT_THAT(stop_tokens(configured, tokenizer.get()), ElementsAre(1, 2));
  EXPECT_THAT(stop_tokens({}, tokenizer.get()), ElementsAre(2));
  EXPECT_THAT(stop_tokens(configured, nullptr), ElementsAre(1, 2));
  EXPECT_THAT(stop_tokens({}, nullptr), IsEmpty());
  EXPECT_THAT(stop_tokens({}, tokenizer.get(), {.ids = {7, 2}, .tokens = {"<eom>"}}), ElementsAre(2, 7, 3));
}

TEST(StopTokens, ExtraTokensMustExist) {
  EXPECT_THROW(stop_tokens({}, nullptr, {.ids = {}, .tokens = {"<nowhere>"}}), Error);
  EXPECT_THROW(stop_tokens({}, nullptr, {.ids = {-1}, .tokens = {}}), Error);
}

}  // namespace
}  // namespace etna

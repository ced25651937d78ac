#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/base/json.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/tokenizer/real_files.h"

namespace etna {
namespace {

namespace fs = std::filesystem;

/// Recorded ids of trained models; they lie beside the source tree and are not part of it.
void check(const fs::path& model, const fs::path& golden, AddSpecialTokens add) {
  if (!fs::exists(model) || !fs::exists(golden)) GTEST_SKIP() << model << " is not there";
  const auto tokenizer = Tokenizer::load(model);
  const auto cases = read_json_file(golden);
  ASSERT_FALSE(cases.empty());
  for (const auto& item : cases) {
    const auto text = item["text"].get<std::string>();
    const auto ids = item["ids"].get<std::vector<std::int32_t>>();
    EXPECT_EQ(tokenizer->encode(text, add), ids) << text;
    EXPECT_EQ(tokenizer->decode(ids, add == AddSpecialTokens::yes ? SkipSpecialTokens::yes : SkipSpecialTokens::no),
              item["decoded"].get<std::string>());
  }
}

TEST(Golden, the_starter_model_gives_the_recorded_ids) {
  check(test::shared_folder() / "starter/model", test::shared_folder() / "starter/golden/tokenizer_golden.json",
        AddSpecialTokens::no);
}

TEST(Golden, stories260k_gives_the_recorded_ids) {
  const auto folder = test::shared_folder() / "conformance/real/stories260K";
  check(folder, folder / "tokenizer_golden.json", AddSpecialTokens::yes);
}

}  // namespace
}  // namespace etna

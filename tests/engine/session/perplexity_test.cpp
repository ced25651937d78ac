#include "engine/session/perplexity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/error.h"
#include "engine/devices.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/session/scripted_model.h"
#include "tests/support/tiny_llama.h"

namespace etna {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A model that expects "a" → "b" → "c" → "d" → end, with logit 8 (nearly) for what it expects and 0 for the other 63.
class PerplexityTest : public testing::Test {
protected:
  void SetUp() override {
    const auto path = test::write_scripted_model(folder_ / "model", "a", {"b", "c", "d"}, "{% for m in messages %}{{ m.content }}{% endfor %}");
    host_ = ModelHost::load(path, open_device("cpu"), {.activations = "f32", .context_length = 32}, {});
  }

  PerplexityReport measure(const std::string& text, const PerplexityRequest& request = {}) {
    const std::vector<std::int32_t> ids = host_->tokenizer()->encode(text, AddSpecialTokens::no);
    return measure_perplexity(*host_, ids, request, {});
  }

  std::vector<std::int32_t> read(const char* name, const std::string& content, std::int64_t samples = -1, std::uint64_t seed = 1) {
    folder_.write(name, content);
    return read_perplexity_text(*host_, {.data_path = (folder_ / name).string(), .samples = samples, .seed = seed});
  }

  std::string failure(const char* name, const std::string& content) {
    try {
      read(name, content);
    } catch (const Error& error) {
      return error.what();
    }
    return "read";
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<ModelHost> host_;
};

const double logit = 1 / std::sqrt(1.0 / 64 + 1e-5);
const double wrong = std::log(std::exp(logit) + 63), right = wrong - logit;

TEST_F(PerplexityTest, IsTheExponentialOfTheMeanLogLikelihoodWithItsStandardError) {
  const PerplexityReport report = measure("abcdb");
  EXPECT_EQ(report.tokens, 4u) << "the first has nothing before it";
  const double mean = (3 * right + wrong) / 4;
  EXPECT_NEAR(report.mean_nll, mean, 1e-5);
  EXPECT_NEAR(report.perplexity, std::exp(mean), 1e-4);
  const double variance = (3 * std::pow(right - mean, 2) + std::pow(wrong - mean, 2)) / 3;
  EXPECT_NEAR(report.standard_error, std::exp(mean) * std::sqrt(variance) / std::sqrt(4.0), 1e-3);
}

TEST_F(PerplexityTest, WindowsAreReadFromAnEmptyContextAndTheRestIsLeftOut) {
  const PerplexityRequest request{.batch_size = 2, .sequence_length = 2};
  const PerplexityReport report = measure("abcdabc", request);  // ab cd ab, and c
  EXPECT_EQ(report.windows, 3u);
  EXPECT_EQ(report.tokens, 3u);
  EXPECT_NEAR(report.mean_nll, right, 1e-5);
  EXPECT_EQ(measure("abcdabc", {.sequence_length = 2, .samples = 2}).windows, 2u);
}

TEST_F(PerplexityTest, BatchesMakeNoDifference) {
  const std::string text = "abcdbcaabdcabcdabbacd";
  const PerplexityReport one = measure(text, {.batch_size = 1, .sequence_length = 4});
  for (const std::int64_t batch : {2, 3, 8}) {
    EXPECT_NEAR(measure(text, {.batch_size = batch, .sequence_length = 4}).mean_nll, one.mean_nll, 1e-6);
  }
}

TEST_F(PerplexityTest, TextsThatAreTooShortAreRefused) {
  EXPECT_THROW(measure("a"), Error);
  EXPECT_THROW(measure("abc", {.sequence_length = 1}), Error);
  EXPECT_THROW(measure("abc", {.batch_size = 0}), Error);
  const std::vector<std::int32_t> beyond{1, 2, 64};
  EXPECT_THROW(measure_perplexity(*host_, beyond, {}, {}), Error) << "outside the vocabulary";
}

TEST_F(PerplexityTest, RecordsAreTextsMessagesOrTokens) {
  EXPECT_THAT(read("text.jsonl", "{\"text\": \"ab\"}\n"), ElementsAre(1, 2));
  EXPECT_THAT(read("messages.jsonl", R"({"messages": [{"role": "user", "content": "ab"}, {"role": "assistant", "content": "c"}]})"), ElementsAre(1, 2, 3));
  EXPECT_THAT(read("tokens.jsonl", "{\"tokens\": [4, 2]}\n\n"), ElementsAre(4, 2));
  EXPECT_THAT(read("plain.txt", "abc"), ElementsAre(1, 2, 3));
}

TEST_F(PerplexityTest, TheSeedDecidesTheOrderOfRecords) {
  std::string lines;
  for (int i = 1; i < 5; ++i) lines += "{\"tokens\": [" + std::to_string(i) + "]}\n";
  const auto first = read("data.jsonl", lines, -1, 1);
  EXPECT_EQ(read("data.jsonl", lines, -1, 1), first);
  EXPECT_THAT(first, testing::UnorderedElementsAre(1, 2, 3, 4));
  bool differs = false;
  for (std::uint64_t seed = 2; seed < 12; ++seed) differs = differs || read("data.jsonl", lines, -1, seed) != first;
  EXPECT_TRUE(differs);
}

TEST_F(PerplexityTest, BadDataIsNamedWithItsLine) {
  EXPECT_THAT(failure("bad.jsonl", "{\"text\": \"ab\"}\n{\"text\": 3}\n"), HasSubstr("bad.jsonl line 2"));
  EXPECT_THAT(failure("bad.jsonl", "{\"text\""), HasSubstr("line 1"));
  EXPECT_THAT(failure("bad.jsonl", "{\"tokens\": [1, -2]}"), HasSubstr("no list of token ids"));
  EXPECT_THAT(failure("bad.csv", "a,b"), HasSubstr("only .txt and .jsonl"));
  EXPECT_THROW(read_perplexity_text(*host_, {.data_path = "allenai/tulu-3-sft-mixture"}), Error);
  EXPECT_THROW(read_perplexity_text(*host_, {}), Error);
}

TEST_F(PerplexityTest, TokensNeedNoTokenizer) {
  const test::TinyLlama model;
  const auto host = ModelHost::load(model.config(), model, open_device("cpu"), {"f32", 0}, {});
  folder_.write("tokens.jsonl", "{\"tokens\": [1, 2, 3, 4]}");
  const PerplexityRequest request{.data_path = (folder_ / "tokens.jsonl").string()};
  EXPECT_EQ(measure_perplexity(*host, read_perplexity_text(*host, request), request, {}).tokens, 3u);
  folder_.write("text.txt", "ab");
  EXPECT_THROW(read_perplexity_text(*host, {.text_file = (folder_ / "text.txt").string()}), Error);
}

}  // namespace
}  // namespace etna

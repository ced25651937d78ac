#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/engine.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/session/answers.h"
#include "tests/engine/session/scripted_model.h"

namespace etna {
namespace {

using test::Answered;
using test::question;
using testing::ElementsAre;
using testing::HasSubstr;

const test::Script numbers = {"one ", "two ", "three ", "four ", "five ", "six ", "seven ", "eight "};
constexpr std::uint64_t context = 64;

/// Answers with guesses ahead are compared with answers without.
class SpeculationTest : public testing::Test {
protected:
  std::string model() {
    return test::write_scripted_model(folder_ / "model", "[assistant]", numbers, test::thinking_template).string();
  }

  /// The same tokens, but it does not know what comes after the first few.
  std::string forgetful_model() {
    const auto draft = test::write_scripted_model(folder_ / "draft", "[assistant]", {"one ", "two ", "three "}, test::thinking_template);
    std::filesystem::copy_file(folder_ / "model" / "tokenizer.json", draft / "tokenizer.json", std::filesystem::copy_options::overwrite_existing);
    return draft.string();
  }

  void load(const std::string& draft = {}, const KvCacheSettings& cache = {}) {
    const std::string path = model();
    test::load_model(engine_, {.path = path, .device = {}, .activations = {}, .context_length = context, .kv_cache = cache,
                               .draft_model = draft == "itself" ? path : draft.empty() ? "" : forgetful_model()});
  }

  static ChatRequest looking_up(ChatRequest request, int tokens = 1) {
    request.speculation.prompt_lookup = tokens;
    return request;
  }

  test::TemporaryFolder folder_;
  Engine engine_;
};

/// All ways of picking tokens.
std::vector<SamplingSettings> samplings() {
  std::vector<SamplingSettings> all(6);
  for (SamplingSettings& settings : all) {
    settings.temperature = 4;  // what is not scripted is likely, too
    settings.seed = 7;
  }
  all[0].temperature = 0;
  all[2].top_k = 12;
  all[3].top_p = 0.8;
  all[4].frequency_penalty = 0.5;
  all[4].frequency_context_size = 100;
  all[5].xtc_probability = 0.5;
  all[5].xtc_threshold = 0.02;
  return all;
}

TEST_F(SpeculationTest, AnswersAreTheSameWithADraftModelAndWithPromptLookUp) {
  std::vector<std::string> plain;
  load();
  for (const SamplingSettings& settings : samplings()) {
    ChatRequest request = question("one two three four [user]");
    request.sampling = settings;
    plain.push_back(test::answer(engine_, request).text);
    EXPECT_EQ(test::answer(engine_, looking_up(request)).text, plain.back()) << plain.size();
  }
  for (const char* draft : {"itself", "forgetful"}) {
    load(draft);
    for (std::size_t i = 0; i < samplings().size(); ++i) {
      ChatRequest request = question("one two three four [user]");
      request.sampling = samplings()[i];
      for (const int count : {1, 3, 8}) {
        request.speculation.draft_tokens = count;
        EXPECT_EQ(test::answer(engine_, request).text, plain[i]) << draft << " " << i << " " << count;
      }
      EXPECT_EQ(test::answer(engine_, looking_up(request)).text, plain[i]) << draft << " " << i;
    }
  }
}

TEST_F(SpeculationTest, AModelThatGuessesForItselfIsAlwaysRight) {
  load("itself");
  for (const double temperature : {0.0, 4.0}) {
    ChatRequest request = question("a", temperature, 20);
    request.sampling.logit_bias = {{0, -1000}};  // guesses behind the end of an answer are neither right nor wrong
    const Answered answer = test::answer(engine_, request);
    EXPECT_GT(answer.statistics.drafted_tokens, 0u);
    EXPECT_EQ(answer.statistics.accepted_tokens, answer.statistics.drafted_tokens) << temperature;
  }
}

TEST_F(SpeculationTest, WrongGuessesAreTakenBack) {
  load("forgetful");
  const Answered answer = test::answer(engine_, question("a"));
  EXPECT_EQ(answer.text, "one two three four five six seven eight ");
  EXPECT_GT(answer.statistics.accepted_tokens, 0u);
  EXPECT_LT(answer.statistics.accepted_tokens, answer.statistics.drafted_tokens);
  EXPECT_EQ(answer.statistics.stop_reason, StopReason::end_of_text);
}

TEST_F(SpeculationTest, RingsAndPackedCachesAreRewoundToo) {
  for (const KvCacheSettings& cache : {KvCacheSettings{.max_size = 8}, KvCacheSettings{.key_bits = 8, .value_bits = 8, .group_size = 32, .quantized_start = 12}}) {
    load({}, cache);
    const std::string plain = test::answer(engine_, question("one two three four [user]", 4, 30)).text;
    EXPECT_EQ(test::answer(engine_, looking_up(question("one two three four [user]", 4, 30))).text, plain);
    load("forgetful", cache);
    EXPECT_EQ(test::answer(engine_, question("one two three four [user]", 4, 30)).text, plain);
  }
}

TEST_F(SpeculationTest, AFullContextEndsTheAnswerAtTheSameToken) {
  load();
  ChatRequest request = question("one two three four [user]", 8);
  request.sampling.logit_bias[0] = -1000;  // it never ends by itself
  const Answered plain = test::answer(engine_, request);
  ASSERT_EQ(plain.statistics.stop_reason, StopReason::context_full);
  const Answered looked_up = test::answer(engine_, looking_up(request));
  EXPECT_EQ(looked_up.statistics.stop_reason, StopReason::context_full);
  EXPECT_EQ(looked_up.text, plain.text);
  load("forgetful");
  const Answered drafted = test::answer(engine_, request);
  EXPECT_EQ(drafted.statistics.stop_reason, StopReason::context_full);
  EXPECT_EQ(drafted.text, plain.text);
}

TEST_F(SpeculationTest, TheNextTurnIsReadFromTheCache) {
  load("forgetful");
  ChatRequest request = question("[user]");
  const Answered first = test::answer(engine_, request);
  request.messages.push_back({"assistant", first.text});
  request.messages.push_back({"user", "[user]"});
  const Answered second = test::answer(engine_, request);
  EXPECT_GE(second.statistics.cached_tokens, first.statistics.prompt_tokens + first.statistics.generated_tokens);
  EXPECT_EQ(second.text, first.text);
}

/// A dynamic rope: positions of texts of more than 16 tokens rotate otherwise.
void make_positions_depend_on_length(const std::filesystem::path& model) {
  nlohmann::json config = nlohmann::json::parse(std::ifstream(model / "config.json"));
  config["max_position_embeddings"] = 16;
  config["rope_scaling"] = {{"type", "dynamic"}, {"factor", 2.0}};
  std::ofstream(model / "config.json") << config;
}

TEST_F(SpeculationTest, WherePositionsDependOnTheLengthNothingIsGuessedAndTheAnswerSaysWhy) {
  const std::string path = model();
  const std::string wanted = "one two three four five six seven eight ";
  const ChatRequest request = question("one two three four five six [user]");
  make_positions_depend_on_length(path);
  const LoadRequest load{.path = path, .device = {}, .activations = {}, .context_length = context};
  test::load_model(engine_, load);
  const Answered plain = test::answer(engine_, request);
  EXPECT_EQ(plain.text, wanted) << "the text is read again on its way";
  EXPECT_TRUE(plain.warnings.empty());
  ChatRequest penalized = request;  // picked by the host
  penalized.sampling.presence_penalty = 0.001;
  EXPECT_EQ(test::answer(engine_, penalized).text, wanted);
  const Answered looked_up = test::answer(engine_, looking_up(request));
  EXPECT_EQ(looked_up.text, wanted);
  EXPECT_EQ(looked_up.statistics.drafted_tokens, 0u);
  EXPECT_THAT(looked_up.warnings, ElementsAre(HasSubstr("positions of the model depend on the length")));
}

TEST_F(SpeculationTest, ADraftModelWhosePositionsDependOnTheLengthIsLeftOut) {
  const std::string path = model(), draft = forgetful_model();
  make_positions_depend_on_length(draft);
  test::load_model(engine_, {.path = path, .device = {}, .activations = {}, .context_length = context, .kv_cache = {}, .draft_model = draft});
  const Answered answer = test::answer(engine_, question("a"));
  EXPECT_EQ(answer.statistics.drafted_tokens, 0u);
  EXPECT_THAT(answer.warnings, ElementsAre(HasSubstr("by the draft model")));
  EXPECT_GT(test::answer(engine_, looking_up(question("one two three [user]"))).statistics.drafted_tokens, 0u);
}

TEST_F(SpeculationTest, DraftModelsOfOtherVocabulariesAreRefused) {
  const std::string path = model();
  const auto refusal = [&](const std::string& draft) -> std::string {
    try {
      test::load_model(engine_, {.path = path, .device = {}, .activations = {}, .draft_model = draft});
    } catch (const Error& error) {
      return std::string(name(error.code())) + ": " + error.what();
    }
    return "loaded";
  };
  const auto write = [&](const test::Script& script) {
    return test::write_scripted_model(folder_ / "other", "[assistant]", script, test::thinking_template).string();
  };
  EXPECT_THAT(refusal(write({"one "})), HasSubstr("same vocabulary"));
  test::Script changed = numbers;
  changed[3] = "4 ";
  EXPECT_THAT(refusal(write(changed)), HasSubstr("token 5 is \"4 \", but \"four \""));
  EXPECT_THAT(refusal((folder_ / "nothing").string()), HasSubstr("nothing"));
  const Answered answer = test::answer(engine_, question("a"));
  ASSERT_TRUE(answer.failure) << "no model is loaded after a failure";
}

TEST_F(SpeculationTest, SettingsOutOfRangeAreRefused) {
  load();
  for (const auto& [drafts, lookup] : {std::pair{0, 1}, {32, 1}, {3, -1}}) {
    ChatRequest request = question("a");
    request.speculation = {.draft_tokens = drafts, .prompt_lookup = lookup};
    const Answered answer = test::answer(engine_, request);
    ASSERT_TRUE(answer.failure);
    EXPECT_EQ(answer.failure->code, Errc::invalid_argument);
  }
}

TEST_F(SpeculationTest, EverySettingOfTheSamplerCountsInAnAnswer) {
  load();
  ChatRequest request = question("a");
  request.sampling.logit_bias = {{2, -1000}, {4, 1}};  // not "one ", but "three "
  EXPECT_EQ(test::answer(engine_, request).text.substr(0, 6), "three ");
  request.sampling = {.temperature = 0, .seed = 1, .presence_penalty = 100};
  EXPECT_EQ(test::answer(engine_, request).text.substr(0, 8), "one two ") << "nothing is said twice";
  request.sampling.logit_bias = {{100000, 1}};
  EXPECT_TRUE(test::answer(engine_, request).failure) << "no such token";
  request.sampling = {.temperature = 1, .xtc_threshold = 0.7};
  EXPECT_TRUE(test::answer(engine_, request).failure) << "out of range";
}

}  // namespace
}  // namespace etna

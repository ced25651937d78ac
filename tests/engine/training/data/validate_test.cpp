#include "engine/training/data/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/io/starter_model.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna::training {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string pair(const std::string& prompt, const std::string& answer) {
  return R"({"prompt": ")" + prompt + R"(", "completion": ")" + answer + "\"}\n";
}

std::string pairs(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += pair("question " + std::to_string(i), "answer " + std::to_string(i));
  return text;
}

class ValidateTest : public testing::Test {
protected:
  ValidationReport look(const std::string& train, DataOptions options = {}, const ValidationRequest& request = {}) {
    folder_.write("train.jsonl", train);
    options.path = folder_.path();
    return validate(*DataSet::open(std::move(options)), &encoder_, request);
  }

  static const Finding* find(const ValidationReport& report, Check check, DataPart part = DataPart::train) {
    const auto found = std::ranges::find_if(
        report.findings, [&](const Finding& finding) { return finding.check == check && finding.part == part; });
    return found == report.findings.end() ? nullptr : &*found;
  }

  static std::vector<std::string> labels(const Finding& finding) {
    std::vector<std::string> result;
    for (const Fix& fix : finding.fixes) result.push_back(fix.label);
    return result;
  }

  test::TemporaryFolder folder_;
  ExampleEncoder encoder_{Tokenizer::load(starter_model_folder()), Learn::everything};
};

TEST_F(ValidateTest, good_data_has_nothing_to_say) {
  const ValidationReport report = look(pairs(120));
  EXPECT_TRUE(report.findings.empty()) << report.findings[0].text;
  EXPECT_TRUE(report.complete);
  EXPECT_FALSE(report.has_errors());
  EXPECT_EQ(report.train.rows, 120u);
  EXPECT_EQ(report.train.usable, 120u);
  EXPECT_EQ(report.train.lengths.rows(), 120u);
  EXPECT_GT(report.train.learned_tokens, 120u * 10);
  EXPECT_EQ(report.bytes_done, report.bytes_total);
}

TEST_F(ValidateTest, lines_that_are_no_json_are_named_and_can_be_skipped) {
  const std::string data = pairs(216) + "{\"prompt\": \"a\"\n" + pairs(3) + "{\n[\n";
  const ValidationReport report = look(data);
  const Finding* finding = find(report, Check::not_parsable);
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->level, Level::error);
  EXPECT_EQ(finding->text, "Line 217 is not valid JSON: unexpected end.");
  EXPECT_THAT(labels(*finding), ElementsAre("Show", "Skip such lines (3)"));
  EXPECT_THAT(finding->rows, ElementsAre(217, 221, 222));
  EXPECT_TRUE(report.has_errors());
  DataOptions fixed;
  apply(finding->fixes[1], fixed.fixes);
  const ValidationReport after = look(data, fixed);
  EXPECT_FALSE(after.has_errors());
  EXPECT_EQ(find(after, Check::not_parsable)->text, "3 rows are left out: not valid JSON.");
}

TEST_F(ValidateTest, rows_without_an_answer_are_counted) {
  std::string data = pairs(120);
  for (int i = 0; i < 41; ++i) data += "{\"prompt\": \"a" + std::to_string(i) + "\"}\n";
  EXPECT_EQ(find(look(data), Check::missing_field)->text, "41 rows have no answer.");
  EXPECT_EQ(find(look(data), Check::missing_field)->level, Level::error);
}

TEST_F(ValidateTest, empty_answers_are_skipped) {
  std::string data = pairs(120);
  for (int i = 0; i < 12; ++i) data += pair("a" + std::to_string(i), " ");
  const ValidationReport report = look(data);
  EXPECT_EQ(find(report, Check::empty_text)->text, "12 answers are empty; they will be skipped.");
  EXPECT_EQ(find(report, Check::empty_text)->level, Level::warning);
  EXPECT_EQ(report.train.usable, 120u);
}

TEST_F(ValidateTest, two_messages_of_the_user_in_a_row_can_be_joined) {
  const std::string good = R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})"
                           "\n";
  std::string data;
  for (int i = 0; i < 87; ++i) data += good;
  data +=
      R"({"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "b"}]})"
      "\n";
  const ValidationReport report = look(data);
  const Finding* finding = find(report, Check::roles);
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->text, "Row 88: two user messages in a row.");
  EXPECT_THAT(labels(*finding), ElementsAre("Join them", "Skip"));
  DataOptions joined;
  apply(finding->fixes[0], joined.fixes);
  EXPECT_FALSE(find(look(data, joined), Check::roles));
}

TEST_F(ValidateTest, long_rows_are_cut_unless_the_limit_is_raised) {
  std::string data = pairs(96);
  for (int i = 0; i < 4; ++i) data += pair("long", std::string(400, static_cast<char>('a' + i)));
  const ValidationReport report = look(
      data, {},
      {.max_sequence_length = 64, .extra_bytes = [](std::int64_t, std::int64_t) { return std::uint64_t{1} << 30; }});
  const Finding* finding = find(report, Check::too_long);
  ASSERT_TRUE(finding);
  EXPECT_THAT(finding->text, HasSubstr("4 rows (4 %) are longer than 64 tokens and will be cut at the end."));
  ASSERT_EQ(finding->fixes.size(), 2u);
  EXPECT_THAT(finding->fixes[0].label, HasSubstr("Raise to "));
  EXPECT_THAT(finding->fixes[0].label, HasSubstr(" (+1.00 GiB)"));
  EXPECT_EQ(finding->fixes[0].value % 256, 0);
  EXPECT_EQ(finding->fixes[1].label, "Skip them");
}

TEST_F(ValidateTest, duplicates_can_be_removed) {
  const ValidationReport report = look(pairs(120) + pairs(110));
  EXPECT_EQ(find(report, Check::duplicates)->text, "110 exact duplicates.");
  EXPECT_THAT(labels(*find(report, Check::duplicates)), ElementsAre("Remove"));
  EXPECT_EQ(look(pairs(120) + pairs(110), {.path = {}, .fixes = {.remove_duplicates = true}}).train.usable, 120u);
}

TEST_F(ValidateTest, check_rows_that_are_trained_on_are_told) {
  folder_.write("valid.jsonl", pairs(9) + pair("other", "row"));
  const ValidationReport report = look(pairs(120));
  EXPECT_EQ(find(report, Check::overlap, DataPart::valid)->text,
            "9 check rows also appear in training; the check will look too good.");
  EXPECT_EQ(report.valid.rows, 10u);
  EXPECT_EQ(report.bytes_done, report.bytes_total);
}

TEST_F(ValidateTest, few_rows_are_told) {
  EXPECT_EQ(find(look(pairs(23)), Check::too_few)->text, "Only 23 rows. Results usually get useful from about 100.");
  EXPECT_EQ(find(look(pair("a", "")), Check::too_few)->level, Level::error);
}

TEST_F(ValidateTest, other_encodings_can_be_chosen) {
  const std::string data = pairs(4) + pair("Caf\xE9", "b") + pairs(1);
  const ValidationReport report = look(data);
  EXPECT_EQ(find(report, Check::encoding)->text, "Line 5 is not UTF-8.");
  EXPECT_THAT(labels(*find(report, Check::encoding)), ElementsAre("Read as Windows-1252"));
  EXPECT_FALSE(look(data, {.path = {}, .fixes = {.read_windows_1252 = true}}).has_errors());
}

TEST_F(ValidateTest, a_model_without_a_template_is_told) {
  folder_.write(
      "tokenizer/tokenizer.json",
      R"({"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,
    "model":{"type":"WordLevel","vocab":{"a":0,"b":1},"unk_token":"a"}})");
  folder_.write("data/train.jsonl", pairs(3));
  const ExampleEncoder encoder(Tokenizer::load(folder_ / "tokenizer"), Learn::everything);
  const ValidationReport report = validate(*DataSet::open({.path = folder_ / "data"}), &encoder, {});
  EXPECT_EQ(find(report, Check::chat_template)->text, "The model has no chat template.");
  EXPECT_THAT(labels(*find(report, Check::chat_template)), ElementsAre("Choose one"));
}

TEST_F(ValidateTest, addresses_are_told) {
  std::string data = pairs(120);
  for (int i = 0; i < 14; ++i) data += pair("write to me" + std::to_string(i) + "@example.org", "yes");
  EXPECT_EQ(find(look(data), Check::personal_data)->text, "14 rows look like they hold e-mail addresses.");
  EXPECT_EQ(find(look(data), Check::personal_data)->level, Level::info);
}

TEST_F(ValidateTest, what_is_known_is_told_on_the_way_and_it_can_be_stopped) {
  folder_.write("train.jsonl", pairs(10'000));
  const auto data = DataSet::open({.path = folder_.path()});
  std::vector<std::uint64_t> seen;
  std::stop_source stop;
  const auto tell = [&](const ValidationReport& report) {
    seen.push_back(report.train.rows);
    if (seen.size() == 2) stop.request_stop();
  };
  test::expect_failure([&] { validate(*data, nullptr, {}, tell, {.report = {}, .stop = stop.get_token()}); },
                       Errc::cancelled, {});
  EXPECT_THAT(seen, ElementsAre(4096, 8192));
}

}  // namespace
}  // namespace etna::training

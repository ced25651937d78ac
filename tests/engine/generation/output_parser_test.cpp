#include "engine/generation/output_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace etna {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

OutputFormat format(std::string_view tools, const ThinkingMarks* thinking = &thinking_marks().front()) {
  return {.thinking = thinking, .tools = tools.empty() ? nullptr : choose_tool_call_format("", tools), .schemas = {}};
}

/// Pieces as text: "A:…", "T:…", "C:name arguments id", "E:…"; neighbours of a kind joined.
std::vector<std::string> read(const OutputFormat& format, std::string_view text, std::size_t chunk,
                              OutputStart start = OutputStart::answer) {
  OutputParser parser(format, start);
  std::vector<std::string> result;
  const auto add = [&](const std::vector<OutputPiece>& pieces) {
    for (const OutputPiece& piece : pieces) {
      if (piece.call) {
        result.push_back("C:" + piece.call->name + " " + piece.call->arguments + " " + piece.call->id);
        continue;
      }
      const std::string kind = !piece.error.empty() ? "E:" : piece.kind == OutputKind::answer ? "A:" : "T:";
      if (!result.empty() && result.back().starts_with(kind))
        result.back() += piece.text;
      else
        result.push_back(kind + piece.text);
    }
  };
  for (std::size_t at = 0; at < text.size(); at += chunk) add(parser.push(text.substr(at, chunk)));
  add(parser.finish());
  return result;
}

/// The same for every way to cut the text into equal chunks.
std::vector<std::string> read_all_ways(const OutputFormat& format, std::string_view text,
                                       OutputStart start = OutputStart::answer) {
  const auto whole = read(format, text, text.size() + 1, start);
  for (std::size_t chunk = 1; chunk < text.size(); ++chunk) EXPECT_EQ(read(format, text, chunk, start), whole) << chunk;
  return whole;
}

TEST(OutputParser, ThinkingIsSetApartFromTheAnswer) {
  EXPECT_THAT(read_all_ways(format(""), "<think>hm <b></think>Yes </think> <thin"),
              ElementsAre("T:hm <b>", "A:Yes </think> <thin"));
  EXPECT_THAT(read_all_ways(format(""), "hm</think>Yes", OutputStart::thinking), ElementsAre("T:hm", "A:Yes"));
  EXPECT_THAT(read_all_ways(format("", &thinking_marks()[2]), "<|channel>thought\nhm<channel|>Yes"),
              ElementsAre("T:\nhm", "A:Yes"));
  EXPECT_THAT(read_all_ways(format("", nullptr), "<think>hm</think>"), ElementsAre("A:<think>hm</think>"));
}

TEST(OutputParser, OnlyWhatMayBecomeAMarkIsHeldBack) {
  OutputParser parser(format("json_tools"));
  EXPECT_EQ(parser.push("a < b <to").front().text, "a < b ");
  EXPECT_EQ(parser.push("p").front().text, "<top");
  EXPECT_TRUE(parser.push("<tool_call>{").empty());
}

TEST(OutputParser, CallsAreReadBetweenTextAndThoughts) {
  EXPECT_THAT(
      read_all_ways(format("json_tools"),
                    "<think>look</think>I look.<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n"
                    "<tool_call>{\"name\": \"g\", \"arguments\": {\"a\": 1}}</tool_call>Done."),
      ElementsAre("T:look", "A:I look.", "C:f {} call_0", "A:\n", R"(C:g {"a":1} call_1)", "A:Done."));
}

TEST(OutputParser, MistralsCallsEndWithTheNextOneOrTheText) {
  EXPECT_THAT(read_all_ways(format("mistral"), "ok[TOOL_CALLS]f[ARGS]{}[TOOL_CALLS]g[ARGS]{\"a\": 1}"),
              ElementsAre("A:ok", "C:f {} call_0", R"(C:g {"a":1} call_1)"));
}

TEST(OutputParser, HarmonyMessagesAreSortedByChannelAndRecipient) {
  EXPECT_THAT(read_all_ways(format("harmony", nullptr),
                            "<|channel|>analysis<|message|>Think.<|end|><|start|>assistant<|channel|>commentary "
                            "to=functions.f <|constrain|>json<|message|>{\"a\": 1}<|call|>"),
              ElementsAre("T:Think.", R"(C:f {"a":1} call_0)"));
  EXPECT_THAT(read_all_ways(format("harmony", nullptr),
                            "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant to=functions.f"
                            "<|channel|>commentary json<|message|>{}<|start|>assistant<|channel|>final<|message|>Yes."),
              ElementsAre("A:I look.", "C:f {} call_0", "A:Yes."));
  EXPECT_THAT(read_all_ways(format("harmony", nullptr), "plain text"), ElementsAre("A:plain text"));
  EXPECT_THAT(read_all_ways(format("harmony", nullptr), std::string(3000, 'x')),
              ElementsAre("A:" + std::string(3000, 'x')));
}

TEST(OutputParser, LlamasAnswerMayBeNothingButACall) {
  EXPECT_THAT(read_all_ways(format("llama3_json"), "\n{\"name\": \"f\", \"parameters\": {}}"),
              ElementsAre("A:\n", "C:f {} call_0"));
  EXPECT_THAT(read_all_ways(format("llama3_json"), "<|python_tag|>{\"name\": \"f\", \"parameters\": {}}"),
              ElementsAre("C:f {} call_0"));
  EXPECT_THAT(read_all_ways(format("llama3_json"), "{\"name\": \"Anna\"}"), ElementsAre("A:{\"name\": \"Anna\"}"));
  EXPECT_THAT(read_all_ways(format("llama3_json"), "See {\"name\": \"f\", \"parameters\": {}}"),
              ElementsAre("A:See {\"name\": \"f\", \"parameters\": {}}"));
}

TEST(OutputParser, MalformedCallsBecomeTextWithAnError) {
  EXPECT_THAT(read_all_ways(format("json_tools"), "a<tool_call>{\"name\"}</tool_call>b"),
              ElementsAre("A:a", "E:<tool_call>{\"name\"}</tool_call>", "A:b"));
  EXPECT_THAT(read_all_ways(format("json_tools"), "<tool_call>{\"name\": \"f\", \"arg"),
              ElementsAre("E:<tool_call>{\"name\": \"f\", \"arg"));
  OutputParser parser(format("json_tools"));
  const auto pieces = parser.push("<tool_call>{\"name\": \"f\"}</tool_call>");
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_THAT(pieces[0].error, HasSubstr("tool call"));
}

TEST(OutputParser, ACallWithoutItsEndMarkCountsWhenItIsComplete) {
  EXPECT_THAT(read_all_ways(format("json_tools"), "<tool_call>{\"name\": \"f\", \"arguments\": {}}"),
              ElementsAre("C:f {} call_0"));
}

TEST(OutputParser, ACallThatNeverEndsBecomesText) {
  const std::string text = "<tool_call>" + std::string((1 << 20) + 10, 'x') + "</tool_call>";
  const auto pieces = read(format("json_tools"), text, 4096);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].size() + pieces[1].size(), text.size() + 4);
}

TEST(OutputParser, ItsMarksAreNamedOnce) {
  EXPECT_THAT(OutputParser(format("mistral")).marks(), ElementsAre("<think>", "</think>", "[TOOL_CALLS]"));
}

TEST(OutputParser, AnAnswerThatThePromptHasBegunIsContinued) {
  EXPECT_THAT(read_all_ways(format("harmony", nullptr), "and so on<|end|>", OutputStart::continued_answer),
              ElementsAre("A:and so on"));
  EXPECT_THAT(read_all_ways(format("llama3_json"), "{\"name\": \"f\", \"parameters\": {}}",
                            OutputStart::continued_answer),
              ElementsAre("A:{\"name\": \"f\", \"parameters\": {}}"));
}

TEST(OutputParser, SpecialTokensAreExpectedWhereTheyMeanSomething) {
  OutputParser parser(format("kimi_k2"));
  EXPECT_TRUE(parser.expects("<think>"));
  EXPECT_FALSE(parser.expects("</think>"));
  EXPECT_FALSE(parser.expects("<|tool_call_begin|>"));
  parser.push("<think>");
  EXPECT_TRUE(parser.thinking());
  EXPECT_TRUE(parser.expects("</think>"));
  EXPECT_FALSE(parser.expects("<think>"));
  parser.push("</think><|tool_calls_section_begin|>");
  EXPECT_FALSE(parser.thinking());
  EXPECT_TRUE(parser.expects("<|tool_call_begin|>"));
  EXPECT_TRUE(OutputParser(format("", &thinking_marks()[2])).expects("<|channel>")) << "a part of a mark";
}

}  // namespace
}  // namespace etna

#include "engine/session/chat_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/engine/tokenizer/tiny_tokenizers.h"

namespace etna {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What an output consists of; pieces of the same part joined.
struct Parts {
  std::string text, thinking;
  std::vector<std::string> calls, warnings;
  bool stopped = false;

  bool operator==(const Parts&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Parts& parts) {
  out << "text '" << parts.text << "' thinking '" << parts.thinking << "'";
  for (const std::string& call : parts.calls) out << " call " << call;
  for (const std::string& warning : parts.warnings) out << " warning " << warning;
  return out;
}

/// Each token of `script` is one of the vocabulary; those in `special` are special ones.
class ScriptedTokens {
public:
  ScriptedTokens(const std::vector<std::string>& script, const std::vector<std::string>& special) {
    nlohmann::json vocabulary = nlohmann::json::object(), added = nlohmann::json::array();
    for (const std::string& token : script) {
      if (!ids_.contains(token)) {
        const auto id = static_cast<std::int32_t>(ids_.size());
        ids_[token] = id;
        vocabulary[token] = id;
        const bool is_special = std::ranges::find(special, token) != special.end();
        added.push_back({{"id", id}, {"content", token}, {"special", is_special}, {"normalized", false}});
      }
      stream_.push_back(ids_[token]);
    }
    const nlohmann::json file = {
        {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", nlohmann::json::array()}}},
        {"added_tokens", added},
        {"decoder", {{"type", "Fuse"}}}};
    tokenizer_ = Tokenizer::parse(file.dump(), "scripted");
  }

  Parts read(const OutputFormat& format, OutputStart start, const std::vector<std::string>& stop_texts = {}) const {
    Parts parts;
    const ChatSink sink{
        .text = [&](const std::string& text) { parts.text += text; },
        .thinking = [&](const std::string& text) { parts.thinking += text; },
        .tool_call = [&](const ToolCall& call) { parts.calls.push_back(call.name + " " + call.arguments); },
        .warning = [&](const std::string& sentence) { parts.warnings.push_back(sentence); }};
    ChatOutput output(tokenizer_, format, start, stop_texts, sink);
    for (const std::int32_t id : stream_) output.push(id);
    output.finish();
    parts.stopped = output.stopped();
    return parts;
  }

private:
  std::map<std::string, std::int32_t> ids_;
  std::vector<std::int32_t> stream_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

OutputFormat format(std::string_view tools = {}, const ThinkingMarks* thinking = &thinking_marks().front()) {
  return {.thinking = thinking, .tools = tools.empty() ? nullptr : choose_tool_call_format("", tools), .schemas = {}};
}

Parts read(const std::vector<std::string>& script, const OutputFormat& format, OutputStart start = OutputStart::answer,
           const std::vector<std::string>& special = {}, const std::vector<std::string>& stop_texts = {}) {
  return ScriptedTokens(script, special).read(format, start, stop_texts);
}

/// The same for the text in one token and for many ways to cut it into tokens.
Parts read_all_ways(const std::string& text, const OutputFormat& format, OutputStart start = OutputStart::answer,
                    const std::vector<std::string>& stop_texts = {}) {
  const Parts whole = read({text}, format, start, {}, stop_texts);
  std::mt19937 random(7);
  for (std::size_t round = 0; round < 60; ++round) {
    std::vector<std::string> script;
    std::size_t longest = 1 + round % 12;
    for (std::size_t at = 0, size = 0; at < text.size(); at += size) {
      size = 1 + random() % longest;
      script.push_back(text.substr(at, size));
    }
    EXPECT_EQ(read(script, format, start, {}, stop_texts), whole) << "round " << round;
  }
  return whole;
}

TEST(ChatOutput, ThinkingAndAnswerComeApartWithoutTheSpaceAroundTheMarks) {
  const Parts parts = read_all_ways("<think>\nOkay, let me see.\n\nYes.\n</think>\n\nIt is 4.\n", format());
  EXPECT_EQ(parts.thinking, "Okay, let me see.\n\nYes.");
  EXPECT_EQ(parts.text, "It is 4.\n");
}

TEST(ChatOutput, APromptThatOpensThinkingIsContinued) {
  const Parts parts = read_all_ways("Okay.\n</think>\n\nYes </b>", format(), OutputStart::thinking);
  EXPECT_EQ(parts.thinking, "Okay.");
  EXPECT_EQ(parts.text, "Yes </b>");
}

TEST(ChatOutput, SeveralThoughtsAreSetApart) {
  const Parts parts = read_all_ways("<think>one</think>\na\n<think>\ntwo\n</think>\nb", format());
  EXPECT_EQ(parts.thinking, "one\n\ntwo");
  EXPECT_EQ(parts.text, "a\nb");
}

TEST(ChatOutput, CallsAreReportedWholeAndTextThatIsNoneIsKept) {
  const Parts parts = read_all_ways(
      "I look.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>\n"
      "<tool_call>{\"name\"}</tool_call> Well <tool",
      format("json_tools"));
  EXPECT_THAT(parts.calls, ElementsAre(R"(f {"a":1})"));
  EXPECT_EQ(parts.text, "I look.\n<tool_call>{\"name\"}</tool_call> Well <tool");
  ASSERT_EQ(parts.warnings.size(), 1u);
  EXPECT_THAT(parts.warnings[0], HasSubstr("tool call"));
}

TEST(ChatOutput, AnAnswerThatIsCutOffInsideOfACallShowsIt) {
  const Parts parts = read_all_ways("Yes<tool_call>{\"name\": \"f\", \"argu", format("json_tools"));
  EXPECT_EQ(parts.text, "Yes<tool_call>{\"name\": \"f\", \"argu");
  EXPECT_THAT(parts.calls, IsEmpty());
  EXPECT_EQ(parts.warnings.size(), 1u);
}

TEST(ChatOutput, MarksThatAreSpecialTokensAreSeenAndNeverShown) {
  const std::vector<std::string> special = {"<think>", "</think>", "<tool_call>", "</tool_call>", "<pad>"};
  const Parts parts = read({"<pad>", "<think>", "Hm", "<think>", "</think>", "Yes", "</think>", "<pad>", "<tool_call>",
                            "{\"name\": \"f\"", ", \"arguments\": {}}", "</tool_call>"},
                           format("json_tools"), OutputStart::answer, special);
  EXPECT_EQ(parts.thinking, "Hm");
  EXPECT_EQ(parts.text, "Yes");
  EXPECT_THAT(parts.calls, ElementsAre("f {}"));
}

TEST(ChatOutput, HalfAMarkThatIsASpecialTokenIsNeverShown) {
  const OutputFormat gemma = format("", &thinking_marks()[2]);
  const std::vector<std::string> special = {"<|channel>", "<channel|>"};
  const auto read_gemma = [&](const std::vector<std::string>& script) {
    return read(script, gemma, OutputStart::answer, special);
  };
  EXPECT_EQ(read_gemma({"<|channel>", "thought", "\nHm", "<channel|>", "Yes"}).thinking, "Hm");
  EXPECT_EQ(read_gemma({"a ", "<|channel>", "th", "is"}).text, "a this");
  EXPECT_EQ(read_gemma({"a", "<|channel>"}).text, "a");
  EXPECT_EQ(read_gemma({"a", "<|channel>", "tho"}).text, "atho");
}

TEST(ChatOutput, SpecialTokensInsideOfACallBelongToIt) {
  const std::vector<std::string> special = {"<|tool_calls_section_begin|>", "<|tool_calls_section_end|>",
                                            "<|tool_call_begin|>", "<|tool_call_end|>", "<|tool_call_argument_begin|>"};
  const Parts parts =
      read({"Yes", "<|tool_call_begin|>", "<|tool_calls_section_begin|>", "<|tool_call_begin|>", "functions.f:0",
            "<|tool_call_argument_begin|>", "{\"a\": 1}", "<|tool_call_end|>", "<|tool_calls_section_end|>"},
           format("kimi_k2", nullptr), OutputStart::answer, special);
  EXPECT_EQ(parts.text, "Yes");
  EXPECT_THAT(parts.calls, ElementsAre(R"(f {"a":1})"));
}

TEST(ChatOutput, HarmonyIsReadFromSpecialTokens) {
  const std::vector<std::string> special = {"<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|constrain|>"};
  const std::vector<std::string> script = {"<|channel|>", "analysis",    "<|message|>", "Hm.",
                                           "<|end|>",     "<|start|>",   "assistant",   "<|channel|>",
                                           "final",       "<|message|>", "Yes."};
  const Parts parts = read(script, format("harmony", nullptr), OutputStart::answer, special);
  EXPECT_EQ(parts.thinking, "Hm.");
  EXPECT_EQ(parts.text, "Yes.");
  const Parts call = read({"<|channel|>", "commentary to=functions.f ", "<|constrain|>", "json", "<|message|>", "{}"},
                          format("harmony", nullptr), OutputStart::answer, special);
  EXPECT_THAT(call.calls, ElementsAre("f {}"));
  EXPECT_EQ(read({"and so on"}, format("harmony", nullptr), OutputStart::continued_answer, special).text, "and so on");
}

TEST(ChatOutput, StopTextsEndTheAnswerAndAreNotLookedForInThoughts) {
  const Parts parts = read_all_ways("<think>STOP</think>one STOP two", format(), OutputStart::answer, {"STOP"});
  EXPECT_EQ(parts.thinking, "STOP");
  EXPECT_EQ(parts.text, "one ");
  EXPECT_TRUE(parts.stopped);
  const Parts apart = read_all_ways("ST<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>OP",
                                    format("json_tools"), OutputStart::answer, {"STOP"});
  EXPECT_EQ(apart.text, "STOP") << "a call stands between the halves";
  EXPECT_FALSE(apart.stopped);
}

TEST(ChatOutput, WithoutMarksEverythingIsTheAnswer) {
  EXPECT_EQ(read_all_ways(" <think>\n a", format("", nullptr)).text, " <think>\n a");
}

}  // namespace
}  // namespace etna

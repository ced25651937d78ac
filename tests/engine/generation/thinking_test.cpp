#include "engine/generation/thinking.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace etna {
namespace {

const ThinkingMarks* find(const std::set<std::string, std::less<>>& tokens, std::string_view chat_template = {}) {
  return find_thinking_marks([&](std::string_view token) { return tokens.contains(token); }, chat_template);
}

TEST(Thinking, TheVocabularyTellsWhetherAModelThinks) {
  EXPECT_EQ(find({"<think>", "</think>"})->close, "</think>");
  EXPECT_EQ(find({"<longcat_think>", "</longcat_think>"})->open, "<longcat_think>");
  EXPECT_EQ(find({"<|channel>", "<channel|>"})->open, "<|channel>thought");
  EXPECT_EQ(find({"<think>"}), nullptr);
  EXPECT_EQ(find({}), nullptr);
}

TEST(Thinking, MarksThatAreNoTokensCountWhenTheTemplateWritesThem) {
  EXPECT_NE(find({}, "{{ '<think>' + thought + '</think>' }}"), nullptr);
  EXPECT_EQ(find({}, "content.split('</think>')"), nullptr);
}

TEST(Thinking, PromptsMayEndInsideOfAThought) {
  const ThinkingMarks& marks = thinking_marks().front();
  EXPECT_TRUE(prompt_opens_thinking("<|assistant|><think>\n", marks));
  EXPECT_FALSE(prompt_opens_thinking("<|assistant|><think>\n\n</think>\n\n", marks));
  EXPECT_FALSE(prompt_opens_thinking("<|assistant|>", marks));
}

TEST(Thinking, APrefillDecidesByItsOwnMarks) {
  const ThinkingMarks& marks = thinking_marks().front();
  EXPECT_TRUE(prompt_opens_thinking("[assistant]<think>I see", marks, "<think>I see"));
  EXPECT_FALSE(prompt_opens_thinking("[assistant]<think>I see</think>So", marks, "<think>I see</think>So"));
  EXPECT_TRUE(prompt_opens_thinking("[assistant]<think>\nI see", marks, "I see")) << "the template opened it";
  EXPECT_FALSE(prompt_opens_thinking("[user]<think>[assistant]So", marks, "So"));
}

}  // namespace
}  // namespace etna

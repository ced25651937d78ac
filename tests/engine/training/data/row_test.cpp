#include "engine/training/data/row.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/engine/io/temporary_folder.h"

namespace etna::training {
namespace {

using Json = nlohmann::ordered_json;

const ColumnMapping chat{{{"messages", ColumnRole::messages}, {"tools", ColumnRole::tools}}};
const ColumnMapping completions{{{"question", ColumnRole::prompt},
                                 {"context", ColumnRole::prompt},
                                 {"answer", ColumnRole::answer},
                                 {"rules", ColumnRole::system}}};

Conversation conversation(const char* values, const ColumnMapping& mapping, const DataFixes& fixes = {}) {
  Row row = make_row(Json::parse(values), mapping, fixes);
  if (const auto* problem = std::get_if<RowProblem>(&row)) throw std::runtime_error(problem->field + problem->detail);
  return std::get<Conversation>(row);
}

RowProblem problem(const char* values, const ColumnMapping& mapping, const DataFixes& fixes = {}) {
  return std::get<RowProblem>(make_row(Json::parse(values), mapping, fixes));
}

TEST(Rows, columns_become_messages) {
  const auto row = conversation(
      R"({"context": "Etna is a mountain.", "question": "What is it?", "answer": "A mountain.", "rules": "Be brief.", "id": 3})",
      completions);
  EXPECT_EQ(*row.messages, Json::parse(R"([{"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is it?\n\nEtna is a mountain."}, {"role": "assistant", "content": "A mountain."}])"));
  EXPECT_EQ(conversation(R"({"question": "2 + 2", "answer": 4, "rules": ""})", completions).messages->back()["content"],
            "4");
  EXPECT_EQ(conversation(R"({"t": "once"})", {{{"t", ColumnRole::text}}}).text, "once");
}

TEST(Rows, messages_stay_as_they_are) {
  const char* text =
      R"({"messages": [{"role": "user", "content": "a", "extra": 1}, {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
    {"role": "tool", "content": "1"}, {"role": "assistant", "content": "b"}], "tools": [{"type": "function"}]})";
  const auto row = conversation(text, chat);
  EXPECT_EQ(*row.messages, Json::parse(text)["messages"]);
  EXPECT_EQ(row.tools->size(), 1u);
}

TEST(Rows, dialogs_of_other_data_sets_and_of_tables_are_understood) {
  const auto row = conversation(
      R"({"messages": "[{\"from\": \"human\", \"value\": \"a\"}, {\"from\": \"gpt\", \"value\": \"b\"}]"})", chat);
  EXPECT_EQ(*row.messages, Json::parse(R"([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}])"));
}

TEST(Rows, what_is_missing_is_named) {
  EXPECT_EQ(problem(R"({"question": "a"})", completions).field, "answer");
  EXPECT_EQ(problem(R"({"question": null, "answer": "b"})", completions).field, "prompt");
  EXPECT_EQ(problem(R"({"question": ["a"], "answer": "b"})", completions).detail, "column 'question' is no text");
  EXPECT_EQ(problem(R"({})", chat).field, "messages");
  EXPECT_EQ(problem(R"({"messages": {}})", chat).check, Check::missing_field);
  EXPECT_EQ(problem(R"({"messages": [{"content": "a"}]})", chat).field, "role");
  EXPECT_EQ(problem(R"({"messages": [{"role": "user"}]})", chat).field, "content");
  EXPECT_EQ(problem(R"({"messages": [{"role": "user", "content": "a"}]})", chat).field, "answer");
  const auto empty = problem(R"({"question": "a", "answer": " \n"})", completions);
  EXPECT_EQ(empty.check, Check::empty_text);
  EXPECT_EQ(empty.field, "answer");
}

TEST(Rows, roles_out_of_order_are_told_and_can_be_joined) {
  const char* twice =
      R"({"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}, {"role": "assistant", "content": "c"}]})";
  EXPECT_EQ(problem(twice, chat).check, Check::roles);
  EXPECT_EQ(problem(twice, chat).detail, "two user messages in a row");
  const auto joined = conversation(twice, chat, {.join_messages = true});
  ASSERT_EQ(joined.messages->size(), 2u);
  EXPECT_EQ((*joined.messages)[0]["content"], "a\n\nb");
  EXPECT_EQ(problem(R"({"messages": [{"role": "assistant", "content": "a"}]})", chat).detail,
            "an assistant message before any of the user");
  EXPECT_EQ(
      problem(
          R"({"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}, {"role": "assistant", "content": "c"}]})",
          chat)
          .detail,
      "a system message in the middle");
}

TEST(Rows, equal_conversations_are_known_by_their_hash) {
  const auto a = conversation(R"({"question": "a", "answer": "b", "id": 1})", completions),
             b = conversation(R"({"id": 2, "answer": "b", "question": "a"})", completions);
  EXPECT_EQ(a.hash(), b.hash());
  EXPECT_NE(a.hash(), conversation(R"({"question": "a", "answer": "c"})", completions).hash());
}

TEST(Rows, addresses_and_keys_are_noticed) {
  const auto row = [](const char* text) { return Conversation{nullptr, nullptr, text}; };
  EXPECT_TRUE(row("write to jane.doe@example.org today").has_mail_address());
  EXPECT_FALSE(row("meet @ noon, or a@b, or x@y.").has_mail_address());
  EXPECT_TRUE(row("token hf_abcdefghijklmnopqrstuv").has_secret());
  EXPECT_FALSE(row("the hf_hub folder").has_secret());
}

class RowsOfFiles : public testing::Test {
protected:
  Row first(const std::string& name, const std::string& content, const ColumnMapping& mapping,
            const DataFixes& fixes = {}) {
    const auto file = DataFile::open(folder_.write(name, content));
    return read_row(*file, file->read(0), mapping, fixes);
  }

  RowProblem problem(const std::string& name, const std::string& content) {
    return std::get<RowProblem>(first(name, content, completions));
  }

  test::TemporaryFolder folder_;
};

TEST_F(RowsOfFiles, tables_have_texts) {
  const Row row = first("a.csv", "question,answer\n\"a, b\",5\n", completions);
  EXPECT_EQ((*std::get<Conversation>(row).messages)[0]["content"], "a, b");
  EXPECT_EQ(problem("a.csv", "question,answer\na,b,c\n").detail, "it has 3 fields, the first line names 2");
  EXPECT_EQ(problem("a.csv", "question,answer\n\"a,b\n").detail, "a quote is not closed");
}

TEST_F(RowsOfFiles, broken_lines_say_why) {
  EXPECT_EQ(problem("a.jsonl", "{\"question\": \"a\"").detail, "unexpected end");
  EXPECT_EQ(problem("a.jsonl", "[1]").detail, "a row is an object with names and values");
  EXPECT_EQ(problem("a.jsonl", "{\"a\":" + std::string(100, '[')).detail, "nested more than 64 levels deep");
  std::string wide = "{\"k\": 0";
  for (int i = 0; i < 1001; ++i) wide += ", \"k" + std::to_string(i) + "\": 0";
  EXPECT_EQ(problem("a.jsonl", wide + "}").detail, "an object has more than 1000 keys");
}

TEST_F(RowsOfFiles, windows_1252_is_read_when_it_is_chosen) {
  const std::string line = "{\"question\": \"Caf\xE9 \x80\", \"answer\": \"b\"}";
  EXPECT_EQ(problem("a.jsonl", line).check, Check::encoding);
  const Row row = first("a.jsonl", line, completions, {.read_windows_1252 = true});
  EXPECT_EQ((*std::get<Conversation>(row).messages)[0]["content"], "Café €");
}

}  // namespace
}  // namespace etna::training

#include "engine/template/chat_template.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/engine/template/render.h"

namespace etna {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* chatml =
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content | trim }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}";

std::string render_chat(const char* source, const Json& messages, RenderInput input = {}) {
  input.messages = &messages;
  return ChatTemplate::parse(source, "chat").render(input);
}

TEST(ChatTemplate, renders_messages_and_the_generation_prompt) {
  const Json messages = {{{"role", "user"}, {"content", " Hi "}}};
  EXPECT_EQ(render_chat(chatml, messages), "<|user|>Hi<|end|>\n");
  EXPECT_EQ(render_chat(chatml, messages, {.generation_prompt = GenerationPrompt::yes}),
            "<|user|>Hi<|end|>\n<|assistant|>");
}

TEST(ChatTemplate, tools_and_documents_are_none_and_missing_tokens_undefined) {
  const Json messages = Json::array();
  RenderInput input;
  input.special_tokens["eos_token"] = "</s>";
  EXPECT_EQ(render_chat("{{ tools is none }} {{ documents is none }} {{ bos_token is defined }} {{ eos_token }}",
                        messages, input),
            "True True False </s>");
}

TEST(ChatTemplate, further_variables_come_last_and_keep_their_order) {
  const Json messages = Json::array(), kwargs = {{"eos_token", "X"}, {"z", {{"b", 1}, {"a", 2}}}};
  RenderInput input;
  input.special_tokens["eos_token"] = "</s>";
  input.kwargs = &kwargs;
  EXPECT_EQ(render_chat("{{ eos_token }}{{ z | tojson }}", messages, input), "X{\"b\": 1, \"a\": 2}");
}

TEST(ChatTemplate, raised_messages_arrive_as_they_are) {
  try {
    render_chat("{{ raise_exception('Roles: must alternate') }}", Json::array());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::template_error);
    EXPECT_EQ(error.raised(), "Roles: must alternate");
    EXPECT_STREQ(error.what(), "chat: Roles: must alternate");
  }
}

TEST(ChatTemplate, the_final_message_can_be_continued) {
  const auto end = [](const char* source, const Json& content) {
    return render_chat(source, {{{"role", "assistant"}, {"content", content}}},
                       {.continue_final_message = ContinueFinalMessage::yes});
  };
  EXPECT_EQ(end(chatml, "Once upon "), "<|assistant|>Once upon");
  EXPECT_EQ(end("{{ messages[-1].content }}<e>", "Once upon "), "Once upon ");
  EXPECT_EQ(end("{{ messages[-1].content[0].text }}<e>", Json::parse(R"([{"type":"text","text":"Once"}])")), "Once");
  EXPECT_THROW(end("nothing", "Once"), Error);
  EXPECT_THROW(end(chatml, nullptr), Error);
}

TEST(ChatTemplate, a_folders_jinja_file_comes_before_its_configuration) {
  const fs::path folder = fs::path(testing::TempDir()) / ("etna_template_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto rendered = [&folder] { return ChatTemplate::load(folder).render({}); };
  EXPECT_THROW(rendered(), Error);
  std::ofstream(folder / "tokenizer_config.json")
      << R"({"chat_template":[{"name":"rag","template":"r"},{"name":"default","template":"d"}]})";
  EXPECT_EQ(rendered(), "d");
  std::ofstream(folder / "tokenizer_config.json") << R"({"chat_template":"c"})";
  EXPECT_EQ(rendered(), "c");
  std::ofstream(folder / "chat_template.jinja") << "j";
  EXPECT_EQ(rendered(), "j");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace etna

#include "engine/template/chat_template.h"

#include <gmock/gmock.h>
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

/// A folder of template files that goes with the object.
class TemplateFolder {
public:
  TemplateFolder() : path_(fs::path(testing::TempDir()) / ("etna_template_" + std::to_string(::getpid()))) {
    fs::create_directories(path_ / "additional_chat_templates");
  }

  ~TemplateFolder() { fs::remove_all(path_); }

  TemplateFolder(const TemplateFolder&) = delete;
  TemplateFolder& operator=(const TemplateFolder&) = delete;

  void write(const char* name, const char* content) const { std::ofstream(path_ / name) << content; }

  std::string rendered(const char* file = "", std::string_view name = "default") const {
    return ChatTemplate::load(*file ? path_ / file : path_, name).render({});
  }

  /// Code and message of the error that loading gives.
  std::string error(const char* file = "") const {
    try {
      rendered(file);
    } catch (const Error& error) {
      return std::string(name(error.code())) + ": " + error.what();
    }
    return "loaded";
  }

private:
  fs::path path_;
};

TEST(ChatTemplate, a_folders_sources_come_in_their_order) {
  const TemplateFolder folder;
  EXPECT_THAT(folder.error(),
              testing::AllOf(testing::HasSubstr("not_found: "), testing::HasSubstr("no chat template")));
  folder.write("chat_template.json", R"({"chat_template":"p"})");
  EXPECT_EQ(folder.rendered(), "p");
  folder.write("tokenizer_config.json", R"({"chat_template":null})");
  EXPECT_EQ(folder.rendered(), "p") << "a configuration without a template hides nothing";
  folder.write("tokenizer_config.json", R"({"chat_template":"c"})");
  EXPECT_EQ(folder.rendered(), "c");
  folder.write("chat_template.jinja", "j");
  EXPECT_EQ(folder.rendered(), "j");
  EXPECT_EQ(folder.rendered("tokenizer_config.json"), "c") << "a file of its own can be named";
  EXPECT_EQ(folder.rendered("chat_template.json"), "p");
}

TEST(ChatTemplate, one_of_several_is_chosen_by_name) {
  const TemplateFolder folder;
  folder.write("tokenizer_config.json", R"({"chat_template":[{"name":"rag","template":"r"},
    {"name":"default","template":"d"},{"name":"tool_use","template":"t"}]})");
  EXPECT_EQ(folder.rendered(), "d");
  EXPECT_EQ(folder.rendered("", "tool_use"), "t");
  EXPECT_EQ(folder.rendered("", "other"), "d") << "what is not there is the default";
  folder.write("tokenizer_config.json", R"({"chat_template":[{"name":"rag","template":"r"}]})");
  EXPECT_EQ(folder.rendered(), "r");
  folder.write("chat_template.jinja", "j");
  folder.write("additional_chat_templates/tool_use.jinja", "a");
  EXPECT_EQ(folder.rendered(), "j");
  EXPECT_EQ(folder.rendered("", "tool_use"), "a");
}

TEST(ChatTemplate, broken_sources_are_refused_by_file_and_field) {
  const TemplateFolder folder;
  const auto refuses = [&](const char* file, const char* content, std::initializer_list<const char*> parts) {
    folder.write(file, content);
    for (const char* part : parts) EXPECT_THAT(folder.error(file), testing::HasSubstr(part)) << content;
  };
  refuses("tokenizer_config.json", "{}", {"not_found", "tokenizer_config.json", "chat_template"});
  refuses("tokenizer_config.json", R"({"chat_template":1})", {"corrupt", "tokenizer_config.json", "chat_template"});
  refuses("tokenizer_config.json", R"({"chat_template":[{"name":"default"}]})",
          {"corrupt", "chat_template[0]: template"});
  refuses("tokenizer_config.json", R"({"chat_template":["x"]})", {"corrupt", "chat_template[0]: name"});
  refuses("tokenizer_config.json", "{", {"corrupt", "tokenizer_config.json", "line 1"});
  refuses("chat_template.jinja", "a\n{% if x %}\n{{ ", {"template: chat_template.jinja: line 3"});
  refuses("chat_template.jinja", "a\n\n{{ 1 / 0 }}", {"template: chat_template.jinja: line 3", "division by zero"});
  refuses("chat_template.jinja", "a\n{{ 1 | shout }}", {"line 2", "'shout'"});
  refuses("none.jinja", "", {"loaded"});
}

}  // namespace
}  // namespace etna

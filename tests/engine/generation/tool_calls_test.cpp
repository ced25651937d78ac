#include "engine/generation/tool_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace etna {
namespace {

using testing::ElementsAre;

constexpr std::string_view tools =
    R"([{"type": "function", "function": {"name": "find", "parameters": {"type": "object",
  "properties": {"text": {"type": "string"}, "count": {"type": ["integer", "null"]}, "deep": {"type": "boolean"},
  "tags": {"type": "array"}}}}}])";

std::vector<ToolCall> parse(std::string_view format, std::string_view body) {
  return choose_tool_call_format("", format)->parse(body, ToolSchemas::parse(tools));
}

ToolCall call(std::string name, std::string arguments, std::string id = {}) {
  return {.name = std::move(name), .arguments = std::move(arguments), .id = std::move(id)};
}

TEST(ToolCalls, TheTemplateChoosesTheFormatAndTheFirstMatchWins) {
  const auto name = [](std::string_view text) {
    const ToolCallFormat* format = choose_tool_call_format(text);
    return format ? format->name : "none";
  };
  EXPECT_EQ(name("{{ '<tool_call>' + tool_call.name }}"), "json_tools");
  EXPECT_EQ(name("<tool_call> tool_call.name <arg_key>"), "glm47");
  EXPECT_EQ(name("<tool_call>\n<function= tool_call.name"), "qwen3_coder");
  EXPECT_EQ(name("'<tool_call>\\n<function=' tool_call.name"), "qwen3_coder");
  EXPECT_EQ(name("<|tool_call>"), "none");
  EXPECT_EQ(name("<|tool_call> <tool_call|>"), "gemma4");
  EXPECT_EQ(name("[TOOL_CALLS]"), "mistral");
  EXPECT_EQ(name("<|channel|>final<|message|>"), "harmony");
  EXPECT_EQ(name("Respond in the format {\"name\": function name, \"parameters\": x}"), "llama3_json");
  EXPECT_EQ(name(""), "none");
}

TEST(ToolCalls, AnOverrideIsStrongerAndMustBeKnown) {
  EXPECT_EQ(choose_tool_call_format("[TOOL_CALLS]", "pythonic")->name, "pythonic");
  EXPECT_THROW(choose_tool_call_format("[TOOL_CALLS]", "smoke_signals"), Error);
}

TEST(ToolCalls, JsonCallsKeepTheOrderOfTheirArguments) {
  EXPECT_THAT(parse("json_tools", "\n{\"name\": \"f\", \"arguments\": {\"b\": 1, \"a\": [\"ü\"]}}\n"),
              ElementsAre(call("f", R"({"b":1,"a":["ü"]})")));
  EXPECT_THAT(parse("llama3_json", R"({"name": "f", "parameters": {}}; {"name": "g", "parameters": {"x": "}"}})"),
              ElementsAre(call("f", "{}"), call("g", R"({"x":"}"})")));
  EXPECT_THAT(parse("json_tools", R"([{"id": "7", "function": {"name": "f", "arguments": "{\"a\": 1}"}}])"),
              ElementsAre(call("f", R"({"a":1})", "7")));
}

TEST(ToolCalls, MistralNamesStandBeforeTheirArguments) {
  EXPECT_THAT(parse("mistral", R"(f[ARGS]{"a": 1})"), ElementsAre(call("f", R"({"a":1})")));
  EXPECT_THAT(parse("mistral", R"(f[CALL_ID]abc123[ARGS]{})"), ElementsAre(call("f", "{}", "abc123")));
  EXPECT_THAT(parse("mistral", R"( [{"name": "f", "arguments": {}}])"), ElementsAre(call("f", "{}")));
}

TEST(ToolCalls, KimiCallsKeepTheirIds) {
  EXPECT_THAT(parse("kimi_k2",
                    "<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{\"a\": 1}<|tool_call_end|>"
                    "<|tool_call_begin|>functions.g:1<|tool_call_argument_begin|>{}<|tool_call_end|>"),
              ElementsAre(call("f", R"({"a":1})", "functions.f:0"), call("g", "{}", "functions.g:1")));
}

TEST(ToolCalls, PairsOfTagsAreTypedByTheSchema) {
  const ToolCall wanted = call("find", R"({"text":"12","count":3,"deep":true,"other":[1]})");
  EXPECT_THAT(parse("glm47",
                    "find\n<arg_key>text</arg_key>\n<arg_value>12</arg_value>\n<arg_key>count</arg_key><arg_value>3"
                    "</arg_value><arg_key>deep</arg_key><arg_value>True</arg_value><arg_key>other</arg_key>"
                    "<arg_value>[1]</arg_value>\n"),
              ElementsAre(wanted));
  EXPECT_THAT(parse("longcat", "find<longcat_arg_key>text</longcat_arg_key><longcat_arg_value>a</longcat_arg_value>"),
              ElementsAre(call("find", R"({"text":"a"})")));
  EXPECT_THAT(parse("glm47", "find"), ElementsAre(call("find", "{}")));
  EXPECT_THAT(parse("glm47", R"({"name": "find", "arguments": {}})"), ElementsAre(call("find", "{}")));
  EXPECT_THAT(parse("glm47", R"(find text="a b" count=4 tags=["x", "y"])"),
              ElementsAre(call("find", R"({"text":"a b","count":4,"tags":["x","y"]})")));
}

TEST(ToolCalls, TagsThatNameFunctionsAndParametersAreTypedByTheSchema) {
  EXPECT_THAT(parse("qwen3_coder",
                    "\n<function=find>\n<parameter=text>\n1\n2\n</parameter>\n<parameter=count>\n3\n</parameter>\n"
                    "<parameter=tags>\n['a', None]\n</parameter>\n<parameter=free>\n5\n</parameter>\n</function>\n"),
              ElementsAre(call("find", R"({"text":"1\n2","count":3,"tags":["a",null],"free":"5"})")));
  EXPECT_THAT(parse("minimax_m2",
                    "<invoke name=\"find\">\n<parameter name=\"text\">a</parameter>\n<parameter name=\"count\">2"
                    "</parameter>\n</invoke>\n<invoke name=\"g\">\n</invoke>"),
              ElementsAre(call("find", R"({"text":"a","count":2})"), call("g", "{}")));
}

TEST(ToolCalls, GemmaValuesStandBetweenItsQuoteMarks) {
  EXPECT_THAT(
      parse("gemma4", R"(call:f{k:<|"|>a, "b"}<|"|>,n:1,x:-2.5,o:{y:true},l:[1,<|"|>z<|"|>]}call:g{})"),
      ElementsAre(call("f", R"({"k":"a, \"b\"}","n":1,"x":-2.5,"o":{"y":true},"l":[1,"z"]})"), call("g", "{}")));
  EXPECT_THAT(parse("function_gemma", "call:f{k:<escape>v<escape>,w:bare}"),
              ElementsAre(call("f", R"({"k":"v","w":"bare"})")));
}

TEST(ToolCalls, PythonCallsAreRead) {
  EXPECT_THAT(parse("pythonic", R"([f(a=1, b="x\n\u00fc", c='it\'s', d={'k': (1, 2.5)}, e=None), m.g()])"),
              ElementsAre(call("f", R"({"a":1,"b":"x\nü","c":"it's","d":{"k":[1,2.5]},"e":null})"), call("m.g", "{}")));
}

TEST(ToolCalls, HarmonyRecipientsNameTheFunction) {
  EXPECT_THAT(parse("harmony", "<|channel|>commentary to=functions.f <|constrain|>json<|message|>{\"a\": 1}"),
              ElementsAre(call("f", R"({"a":1})")));
}

TEST(ToolCalls, WhatIsMalformedIsRefusedWithASentence) {
  const std::string deep(2000, '[');
  for (const ToolCallFormat& format : tool_call_formats()) {
    for (const std::string_view body :
         {"", "{", "[", "f(", "call:", "<function=f>", "<|message|>", "f[ARGS]{\"a\":", "{\"name\": 1}", "[f(a=nan)]",
          "[f(a=\"\\ud800\")]", "{\"name\": \"f\", \"arguments\": 3}", deep.c_str()}) {
      EXPECT_THROW(format.parse(body, {}), Error) << format.name << ": " << body;
    }
  }
}

}  // namespace
}  // namespace etna

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/template/chat_template.h"
#include "tests/fuzz/fuzz.h"

/// A template is refused with an Error or renders, in bounded time and memory.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  static const auto messages = parse_ordered_json(
      R"([{"role": "system", "content": "Be brief."}, {"role": "user", "content": " Hi <b> "},
          {"role": "assistant", "content": "Yes.", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1.5}}}]},
          {"role": "user", "content": [{"type": "text", "text": "\u00fc"}]}])",
      "messages");
  static const auto tools = parse_ordered_json(
      R"([{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}])",
      "tools");
  RenderInput input;
  input.messages = &messages;
  input.tools = &tools;
  input.generation_prompt = GenerationPrompt::yes;
  input.special_tokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
  input.now.emplace();  // any fixed time will do
  try {
    ChatTemplate::parse(std::string(fuzz::as_text(data, size)), "template").render(input);
  } catch (const Error&) {
    // refused, as broken templates must be
  }
  return 0;
}

#include "engine/session/chat_prompt.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/template/chat_template.h"

namespace etna {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 5> roles = {"system", "developer", "user", "assistant", "tool"};

// ChatML, the form that most models without a template of their own were trained with.
constexpr const char* default_template =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
constexpr const char* default_template_end = "<|im_end|>";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// Objects that keep the order of their keys are searched from the front: with very many keys that would take minutes.
void check_key_counts(const nlohmann::json& value, const std::string& where) {
  constexpr std::size_t most = 1000;
  if (value.is_object() && value.size() > most) {
    fail(Errc::invalid_argument, "{}: an object has more than {} keys", where, most);
  }
  if (!value.is_structured()) return;
  for (const nlohmann::json& item : value) check_key_counts(item, where);
}

/// JSON of a request, which is hostile. `where` names the field.
Json read_json(const std::string& text, const std::string& where, Json::value_t wanted) {
  try {
    const nlohmann::json plain = parse_json(text, where);
    if (plain.type() != wanted) {
      fail(Errc::invalid_argument, "{}: must be a JSON {}", where, wanted == Json::value_t::array ? "list" : "object");
    }
    check_key_counts(plain, where);
    return parse_ordered_json(text, where);
  } catch (const Error& error) {
    if (error.code() != Errc::corrupt) throw;
    fail(Errc::invalid_argument, "{}", error.what());  // no file is broken: the caller's text is
  }
}

Json read_tools(const std::string& text) {
  Json tools = read_json(text, "tools", Json::value_t::array);
  for (std::size_t i = 0; i < tools.size(); ++i) {
    if (!tools[i].is_object()) fail(Errc::invalid_argument, "tools[{}]: must be an object", i);
  }
  return tools;
}

/// The field in which a template looks for an assistant's thoughts. Families disagree about its name.
const char* thinking_field(std::string_view chat_template) {
  if (contains(chat_template, "reasoning_content")) return "reasoning_content";
  for (const char* name : {"thinking", "reasoning"}) {
    for (const std::string& use : {fmt::format(".{}", name), fmt::format("'{}'", name), fmt::format("\"{}\"", name)}) {
      if (contains(chat_template, use)) return name;
    }
  }
  return "reasoning_content";
}

bool is_harmony(std::string_view chat_template) {
  const ToolCallFormat* format = choose_tool_call_format(chat_template);
  return format != nullptr && format->name == "harmony";
}

void check_message(const ChatMessage& message, const std::string& where) {
  if (std::ranges::find(roles, message.role) == roles.end()) {
    fail(Errc::invalid_argument, "{}: the role '{}' is not known; known are: {}", where, message.role,
         fmt::join(roles, ", "));
  }
  const bool is_assistant = message.role == "assistant";
  if (!is_assistant && !message.thinking.empty()) {
    fail(Errc::invalid_argument, "{}: only an assistant has thoughts, this is of the role '{}'", where, message.role);
  }
  if (!is_assistant && !message.tool_calls.empty()) {
    fail(Errc::invalid_argument, "{}: only an assistant calls tools, this is of the role '{}'", where, message.role);
  }
  if (message.role != "tool" && !message.tool_call_id.empty()) {
    fail(Errc::invalid_argument, "{}: only the role 'tool' answers a call, this is of the role '{}'", where,
         message.role);
  }
}

/// As OpenAI's API has it, but for the arguments: templates want them as values, not as text (formats.md §5.3).
Json tool_call_json(const ToolCall& call, const std::string& where) {
  if (call.name.empty()) fail(Errc::invalid_argument, "{}: has no name", where);
  Json function;
  function["name"] = utf8::make_valid(call.name);
  function["arguments"] =
      call.arguments.empty() ? Json::object() : read_json(call.arguments, where + ".arguments", Json::value_t::object);
  Json result;
  result["type"] = "function";
  if (!call.id.empty()) result["id"] = utf8::make_valid(call.id);
  result["function"] = std::move(function);
  return result;
}

Json message_json(const ChatMessage& message, const std::string& where, const char* thoughts) {
  check_message(message, where);
  Json result;
  result["role"] = message.role;
  result["content"] = utf8::make_valid(message.content);
  if (!message.thinking.empty()) result[thoughts] = utf8::make_valid(message.thinking);
  if (!message.tool_calls.empty()) {
    Json calls = Json::array();
    for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
      calls.push_back(tool_call_json(message.tool_calls[i], fmt::format("{}.tool_calls[{}]", where, i)));
    }
    result["tool_calls"] = std::move(calls);
  }
  if (!message.tool_call_id.empty()) result["tool_call_id"] = utf8::make_valid(message.tool_call_id);
  if (!message.name.empty()) result["name"] = utf8::make_valid(message.name);
  return result;
}

Json messages_json(const ChatRequest& request, std::string_view chat_template) {
  const char* thoughts = thinking_field(chat_template);
  const bool one_text_a_call = is_harmony(chat_template);
  Json result = Json::array();
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    ChatMessage message = request.messages[i];
    const std::string where = fmt::format("messages[{}]", i);
    // gpt-oss's templates refuse a call with thoughts and content: what was said before it is a message of its own.
    if (one_text_a_call && !message.tool_calls.empty() && !message.thinking.empty() && !message.content.empty()) {
      result.push_back(message_json({message.role, std::exchange(message.content, {})}, where, thoughts));
    }
    result.push_back(message_json(message, where, thoughts));
  }
  if (!request.prefill_response.empty()) {
    if (request.messages.back().role == "assistant") {
      fail(Errc::invalid_argument, "prefill_response: the last message is the assistant's already");
    }
    result.push_back(message_json({"assistant", request.prefill_response}, "prefill_response", thoughts));
  }
  return result;
}

/// Each an id in digits or a token.
ExtraStopTokens read_stop_tokens(const std::vector<std::string>& texts) {
  ExtraStopTokens result;
  for (const std::string& text : texts) {
    std::int32_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error == std::errc() && end == text.data() + text.size())
      result.ids.push_back(id);
    else
      result.tokens.push_back(text);
  }
  return result;
}

/// tool_parser_type of tokenizer_config.json; empty where there is none.
std::string configured_tool_format(const std::filesystem::path& folder) {
  const auto file = folder / "tokenizer_config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return {};
  const nlohmann::json config = read_json_file(file);
  const auto found = config.is_object() ? config.find("tool_parser_type") : config.end();
  if (found == config.end() || found->is_null()) return {};
  if (!found->is_string()) fail(Errc::corrupt, "{}: tool_parser_type is no text", file.string());
  return found->get<std::string>();
}

const ThinkingMarks* marks_of(const Tokenizer& tokenizer, std::string_view chat_template) {
  return find_thinking_marks([&](std::string_view token) { return tokenizer.token_to_id(token).has_value(); },
                             chat_template);
}

/// The form of the output. Calls are looked for when tools were offered; harmony is more than a form of calls: all of
/// its messages have marks, so that it counts in any case.
OutputFormat output_format(const Tokenizer& tokenizer, const std::filesystem::path& folder,
                           const std::string& chat_template, const ChatRequest& request) {
  OutputFormat format;
  format.thinking = marks_of(tokenizer, chat_template);
  if (!request.tools.empty()) {
    format.tools = choose_tool_call_format(chat_template, configured_tool_format(folder));
    format.schemas = ToolSchemas::parse(request.tools);
  } else if (is_harmony(chat_template)) {
    format.tools = choose_tool_call_format(chat_template);
  }
  return format;
}

Json template_variables(const ChatRequest& request, bool thinks) {
  Json variables = Json::object();
  variables["enable_thinking"] = request.enable_thinking.value_or(thinks);
  if (!request.documents.empty()) {
    variables["documents"] = read_json(request.documents, "documents", Json::value_t::array);
  }
  if (!request.template_arguments.empty()) {
    variables.update(read_json(request.template_arguments, "template_arguments", Json::value_t::object));
  }
  return variables;
}

/// What the prompt's end means for the output.
OutputStart output_start(const OutputFormat& format, std::string_view text, std::string_view prefill) {
  if (format.thinking != nullptr && prompt_opens_thinking(text, *format.thinking, prefill)) {
    return OutputStart::thinking;
  }
  return prefill.empty() ? OutputStart::answer : OutputStart::continued_answer;
}

/// The message whose content a cached beginning ends before. A file is continued as mlx-lm does it, by the last message;
/// a snapshot by a whole chat.
std::size_t first_behind_cache(const Json& messages, const ChatRequest& request) {
  const std::size_t last = messages.size() - (request.prefill_response.empty() ? 1 : 2);
  for (std::size_t i = 0; i < last && !request.snapshot.empty(); ++i) {
    if (messages[i].value("role", std::string()) == "user") return i;
  }
  return last;
}

/// What follows a cached beginning: a message's content and what comes after it.
std::string behind_cache(const std::string& text, const ChatTemplate& chat_template, RenderInput input, const Json& messages, const ChatRequest& request) {
  constexpr const char* mark = "<query>";
  Json marked = messages;
  marked[first_behind_cache(messages, request)]["content"] = mark;
  input.messages = &marked;
  const std::size_t at = chat_template.render(input).find(mark);
  if (at == std::string::npos || at > text.size()) {
    fail(Errc::invalid_argument, "prompt_cache_file: the chat template does not show the last message, so it cannot continue a cached prompt");
  }
  return text.substr(at);
}

void render(ChatPrompt& prompt, const Tokenizer& tokenizer, const std::filesystem::path& folder,
            const std::string& chat_template, const ChatRequest& request, PromptEnd end) {
  const Json messages = messages_json(request, chat_template);
  Json tools;
  if (!request.tools.empty()) tools = read_tools(request.tools);
  prompt.format = output_format(tokenizer, folder, chat_template, request);
  const Json variables = template_variables(request, prompt.format.thinking != nullptr);
  if (!tools.empty() && prompt.format.tools == nullptr) {
    prompt.warnings.emplace_back(
        "The model's chat template names no form of tool calls that Etna knows: calls are shown as text.");
  }
  const bool continues = end == PromptEnd::open || !request.prefill_response.empty();
  RenderInput input;
  input.messages = &messages;
  if (!tools.empty()) input.tools = &tools;
  input.kwargs = &variables;
  input.generation_prompt = continues || end == PromptEnd::message ? GenerationPrompt::no : GenerationPrompt::yes;
  input.continue_final_message = continues ? ContinueFinalMessage::yes : ContinueFinalMessage::no;
  input.special_tokens = tokenizer.special_tokens();
  const ChatTemplate parsed = ChatTemplate::parse(chat_template, folder.string());
  std::string text = parsed.render(input);
  if (!request.prompt_cache_file.empty()) text = behind_cache(text, parsed, input, messages, request);
  prompt.start = output_start(prompt.format, text, request.prefill_response);
  prompt.ids = tokenizer.encode(text, AddSpecialTokens::no);
}

}  // namespace

ChatPrompt make_chat_prompt(const Tokenizer& tokenizer, const std::filesystem::path& folder,
                            const ChatRequest& request, PromptEnd end) {
  ChatPrompt prompt;
  // A text that continues another one does not begin anew.
  const AddSpecialTokens around = request.prompt_cache_file.empty() ? AddSpecialTokens::yes : AddSpecialTokens::no;
  prompt.stop_texts = request.stop_texts;
  prompt.extra_stop_tokens = read_stop_tokens(request.extra_stop_tokens);
  if (!request.raw_prompt.empty()) {
    prompt.ids = tokenizer.encode(request.raw_prompt, around);
    return prompt;
  }
  if (request.messages.empty()) fail(Errc::invalid_argument, "chat: no messages");
  const std::string& own = request.tools.empty() ? tokenizer.chat_template() : tokenizer.tool_chat_template();
  const bool uses_default = own.empty() && request.use_default_chat_template;
  if (request.ignore_chat_template || (own.empty() && !uses_default)) {
    if (!request.tools.empty()) {
      prompt.warnings.emplace_back("Without a chat template the model is not told about the tools.");
    }
    const std::string text = request.messages.back().content + request.prefill_response;
    prompt.ids = tokenizer.encode(text, around);
    return prompt;
  }
  if (uses_default) prompt.stop_texts.emplace_back(default_template_end);
  render(prompt, tokenizer, folder, uses_default ? default_template : own, request, end);
  return prompt;
}

void describe_thinking(const Tokenizer& tokenizer, ModelInfo& info) {
  const std::string& chat_template = tokenizer.chat_template();
  if (chat_template.empty()) return;
  info.thinks = marks_of(tokenizer, chat_template) != nullptr || is_harmony(chat_template);
  info.can_switch_thinking = contains(chat_template, "enable_thinking");
}

}  // namespace etna

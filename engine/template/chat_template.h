#pragma once

#include <nlohmann/json_fwd.hpp>

#include <ctime>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace etna {

enum class GenerationPrompt { no, yes };      ///< yes: the text ends where the assistant begins to speak
enum class ContinueFinalMessage { no, yes };  ///< yes: the text ends where the last message's content ends

/// What a chat template sees. The JSON values are only read while rendering; nullptr stands for None.
struct RenderInput {
  const nlohmann::ordered_json* messages = nullptr;  ///< a list of {"role", "content", …}
  const nlohmann::ordered_json* tools = nullptr;
  GenerationPrompt generation_prompt = GenerationPrompt::no;
  ContinueFinalMessage continue_final_message = ContinueFinalMessage::no;
  const nlohmann::ordered_json* kwargs = nullptr;          ///< an object: further variables, which override the others
  std::map<std::string, std::string> special_tokens = {};  ///< bos_token, eos_token, …
  std::optional<std::tm> now = {};                         ///< local time for strftime_now; nothing: the clock
};

/// A chat template: the Jinja subset that model files use, set up as transformers does it. Rendering keeps no state.
class ChatTemplate {
public:
  /// `name` stands in messages. Throws template_error naming the line.
  static ChatTemplate parse(std::string source, std::string name);

  /// A Jinja file, a tokenizer_config.json or chat_template.json (its chat_template), or a model's folder: there
  /// additional_chat_templates/<name>.jinja, chat_template.jinja, tokenizer_config.json and chat_template.json are
  /// looked for in this order. Where there are several templates, `name` chooses ("tool_use"); what is not there under
  /// that name is taken from "default", and from the first without one.
  /// Throws not_found, io, template_error, or corrupt naming file and field.
  static ChatTemplate load(const std::filesystem::path& path, std::string_view name = "default");

  /// Throws template_error; Error::raised() holds the text when the template called raise_exception. Throws
  /// invalid_argument when the final message cannot be continued.
  std::string render(const RenderInput& input) const;

  const std::string& source() const { return source_; }

private:
  struct Parsed;

  ChatTemplate() = default;

  std::string source_, name_;
  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace etna

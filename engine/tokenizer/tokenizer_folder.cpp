#include <algorithm>
#include <charconv>

#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/tokenizer_file.h"

namespace etna {

namespace {

namespace fields = json_fields;
namespace fs = std::filesystem;

nlohmann::json read_if_there(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return nlohmann::json::object();
  auto json = read_json_file(file);
  if (!json.is_object()) fail(Errc::corrupt, "{}: not an object", file.string());
  return json;
}

/// A special token is a string, an object with "content", or null. Settings that end in _token but hold something else
/// (add_bos_token) are no tokens.
void collect_special_tokens(const nlohmann::json& config, std::map<std::string, std::string>& tokens) {
  for (const auto& [name, value] : config.items()) {
    if (!name.ends_with("_token")) continue;
    const auto* text = value.is_object() && value.contains("content") ? &value["content"] : &value;
    if (text->is_string()) tokens.try_emplace(name, text->get<std::string>());
  }
}

/// A string, or a list of {"name", "template"} of which "default" is for chats and "tool_use" for chats with tools.
void read_configured_templates(const nlohmann::json& config, TokenizerSettings& settings, const std::string& where) {
  const auto* value = fields::find(config, "chat_template", where);
  if (value == nullptr) return;
  if (value->is_string()) {
    settings.chat_template = value->get<std::string>();
    return;
  }
  if (!value->is_array()) fail(Errc::corrupt, "{}: chat_template is neither a string nor a list", where);
  std::map<std::string, std::string> templates;
  for (const auto& item : *value) {
    auto text = fields::string(item, "template", where);
    if (settings.chat_template.empty()) settings.chat_template = text;  // the first, where none is the default
    templates.try_emplace(fields::string(item, "name", where), std::move(text));
  }
  if (const auto found = templates.find("default"); found != templates.end()) settings.chat_template = found->second;
  if (const auto found = templates.find("tool_use"); found != templates.end()) {
    settings.tool_chat_template = found->second;
  }
}

/// Files of their own come before tokenizer_config.json, and that comes before a processor's chat_template.json.
void read_chat_templates(const fs::path& folder, const nlohmann::json& config, TokenizerSettings& settings,
                         const std::string& where) {
  constexpr std::size_t limit = std::size_t{16} << 20;
  std::error_code ignored;
  if (const auto file = folder / "chat_template.jinja"; fs::exists(file, ignored)) {
    settings.chat_template = read_text_file(file, limit);
  } else {
    read_configured_templates(config, settings, where);
  }
  if (settings.chat_template.empty()) {
    const auto processor = folder / "chat_template.json";
    read_configured_templates(read_if_there(processor), settings, processor.string());
  }
  if (const auto file = folder / "additional_chat_templates" / "tool_use.jinja"; fs::exists(file, ignored)) {
    settings.tool_chat_template = read_text_file(file, limit);
  }
}

/// The classes that ignore the file's post-processor and build one from add_bos_token and add_eos_token.
bool rebuilds_post_processor(const std::string& tokenizer_class) {
  for (const auto* name : {"LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer"}) {
    if (tokenizer_class == name || tokenizer_class == std::string(name) + "Fast") return true;
  }
  return false;
}

void apply_bos_and_eos(const nlohmann::json& config, const std::map<std::string, std::string>& special_tokens,
                       TokenizerParts& parts, const std::string& where) {
  if (!rebuilds_post_processor(fields::string_or(config, "tokenizer_class", "", where))) return;
  const auto apply = [&](const char* setting, const char* name, std::vector<std::int32_t>& side) {
    if (fields::find(config, setting, where) == nullptr) return;
    const bool wanted = fields::boolean(config, setting, false, where);
    side.clear();
    const auto token = special_tokens.find(name);
    if (!wanted || token == special_tokens.end()) return;
    for (const auto& added : parts.added_tokens) {
      if (added.content == token->second) {
        side.push_back(added.id);
        return;
      }
    }
    if (const auto id = parts.vocabulary->id(token->second)) side.push_back(*id);
  };
  apply("add_bos_token", "bos_token", parts.post_processor.before);
  apply("add_eos_token", "eos_token", parts.post_processor.after);
}

}  // namespace

void read_added_tokens(const fs::path& folder, TokenizerParts& parts) {
  const auto file = folder / "tokenizer_config.json";
  const auto where = file.string() + ": added_tokens_decoder";
  const auto config = read_if_there(file);
  const auto* list = fields::find(config, "added_tokens_decoder", file.string());
  if (list == nullptr) return;
  if (!list->is_object()) fail(Errc::corrupt, "{}: not an object", where);
  for (const auto& [id, item] : list->items()) {
    auto token = parse_added_token(item, where);
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), token.id);
    if (error != std::errc() || end != id.data() + id.size() || token.id < 0) {
      fail(Errc::corrupt, "{}: {:?} is no token id", where, id);
    }
    const bool known = std::any_of(parts.added_tokens.begin(), parts.added_tokens.end(),
                                   [&](const AddedToken& added) { return added.content == token.content; });
    if (!known) parts.added_tokens.push_back(std::move(token));
  }
}

TokenizerSettings read_tokenizer_settings(const fs::path& folder, TokenizerParts& parts) {
  const auto config_file = folder / "tokenizer_config.json";
  const auto config = read_if_there(config_file);
  TokenizerSettings settings;
  collect_special_tokens(config, settings.special_tokens);
  collect_special_tokens(read_if_there(folder / "special_tokens_map.json"), settings.special_tokens);
  apply_bos_and_eos(config, settings.special_tokens, parts, config_file.string());
  read_chat_templates(folder, config, settings, config_file.string());
  return settings;
}

}  // namespace etna

#include "engine/template/chat_template.h"

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/template/error.h"
#include "engine/template/evaluate.h"
#include "engine/template/operations.h"
#include "engine/template/parse.h"
#include "engine/template/text.h"

namespace etna {

struct ChatTemplate::Parsed {
  jinja::Block block;
};

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

jinja::Value to_value(const Json& json, int depth = 0) {
  if (depth > 512) fail(Errc::invalid_argument, "a variable of the chat template is nested more than 512 levels deep");
  switch (json.type()) {
    case Json::value_t::boolean: return jinja::Value(json.get<bool>());
    case Json::value_t::number_integer: return jinja::Value(json.get<std::int64_t>());
    case Json::value_t::number_unsigned: {
      const auto value = json.get<std::uint64_t>();
      if (value > INT64_MAX) return jinja::Value(static_cast<double>(value));
      return jinja::Value(static_cast<std::int64_t>(value));
    }
    case Json::value_t::number_float: return jinja::Value(json.get<double>());
    case Json::value_t::string: return jinja::Value(json.get_ref<const std::string&>());
    case Json::value_t::array: {
      std::vector<jinja::Value> items;
      for (const auto& item : json) items.push_back(to_value(item, depth + 1));
      return jinja::Value::list(std::move(items));
    }
    case Json::value_t::object: {
      auto dict = std::make_shared<jinja::Dict>();
      for (const auto& [key, item] : json.items()) dict->set(jinja::Value(key), to_value(item, depth + 1));
      return jinja::Value(std::shared_ptr<const jinja::Dict>(std::move(dict)));
    }
    default: return jinja::None{};
  }
}

jinja::Value to_value(const Json* json) {
  return json ? to_value(*json) : jinja::Value(jinja::None{});
}

std::tm local_time(const std::optional<std::tm>& given) {
  std::tm result = given.value_or(std::tm{});
  if (given) {
    // The caller gives date and time; the day of the week and of the year follow. UTC, so that no clock change matters.
    std::tm copy = result;
    static_cast<void>(timegm(&copy));
    result.tm_wday = copy.tm_wday;
    result.tm_yday = copy.tm_yday;
  } else {
    const std::time_t seconds = std::time(nullptr);
    localtime_r(&seconds, &result);
  }
  return result;
}

std::shared_ptr<jinja::Scope> variables(const RenderInput& input) {
  auto scope = std::make_shared<jinja::Scope>();
  auto& values = scope->variables;
  jinja::add_functions(values);
  values["documents"] = jinja::None{};
  values["messages"] = to_value(input.messages);
  values["tools"] = to_value(input.tools);
  values["add_generation_prompt"] = jinja::Value(input.generation_prompt == GenerationPrompt::yes);
  for (const auto& [name, text] : input.special_tokens) values[name] = jinja::Value(text);
  if (input.kwargs != nullptr) {
    if (!input.kwargs->is_object())
      fail(Errc::invalid_argument, "the further variables of a chat template are no object");
    for (const auto& [name, value] : input.kwargs->items()) values[name] = to_value(value);
  }
  return scope;
}

/// The last message's text: its content, or the last part of it that has a text.
std::string final_text(const RenderInput& input) {
  constexpr const char* refusal = "the final message cannot be continued: it has no text";
  if (input.messages == nullptr || !input.messages->is_array() || input.messages->empty()) {
    fail(Errc::invalid_argument, refusal);
  }
  const auto& message = input.messages->back();
  const Json content = message.is_object() ? message.value("content", Json()) : Json();
  if (content.is_string()) return content.get<std::string>();
  if (content.is_array()) {
    for (auto part = content.rbegin(); part != content.rend(); ++part) {
      if (part->is_object() && part->contains("text") && (*part)["text"].is_string()) {
        return (*part)["text"].get<std::string>();
      }
    }
  }
  fail(Errc::invalid_argument, refusal);
}

/// Cuts behind the last message's content. Its own trailing white space stays where the template keeps it.
std::string cut_after_final_message(std::string rendered, const std::string& content) {
  using jinja::Strip;
  const auto stripped = jinja::strip(content, Strip::both);
  const auto at = rendered.rfind(stripped);
  if (at == rendered.npos) {
    fail(Errc::invalid_argument, "the final message cannot be continued: the chat template changes its text");
  }
  const auto kept = jinja::strip(content, Strip::left);
  const bool keeps_space = std::string_view(rendered).substr(at).starts_with(kept);
  rendered.resize(at + (keeps_space ? kept.size() : stripped.size()));
  return rendered;
}

/// Runs `work`, turning the language's errors into the engine's.
template <class Work>
auto guarded(const std::string& name, Work work) {
  try {
    return work();
  } catch (const jinja::TemplateError& error) {
    if (error.raised) throw Error(Errc::template_error, fmt::format("{}: {}", name, error.message), error.message);
    fail(Errc::template_error, "{}: line {}: {}", name, error.line, error.message);
  }
}

constexpr std::size_t source_limit = std::size_t{4} << 20;

/// The field chat_template: a string, or a list of {"name", "template"}. Nothing where it is missing or null.
std::optional<std::string> configured_template(const fs::path& file, std::string_view name) {
  const auto json = read_json_file(file);
  const auto field = json.is_object() ? json.value("chat_template", nlohmann::json()) : nlohmann::json();
  if (field.is_null()) return std::nullopt;
  if (field.is_string()) return field.get<std::string>();
  if (!field.is_array()) fail(Errc::corrupt, "{}: chat_template is neither a string nor a list", file.string());
  std::optional<std::string> first, standard;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const auto text = [&](const char* key) {
      const auto value = field[i].is_object() ? field[i].value(key, nlohmann::json()) : nlohmann::json();
      if (!value.is_string()) fail(Errc::corrupt, "{}: chat_template[{}]: {} is no string", file.string(), i, key);
      return value.get<std::string>();
    };
    const std::string its_name = text("name");
    std::string source = text("template");
    if (its_name == name) return source;
    if (!first) first = source;
    if (its_name == "default") standard = std::move(source);
  }
  return standard ? standard : first;
}

}  // namespace

ChatTemplate ChatTemplate::parse(std::string source, std::string name) {
  if (source.size() > source_limit) {
    fail(Errc::template_error, "{}: a template of {} bytes (at most {})", name, source.size(), source_limit);
  }
  ChatTemplate result;
  result.source_ = utf8::is_valid(source) ? std::move(source) : utf8::make_valid(source);
  result.name_ = std::move(name);
  result.parsed_ =
      guarded(result.name_, [&] { return std::make_shared<const Parsed>(Parsed{jinja::parse(result.source_)}); });
  return result;
}

ChatTemplate ChatTemplate::load(const fs::path& path, std::string_view name) {
  std::error_code ignored;
  const auto jinja = [](const fs::path& file) {
    return parse(read_text_file(file, source_limit), file.filename().string());
  };
  if (!fs::is_directory(path, ignored)) {
    if (path.extension() != ".json") return jinja(path);
    auto source = configured_template(path, name);
    if (!source) fail(Errc::not_found, "{}: chat_template is missing", path.string());
    return parse(*std::move(source), path.filename().string());
  }
  const auto named = path / "additional_chat_templates" / (std::string(name) + ".jinja");
  for (const auto& file : {named, path / "chat_template.jinja"}) {
    if (fs::exists(file, ignored)) return jinja(file);
  }
  for (const char* file : {"tokenizer_config.json", "chat_template.json"}) {
    if (!fs::exists(path / file, ignored)) continue;
    if (auto source = configured_template(path / file, name)) return parse(*std::move(source), file);
  }
  fail(Errc::not_found,
       "{}: no chat template: there is no chat_template.jinja, and neither tokenizer_config.json nor "
       "chat_template.json has a chat_template",
       path.string());
}

std::string ChatTemplate::render(const RenderInput& input) const {
  auto text = guarded(name_, [&] {
    jinja::Evaluator evaluator(variables(input), local_time(input.now));
    return evaluator.render(parsed_->block);
  });
  if (input.continue_final_message == ContinueFinalMessage::no) return text;
  return cut_after_final_message(std::move(text), final_text(input));
}

}  // namespace etna

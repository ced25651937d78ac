#include "engine/base/yaml.h"

#include <fmt/format.h>
#include <yaml.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "engine/base/error.h"

namespace etna {

namespace {

using Json = nlohmann::ordered_json;

constexpr int most_levels = 64;
constexpr std::size_t most_keys = 1000, most_values = 100'000;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool is_null(std::string_view text) {
  return is_one_of(text, {"", "~", "null", "Null", "NULL"});
}

std::optional<bool> as_boolean(std::string_view text) {
  if (is_one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return false;
  return std::nullopt;
}

std::string_view without_sign(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text;
}

std::optional<std::int64_t> as_integer(std::string_view text) {
  const std::string_view digits = without_sign(text);
  const bool hexadecimal = digits.starts_with("0x");
  // 010 is eight in YAML 1.1 and ten in 1.2: nobody means either in a recipe, so it stays a text.
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0' && !hexadecimal)) return std::nullopt;
  std::string plain = text.starts_with('-') ? "-" : "";
  for (const char c : hexadecimal ? digits.substr(2) : digits) {
    if (c != '_') plain += c;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != plain.data() + plain.size() || digits.starts_with('_')) return std::nullopt;
  return value;
}

std::optional<double> as_number(std::string_view text) {
  const std::string_view digits = without_sign(text);
  if (is_one_of(digits, {".inf", ".Inf", ".INF"})) {
    return text.starts_with('-') ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  if (digits.find_first_not_of("0123456789.eE+-_") != digits.npos || digits.find_first_of("0123456789") == digits.npos)
    return std::nullopt;
  if (digits.find_first_of("eE") == 0 || digits.front() == '_' || digits.find_first_of(".eE") == digits.npos)
    return std::nullopt;
  std::string plain;
  for (const char c : digits) {
    if (c != '_') plain += c;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (error != std::errc() || end != plain.data() + plain.size()) return std::nullopt;
  return text.starts_with('-') ? -value : value;
}

Json plain_value(std::string_view text) {
  if (is_null(text)) return nullptr;
  if (const auto value = as_boolean(text)) return *value;
  if (const auto value = as_integer(text)) return *value;
  if (const auto value = as_number(text)) return *value;
  return std::string(text);
}

/// libyaml's events as values.
class Reader {
public:
  Reader(std::string_view text, std::string_view where) : where_(where) {
    if (!yaml_parser_initialize(&parser_)) throw std::bad_alloc();
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }

  ~Reader() {
    clear();
    yaml_parser_delete(&parser_);
  }

  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Json read() {
    next();  // the stream begins
    next();
    if (event_.type == YAML_STREAM_END_EVENT) return nullptr;
    next();
    Json result = value(0);
    next();
    next();
    if (event_.type != YAML_STREAM_END_EVENT) refuse("there are several documents, one is wanted");
    return result;
  }

private:
  [[noreturn]] void refuse(const std::string& what) const {
    fail(Errc::corrupt, "{}: line {}: {}", where_, event_.start_mark.line + 1, what);
  }

  void clear() {
    if (std::exchange(has_event_, false)) yaml_event_delete(&event_);
  }

  void next() {
    clear();
    if (!yaml_parser_parse(&parser_, &event_)) {
      const char* problem = parser_.problem ? parser_.problem : "cannot be read";
      if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
      const bool is_place_of_bytes = parser_.error == YAML_READER_ERROR;
      if (is_place_of_bytes)
        fail(Errc::corrupt, "{}: not valid YAML: {} at byte {}", where_, problem, parser_.problem_offset);
      fail(Errc::corrupt, "{}: line {}: not valid YAML: {}", where_, parser_.problem_mark.line + 1, problem);
    }
    has_event_ = true;
  }

  std::string text() const {
    return {reinterpret_cast<const char*>(event_.data.scalar.value), event_.data.scalar.length};
  }

  Json scalar() const {
    const auto& scalar = event_.data.scalar;
    const std::string_view tag = scalar.tag ? reinterpret_cast<const char*>(scalar.tag) : "";
    if (!tag.empty() && tag != YAML_STR_TAG) refuse(fmt::format("the tag {} is not understood", tag));
    if (!tag.empty() || scalar.style != YAML_PLAIN_SCALAR_STYLE) return text();
    return plain_value(text());
  }

  Json sequence(int level) {
    Json list = Json::array();
    for (next(); event_.type != YAML_SEQUENCE_END_EVENT; next()) list.push_back(value(level + 1));
    return list;
  }

  Json mapping(int level) {
    Json object = Json::object();
    for (next(); event_.type != YAML_MAPPING_END_EVENT; next()) {
      if (event_.type != YAML_SCALAR_EVENT) refuse("a key is no text");
      const std::string key = text();
      if (object.contains(key)) refuse(fmt::format("the key {} is there twice", key.substr(0, 120)));
      if (object.size() == most_keys) refuse(fmt::format("a mapping has more than {} keys", most_keys));
      next();
      object[key] = value(level + 1);
    }
    return object;
  }

  /// Of the event at hand, which begins it.
  Json value(int level) {
    if (level > most_levels) refuse(fmt::format("nested more than {} levels deep", most_levels));
    if (++values_ > most_values) refuse(fmt::format("there are more than {} values", most_values));
    switch (event_.type) {
      case YAML_SCALAR_EVENT: return scalar();
      case YAML_SEQUENCE_START_EVENT: return sequence(level);
      case YAML_MAPPING_START_EVENT: return mapping(level);
      case YAML_ALIAS_EVENT: refuse("aliases (*name) are not understood; write the value out");
      default: refuse("a value is missing");
    }
  }

  std::string_view where_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool has_event_ = false;
  std::size_t values_ = 0;
};

bool needs_quotes(const std::string& text) {
  return !plain_value(text).is_string();
}

class Writer {
public:
  Writer() {
    if (!yaml_emitter_initialize(&emitter_)) throw std::bad_alloc();
    yaml_emitter_set_output(&emitter_, append, &text_);
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_emitter_set_width(&emitter_, -1);
  }

  ~Writer() { yaml_emitter_delete(&emitter_); }

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  std::string write(const Json& value) {
    yaml_event_t event;
    emit(yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), event);
    emit(yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1), event);
    add(value);
    emit(yaml_document_end_event_initialize(&event, 1), event);
    emit(yaml_stream_end_event_initialize(&event), event);
    return std::move(text_);
  }

private:
  static int append(void* text, unsigned char* bytes, std::size_t size) {
    static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(bytes), size);
    return 1;
  }

  void emit(int made, yaml_event_t& event) {
    if (!made || !yaml_emitter_emit(&emitter_, &event)) {
      fail(Errc::invalid_argument, "to_yaml: {}", emitter_.problem ? emitter_.problem : "a text is not UTF-8");
    }
  }

  void scalar(const std::string& text, yaml_scalar_style_t style) {
    yaml_event_t event;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    emit(yaml_scalar_event_initialize(&event, nullptr, nullptr, bytes, static_cast<int>(text.size()), 1, 1, style),
         event);
  }

  void add(const Json& value) {
    yaml_event_t event;
    if (value.is_object()) {
      const auto style = value.empty() ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE;
      emit(yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, style), event);
      for (const auto& [key, item] : value.items()) {
        scalar(key, needs_quotes(key) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE);
        add(item);
      }
      emit(yaml_mapping_end_event_initialize(&event), event);
    } else if (value.is_array()) {
      const bool is_plain = std::ranges::all_of(value, [](const Json& item) { return item.is_primitive(); });
      const auto style = is_plain ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;
      emit(yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, style), event);
      for (const Json& item : value) add(item);
      emit(yaml_sequence_end_event_initialize(&event), event);
    } else if (value.is_string()) {
      const auto& text = value.get_ref<const std::string&>();
      scalar(text, needs_quotes(text) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE);
    } else {
      scalar(number(value), YAML_PLAIN_SCALAR_STYLE);
    }
  }

  /// Also null, true and false. Numbers with a fraction keep a point, so that they stay such.
  static std::string number(const Json& value) {
    if (!value.is_number_float()) return value.dump();
    const auto number = value.get<double>();
    if (std::isnan(number)) return ".nan";
    if (std::isinf(number)) return number < 0 ? "-.inf" : ".inf";
    return value.dump();
  }

  yaml_emitter_t emitter_{};
  std::string text_;
};

}  // namespace

nlohmann::ordered_json parse_yaml(std::string_view text, std::string_view where) {
  return Reader(text, where).read();
}

std::string to_yaml(const nlohmann::ordered_json& value) {
  return Writer().write(value);
}

}  // namespace etna

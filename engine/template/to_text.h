#pragma once

#include <cstdint>
#include <string>

#include "engine/template/value.h"

namespace etna::jinja {

/// Python's str(): what printing gives.
std::string to_text(const Value& value);

/// Python's repr(): strings in quotes.
std::string to_repr(const Value& value);

struct JsonStyle {
  bool ascii = false;  ///< escape what is not ASCII
  bool sort_keys = false;
  std::int64_t indent = -1;  ///< spaces for each level; below 0: one line
  std::string item_separator = ", ", key_separator = ": ";
};

/// Python's json.dumps. Throws TemplateError for values that JSON does not have.
std::string to_json(const Value& value, const JsonStyle& style);

}  // namespace etna::jinja

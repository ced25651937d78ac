#pragma once

#include <string_view>

#include "engine/template/syntax.h"

namespace etna::jinja {

/// Statements of a template. Unknown tags are errors; unknown filters and tests only when they run.
/// Throws TemplateError.
Block parse(std::string_view source);

}  // namespace etna::jinja

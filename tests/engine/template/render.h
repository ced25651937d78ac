#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "engine/base/error.h"
#include "engine/template/chat_template.h"

namespace etna::test {

/// Renders with these variables; the clock stands at Friday, 14 March 2025, 09:26:53.
inline std::string render(const std::string& source, const char* variables = "{}") {
  const auto kwargs = nlohmann::ordered_json::parse(variables);
  RenderInput input;
  input.kwargs = &kwargs;
  std::tm now{};
  now.tm_year = 125;
  now.tm_mon = 2;
  now.tm_mday = 14;
  now.tm_hour = 9;
  now.tm_min = 26;
  now.tm_sec = 53;
  input.now = now;
  return ChatTemplate::parse(source, "t").render(input);
}

/// The message of the template error that rendering gives; empty when it gives none.
inline std::string error_of(const std::string& source, const char* variables = "{}") {
  try {
    render(source, variables);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::template_error) << error.what();
    return error.what();
  }
  return {};
}

struct Case {
  const char *source, *expected;
};

inline void check(std::initializer_list<Case> cases, const char* variables = "{}") {
  for (const auto& [source, expected] : cases) EXPECT_EQ(render(source, variables), expected) << source;
}

}  // namespace etna::test

#pragma once

#include <string>

#include "engine/base/error.h"

namespace etna::jinja {

/// Something is wrong with a template or with what it does; the caller adds the template's name.
struct TemplateError {
  std::string message;
  int line = 0;         ///< 0: filled in by the statement that was running
  bool raised = false;  ///< by raise_exception: the message is the template's own
};

template <class... Args>
[[noreturn]] void fail_template(fmt::format_string<Args...> format, Args&&... args) {
  throw TemplateError{fmt::format(format, std::forward<Args>(args)...)};
}

}  // namespace etna::jinja

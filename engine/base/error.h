#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace etna {

/// What kind of thing went wrong; callers decide by it, people read the message.
enum class Errc {
  invalid_argument,  ///< the caller asked for something that makes no sense
  not_found,         ///< a file, folder, tensor or name that does not exist
  io,                ///< the system refused to read or write
  corrupt,           ///< a file contradicts its format, itself or its configuration
  unsupported,       ///< well-formed, but of a kind Etna does not know
  out_of_memory,     ///< the budget or the device has no room for it
  device_lost,       ///< the graphics device stopped answering
  network,
  cancelled,         ///< the user stopped it
  template_error,    ///< a chat template does not parse, fails or raises
};

/// The name that scripts see: "invalid_argument", …, "template".
std::string_view name(Errc code);

/// The one exception type of engine and hub. The message is a sentence for a person: what is wrong, where, what to do.
class Error : public std::runtime_error {
public:
  Error(Errc code, const std::string& message, std::string raised = {});

  Errc code() const { return code_; }

  /// Text given to a chat template's raise_exception; empty otherwise.
  const std::string& raised() const { return raised_; }

private:
  Errc code_;
  std::string raised_;
};

/// Throws Error with a message in fmt's syntax.
template <class... Args>
[[noreturn]] void fail(Errc code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace etna

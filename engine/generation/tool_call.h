#pragma once

#include <string>

namespace etna {

/// A function that a model wants called.
struct ToolCall {
  std::string name;
  std::string arguments = {};  ///< a JSON object, keys in the model's order
  std::string id = {};         ///< as the model gave it; empty where its format has none

  bool operator==(const ToolCall&) const = default;
};

}  // namespace etna

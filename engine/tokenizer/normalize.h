#pragma once

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace etna {

/// One step that rewrites a text before it is cut.
class Normalizer {
public:
  virtual ~Normalizer() = default;

  /// `text` is valid UTF-8 and so is the result.
  virtual std::string apply(std::string text) const = 0;
};

/// The "normalizer" section of a tokenizer.json; nullptr for null.
/// Throws corrupt or unsupported, naming `where` and the field or kind.
std::unique_ptr<const Normalizer> parse_normalizer(const nlohmann::json& section, std::string_view where);

}  // namespace etna

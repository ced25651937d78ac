#pragma once

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string_view>

#include "engine/tokenizer/pieces.h"

namespace etna {

/// One step that cuts a text into the pieces within which tokens are looked for.
class PreTokenizer {
public:
  virtual ~PreTokenizer() = default;
  virtual void apply(Pieces& pieces) const = 0;
};

/// The "pre_tokenizer" section of a tokenizer.json; nullptr for null (the whole text is one piece).
/// Throws corrupt or unsupported, naming `where` and the field or kind.
std::unique_ptr<const PreTokenizer> parse_pre_tokenizer(const nlohmann::json& section, std::string_view where);

}  // namespace etna

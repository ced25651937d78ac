#include "engine/generation/stop_tokens.h"

#include <algorithm>
#include <optional>

#include "engine/base/error.h"
#include "engine/tokenizer/tokenizer.h"

namespace etna {

std::vector<std::int32_t> stop_tokens(std::span<const std::int32_t> configured, const Tokenizer* tokenizer,
                                      const ExtraStopTokens& extra) {
  std::vector<std::int32_t> ids;
  const auto add = [&](std::int32_t id) {
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  };
  for (const std::int32_t id : configured) add(id);
  if (tokenizer != nullptr) {
    if (const std::optional<std::int32_t> eos = tokenizer->special_token_id("eos_token")) add(*eos);
  }
  for (const std::int32_t id : extra.ids) {
    if (id < 0) fail(Errc::invalid_argument, "stop token {} is no token id", id);
    add(id);
  }
  for (const std::string& token : extra.tokens) {
    const std::optional<std::int32_t> id = tokenizer ? tokenizer->token_to_id(token) : std::nullopt;
    if (!id) fail(Errc::invalid_argument, "stop token '{}' is not in the vocabulary", token);
    add(*id);
  }
  return ids;
}

}  // namespace etna

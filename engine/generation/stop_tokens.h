#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace etna {

class Tokenizer;

/// Tokens that end a text besides those that the model's files name.
struct ExtraStopTokens {
  std::vector<std::int32_t> ids;
  std::vector<std::string> tokens;  ///< as the vocabulary spells them: "<|im_end|>"
};

/// All ids that end a text, each once: `configured` (eos_token_id of generation_config.json, else of config.json; one
/// or a list), the tokenizer's eos_token (tokenizer_config.json, special_tokens_map.json), and the extra ones. Chat
/// models often name the end of a turn in only one of these files, so all of them count (formats.md §3.9 takes the
/// tokenizer's only where the others are silent). `tokenizer` may be null. Throws invalid_argument for an extra token
/// that the vocabulary does not have, or a negative id.
std::vector<std::int32_t> stop_tokens(std::span<const std::int32_t> configured, const Tokenizer* tokenizer,
                                      const ExtraStopTokens& extra = {});

}  // namespace etna

#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string_view>

#include "engine/tokenizer/tokenizer.h"

namespace etna {

/// The parts that a tokenizer.json describes. Truncation and padding are ignored: they are for training batches.
/// Throws corrupt or unsupported, naming `where` and the field or kind.
TokenizerParts parse_tokenizer_json(std::string_view text, std::string_view where);

/// An entry of a list of added tokens, all but its id. Throws corrupt naming `where` and the field.
AddedToken parse_added_token(const nlohmann::json& item, std::string_view where);

/// The added_tokens_decoder of a folder's tokenizer_config.json ({"id": token}), for vocabularies in another file.
void read_added_tokens(const std::filesystem::path& folder, TokenizerParts& parts);

/// tokenizer_config.json, special_tokens_map.json and the chat template of a model's folder; missing files are no
/// error. Changes what `parts` puts around a text when the folder's tokenizer class does so (add_bos_token,
/// add_eos_token).
TokenizerSettings read_tokenizer_settings(const std::filesystem::path& folder, TokenizerParts& parts);

}  // namespace etna

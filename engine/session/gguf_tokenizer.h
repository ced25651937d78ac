#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "engine/io/gguf_metadata.h"
#include "engine/tokenizer/tokenizer.h"

namespace etna {

/// The tokenizer in a GGUF file's metadata (tokenizer.ggml.*, tokenizer.chat_template). What the keys mean and what
/// holds where they are missing is llama.cpp's rule (src/llama-vocab.cpp).
/// Throws corrupt or unsupported, naming the file and the metadata key.
std::shared_ptr<const Tokenizer> gguf_tokenizer(const GgufMetadata& metadata);

/// The same for a file; throws as GgufFile::open, too.
std::shared_ptr<const Tokenizer> load_gguf_tokenizer(const std::filesystem::path& path);

/// A chat template in the metadata: tokenizer.chat_template, or tokenizer.chat_template.<name> for a name that is not
/// "default" and that the file has. Empty when there is none.
std::string gguf_chat_template(const GgufMetadata& metadata, std::string_view name = "default");

}  // namespace etna

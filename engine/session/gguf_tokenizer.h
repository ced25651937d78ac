#pragma once

#include <filesystem>
#include <memory>

#include "engine/tokenizer/tokenizer.h"

namespace etna {

/// The tokenizer in a GGUF file's metadata (tokenizer.ggml.*, tokenizer.chat_template).
/// Throws as GgufFile::open; corrupt or unsupported naming the metadata key.
std::shared_ptr<const Tokenizer> load_gguf_tokenizer(const std::filesystem::path& path);

}  // namespace etna

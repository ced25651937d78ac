#pragma once

#include "engine/io/gguf.h"
#include "engine/io/model_config.h"

namespace etna {

/// A GGUF file's metadata as the configuration that a folder of the same model would have; `stored_form` says what the
/// file stores otherwise. Throws unsupported (general.architecture, naming the known ones), corrupt (naming the key).
ModelConfig gguf_config(const GgufFile& file);

/// Values of general.architecture that Etna knows, sorted.
std::vector<std::string> supported_gguf_architectures();

}  // namespace etna

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace etna {

/// How a byte-level vocabulary cuts texts before merging.
struct PreTokenizerRules {
  std::vector<std::string> patterns;  ///< regular expressions applied in turn; what each finds is a piece of its own
  bool whole_words_first = false;     ///< a piece that is a token is that token, before any merge
};

/// The rules behind a GGUF file's tokenizer.ggml.pre. Throws unsupported naming `where` and the name.
const PreTokenizerRules& pre_tokenizer_rules(std::string_view name, std::string_view where);

/// Whether vocabularies of that name begin every text with BOS when the file does not say.
bool has_bos_by_default(std::string_view name);

}  // namespace etna

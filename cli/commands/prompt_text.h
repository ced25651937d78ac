#pragma once

#include <string>

namespace etna::cli {

/// "\\n" and "\\t" as two characters become what they stand for, as in mlx-lm: shells make real ones hard to write.
std::string unescape(const std::string& text);

/// A prompt as it was typed; "-" reads standard input as it stands.
std::string read_prompt(const std::string& prompt);

}  // namespace etna::cli

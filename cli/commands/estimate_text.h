#pragma once

#include <string>

#include "engine/session/messages.h"

namespace etna::cli {

/// "6.0 GiB", "512 MiB": memory is counted in binary units, files in decimal ones.
std::string format_memory(std::uint64_t bytes);

/// "Fits well", "Tight", "Very tight", "Too big": the application's words.
const char* words(Fit fit);

/// The same with what it means: "Very tight · only up to 12288 tokens of context".
std::string fit_sentence(const LoadEstimate& estimate);

/// What a load takes and whether it fits, for people; some lines.
std::string estimate_text(const LoadEstimate& estimate);

/// The same as a JSON object.
std::string estimate_json(const LoadEstimate& estimate);

}  // namespace etna::cli

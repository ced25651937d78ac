#pragma once

#include <string>

namespace etna {

/// What the stand-in engine answers: a story, a tour of Markdown when asked for it, a very long text when asked for it.
std::string canned_answer(const std::string& question);

/// What it thinks before.
std::string canned_thoughts();

}  // namespace etna

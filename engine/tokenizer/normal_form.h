#pragma once

#include <string>

namespace etna::unicode {

enum class Form { nfc, nfd, nfkc, nfkd };

/// The text (valid UTF-8) in a normal form. Takes time in proportion to the text, n log n in the worst case.
///
/// Text in which every character stands for itself, as nearly all text does, is only looked at, and comes back as it
/// is: what has to be rewritten is cut out at characters that no neighbour can change (Unicode Standard Annex #15,
/// section 9.1) and goes through utf8proc.
std::string normalize(std::string text, Form form);

}  // namespace etna::unicode

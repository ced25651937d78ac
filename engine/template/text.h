#pragma once

#include <string>
#include <string_view>

/// Python's string functions.
namespace etna::jinja {

enum class Strip { left, right, both };

/// What str.isspace accepts: Unicode's white space and U+001C to U+001F.
bool is_space(char32_t c);

/// str.strip and its sides: white space, or any of the characters of `characters`.
std::string_view strip(std::string_view text, Strip side);
std::string_view strip(std::string_view text, Strip side, std::string_view characters);

std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string capitalize(std::string_view text);  ///< first letter upper, others lower case

/// `word_start` tells where a word begins, given the character before: str.title and Jinja's filter differ.
std::string title(std::string_view text, bool (*word_start)(char32_t before));

bool is_letter(char32_t c);
bool is_upper(char32_t c);
bool is_lower(char32_t c);
bool is_printable(char32_t c);

/// At most `count` replacements; below 0: all.
std::string replace(std::string_view text, std::string_view from, std::string_view to, std::int64_t count);

std::size_t length(std::string_view text);  ///< in characters

/// & < > ' " as HTML entities.
std::string escape_html(std::string_view text);

}  // namespace etna::jinja

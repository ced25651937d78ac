#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

/// JSON from a server, which may be anything: bounded memory first, then values of the expected type or nothing.
namespace etna::hub {

/// Most memory that a parsed answer may take; with its text and a copy under way all stays below 64 MB.
constexpr std::size_t most_answer_memory = std::size_t{32} << 20;

/// Parses an answer. Throws corrupt with `where` when it is not JSON, nested deeper than 64 levels, or when its values
/// would take more than `most_answer_memory` (counted before any is made: a megabyte of "[[],[],…" grows thirtyfold).
nlohmann::json parse_answer(std::string_view text, std::string_view where);

/// The member of an object, or null where there is none, or `value` is no object.
const nlohmann::json& member(const nlohmann::json& value, const char* key);

/// Strings, at most `limit` bytes; empty for anything else.
std::string text_of(const nlohmann::json& value, std::size_t limit = 1024);

/// Whole numbers from 0 to 2^53; none for anything else.
std::optional<std::uint64_t> count_of(const nlohmann::json& value);

/// True only for `true`.
bool is_true(const nlohmann::json& value);

}  // namespace etna::hub

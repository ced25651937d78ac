#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace etna::training {

/// More columns than this no table of texts has.
constexpr std::size_t most_csv_fields = 1000;

/// The fields of a record of CSV (RFC 4180; a carriage return at its end counts for nothing). None where a quote is not
/// closed or there are more fields than most_csv_fields.
std::optional<std::vector<std::string>> csv_fields(std::string_view record, char separator);

/// Which of comma, semicolon and tab keeps the fields of a line apart: the one that is there most often.
char csv_separator(std::string_view line);

}  // namespace etna::training

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace etna::training {

/// Which rows data is cut into.
enum class DataPart { train, valid, test };

/// "training", "check", "test".
const char* words(DataPart part);

/// What rows are looked at for (desktop.md's table of the Data step).
enum class Check {
  not_parsable,
  missing_field,
  empty_text,
  roles,
  too_long,
  duplicates,
  overlap,
  too_few,
  encoding,
  chat_template,
  personal_data,
};

enum class Level {
  info,
  warning,
  error,  ///< training refuses to start
};

/// What a person can choose about a finding.
enum class FixKind {
  show,             ///< the rows
  skip_unreadable,  ///< rows that are no JSON, or no row of a table
  skip_incomplete,  ///< rows without an answer, a prompt or a text
  join_messages,    ///< of one role in a row
  skip_roles,       ///< rows whose roles are out of order
  raise_length,     ///< to `value` tokens
  skip_long,        ///< rows that would be cut
  remove_duplicates,
  read_windows_1252,  ///< rows that are not UTF-8
  choose_template,    ///< the window asks for one; DataFixes do not change
};

struct Fix {
  FixKind kind = FixKind::show;
  std::string label;       ///< "Skip such lines (3)"
  std::int64_t value = 0;  ///< tokens, of raise_length
  friend bool operator==(const Fix&, const Fix&) = default;
};

/// The fixes that were chosen. Rows with an empty text are always skipped.
struct DataFixes {
  bool skip_unreadable = false;
  bool skip_incomplete = false;
  bool join_messages = false;
  bool skip_roles = false;
  bool skip_long = false;
  bool remove_duplicates = false;
  bool read_windows_1252 = false;
  friend bool operator==(const DataFixes&, const DataFixes&) = default;
};

/// Adds what a person chose. raise_length is a setting of the run, which its caller changes by Fix::value.
void apply(const Fix& fix, DataFixes& fixes);

/// "skip_unreadable", …: how recipes name what is chosen, and back. Throws invalid_argument naming the known ones.
std::vector<std::string> names(const DataFixes& fixes);
DataFixes fixes_named(const std::vector<std::string>& names);

/// Something that a person should know about the rows of a part.
struct Finding {
  Check check = Check::not_parsable;
  Level level = Level::info;
  DataPart part = DataPart::train;
  std::uint64_t count = 0;          ///< rows that have it
  std::vector<std::uint64_t> rows;  ///< of the part, from 1; the first 100 of them
  std::string text;                 ///< "41 rows have no answer."
  std::vector<Fix> fixes;
};

/// "2 048": digits in groups of three.
std::string grouped(std::uint64_t number);

}  // namespace etna::training

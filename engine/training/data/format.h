#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace etna::training {

/// mlx-lm's four forms of a row, and what is none of them.
enum class DataKind {
  chat,         ///< "messages": a list of {"role", "content"}
  tools,        ///< the same with "tools": a list of functions
  completions,  ///< "prompt" and "completion"
  text,         ///< "text"
  unclear,      ///< a person has to say what the columns are
};

/// What a column is for.
enum class ColumnRole { ignore, prompt, answer, system, text, messages, tools };

/// "ignore", "prompt", …: how recipes name them. Throws invalid_argument naming the known ones.
const char* name(ColumnRole role);
ColumnRole role_named(std::string_view name);

/// What the columns of a data set are for, in the order in which their texts are joined where several have one role.
/// Columns that are not listed are ignored.
struct ColumnMapping {
  struct Column {
    std::string name;
    ColumnRole role = ColumnRole::ignore;
    friend bool operator==(const Column&, const Column&) = default;
  };

  std::vector<Column> columns;

  /// unclear: no column, or a prompt without an answer, makes no row.
  DataKind kind() const;

  bool has(ColumnRole role) const;

  friend bool operator==(const ColumnMapping&, const ColumnMapping&) = default;
};

/// A column as the first rows have it.
struct ColumnSample {
  std::string name;
  std::string example;     ///< beginning of the first value, as text
  bool is_text = false;    ///< all values that were seen are texts
  bool is_dialog = false;  ///< all are lists of objects with "role" and "content", or "from" and "value"
};

/// The form of a data set, by its first rows.
struct DataFormat {
  DataKind kind = DataKind::unclear;
  std::string words;                  ///< "Chat messages (role and content)"
  ColumnMapping mapping;              ///< by which rows are read; where the kind is unclear, a guess to begin with
  std::vector<ColumnSample> columns;  ///< of the first rows, in their order
};

/// "Chat messages (role and content)", …
const char* words(DataKind kind);

/// What the columns say: mlx-lm's names first (prompt and completion, then messages, then text), then the names that
/// other data sets give the same things, which are a guess (kind unclear) for a person to confirm.
DataFormat detect_format(std::vector<ColumnSample> columns);

}  // namespace etna::training

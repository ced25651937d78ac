#pragma once

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/training/data/data_file.h"
#include "engine/training/data/findings.h"
#include "engine/training/data/format.h"

namespace etna::training {

/// What a row says, in the form in which templates take it: messages, or a plain text.
struct Conversation {
  std::shared_ptr<const nlohmann::ordered_json> messages;  ///< a list of {"role", "content", …}; null: `text` counts
  std::shared_ptr<const nlohmann::ordered_json> tools;     ///< a list; null: none
  std::string text;

  bool is_text() const { return messages == nullptr; }

  /// Tells conversations apart: equal ones are duplicates.
  std::uint64_t hash() const;

  /// Whether some text looks as if it held an e-mail address; a key that opens something.
  bool has_mail_address() const;
  bool has_secret() const;
};

/// Why a row cannot be learned from.
struct RowProblem {
  Check check = Check::not_parsable;
  std::string field;   ///< "answer", "prompt", "text", "messages": of missing_field and empty_text
  std::string detail;  ///< "unexpected end of input", "two user messages in a row"
};

using Row = std::variant<Conversation, RowProblem>;

/// The values of a record as a JSON object; those of a table are texts. Hostile text: 64 levels, 1000 keys in an
/// object.
using RowValues = std::variant<std::shared_ptr<const nlohmann::ordered_json>, RowProblem>;
RowValues row_values(const DataFile& file, const RawRecord& record, const DataFixes& fixes);

/// What the values mean.
Row make_row(const nlohmann::ordered_json& values, const ColumnMapping& mapping, const DataFixes& fixes);

/// Both.
Row read_row(const DataFile& file, const RawRecord& record, const ColumnMapping& mapping, const DataFixes& fixes);

/// The columns of rows, for detect_format.
std::vector<ColumnSample> sample_columns(const std::vector<std::shared_ptr<const nlohmann::ordered_json>>& rows);

/// Windows-1252 as UTF-8; the five bytes that it leaves out become U+FFFD.
std::string from_windows_1252(std::string_view bytes);

}  // namespace etna::training

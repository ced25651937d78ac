#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/progress.h"

/// Data to learn from as screens and the terminal see it: plain values. What a person chooses goes into the recipe (see
/// engine/session/training_messages.h), so that a recipe is all there is to keep.
namespace etna {

struct DataColumn {
  std::string name;
  std::string example;  ///< beginning of its first value
  std::string role;     ///< "prompt", "answer", "system", "text", "messages", "tools", "ignore"
};

struct DataOutline {
  std::string words;      ///< "Chat messages (role and content)"
  bool is_clear = false;  ///< false: a person has to confirm the columns' roles, which are a guess then
  std::vector<DataColumn> columns;
  bool has_check_rows = false;  ///< a file of their own, or a share of the rows
  bool has_test_rows = false;
};

/// A row as the model will read it.
struct DataSample {
  struct Piece {
    std::string text;
    bool learned = false;
    friend bool operator==(const Piece&, const Piece&) = default;
  };

  std::string place;          ///< "train.jsonl line 217"
  std::string problem;        ///< a sentence, why it cannot be learned from; empty: it can
  std::vector<Piece> pieces;  ///< with the template's marks
  std::uint64_t tokens = 0;
  std::string prompt = {};  ///< the last thing that is asked in it; empty: nothing is
};

struct DataFix {
  std::string name;   ///< "skip_unreadable", …, "raise_length", "show", "choose_template"
  std::string label;  ///< of its button
  std::int64_t value = 0;
};

struct DataFinding {
  enum class Level { info, warning, error };
  Level level = Level::info;
  std::string check;  ///< "not_parsable", "missing_field", …
  std::string part;   ///< "training", "check", "test"
  std::string text;
  std::uint64_t count = 0;
  std::vector<std::uint64_t> rows;  ///< from 1, the first 100
  std::vector<DataFix> fixes;
};

struct DataBar {
  std::int64_t first = 0, last = 0;  ///< tokens
  std::uint64_t rows = 0;
};

struct DataReport {
  std::vector<DataFinding> findings;  ///< errors first
  std::uint64_t rows = 0, usable_rows = 0, check_rows = 0;
  std::uint64_t learned_tokens = 0;  ///< of a pass over the usable rows
  std::int64_t longest = 0;          ///< tokens
  std::vector<DataBar> lengths;      ///< of training rows, at most 40
  std::uint64_t bytes_done = 0, bytes_total = 0;
  bool complete = false;
  bool has_errors = false;
};

/// Opened data. Any thread; what reads many rows is slow and belongs on none that draws.
class TrainingData {
public:
  /// The data that a recipe names, read as it says, with the tokenizer and the template of `model` (a folder; empty:
  /// the starter model). Only the beginning is read. Throws what is wrong with recipe, data or model.
  static std::shared_ptr<const TrainingData> open(const std::string& recipe, const std::string& model);
  ~TrainingData();

  DataOutline outline() const;

  /// Rows of training that are known so far, and whether that is all of them.
  std::pair<std::uint64_t, bool> rows_known() const;

  /// A row of training, from 0. Waits until it is known. Throws invalid_argument, io.
  DataSample sample(std::uint64_t row) const;

  /// Looks at every row. `extra_bytes` says what a longer limit costs; may be empty. Throws io, cancelled.
  DataReport look(const std::function<void(const DataReport&)>& seen = {}, const Progress& progress = {},
                  const std::function<std::uint64_t(std::int64_t from, std::int64_t to)>& extra_bytes = {}) const;

private:
  struct Parts;
  explicit TrainingData(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

/// The recipe with what a fix says: in "fixes", or "max_seq_length". Fixes that change no data leave it as it is.
std::string with_fix(const std::string& recipe, const DataFix& fix);

}  // namespace etna

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// What screens and terminal learn of training data before a run (D8): plain values.
namespace etna {

/// Which data, read for which model. Names are those of recipes (engine/training/data/recipe.h).
struct TrainingDataRequest {
  std::string path;                      ///< a file, or a folder with train and valid files
  std::string model;                     ///< whose tokenizer and template; empty: the starter model
  std::vector<std::pair<std::string, std::string>> columns = {};  ///< column, role; none: as the first rows say
  std::vector<std::string> fixes = {};   ///< "skip_unreadable", …
  double check_share = 0.05;             ///< of the rows, where there is no file for checking
  std::uint64_t split_seed = 42;
  bool answers_only = true;              ///< learn only from answers
  std::uint64_t max_length = 2048;       ///< tokens; longer rows are cut
};

/// How data reads, by its first rows.
struct TrainingDataFormat {
  struct Column {
    std::string name;
    std::string role;                    ///< "ignore", "prompt", "answer", "system", "text", "messages", "tools"
    std::string example;                 ///< beginning of the first value
  };
  std::string words;                     ///< "Chat messages (role and content)"
  bool unclear = false;                  ///< a person has to say what the columns are
  bool has_check_file = false;           ///< nothing is split off
  std::uint64_t bytes = 0;
  std::vector<Column> columns;
};

/// A row as the model sees it.
struct TrainingExample {
  struct Piece {
    std::string text;
    bool learned = false;
  };
  std::uint64_t row = 0;                 ///< from 1
  std::vector<Piece> pieces;             ///< rendered with the model's template, cut at the limit
  std::uint64_t tokens = 0;              ///< before it is cut
  std::uint64_t learned_tokens = 0;
  std::string prompt;                    ///< the last thing that is asked in it; empty: nothing is
  std::string problem;                   ///< why it can't be learned from; empty: it can
};

struct TrainingFinding {
  enum class Level { info, warning, error };
  struct Fix {
    std::string name;                    ///< "show", "raise_length", or one of TrainingDataRequest::fixes
    std::string label;                   ///< "Skip such lines (3)"
    std::uint64_t value = 0;             ///< tokens, of raise_length
  };
  Level level = Level::info;
  std::string text;                      ///< "41 rows have no answer."
  std::uint64_t count = 0;
  std::vector<std::uint64_t> rows;       ///< the first ones, from 1
  bool of_training = true;               ///< its rows are rows of the training part
  std::vector<Fix> fixes;
};

/// What is known of the rows so far.
struct TrainingDataReport {
  struct Bar {
    std::uint64_t first = 0;             ///< tokens
    std::uint64_t last = 0;
    std::uint64_t rows = 0;
  };
  std::uint64_t rows = 0;                ///< of training, looked at
  std::uint64_t usable = 0;              ///< of them, learned from
  std::uint64_t check_rows = 0;          ///< usable
  std::uint64_t learned_tokens = 0;
  std::uint64_t longest = 0;             ///< tokens of a row
  std::uint64_t longer = 0;              ///< rows that are cut
  std::vector<Bar> lengths;
  std::vector<TrainingFinding> findings; ///< errors first
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  bool complete = false;
  bool has_errors = false;               ///< training would refuse to start
};

}  // namespace etna

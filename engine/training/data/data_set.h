#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/base/progress.h"
#include "engine/training/data/encoder.h"
#include "engine/training/data/row.h"

namespace etna::training {

/// Which data, and how it is read.
struct DataOptions {
  std::filesystem::path path = {};            ///< a file, or a folder with train, valid and test files
  std::optional<ColumnMapping> mapping = {};  ///< none: as the first rows say
  DataFixes fixes = {};
  double check_share = 0;         ///< of the rows, kept for checking where there is no file for that; below 1
  std::uint64_t split_seed = 42;  ///< which ones
  Learn learn = Learn::everything;
  bool pack = false;  ///< several short texts share a row; they see each other
};

/// Data as it lies on disk: one file, or the files of a folder in mlx-lm's and the hub's manner (train.jsonl,
/// validation.json, data/train-00000-of-00004.jsonl, …; also a repository in the Hugging Face cache). Rows are counted
/// from 0 over all files of a part; rows that are split off for checking keep their numbers among those of training.
/// The index of a file is built in the background. Any thread.
class DataSet {
public:
  /// Reads the first rows alone. Throws not_found, io, corrupt, unsupported, naming folder or file and what was wanted.
  static std::shared_ptr<const DataSet> open(DataOptions options);

  const DataOptions& options() const { return options_; }

  const DataFormat& format() const { return format_; }

  /// By which rows are read: the chosen mapping, or that of the format.
  const ColumnMapping& mapping() const { return options_.mapping ? *options_.mapping : format_.mapping; }

  /// What mapping() makes of rows.
  DataKind kind() const { return mapping().kind(); }

  /// Whether a part has rows, of files or split off.
  bool has(DataPart part) const;

  const std::vector<std::shared_ptr<const DataFile>>& files(DataPart part) const {
    return files_[static_cast<std::size_t>(part)];
  }

  /// Rows of a part, those that cannot be read included. Waits for the index. Throws io, cancelled.
  std::uint64_t rows(DataPart part, const Progress& progress = {}) const;

  /// One row, for showing it. Waits until the index knows it. Throws invalid_argument, io.
  struct Place {
    const DataFile* file = nullptr;
    RawRecord record;
  };

  Place record(DataPart part, std::uint64_t row) const;
  Row read(DataPart part, std::uint64_t row) const;

  /// The first rows, without waiting for anything: what a preview shows.
  std::vector<Row> first_rows(DataPart part, std::size_t most) const;

  /// Walks over the rows of a part in their order.
  class Reader {
  public:
    Reader(const DataSet& data, DataPart part, const Progress& progress = {});

    /// False behind the last row.
    bool next();

    std::uint64_t row() const { return row_; }  ///< of the part, from 0

    const RawRecord& record() const { return record_; }

    const DataFile& file() const { return *(*files_)[file_]; }

    Row read() const;

    std::uint64_t bytes() const { return bytes_before_ + record_end_; }  ///< of all its files that are behind it

    std::uint64_t total_bytes() const { return total_bytes_; }

  private:
    bool next_of_file();

    const DataSet* data_;
    DataPart part_;
    const std::vector<std::shared_ptr<const DataFile>>* files_;
    std::shared_ptr<const std::unordered_set<std::uint64_t>> split_;  ///< rows of the other part; null: none
    std::size_t file_ = 0;
    std::optional<RecordReader> reader_;
    RawRecord record_;
    std::uint64_t row_ = 0, next_row_ = 0;
    std::uint64_t bytes_before_ = 0, record_end_ = 0, total_bytes_ = 0;
  };

private:
  DataSet() = default;
  void find_files();
  void find_format();
  bool is_split() const;
  std::shared_ptr<const std::unordered_set<std::uint64_t>> split(const Progress& progress) const;

  DataOptions options_;
  std::array<std::vector<std::shared_ptr<const DataFile>>, 3> files_;
  DataFormat format_;

  mutable std::mutex mutex_;  // guards what follows
  mutable std::shared_ptr<const std::unordered_set<std::uint64_t>>
      split_;  // records of the training file that are kept for checking
};

/// The files of a folder by part; see DataSet. Throws not_found naming the folder and what was looked for.
std::array<std::vector<std::filesystem::path>, 3> find_data_files(const std::filesystem::path& folder);

/// "file.jsonl line 217" or "file.csv row 88": where a record is, for messages.
std::string place_text(const DataFile& file, const RawRecord& record);

/// What is wrong with a row, as a sentence that begins with its place.
std::string problem_text(const std::string& place, const RowProblem& problem);

}  // namespace etna::training

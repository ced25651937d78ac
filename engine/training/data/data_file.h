#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/base/progress.h"
#include "engine/training/data/record_reader.h"

namespace etna::training {

/// A file of records: JSONL, JSON or CSV, as its content says. It is never in memory as a whole: its beginning is read
/// when it is opened, and a thread notes where every 64th record begins (16 bytes each), so that a file of gigabytes
/// shows its first rows at once and any row soon. Any thread.
class DataFile {
public:
  /// Throws not_found, io; corrupt or unsupported for what is no text or of a kind that cannot be read, naming the
  /// file.
  static std::shared_ptr<const DataFile> open(const std::filesystem::path& path);
  ~DataFile();
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;

  const std::filesystem::path& path() const { return bytes_->path(); }

  FileKind kind() const { return kind_; }

  std::uint64_t bytes() const { return bytes_->size(); }

  /// Of CSV: the names in its first line.
  const std::vector<std::string>& header() const { return header_; }

  /// What a table's fields are kept apart by.
  char separator() const { return separator_; }

  /// From the first record on, without waiting.
  RecordReader reader() const { return {bytes_, kind_, first_, separator_}; }

  /// From a record on (0 is the first). Waits until the index knows it.
  RecordReader reader(std::uint64_t record, const Progress& progress = {}) const;

  /// Throws invalid_argument for a record that is not there.
  RawRecord read(std::uint64_t record) const;

  struct Index {
    std::uint64_t records = 0;  ///< found so far
    std::uint64_t bytes = 0;    ///< looked at so far
    bool complete = false;
  };

  Index index() const;

  /// Waits for the index. Throws io; cancelled.
  std::uint64_t records(const Progress& progress = {}) const;

private:
  struct Mark {
    std::uint64_t offset;
    std::uint64_t line;
  };

  DataFile() = default;
  void detect();
  void begin_list(std::string_view beginning, std::size_t offset);
  void read_header(std::string_view beginning);
  void build_index(const std::stop_token& stop);
  template <class Ready>
  void wait(std::unique_lock<std::mutex>& lock, const Progress& progress, const Ready& ready) const;

  std::shared_ptr<const FileBytes> bytes_;
  FileKind kind_ = FileKind::json_lines;
  char separator_ = ',';
  RecordPlace first_;
  std::vector<std::string> header_;

  mutable std::mutex mutex_;  // guards what follows
  mutable std::condition_variable changed_;
  std::vector<Mark> marks_;  // of records 0, 64, 128, …
  Index index_;
  std::exception_ptr problem_;

  std::jthread indexer_;  // last: it uses all of the above
};

}  // namespace etna::training

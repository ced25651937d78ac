#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace etna::training {

/// A data file, open for reading pieces of it; nothing of it stays in memory. Any thread.
class FileBytes {
public:
  /// Throws not_found, io.
  static std::shared_ptr<const FileBytes> open(const std::filesystem::path& path);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  const std::filesystem::path& path() const { return path_; }

  std::uint64_t size() const { return size_; }

  /// Bytes from `offset` on: as many as fit `bytes`, fewer only at the end. Throws io, also when the file was written
  /// to since it was opened: records would begin elsewhere.
  std::size_t read(std::uint64_t offset, std::span<char> bytes) const;

private:
  explicit FileBytes(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::int64_t modified_ns_ = 0;
};

/// How a file holds its records.
enum class FileKind {
  json_lines,  ///< one JSON value a line; empty lines count for nothing
  json_list,   ///< one JSON list, or an object in which a list is
  csv,         ///< RFC 4180, with a line of names first
};

/// A place between two records.
struct RecordPlace {
  std::uint64_t offset = 0;  ///< in bytes
  std::uint64_t line = 1;    ///< that this byte is in
  std::uint64_t number = 1;  ///< of the record that comes next, from 1
};

/// A record as the file has it.
struct RawRecord {
  std::uint64_t number = 0;  ///< 1 is the file's first
  std::uint64_t line = 0;    ///< that it begins in
  std::uint64_t bytes = 0;   ///< all of it
  std::string text;          ///< its first RecordReader::most_bytes
};

/// Walks over the records of a file, with 256 KiB and one record in memory. What is between their beginnings and ends
/// is not looked at: a record may be anything.
class RecordReader {
public:
  /// More of a record is not kept.
  static constexpr std::size_t most_bytes = std::size_t{16} << 20;

  RecordReader(std::shared_ptr<const FileBytes> file, FileKind kind, RecordPlace place = {}, char separator = ',');

  /// False behind the last record. Throws as FileBytes::read.
  bool next(RawRecord& record);

  /// The same without the text.
  bool skip();

  /// Where the next record is looked for.
  RecordPlace place() const { return {offset_ + begin_, line_, number_}; }

private:
  bool fill();
  bool find_begin();
  bool walk(RawRecord* record);
  const char* find_end(const char* at, const char* end);
  const char* find_csv_end(const char* at, const char* end);
  const char* find_json_end(const char* at, const char* end);

  std::shared_ptr<const FileBytes> file_;
  FileKind kind_;
  char separator_;
  std::vector<char> buffer_;
  std::uint64_t offset_;                // of the buffer in the file
  std::size_t begin_ = 0, filled_ = 0;  // of what is left in it
  std::uint64_t line_, number_;
  bool ended_ = false;  // behind the list's end

  // Inside a record.
  int depth_ = 0;
  bool in_text_ = false, escaped_ = false, quote_seen_ = false, at_field_ = true;
};

}  // namespace etna::training

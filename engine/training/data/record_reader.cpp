#include "engine/training/data/record_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "engine/base/error.h"

namespace etna::training {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{256} << 10;

std::int64_t modified_ns(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

[[noreturn]] void fail_reading(const std::filesystem::path& path) {
  const std::error_code error(errno, std::generic_category());
  fail(errno == ENOENT ? Errc::not_found : Errc::io, "{}: cannot be read: {}", path.string(), error.message());
}

}  // namespace

std::shared_ptr<const FileBytes> FileBytes::open(const std::filesystem::path& path) {
  std::shared_ptr<FileBytes> file(new FileBytes(path));
  file->descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe would wait for its writer

  struct stat status {};

  if (file->descriptor_ < 0 || ::fstat(file->descriptor_, &status) != 0) fail_reading(path);
  if (!S_ISREG(status.st_mode)) fail(Errc::io, "{}: is no file", path.string());
  file->size_ = static_cast<std::uint64_t>(status.st_size);
  file->modified_ns_ = modified_ns(status);
  return file;
}

FileBytes::~FileBytes() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t FileBytes::read(std::uint64_t offset, std::span<char> bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        ::pread(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_reading(path_);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }

  struct stat status {};

  if (::fstat(descriptor_, &status) != 0) fail_reading(path_);
  if (static_cast<std::uint64_t>(status.st_size) != size_ || modified_ns(status) != modified_ns_) {
    fail(Errc::io, "{}: was changed while it was read; open it again", path_.string());
  }
  return done;
}

RecordReader::RecordReader(std::shared_ptr<const FileBytes> file, FileKind kind, RecordPlace place, char separator)
    : file_(std::move(file)),
      kind_(kind),
      separator_(separator),
      buffer_(std::min<std::uint64_t>(buffer_bytes, file_->size() + 1)),
      offset_(place.offset),
      line_(place.line),
      number_(place.number) {}

bool RecordReader::fill() {
  offset_ += filled_;
  begin_ = 0;
  filled_ = file_->read(offset_, buffer_);
  return filled_ > 0;
}

/// Goes over what lies between records.
bool RecordReader::find_begin() {
  while (!ended_) {
    if (begin_ == filled_ && !fill()) break;
    const char c = buffer_[begin_];
    if (c == '\n') ++line_;
    const bool is_blank = c == '\n' || c == '\r' || (kind_ != FileKind::csv && (c == ' ' || c == '\t'));
    if (!is_blank && !(kind_ == FileKind::json_list && (c == ',' || c == ']'))) return true;
    if (c == ']') ended_ = true;
    ++begin_;
  }
  return false;
}

bool RecordReader::walk(RawRecord* record) {
  if (!find_begin()) return false;
  const std::uint64_t first = offset_ + begin_;
  if (record) *record = {.number = number_, .line = line_, .bytes = 0, .text = std::move(record->text)};
  if (record) record->text.clear();
  depth_ = 0;
  in_text_ = escaped_ = quote_seen_ = false;
  at_field_ = true;
  for (bool ended = false; !ended && (begin_ < filled_ || fill());) {
    const char* at = buffer_.data() + begin_;
    const char* end = find_end(at, buffer_.data() + filled_);
    ended = end != nullptr;
    if (!end) end = buffer_.data() + filled_;
    if (kind_ != FileKind::json_lines) line_ += static_cast<std::uint64_t>(std::count(at, end, '\n'));
    if (record) record->text.append(at, std::min(static_cast<std::size_t>(end - at), most_bytes - record->text.size()));
    begin_ += static_cast<std::size_t>(end - at);
  }
  if (record) record->bytes = offset_ + begin_ - first;
  ++number_;
  return true;
}

bool RecordReader::next(RawRecord& record) {
  return walk(&record);
}

bool RecordReader::skip() {
  return walk(nullptr);
}

/// Behind the record's last byte; none if it goes on behind `end`. The byte that ends a line is not part of it.
const char* RecordReader::find_end(const char* at, const char* end) {
  switch (kind_) {
    case FileKind::json_lines:
      return static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    case FileKind::csv: return find_csv_end(at, end);
    case FileKind::json_list: return find_json_end(at, end);
  }
  return nullptr;
}

/// Quotes mean something only where a field begins; inside, two of them are one.
const char* RecordReader::find_csv_end(const char* at, const char* end) {
  for (; at < end; ++at) {
    const char c = *at;
    if (in_text_) {
      if (quote_seen_) {
        quote_seen_ = false;
        if (c == '"') continue;
        in_text_ = false;
      } else {
        quote_seen_ = c == '"';
        continue;
      }
    } else if (c == '"' && at_field_) {
      in_text_ = true;
      at_field_ = false;
      continue;
    }
    if (c == '\n') return at;
    at_field_ = c == separator_;
  }
  return nullptr;
}

const char* RecordReader::find_json_end(const char* at, const char* end) {
  for (; at < end; ++at) {
    const char c = *at;
    if (in_text_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_text_ = false;
    } else if (c == '"') {
      in_text_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      if (depth_ == 0)
        return c == ']' ? at : at + 1;  // of the list; or a bracket too many, which is part of the record
      if (--depth_ == 0) return at + 1;
    } else if (c == ',' && depth_ == 0) {
      return at;
    }
  }
  return nullptr;
}

}  // namespace etna::training

#include "hub/verify_records.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/log.h"
#include "hub/disk.h"
#include "hub/verify.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_file_of_records = std::size_t{64} << 20;

/// Paths on one line of a file of tabs: control characters and '%' as %XX.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '%' || c == 0x7f) {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    if (text.front() != '%') {
      result += text.front();
      text.remove_prefix(1);
      continue;
    }
    unsigned value = 0;
    if (text.size() < 3) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 3, value, 16);
    if (error != std::errc() || end != text.data() + 3) return std::nullopt;
    result += static_cast<char>(value);
    text.remove_prefix(3);
  }
  return result;
}

template <class Number>
bool parse(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// One write at the end: lines of two programs do not mix.
void append(const fs::path& path, std::string_view text) {
  const disk::File file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666), path);
  if (!file || ::write(file.descriptor(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    disk::fail_with(errno, path, "cannot be written");
  }
}

std::string real_name(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? path.string() : real.string();
}

}  // namespace

VerifyRecords::VerifyRecords(fs::path file) : file_(std::move(file)) {
  read();
}

std::optional<VerifyRecords::Entry> VerifyRecords::identity(const fs::path& path) {
  struct stat info {};

  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return Entry{.inode = info.st_ino,
               .size = static_cast<std::uint64_t>(info.st_size),
               .changed_ns = static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec,
               .record = {}};
}

std::string VerifyRecords::line(const std::string& path, const Entry& entry) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", entry.record.hash, entry.inode, entry.size, entry.changed_ns,
                     entry.record.unix_time, escaped(path));
}

void VerifyRecords::read() {
  std::string text;
  try {
    text = read_text_file(file_, longest_file_of_records);
  } catch (const Error& error) {
    if (error.code() != Errc::not_found) log::warning("files are checked anew: {}", error.what());
    return;
  }
  std::size_t lines = 0;
  for (const std::string_view row : split(text, '\n')) {
    const auto fields = split(row, '\t');
    Entry entry;
    if (fields.size() != 6 || !hash_kind(fields[0]) || !parse(fields[1], entry.inode) ||
        !parse(fields[2], entry.size) || !parse(fields[3], entry.changed_ns) ||
        !parse(fields[4], entry.record.unix_time)) {
      continue;
    }
    ++lines;
    entry.record.hash = fields[0];
    if (const auto path = unescaped(fields[5])) entries_[*path] = entry;
  }
  if (lines < 2 * entries_.size() + 100) return;
  FileWriter writer(file_);
  for (const auto& [path, entry] : entries_) writer.append(line(path, entry));
  writer.commit();
}

std::optional<VerifyRecord> VerifyRecords::find(const fs::path& path) const {
  const auto present = identity(path);
  if (!present) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  const auto entry = entries_.find(real_name(path));
  if (entry == entries_.end() || entry->second.inode != present->inode || entry->second.size != present->size ||
      entry->second.changed_ns != present->changed_ns) {
    return std::nullopt;
  }
  return entry->second.record;
}

void VerifyRecords::record(const fs::path& path, const std::string& hash) {
  auto entry = identity(path);
  if (!entry) return;
  entry->record = {
      .hash = hash,
      .unix_time = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
                       .count()};
  const std::string name = real_name(path);
  const std::scoped_lock lock(mutex_);
  entries_[name] = *entry;
  if (file_.empty()) return;
  try {
    std::error_code error;
    fs::create_directories(file_.parent_path(), error);
    append(file_, line(name, *entry));
  } catch (const Error& error) {
    // The file is only checked once more after the next start.
    log::warning("the check of {} is not remembered: {}", name, error.what());
  }
}

}  // namespace etna::hub

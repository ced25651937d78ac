#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "hub/download_source.h"
#include "hub/problem.h"
#include "hub/verify.h"

namespace etna::hub {

/// A folder that is there for one test.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "etna-hub-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }

  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }

  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

inline std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t value = random();
    for (std::size_t k = 0; k < 8 && i + k < size; ++k) bytes[i + k] = static_cast<char>(value >> (8 * k));
  }
  return bytes;
}

inline std::string hash_of(std::string_view bytes, HashKind kind) {
  StreamHash hash(kind, bytes.size());
  hash.update(std::as_bytes(std::span(bytes)));
  return hash.hex();
}

inline void write_file(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::create_directories(file.parent_path());
  FileWriter writer(file);
  writer.append(text);
  writer.commit();
}

/// A hub in memory: one repository whose answers go wrong as a test wants.
class FakeSource : public DownloadSource {
public:
  const std::string id = "maker/model";
  std::string commit = std::string(40, 'c');

  RemoteFile add(const std::string& path, std::string bytes, HashKind kind = HashKind::sha256) {
    const RemoteFile file{.path = path, .blob = hash_of(bytes, kind), .size = bytes.size()};
    const std::scoped_lock lock(mutex_);
    contents_[file.blob] = std::move(bytes);
    std::erase_if(files_, [&](const RemoteFile& other) { return other.path == path; });
    files_.push_back(file);
    return file;
  }

  /// Of the next requests, one each: called before anything is sent; may throw.
  void next(std::function<void()> event) {
    const std::scoped_lock lock(mutex_);
    events_.push_back(std::move(event));
  }

  static HubError problem(Trouble trouble, Retry retry) { return HubError({.trouble = trouble, .retry = retry}); }

  bool whole_only = false;                          ///< ignores ranges
  std::atomic<std::uint64_t> cut_after = 0;         ///< bytes of each answer before the connection breaks; 0: never
  std::atomic<std::uint64_t> bytes_per_second = 0;  ///< of each answer; 0: no limit
  std::atomic<std::uint64_t> flip_at = UINT64_MAX;  ///< this byte of the file arrives changed
  std::atomic<int> flips = 0;                       ///< so many times
  std::atomic<std::uint64_t> sent = 0;
  std::atomic<int> requests = 0, lists = 0, open = 0, most_open = 0;

  RemoteListing list(const std::string&, const std::string&, const std::stop_token&) override {
    ++lists;
    run_event();
    const std::scoped_lock lock(mutex_);
    return {.id = id, .commit = commit, .files = files_};
  }

  void fetch(const std::string&, const std::string& at, const RemoteFile& file, const FileRange& range, Taker& taker,
             const std::stop_token& stop) override {
    struct Open {
      explicit Open(FakeSource& owner) : source(owner) {
        const int now = ++source.open;
        for (int most = source.most_open; now > most && !source.most_open.compare_exchange_weak(most, now);) {
        }
      }

      ~Open() { --source.open; }

      FakeSource& source;
    } const counted(*this);

    ++requests;
    run_event();
    if (at != commit) {
      throw HubError({.trouble = Trouble::not_found, .missing = Missing::revision});
    }
    std::string_view bytes;
    {
      const std::scoped_lock lock(mutex_);
      bytes = contents_.at(file.blob);
    }
    std::uint64_t offset = whole_only ? 0 : range.begin;
    const std::uint64_t end = whole_only ? file.size : range.end;
    if (!taker.begin(whole_only)) return;
    constexpr std::size_t piece_bytes = 128 << 10;
    for (std::uint64_t count = 0; offset < end;) {
      if (stop.stop_requested()) fail(Errc::cancelled, "stopped");
      if (cut_after > 0 && count >= cut_after) throw problem(Trouble::server, Retry::with_backoff);
      std::string piece(bytes.substr(offset, std::min<std::uint64_t>(piece_bytes, end - offset)));
      if (flips > 0 && flip_at >= offset && flip_at < offset + piece.size()) {
        --flips;
        piece[flip_at - offset] ^= 1;
      }
      if (bytes_per_second > 0) {
        std::this_thread::sleep_for(
            std::chrono::duration<double>(static_cast<double>(piece.size()) / static_cast<double>(bytes_per_second)));
      }
      sent += piece.size();
      if (!taker.take(offset, std::as_bytes(std::span(piece)))) return;
      offset += piece.size();
      count += piece.size();
    }
  }

  void forget_link(const std::string&, const std::string&, const RemoteFile&) override {}

private:
  void run_event() {
    std::function<void()> event;
    {
      const std::scoped_lock lock(mutex_);
      if (events_.empty()) return;
      event = std::move(events_.front());
      events_.pop_front();
    }
    if (event) event();
  }

  std::mutex mutex_;  // guards everything below
  std::map<std::string, std::string> contents_;
  std::vector<RemoteFile> files_;
  std::deque<std::function<void()>> events_;
};

}  // namespace etna::hub

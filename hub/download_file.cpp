#include "hub/download_file.h"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <thread>

#include "engine/base/error.h"
#include "engine/base/log.h"
#include "hub/download_problem.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

HashKind kind_of(const RemoteFile& file) {
  const auto kind = hash_kind(file.blob);
  if (!kind) fail(Errc::corrupt, "{}: the hub names no hash that could be checked", file.path);
  return *kind;
}

bool is_file(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(file, error));
}

}  // namespace

FileDownload::FileDownload(DownloadTools tools, std::string id, std::string commit, RemoteFile file)
    : tools_(std::move(tools)),
      id_(std::move(id)),
      commit_(std::move(commit)),
      file_(std::move(file)),
      kind_(kind_of(file_)),
      backoff_(std::random_device{}()) {}

FileDownload::~FileDownload() = default;

void FileDownload::run(const std::stop_token& stop) {
  if (use_existing_blob(stop)) return;
  tools_.cache.prepare(id_);
  const std::optional<BlobLock> lock = take_lock(stop);
  if (!lock) return;  // somebody else has fetched it meanwhile
  if (!existing_is_damaged_ && use_blob_from_elsewhere(stop)) return;
  if (existing_is_damaged_) begin_with_damaged_blob();
  set_phase(FilePhase::downloading);
  part_ = std::make_unique<PartFile>(tools_.cache.part(id_, file_.blob), tools_.cache.journal(id_, file_.blob),
                                     JournalSubject{.blob = file_.blob, .size = file_.size}, tools_.part);
  present_ = part_->received();
  receive(stop);
  if (hash_ != file_.blob) repair(hash_, stop);
  finish();
}

bool FileDownload::use_existing_blob(const std::stop_token& stop) {
  fs::path blob = tools_.cache.blob(id_, file_.blob);
  if (!is_file(blob)) {
    // Without links the file itself is all there is.
    const auto file = tools_.cache.find(id_, commit_, file_.path);
    if (!file) return false;
    blob = *file;
  }
  std::error_code error;
  if (fs::file_size(blob, error) != file_.size || error) {
    existing_is_damaged_ = true;
    return false;
  }
  existing_is_damaged_ = !is_intact(blob, stop);
  present_ = existing_is_damaged_ ? 0 : file_.size;
  if (!existing_is_damaged_) remove_journal();  // of a program that was killed between the last two steps
  return !existing_is_damaged_;
}

bool FileDownload::is_intact(const fs::path& file, const std::stop_token& stop) {
  if (const auto record = tools_.records.find(file)) return record->hash == file_.blob;
  set_phase(FilePhase::verifying);
  present_ = file_.size;
  const std::string hash =
      hash_file(file, kind_, {.report = [this](std::uint64_t done, std::uint64_t) { checked_ = done; }, .stop = stop});
  tools_.records.record(file, hash);
  checked_ = 0;
  return hash == file_.blob;
}

std::optional<BlobLock> FileDownload::take_lock(const std::stop_token& stop) {
  while (true) {
    const bool was_damaged = existing_is_damaged_;
    auto lock = tools_.cache.try_lock(id_, file_.blob);
    // Whoever had the lock before may have put the blob there.
    if (!was_damaged && use_existing_blob(stop)) return std::nullopt;
    if (lock) return lock;
    set_phase(FilePhase::waiting_for_lock);
    if (!tools_.clock.sleep(seconds(1), stop)) fail(Errc::cancelled, "download: stopped");
    if (was_damaged && use_existing_blob(stop)) return std::nullopt;
  }
}

bool FileDownload::use_blob_from_elsewhere(const std::stop_token& stop) {
  std::vector<fs::path> candidates;
  if (const auto other = tools_.cache.find_blob(file_.blob)) candidates.push_back(*other);
  if (tools_.find_elsewhere && kind_ == HashKind::sha256) {
    std::ranges::copy(tools_.find_elsewhere(file_.blob), std::back_inserter(candidates));
  }
  const fs::path blob = tools_.cache.blob(id_, file_.blob);
  for (const fs::path& candidate : candidates) {
    std::error_code error;
    if (fs::file_size(candidate, error) != file_.size || error) continue;
    // A second name first: that tells whether it is on this disk and may be shared, before much is read.
    const fs::path name = blob.parent_path() / (file_.blob + ".etna-link");  // the lock is ours, and so is this
    ::unlink(name.c_str());
    if (::link(candidate.c_str(), name.c_str()) != 0) continue;
    try {
      if (is_intact(name, stop)) {
        disk::rename(name, blob);
        disk::flush_folder(blob.parent_path());
        tools_.records.record(blob, file_.blob);
        present_ = file_.size;
        return true;
      }
    } catch (const Error&) {
      ::unlink(name.c_str());
      if (stop.stop_requested()) throw;
    }
    ::unlink(name.c_str());
  }
  present_ = 0;
  return false;
}

void FileDownload::begin_with_damaged_blob() {
  // The checksums of the chunks tell which of them are good: only the others are loaded again.
  const fs::path part = tools_.cache.part(id_, file_.blob);
  const fs::path table = tools_.tables / file_.blob;
  const fs::path blob = tools_.cache.blob(id_, file_.blob);
  if (tools_.tables.empty() || is_file(part) || !is_file(table) || !is_file(blob)) return;
  const JournalSubject subject{.blob = file_.blob, .size = file_.size};
  try {
    const auto claims = Journal::read(table, subject, system_start());
    if (!claims) return;
    if (tools_.check_disk) tools_.check_disk();
    fs::copy_file(blob, part);
    disk::File::open_to_write(part).flush();
    Journal::create(tools_.cache.journal(id_, file_.blob), subject, *claims, system_start());
  } catch (const std::exception& error) {
    log::warning("{} is loaded as a whole: {}", file_.path, error.what());
    disk::remove_file(part);
  }
}

void FileDownload::finish() {
  set_phase(FilePhase::finishing);
  if (!tools_.tables.empty() && part_->chunks() > 1) {
    std::error_code error;
    fs::create_directories(tools_.tables, error);
    try {
      Journal::create(tools_.tables / file_.blob, {.blob = file_.blob, .size = file_.size}, part_->states(),
                      system_start());
    } catch (const Error& failure) {
      log::warning("a later repair of {} will load all of it: {}", file_.path, failure.what());
    }
  }
  part_.reset();
  tools_.cache.adopt_part(id_, file_.blob);
  tools_.records.record(tools_.cache.blob(id_, file_.blob), file_.blob);
  remove_journal();
}

void FileDownload::remove_journal() const {
  const fs::path journal = tools_.cache.journal(id_, file_.blob);
  disk::remove_file(journal);
  disk::remove_file(Journal::temporary_name(journal));
}

FileProgress FileDownload::progress() const {
  FileProgress result{.phase = {},
                      .present = present_,
                      .arrived = arrived_,
                      .checked = checked_,
                      .attempt = 0,
                      .retry_in = {},
                      .damaged = damaged_,
                      .problem = {}};
  const std::scoped_lock lock(mutex_);
  result.phase = phase_;
  if (phase_ == FilePhase::downloading && result.present == file_.size)
    result.phase = FilePhase::verifying;
  else if (phase_ == FilePhase::downloading && disconnected_)
    result.phase = FilePhase::reconnecting;
  result.attempt = backoff_.attempts();
  if (result.phase == FilePhase::reconnecting) result.problem = last_problem_;
  const auto wait = retry_at_ - tools_.clock.now();
  if (retry_at_ != Clock::Time() && wait.count() > 0) result.retry_in = std::chrono::ceil<seconds>(wait);
  return result;
}

void FileDownload::retry_now() {
  const std::scoped_lock lock(mutex_);
  ++retries_asked_;
  retry_at_ = {};
  news_.notify_all();
}

void FileDownload::set_phase(FilePhase phase) {
  const std::scoped_lock lock(mutex_);
  phase_ = phase;
}

void FileDownload::fail_with(std::exception_ptr failure) {
  const std::scoped_lock lock(mutex_);
  if (!failure_) failure_ = std::move(failure);
  news_.notify_all();
}

}  // namespace etna::hub

// A download goes on in another cache, on another disk perhaps: what it has fetched goes with it.
#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/log.h"
#include "hub/download_queue.h"
#include "hub/verify.h"
#include "hub/verify_crc32c.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20;

using Report = std::function<void(std::uint64_t)>;

bool is_file(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(file, error));
}

std::uint64_t bytes_of(const std::vector<ChunkClaim>& claims) {
  std::uint64_t bytes = 0;
  for (const ChunkClaim& claim : claims) bytes += claim.bytes;
  return bytes;
}

/// Bytes [offset, offset + count) to the same place; `look` sees each piece on its way.
void copy_bytes(const disk::File& from, const disk::File& to, std::uint64_t offset, std::uint64_t count,
                const std::function<void(std::span<const std::byte>)>& look, const Report& report,
                const std::stop_token& stop) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(count, piece_bytes));
  while (count > 0) {
    if (stop.stop_requested()) fail(Errc::cancelled, "download: moving it was stopped");
    const std::span piece(buffer.data(), std::min<std::uint64_t>(count, piece_bytes));
    from.read_at(offset, piece);
    look(piece);
    to.write_at(offset, piece);
    offset += piece.size();
    count -= piece.size();
    report(piece.size());
  }
}

/// A blob that is complete: true if its copy is what its name says.
bool copy_whole(const fs::path& from, const fs::path& to, const RemoteFile& file, const Report& report,
                const std::stop_token& stop) {
  const disk::File source = disk::File::open_to_read(from), target = disk::File::open_to_write(to);
  target.resize(0);
  target.allocate(file.size);
  StreamHash hash(*hash_kind(file.blob), file.size);
  copy_bytes(
      source, target, 0, file.size, [&](std::span<const std::byte> bytes) { hash.update(bytes); }, report, stop);
  target.flush();
  if (hash.hex() == file.blob) return true;
  disk::remove_file(to);
  return false;
}

/// A part: the chunks that its journal believes in and that are what the journal says.
void copy_part(const Cache& from, const Cache& to, const std::string& id, const RemoteFile& file, const Report& report,
               const std::stop_token& stop) {
  const JournalSubject subject{.blob = file.blob, .size = file.size};
  const auto claims = Journal::read(from.journal(id, file.blob), subject, system_start());
  if (!claims || !is_file(from.part(id, file.blob))) return;
  const fs::path journal = to.journal(id, file.blob);
  if (is_file(to.part(id, file.blob))) {
    const auto there = Journal::read(journal, subject, system_start());
    if (there && bytes_of(*there) >= bytes_of(*claims)) return;
  }
  disk::remove_file(journal);  // before its part changes
  const disk::File source = disk::File::open_to_read(from.part(id, file.blob));
  const disk::File target = disk::File::open_to_write(to.part(id, file.blob));
  target.resize(file.size);
  const std::uint64_t there = source.size();
  std::vector<ChunkClaim> good;
  for (const ChunkClaim& claim : *claims) {
    const std::uint64_t begin = claim.chunk * chunk_bytes;
    if (begin + claim.bytes > there) continue;
    std::uint32_t crc = 0;
    copy_bytes(
        source, target, begin, claim.bytes, [&](std::span<const std::byte> bytes) { crc = crc32c(crc, bytes); }, report,
        stop);
    if (crc == claim.crc) good.push_back(claim);
  }
  target.flush();
  Journal::create(journal, subject, good, system_start());
}

}  // namespace

const Cache& DownloadQueue::State::cache_of(const fs::path& root) const {
  if (root.empty() || root == cache_.root()) return cache_;
  const std::scoped_lock lock(caches_mutex_);
  std::unique_ptr<Cache>& cache = caches_[root];
  if (!cache) cache = std::make_unique<Cache>(root);
  return *cache;
}

void DownloadQueue::State::relocate(DownloadId id, fs::path root) {
  if (!root.is_absolute()) fail(Errc::invalid_argument, "download: {} is no absolute path", root.string());
  root = root.lexically_normal();
  if (!root.has_filename()) root = root.parent_path();
  const std::scoped_lock lock(mutex_);
  DownloadRow* entry = row(id);
  if (!entry || entry->state == DownloadState::done || entry->finishing) return;
  entry->stop.request_stop();
  entry->moving_to = std::move(root);
  entry->moved = entry->to_move = 0;
  entry->state = DownloadState::queued;
  entry->problem = {};
  entry->missing_space = 0;
  entry->waits_for_folder = false;
  entry->ignores_space = false;
  entry->prepared = false;
  entry->next_try = {};
  changed();
}

/// Nothing is copied to where not all of it has room.
void DownloadQueue::State::check_new_root(const DownloadRow& entry, const Cache& to) const {
  std::error_code error;
  fs::create_directories(to.root(), error);
  if (error) throw DownloadError(Errc::io, folder_not_writable(to.root(), error.message()));
  if (!to.is_writable()) throw DownloadError(Errc::io, folder_not_writable(to.root(), "it may only be read"));
  std::uint64_t needed = 0;
  for (const DownloadRowFile& file : entry.files) {
    if (is_file(to.blob(entry.repository, file.file.blob))) continue;
    const std::uint64_t there = allocated_bytes(to.part(entry.repository, file.file.blob));
    needed += file.file.size - std::min(file.file.size, there);
  }
  const Space space = options_.space(to.root());
  const std::uint64_t missing = needed == 0 ? 0 : missing_bytes(space, needed, options_.reserve(space));
  if (missing > 0) throw DownloadError(Errc::io, disk_full(to.root(), missing));
}

void DownloadQueue::State::bring(const DownloadRow& entry, const RemoteFile& file, const Report& report,
                                 const std::stop_token& stop) {
  const std::string& id = entry.repository;
  const Cache &from = cache_of(entry), &to = cache_of(entry.moving_to);
  const auto ours = from.try_lock(id, file.blob), theirs = to.try_lock(id, file.blob);
  if (!ours || !theirs) fail(Errc::io, "{}: another program is loading it", file.path);
  if (is_file(to.blob(id, file.blob))) return;  // since an earlier try, or of another model
  fs::path whole = from.blob(id, file.blob);
  // Without links the file itself is all there is.
  if (!is_file(whole)) whole = from.find(id, entry.commit, file.path).value_or(fs::path());
  std::error_code error;
  if (whole.empty() || fs::file_size(whole, error) != file.size || error) {
    return copy_part(from, to, id, file, report, stop);
  }
  if (!copy_whole(whole, to.part(id, file.blob), file, report, stop)) return;  // then it is fetched again
  to.adopt_part(id, file.blob);
  records_.record(to.blob(id, file.blob), file.blob);
}

void DownloadQueue::State::relocate_files(const Job& job) {
  DownloadRow copy;
  {
    const std::scoped_lock lock(mutex_);
    const DownloadRow* entry = row(job.id);
    if (!entry) return;
    copy.id = entry->id;
    copy.repository = entry->repository;
    copy.commit = entry->commit;
    copy.files = entry->files;
    copy.root = entry->root;
    copy.moving_to = entry->moving_to;
    copy.file_system = entry->file_system;
  }
  const Cache &from = cache_of(copy), &to = cache_of(copy.moving_to);
  const bool stays = from.root() == to.root();
  if (!stays) {
    if (!folder_is_there(copy)) throw DownloadError(Errc::not_found, folder_away(from.root()));
    check_new_root(copy, to);
  }
  if (!stays && !copy.repository.empty()) {
    from.prepare(copy.repository);
    to.prepare(copy.repository);
    std::uint64_t total = 0;
    for (DownloadRowFile& file : copy.files) {
      file.running = nullptr;
      file.done = from.find(copy.repository, copy.commit, file.file.path).has_value();
      total += file.done ? file.file.size : allocated_bytes(from.part(copy.repository, file.file.blob));
    }
    const Report report = [&](std::uint64_t bytes) {
      const std::scoped_lock lock(mutex_);
      DownloadRow* entry = row(job.id);
      if (!entry) return;
      entry->moved += bytes;
      entry->to_move = total;
    };
    for (const DownloadRowFile& file : copy.files) bring(copy, file.file, report, job.stop);
  }
  {
    const std::scoped_lock lock(mutex_);
    DownloadRow* entry = row(job.id);
    if (!entry || job.stop.stop_requested()) return;
    entry->root = to.root() == cache_.root() ? fs::path() : to.root();
    entry->moving_to.clear();
    entry->file_system.reset();
    entry->moved = entry->to_move = 0;
    entry->state = DownloadState::queued;
    changed();
  }
  if (stays) return;
  copy.cancelled = CancelledFiles::remove;
  remove_files(copy);
}

}  // namespace etna::hub

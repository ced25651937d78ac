#include "hub/download_part.h"

#include <fcntl.h>

#include <algorithm>

#include "engine/base/error.h"
#include "hub/verify_crc32c.h"

namespace etna::hub {

PartFile::PartFile(std::filesystem::path part, std::filesystem::path journal, JournalSubject subject, Options options)
    : subject_(std::move(subject)), options_(options), states_(chunk_count(subject_.size)) {
  if (subject_.size > longest_file) {
    fail(Errc::unsupported, "{}: {} bytes are more than one file may have", part.string(), subject_.size);
  }
  const auto claims = Journal::read(journal, subject_, system_start());
  file_ = disk::File::open_to_write(part);
  const std::uint64_t size_before = file_.size();
  std::vector<ChunkClaim> believed;
  if (claims) {
    std::ranges::copy_if(*claims, std::back_inserter(believed), [&](const ChunkClaim& claim) {
      return claim.chunk * chunk_bytes + claim.bytes <= size_before;
    });
  }
  if (size_before > subject_.size) file_.resize(subject_.size);
  const bool allocated = options_.allocate && file_.allocate(subject_.size);
  if (!allocated && size_before < subject_.size) file_.resize(subject_.size);
  for (const ChunkClaim& claim : believed) {
    states_[claim.chunk].bytes = claim.bytes;
    states_[claim.chunk].crc = claim.crc;
    received_ += claim.bytes;
  }
  // What an earlier run claimed as written becomes flushed: the new journal says nothing weaker than the old one.
  file_.flush();
  journal_ = Journal::create(journal, subject_, believed, system_start());
}

std::uint64_t PartFile::received() const {
  const std::scoped_lock lock(mutex_);
  return received_;
}

bool PartFile::is_free(std::uint32_t chunk) const {
  return !states_[chunk].taken && states_[chunk].bytes < length(chunk);
}

bool PartFile::wait_for_work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto has_work = [&] {
    for (std::uint32_t chunk = 0; chunk < chunks(); ++chunk) {
      if (is_free(chunk)) return true;
    }
    return false;
  };
  bool work = false;
  news_.wait(lock, stop, [&] { return closed_ || (work = has_work()); });
  return work;
}

std::optional<FileRange> PartFile::try_take(std::uint32_t most) {
  const std::scoped_lock lock(mutex_);
  for (std::uint32_t first = 0; first < chunks(); ++first) {
    if (!is_free(first)) continue;
    std::uint32_t end = first + 1;
    while (end < chunks() && end - first < most && is_free(end) && states_[end].bytes == 0) ++end;
    for (std::uint32_t chunk = first; chunk < end; ++chunk) states_[chunk].taken = true;
    return FileRange{.begin = first * chunk_bytes + states_[first].bytes,
                     .end = (end - 1) * chunk_bytes + length(end - 1)};
  }
  return std::nullopt;
}

bool PartFile::try_take_all() {
  const std::scoped_lock lock(mutex_);
  if (std::ranges::any_of(states_, &State::taken)) return false;
  for (State& state : states_) state.taken = true;
  return true;
}

void PartFile::give_back(const FileRange& range) {
  const std::scoped_lock lock(mutex_);
  for (std::uint64_t at = range.begin / chunk_bytes; at * chunk_bytes < range.end; ++at) states_[at].taken = false;
  news_.notify_all();
}

void PartFile::append(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty() && offset < size()) {
    const std::uint32_t chunk = static_cast<std::uint32_t>(offset / chunk_bytes);
    const std::uint32_t at = static_cast<std::uint32_t>(offset % chunk_bytes);
    const std::size_t count = std::min<std::size_t>(bytes.size(), length(chunk) - at);
    const ChunkClaim before = state(chunk);  // nobody else changes it
    const std::size_t known = at > before.bytes ? count : std::min<std::size_t>(count, before.bytes - at);
    if (const auto news = bytes.subspan(known, count - known); !news.empty()) {
      const std::uint32_t crc = crc32c(before.crc, news);
      file_.write_at(offset + known, news);
      const std::scoped_lock lock(mutex_);
      states_[chunk].bytes = before.bytes + static_cast<std::uint32_t>(news.size());
      states_[chunk].crc = crc;
      received_ += news.size();
      bytes_unclaimed_ += news.size();
      bytes_unflushed_ += news.size();
      changed(chunk);
      if (bytes_unclaimed_ >= options_.claim_bytes) claim(Durability::written);
      if (states_[chunk].bytes == length(chunk)) news_.notify_all();
    }
    offset += count;
    bytes = bytes.subspan(count);
  }
}

void PartFile::forget(std::uint32_t chunk) {
  const std::scoped_lock lock(mutex_);
  received_ -= states_[chunk].bytes;
  states_[chunk].bytes = 0;
  states_[chunk].crc = 0;
  ++states_[chunk].times_given_up;
  changed(chunk);
  claim(Durability::written);
  news_.notify_all();
}

void PartFile::replace(std::uint32_t chunk, std::span<const std::byte> bytes) {
  forget(chunk);
  append(chunk * chunk_bytes, bytes);
}

bool PartFile::wait_for(std::uint32_t chunk, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  return news_.wait(lock, stop, [&] { return states_[chunk].bytes == length(chunk); });
}

ChunkClaim PartFile::state(std::uint32_t chunk) const {
  const std::scoped_lock lock(mutex_);
  return {.chunk = chunk, .bytes = states_[chunk].bytes, .crc = states_[chunk].crc};
}

std::vector<ChunkClaim> PartFile::states() const {
  const std::scoped_lock lock(mutex_);
  std::vector<ChunkClaim> result;
  for (std::uint32_t chunk = 0; chunk < chunks(); ++chunk) {
    result.push_back({.chunk = chunk, .bytes = states_[chunk].bytes, .crc = states_[chunk].crc});
  }
  return result;
}

void PartFile::changed(std::uint32_t chunk) {
  State& state = states_[chunk];
  if (state.claimed) unclaimed_.push_back(chunk);
  if (state.flushed) unflushed_.push_back(chunk);
  state.claimed = state.flushed = false;
}

void PartFile::claim(Durability durability) {
  std::vector<ChunkClaim> claims;
  for (const std::uint32_t chunk : unclaimed_) {
    claims.push_back({.chunk = chunk, .bytes = states_[chunk].bytes, .crc = states_[chunk].crc});
    states_[chunk].claimed = true;
  }
  unclaimed_.clear();
  bytes_unclaimed_ = 0;
  journal_->append(claims, durability);
}

void PartFile::note() {
  const std::scoped_lock lock(mutex_);
  claim(Durability::written);
}

bool PartFile::flush_is_due() const {
  const std::scoped_lock lock(mutex_);
  return bytes_unflushed_ >= options_.flush_bytes;
}

void PartFile::flush() {
  std::vector<ChunkClaim> claims;
  std::vector<std::uint32_t> times;
  {
    const std::scoped_lock lock(mutex_);
    for (const std::uint32_t chunk : unflushed_) {
      claims.push_back({.chunk = chunk, .bytes = states_[chunk].bytes, .crc = states_[chunk].crc});
      times.push_back(states_[chunk].times_given_up);
      states_[chunk].flushed = true;
    }
    unflushed_.clear();
    bytes_unflushed_ = 0;
  }
  if (claims.empty()) return;
  file_.flush();
  // A chunk that was given up meanwhile must not come back by an old claim.
  const std::scoped_lock lock(mutex_);
  auto time = times.begin();
  std::erase_if(claims, [&](const ChunkClaim& claim) { return states_[claim.chunk].times_given_up != *time++; });
  journal_->append(claims, Durability::flushed);
  // These records are older than what `written` ones may have said of the same chunks: say that again.
  for (const ChunkClaim& claim : claims) {
    if (states_[claim.chunk].bytes != claim.bytes && states_[claim.chunk].claimed) {
      states_[claim.chunk].claimed = false;
      unclaimed_.push_back(claim.chunk);
    }
  }
  claim(Durability::written);
}

void PartFile::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  news_.notify_all();
}

void PartFile::release_holes() {
  const std::scoped_lock lock(mutex_);
  for (std::uint32_t chunk = 0; chunk < chunks(); ++chunk) {
    if (states_[chunk].bytes > 0) continue;
    // Where the file system cannot do it, the space stays taken: no harm.
    ::fallocate(file_.descriptor(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(chunk * chunk_bytes),
                static_cast<off_t>(length(chunk)));
  }
}

}  // namespace etna::hub

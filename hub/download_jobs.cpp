// What the queue's threads do: names and space first, then files, then the name of the revision.
#include <algorithm>
#include <random>

#include "engine/base/error.h"
#include "engine/base/log.h"
#include "hub/download_queue.h"
#include "hub/names.h"
#include "hub/problem.h"
#include "hub/rate_limit.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

using std::chrono::seconds;

constexpr auto disk_interval = seconds(10);
constexpr int most_relists = 3;

double random_fraction() {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_real_distribution(0.0, 1.0)(random);
}

bool is_file(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error);
}

/// The files that a request names, in the order of loading. Throws what is wrong with them.
std::vector<RemoteFile> chosen_files(const RemoteListing& listing, const std::vector<std::string>& wanted) {
  std::vector<RemoteFile> files;
  if (wanted.empty()) files = wanted_by_default(listing.files);
  for (const std::string& path : wanted) {
    const auto found = std::ranges::find(listing.files, path, &RemoteFile::path);
    if (found == listing.files.end()) {
      throw HubError({.trouble = Trouble::not_found, .missing = Missing::file, .reason = escaped_name(path)});
    }
    files.push_back(*found);
  }
  sort_for_download(files);
  std::vector<std::string> paths;
  for (const RemoteFile& file : files) {
    check_file_name(file.path);
    check_blob_name(file.blob);
    if (file.size > longest_file) fail(Errc::corrupt, "{}: says it has {} bytes", file.path, file.size);
    paths.push_back(file.path);
  }
  if (const auto pairs = colliding_names(paths); !pairs.empty()) {
    fail(Errc::corrupt, "{} and {} would be one file on some disks", escaped_name(paths[pairs.front().first]),
         escaped_name(paths[pairs.front().second]));
  }
  if (files.empty()) {
    throw HubError({.trouble = Trouble::not_found, .missing = Missing::file, .reason = escaped_name(listing.id)});
  }
  return files;
}

}  // namespace

void DownloadQueue::State::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::optional<Job> job;
    {
      std::unique_lock lock(mutex_);
      // Rows that wait for a disk or the network become ready with time alone.
      work_news_.wait_for(lock, stop, std::chrono::milliseconds(200), [&] { return !stop.stop_requested() && (job = next_job()).has_value(); });
      if (!job) continue;
    }
    try {
      switch (job->kind) {
        case Job::Kind::prepare: prepare(*job); break;
        case Job::Kind::fetch: fetch(*job); break;
        case Job::Kind::finish: finish(*job); break;
        case Job::Kind::relocate: relocate_files(*job); break;
      }
    } catch (...) {
      note_failure(*job, std::current_exception());
    }
    const std::scoped_lock lock(mutex_);
    for (DownloadRow& entry : rows_) {
      if (entry.id != job->id) continue;
      --entry.jobs;
      if (job->kind == Job::Kind::prepare || job->kind == Job::Kind::relocate) entry.preparing = false;
      if (job->kind == Job::Kind::finish) entry.finishing = false;
    }
    changed();
  }
}

std::optional<DownloadQueue::State::Job> DownloadQueue::State::next_job() {
  for (DownloadRow& entry : rows_) {
    if (options_.only_added && !entry.added) continue;
    if (auto job = next_job_of(entry)) {
      ++entry.jobs;
      return job;
    }
  }
  return std::nullopt;
}

std::optional<DownloadQueue::State::Job> DownloadQueue::State::next_job_of(DownloadRow& entry) {
  const bool waits_for_disk =
      entry.state == DownloadState::out_of_space || (entry.state == DownloadState::paused && entry.waits_for_folder);
  if (entry.cancelled || entry.preparing || entry.finishing || clock_.now() < entry.next_try) return std::nullopt;
  if (entry.state == DownloadState::done || (!is_active(entry.state) && !waits_for_disk)) return std::nullopt;
  if (entry.stop.stop_requested()) {
    if (entry.jobs > 0) return std::nullopt;  // the last ones still end
    entry.stop = std::stop_source();
  }
  Job job{.id = entry.id, .stop = entry.stop.get_token()};
  if (!entry.moving_to.empty()) {
    if (entry.jobs > 0) return std::nullopt;
    job.kind = Job::Kind::relocate;
    entry.preparing = true;
    entry.state = DownloadState::preparing;
    return job;
  }
  if (!entry.prepared || waits_for_disk) {
    if (entry.jobs > 0) return std::nullopt;
    entry.preparing = true;
    if (!waits_for_disk && entry.state != DownloadState::reconnecting) entry.state = DownloadState::preparing;
    return job;
  }
  for (std::size_t i = 0; i < entry.files.size(); ++i) {
    DownloadRowFile& file = entry.files[i];
    const bool is_loading = std::ranges::any_of(
        entry.files, [&](const auto& other) { return other.running && other.file.blob == file.file.blob; });
    if (file.done || is_loading) continue;
    job.kind = Job::Kind::fetch;
    job.file = i;
    job.download = file.running = make_download(entry, file.file);
    if (entry.jobs == 0) entry.state = DownloadState::downloading;
    return job;
  }
  if (!entry.is_complete() || entry.jobs > 0) return std::nullopt;
  job.kind = Job::Kind::finish;
  entry.finishing = true;
  entry.state = DownloadState::finishing;
  return job;
}

std::shared_ptr<FileDownload> DownloadQueue::State::make_download(const DownloadRow& entry, const RemoteFile& file) {
  const DownloadId id = entry.id;
  DownloadTools tools{.cache = cache_of(entry),
                      .source = *options_.source,
                      .records = records_,
                      .connections = connections_,
                      .speed = speed_,
                      .clock = clock_,
                      .tables = options_.data_folder.empty() ? fs::path() : options_.data_folder / "chunks",
                      .find_elsewhere = options_.find_elsewhere,
                      .check_disk =
                          [this, id] {
                            const std::scoped_lock lock(mutex_);
                            if (const DownloadRow* present = row(id)) check_disk(*present);
                          },
                      .connections_per_file = options_.connections,
                      .part = options_.part};
  return std::make_shared<FileDownload>(std::move(tools), entry.repository, entry.commit, file);
}

void DownloadQueue::State::prepare(const Job& job) {
  DownloadRow copy;
  {
    const std::scoped_lock lock(mutex_);
    const DownloadRow* entry = row(job.id);
    if (!entry) return;
    copy.request = entry->request;
    copy.repository = entry->repository;
    copy.commit = entry->commit;
    copy.files = entry->files;
    copy.file_system = entry->file_system;
    copy.root = entry->root;
  }
  const Cache& cache = cache_of(copy);
  if (!folder_is_there(copy)) throw DownloadError(Errc::not_found, folder_away(cache.root()));
  RemoteListing listing;
  if (copy.commit.empty()) listing = options_.source->list(copy.request.repository, copy.request.revision, job.stop);
  std::vector<RemoteFile> files;
  if (copy.commit.empty()) {
    check_repository_id(listing.id);
    check_commit(listing.commit);
    files = chosen_files(listing, copy.request.files);
  }
  if (!cache.is_writable()) {
    throw DownloadError(Errc::io, folder_not_writable(cache.root(), "it may only be read"));
  }
  cache.prepare(copy.commit.empty() ? listing.id : copy.repository);

  const std::scoped_lock lock(mutex_);
  DownloadRow* entry = row(job.id);
  if (!entry || job.stop.stop_requested()) return;
  if (entry->commit.empty() && !listing.commit.empty()) {
    entry->repository = listing.id;
    entry->commit = listing.commit;
    entry->files.clear();
    for (RemoteFile& file : files) entry->files.push_back({.file = std::move(file)});
  }
  // Files that were complete may have been removed since: they are looked for again, which costs little.
  for (DownloadRowFile& file : entry->files) file.done = false;
  entry->file_system = disk::file_system_id(cache.root());
  const bool was_full = entry->state == DownloadState::out_of_space;
  const Space space = options_.space(cache.root());
  const std::uint64_t needed = bytes_needed(*entry) + (was_full ? options_.slack_bytes : 0);
  const std::uint64_t missing = needed == 0 ? 0 : missing_bytes(space, needed, options_.reserve(space));
  if (missing > 0 && !entry->ignores_space) {
    entry->missing_space = missing;
    return stand_still(*entry, DownloadState::out_of_space, disk_full(cache.root(), missing));
  }
  entry->prepared = true;
  entry->state = DownloadState::downloading;
  entry->problem = {};
  entry->missing_space = 0;
  entry->waits_for_folder = false;
  entry->retries = 0;
}

bool DownloadQueue::State::folder_is_there(const DownloadRow& entry) const {
  if (!entry.file_system) return true;  // nothing is there yet
  // A folder that was removed leaves the one above, on the same disk.
  const Cache& cache = cache_of(entry);
  fs::path place = cache.root();
  std::error_code error;
  while (!fs::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  if (disk::file_system_id(place) == entry.file_system) return true;
  // Some file systems get a new number when they are mounted again: our own files tell that it is the same.
  return std::ranges::any_of(entry.files, [&](const DownloadRowFile& file) {
    return is_file(cache.journal(entry.repository, file.file.blob)) ||
           is_file(cache.blob(entry.repository, file.file.blob));
  });
}

/// What this row and those before it in the queue will still write into its cache.
std::uint64_t DownloadQueue::State::bytes_needed(const DownloadRow& entry) const {
  const Cache& cache = cache_of(entry);
  std::uint64_t needed = 0;
  for (const DownloadRow& other : rows_) {
    const bool counts = other.id == entry.id || (other.prepared && is_active(other.state) && !other.cancelled);
    if (!counts || other.root != entry.root) continue;
    for (const DownloadRowFile& file : other.files) {
      if (file.done || is_file(cache.blob(other.repository, file.file.blob))) continue;
      const std::uint64_t there = allocated_bytes(cache.part(other.repository, file.file.blob));
      needed += file.file.size - std::min(file.file.size, there);
    }
  }
  return needed;
}

void DownloadQueue::State::check_disk(const DownloadRow& entry) const {
  const Cache& cache = cache_of(entry);
  if (!folder_is_there(entry)) {
    throw DownloadError(Errc::not_found, folder_away(cache.root()));
  }
  if (entry.ignores_space) return;
  const Space space = options_.space(cache.root());
  // What is allocated already is no longer free: only a disk that others fill up gets here.
  if (const std::uint64_t missing = missing_bytes(space, 0, options_.reserve(space)); missing > 0) {
    throw DownloadError(Errc::io, disk_full(cache.root(), missing));
  }
}

void DownloadQueue::State::fetch(const Job& job) {
  std::string id, commit, blob;
  fs::path root;
  std::vector<std::string> paths;
  {
    const std::scoped_lock lock(mutex_);
    const DownloadRow* entry = row(job.id);
    if (!entry) return;
    id = entry->repository;
    commit = entry->commit;
    root = entry->root;
    blob = entry->files[job.file].file.blob;
    for (const DownloadRowFile& file : entry->files) {
      if (file.file.blob == blob) paths.push_back(file.file.path);
    }
  }
  job.download->run(job.stop);
  cache_of(root).link(id, commit, paths, blob);
  const FileProgress progress = job.download->progress();
  const std::scoped_lock lock(mutex_);
  DownloadRow* entry = row(job.id);
  if (!entry) return;
  for (DownloadRowFile& file : entry->files) {
    if (file.file.blob != blob) continue;
    file.done = true;
    file.fetched = file.fetched || progress.arrived > 0;
    if (file.running) entry->arrived += progress.arrived;
    file.running = nullptr;
  }
  entry->damaged += progress.damaged;
}

void DownloadQueue::State::finish(const Job& job) {
  std::string id, commit, revision;
  fs::path root;
  {
    const std::scoped_lock lock(mutex_);
    const DownloadRow* entry = row(job.id);
    if (!entry) return;
    id = entry->repository;
    commit = entry->commit;
    revision = entry->request.revision;
    root = entry->root;
  }
  cache_of(root).set_ref(id, revision, commit);
  const std::scoped_lock lock(mutex_);
  if (DownloadRow* entry = row(job.id); entry && entry->state == DownloadState::finishing) {
    entry->state = DownloadState::done;
    entry->problem = {};
  }
}

void DownloadQueue::State::stand_still(DownloadRow& entry, DownloadState state, DownloadProblem problem) {
  if (entry.state == DownloadState::paused && !entry.waits_for_folder) return;  // the user was quicker
  entry.state = state;
  entry.problem = std::move(problem);
  entry.prepared = false;
  entry.next_try =
      state == DownloadState::out_of_space || entry.waits_for_folder ? clock_.now() + disk_interval : Clock::Time();
  // Other files of the row stop with it; this thread's job is at its end.
  entry.stop.request_stop();
}

void DownloadQueue::State::retry_later(DownloadRow& entry, const Problem& problem) {
  const std::chrono::milliseconds delay = backoff_delay(entry.retries++, random_fraction());
  entry.state = DownloadState::reconnecting;
  entry.problem = describe_problem(HubError(problem));
  entry.next_try = clock_.now() + std::max(delay, problem.retry_after);
}

void DownloadQueue::State::note_failure(const Job& job, const std::exception_ptr& failure) {
  const std::scoped_lock lock(mutex_);
  DownloadRow* entry = nullptr;
  for (DownloadRow& candidate : rows_) {
    if (candidate.id == job.id) entry = &candidate;
  }
  if (!entry) return;
  if (job.download) {
    entry->arrived += job.download->progress().arrived;
    entry->damaged += job.download->progress().damaged;
    entry->files[job.file].running = nullptr;
  }
  // A stop is the user's, the program's end, or another file's problem, which is told already.
  if (job.stop.stop_requested() || entry->cancelled) return;
  const fs::path& folder = cache_of(*entry).root();
  if (job.kind == Job::Kind::relocate) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      entry->moving_to.clear();
      return stand_still(*entry, DownloadState::failed, describe_problem(error));
    }
  }
  try {
    std::rethrow_exception(failure);
  } catch (const HubError& error) {
    const Problem& problem = error.problem();
    const bool commit_is_gone = problem.trouble == Trouble::not_found && problem.missing != Missing::file;
    if (problem.retry != Retry::never) {
      retry_later(*entry, problem);
    } else if (problem.trouble == Trouble::gated || problem.trouble == Trouble::token_refused) {
      stand_still(*entry, DownloadState::needs_access, describe_problem(error));
    } else if (commit_is_gone && job.kind == Job::Kind::fetch && ++entry->relists <= most_relists) {
      // The branch was rewritten: see what it holds now. Files that are the same are found by their hashes.
      stand_still(*entry, DownloadState::queued, {});
      entry->commit.clear();
    } else {
      stand_still(*entry, DownloadState::failed, describe_problem(error));
    }
  } catch (const disk::NoSpace& error) {
    const Space space = options_.space(folder);
    entry->missing_space = missing_bytes(space, bytes_needed(*entry), options_.reserve(space));
    if (error.file_too_large()) {
      stand_still(*entry, DownloadState::failed, file_too_large_for_disk(folder));
    } else {
      stand_still(*entry, DownloadState::out_of_space, disk_full(folder, entry->missing_space));
    }
  } catch (const DownloadError& error) {
    const std::string& code = error.problem().code;
    entry->waits_for_folder = code == "E-DSK-04";
    if (code == "E-DSK-01") {
      const Space space = options_.space(folder);
      entry->missing_space = missing_bytes(space, bytes_needed(*entry), options_.reserve(space));
    }
    stand_still(*entry,
                entry->waits_for_folder ? DownloadState::paused
                : code == "E-DSK-01"    ? DownloadState::out_of_space
                                        : DownloadState::failed,
                error.problem());
  } catch (const std::exception& error) {
    stand_still(*entry, DownloadState::failed, describe_problem(error));
  }
}

}  // namespace etna::hub

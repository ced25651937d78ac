#include "hub/cache_trash.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <set>

#include "engine/base/error.h"
#include "hub/cache_scan.h"
#include "hub/names.h"
#include "hub/space.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

dev_t device_of(const fs::path& place) {
  struct stat info {};

  if (::stat(place.c_str(), &info) != 0) disk::fail_with(errno, place, "cannot be looked at");
  return info.st_dev;
}

fs::path user_trash() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data && *data == '/') return fs::path(data) / "Trash";
  const char* home = std::getenv("HOME");
  return home ? fs::path(home) / ".local" / "share" / "Trash" : fs::path();
}

/// The nearest folder above that exists.
fs::path existing(fs::path place) {
  std::error_code error;
  while (!fs::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  return place;
}

fs::path top_of_disk(fs::path place) {
  place = fs::canonical(place);
  const dev_t device = device_of(place);
  while (place.has_relative_path() && device_of(place.parent_path()) == device) place = place.parent_path();
  return place;
}

/// As in a URL: letters, digits and "-_.~/" stand for themselves.
std::string percent_encoded(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~/").find(c) != std::string_view::npos;
    if (plain)
      result += c;
    else
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return text;
}

/// Takes a free name by making its note, as the specification asks.
fs::path make_note(const fs::path& trash, const fs::path& original) {
  const std::string content =
      fmt::format("[Trash Info]\nPath={}\nDeletionDate={}\n", percent_encoded(original.string()), local_time());
  for (int i = 1; i < 10'000; ++i) {
    const std::string name = original.filename().string() + (i == 1 ? "" : fmt::format(".{}", i));
    const fs::path note = trash / "info" / (name + ".trashinfo");
    const disk::File file(::open(note.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), note);
    if (!file && errno == EEXIST) continue;
    if (!file) disk::fail_with(errno, note, "cannot be written");
    file.write_at(0, std::as_bytes(std::span(content)));
    file.flush();
    return note;
  }
  fail(Errc::io, "{}: has no free name for {}", trash.string(), original.filename().string());
}

void move_if_there(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(from, error))) return;
  fs::create_directories(to.parent_path(), error);
  disk::rename(from, to);
}

void remove_empty_folders(fs::path folder, const fs::path& last) {
  while (folder != last && ::rmdir(folder.c_str()) == 0) folder = folder.parent_path();
}

bool goes(const RemovalPlan& plan, const CachedSnapshot& snapshot, const CachedFile& file) {
  return std::ranges::find(plan.commits, snapshot.commit) != plan.commits.end() &&
         (plan.files.empty() || std::ranges::binary_search(plan.files, file.path));
}

/// Blobs of what does not go.
std::set<std::string> staying_blobs(const CachedRepository& repository, const RemovalPlan& plan) {
  std::set<std::string> staying;
  for (const CachedSnapshot& snapshot : repository.snapshots) {
    for (const CachedFile& file : snapshot.files) {
      if (!file.blob.empty() && !goes(plan, snapshot, file)) staying.insert(file.blob);
    }
  }
  return staying;
}

/// Blobs and bytes of a plan that says already what goes.
void count_contents(const Cache& cache, const CachedRepository& repository, RemovalPlan& plan) {
  std::set<std::string> going;
  for (const CachedSnapshot& snapshot : repository.snapshots) {
    for (const CachedFile& file : snapshot.files) {
      if (!goes(plan, snapshot, file)) continue;
      if (file.blob.empty())
        plan.freed_bytes += allocated_bytes(snapshot.folder / file.path);
      else
        going.insert(file.blob);
    }
  }
  if (plan.is_whole_repository) going.insert(repository.unused_blobs.begin(), repository.unused_blobs.end());
  const std::set<std::string> staying = staying_blobs(repository, plan);
  for (const std::string& blob : going) {
    const fs::path file = cache.blob(plan.id, blob);
    if (staying.contains(blob)) {
      plan.kept.push_back(file);
      continue;
    }
    std::error_code error;
    if (!fs::exists(fs::symlink_status(file, error))) continue;
    plan.blobs.push_back(blob);
    if (fs::hard_link_count(file, error) <= 1) plan.freed_bytes += allocated_bytes(file);
  }
}

CachedRepository repository_of(const Cache& cache, const std::string& id) {
  auto repository = scan_repository(cache, id);
  if (!repository) fail(Errc::not_found, "{}: is not in {}", id, cache.root().string());
  return std::move(*repository);
}

/// Whether a snapshot without `files` is still a model, or something that Etna does not know.
bool leaves_weights(const CachedSnapshot& snapshot, const std::vector<std::string>& files) {
  CachedSnapshot rest = snapshot;
  std::erase_if(rest.files, [&](const CachedFile& file) { return std::ranges::binary_search(files, file.path); });
  return !versions_in(rest).versions.empty() ||
         std::ranges::any_of(rest.files, [](const CachedFile& file) { return file.path.ends_with(".safetensors"); });
}

/// Blobs that somebody may be loading: their unfinished files are named "<blob>.…".
std::vector<std::string> unfinished_blobs(const fs::path& repository) {
  std::vector<std::string> blobs;
  std::error_code error;
  for (fs::directory_iterator entry(repository / "blobs", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::string blob = name.substr(0, name.find('.'));
    if (blob.size() < name.size() && is_blob_name(blob)) blobs.push_back(std::move(blob));
  }
  return blobs;
}

/// All locks, or none: a blob that is being loaded must not move.
std::vector<BlobLock> lock_all(const Cache& cache, const RemovalPlan& plan) {
  std::vector<BlobLock> locks;
  disk::make_folders(cache.root(), fs::path(".locks") / repository_folder_name(plan.id));
  std::set<std::string> blobs(plan.blobs.begin(), plan.blobs.end());
  if (plan.is_whole_repository) {
    for (std::string& blob : unfinished_blobs(cache.repository(plan.id))) blobs.insert(std::move(blob));
  }
  for (const std::string& blob : blobs) {
    auto lock = cache.try_lock(plan.id, blob);
    if (!lock) fail(Errc::io, "{}: another program is loading a file of it", plan.id);
    locks.push_back(std::move(*lock));
  }
  return locks;
}

/// Moves entries back, into folders that may be there again; a name that is taken stays with its new owner.
void merge_back(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(to, error))) {
    fs::create_directories(to.parent_path(), error);
    disk::rename(from, to);
    return;
  }
  if (!fs::is_directory(fs::symlink_status(from, error)) || !fs::is_directory(fs::symlink_status(to, error))) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(from))
    merge_back(entry.path(), to / entry.path().filename());
}

}  // namespace

fs::path trash_folder_for(const fs::path& place) {
  const dev_t device = device_of(place);
  fs::path trash = user_trash();
  if (trash.empty() || device_of(existing(trash)) != device) {
    trash = top_of_disk(place) / fmt::format(".Trash-{}", ::getuid());
  }
  for (const char* part : {"files", "info"}) {
    std::error_code error;
    fs::create_directories(trash / part, error);
    if (error) disk::fail_with(error.value(), trash, "cannot be made");
  }
  fs::permissions(trash, fs::perms::owner_all);
  return trash;
}

RemovalPlan plan_removal(const Cache& cache, const std::string& id, const std::optional<std::string>& commit) {
  const CachedRepository repository = repository_of(cache, id);
  RemovalPlan plan{.id = id};
  for (const CachedSnapshot& snapshot : repository.snapshots) {
    if (commit && snapshot.commit != *commit) continue;
    plan.commits.push_back(snapshot.commit);
    plan.refs.insert(plan.refs.end(), snapshot.refs.begin(), snapshot.refs.end());
  }
  if (commit && plan.commits.empty()) fail(Errc::not_found, "{}: has no commit {}", id, *commit);
  plan.is_whole_repository = plan.commits.size() == repository.snapshots.size();
  count_contents(cache, repository, plan);
  return plan;
}

RemovalPlan plan_removal(const Cache& cache, const std::string& id, const std::string& commit,
                         std::vector<std::string> files) {
  const CachedRepository repository = repository_of(cache, id);
  const auto snapshot = std::ranges::find(repository.snapshots, commit, &CachedSnapshot::commit);
  if (snapshot == repository.snapshots.end()) fail(Errc::not_found, "{}: has no commit {}", id, commit);
  std::ranges::sort(files);
  for (const std::string& file : files) {
    const bool is_there = std::ranges::find(snapshot->files, file, &CachedFile::path) != snapshot->files.end();
    if (!is_there) fail(Errc::not_found, "{}: has no file {} at {}", id, escaped_name(file), commit);
  }
  if (files.empty() || !leaves_weights(*snapshot, files)) return plan_removal(cache, id, commit);
  RemovalPlan plan{.id = id, .commits = {commit}, .files = std::move(files)};
  count_contents(cache, repository, plan);
  return plan;
}

namespace {

/// With the locks held: what was not foreseen when the plan was made stays, or ends it.
std::vector<std::string> blobs_still_unused(const Cache& cache, const RemovalPlan& plan) {
  const CachedRepository repository = repository_of(cache, plan.id);
  const std::set<std::string> staying = staying_blobs(repository, plan);
  if (plan.is_whole_repository && plan.commits.size() < repository.snapshots.size()) {
    fail(Errc::io, "{}: another program has added files to it", plan.id);
  }
  std::vector<std::string> unused = plan.blobs;
  std::erase_if(unused, [&](const std::string& blob) { return staying.contains(blob); });
  return unused;
}

/// Names before contents: whatever happens in between, no name leads to a missing file.
void move_parts(const Cache& cache, const RemovalPlan& plan, const std::vector<std::string>& blobs,
                const fs::path& to) {
  const fs::path repository = cache.repository(plan.id);
  if (!plan.files.empty()) {
    const fs::path snapshot = fs::path("snapshots") / plan.commits.front();
    for (const std::string& file : plan.files) {
      move_if_there(repository / snapshot / file, to / snapshot / file);
      remove_empty_folders((repository / snapshot / file).parent_path(), repository / "snapshots");
    }
  } else {
    for (const std::string& ref : plan.refs) move_if_there(repository / "refs" / ref, to / "refs" / ref);
    for (const std::string& commit : plan.commits) {
      for (const char* part : {"snapshots", ".no_exist"}) move_if_there(repository / part / commit, to / part / commit);
      move_if_there(repository / "trees" / (commit + ".json"), to / "trees" / (commit + ".json"));
    }
  }
  for (const std::string& blob : blobs) move_if_there(repository / "blobs" / blob, to / "blobs" / blob);
}

}  // namespace

TrashedModel move_to_trash(const Cache& cache, const RemovalPlan& plan) {
  const fs::path repository = cache.repository(plan.id);
  const std::vector<BlobLock> locks = lock_all(cache, plan);
  const std::vector<std::string> blobs = blobs_still_unused(cache, plan);
  const fs::path trash = trash_folder_for(repository);
  TrashedModel trashed{
      .id = plan.id, .original = fs::canonical(cache.root()) / repository.filename(), .bytes = plan.freed_bytes};
  trashed.info = make_note(trash, trashed.original);
  trashed.folder = trash / "files" / trashed.info.stem();
  try {
    if (plan.is_whole_repository)
      disk::rename(repository, trashed.folder);
    else
      move_parts(cache, plan, blobs, trashed.folder);
  } catch (...) {
    std::error_code error;
    if (fs::exists(trashed.folder, error))
      restore(cache, trashed);
    else
      ::unlink(trashed.info.c_str());
    throw;
  }
  return trashed;
}

fs::path move_to_trash(const fs::path& thing) {
  const fs::path original = fs::canonical(thing.parent_path()) / thing.filename();
  const fs::path trash = trash_folder_for(original.parent_path());
  const fs::path note = make_note(trash, original);
  fs::path there = trash / "files" / note.stem();
  try {
    disk::rename(original, there);
  } catch (...) {
    ::unlink(note.c_str());
    throw;
  }
  return there;
}

void restore(const Cache& cache, const TrashedModel& trashed) {
  std::error_code error;
  if (!fs::is_directory(trashed.folder, error)) {
    fail(Errc::not_found, "{}: is no longer in the trash", trashed.folder.string());
  }
  const fs::path repository = cache.repository(trashed.id);
  if (!fs::exists(repository, error)) {
    fs::create_directories(cache.root(), error);
    disk::rename(trashed.folder, repository);
  } else {
    // Contents before names.
    for (const char* part : {"blobs", "trees", ".no_exist", "snapshots", "refs"}) {
      if (fs::exists(trashed.folder / part, error)) merge_back(trashed.folder / part, repository / part);
    }
    fs::remove_all(trashed.folder, error);
  }
  ::unlink(trashed.info.c_str());
}

void delete_for_good(const TrashedModel& trashed) {
  std::error_code error;
  fs::remove_all(trashed.folder, error);
  if (error) disk::fail_with(error.value(), trashed.folder, "cannot be removed");
  ::unlink(trashed.info.c_str());
}

}  // namespace etna::hub

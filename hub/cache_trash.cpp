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

/// All locks, or none: a blob that is being loaded must not move.
std::vector<BlobLock> lock_all(const Cache& cache, const RemovalPlan& plan) {
  std::vector<BlobLock> locks;
  disk::make_folders(cache.root(), fs::path(".locks") / repository_folder_name(plan.id));
  for (const std::string& blob : plan.blobs) {
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
  const auto repository = scan_repository(cache, id);
  if (!repository) fail(Errc::not_found, "{}: is not in {}", id, cache.root().string());
  RemovalPlan plan{.id = id};
  std::set<std::string> going, staying;
  for (const CachedSnapshot& snapshot : repository->snapshots) {
    const bool goes = !commit || snapshot.commit == *commit;
    if (goes) {
      plan.commits.push_back(snapshot.commit);
      plan.refs.insert(plan.refs.end(), snapshot.refs.begin(), snapshot.refs.end());
    }
    for (const CachedFile& file : snapshot.files) {
      if (!file.blob.empty())
        (goes ? going : staying).insert(file.blob);
      else if (goes)
        plan.freed_bytes += allocated_bytes(snapshot.folder / file.path);
    }
  }
  if (commit && plan.commits.empty()) fail(Errc::not_found, "{}: has no commit {}", id, *commit);
  plan.is_whole_repository = plan.commits.size() == repository->snapshots.size();
  if (plan.is_whole_repository) going.insert(repository->unused_blobs.begin(), repository->unused_blobs.end());
  for (const std::string& blob : going) {
    const fs::path file = cache.blob(id, blob);
    if (staying.contains(blob)) {
      plan.kept.push_back(file);
      continue;
    }
    std::error_code error;
    if (!fs::exists(fs::symlink_status(file, error))) continue;
    plan.blobs.push_back(blob);
    if (fs::hard_link_count(file, error) <= 1) plan.freed_bytes += allocated_bytes(file);
  }
  return plan;
}

TrashedModel move_to_trash(const Cache& cache, const RemovalPlan& plan) {
  const fs::path repository = cache.repository(plan.id);
  const std::vector<BlobLock> locks = lock_all(cache, plan);
  const fs::path trash = trash_folder_for(repository);
  TrashedModel trashed{
      .id = plan.id, .original = fs::canonical(cache.root()) / repository.filename(), .bytes = plan.freed_bytes};
  trashed.info = make_note(trash, trashed.original);
  trashed.folder = trash / "files" / trashed.info.stem();
  try {
    if (plan.is_whole_repository) {
      disk::rename(repository, trashed.folder);
    } else {
      // Names before contents: whatever happens in between, no name leads to a missing file.
      for (const std::string& ref : plan.refs) move_if_there(repository / "refs" / ref, trashed.folder / "refs" / ref);
      for (const std::string& commit : plan.commits) {
        for (const char* part : {"snapshots", ".no_exist"}) {
          move_if_there(repository / part / commit, trashed.folder / part / commit);
        }
        move_if_there(repository / "trees" / (commit + ".json"), trashed.folder / "trees" / (commit + ".json"));
      }
      for (const std::string& blob : plan.blobs) {
        move_if_there(repository / "blobs" / blob, trashed.folder / "blobs" / blob);
      }
    }
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

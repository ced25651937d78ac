#include "gui/hub/real_library.h"

#include <QDateTime>
#include <QDir>
#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/base/log.h"
#include "hub/cache_scan.h"
#include "hub/disk.h"
#include "hub/download_problem.h"
#include "hub/local_note.h"
#include "hub/verify.h"

namespace etna::gui {
namespace {

namespace fs = std::filesystem;

std::string variable(std::string_view name) {
  return qEnvironmentVariable(std::string(name).c_str()).toStdString();
}

/// What is in the layout of a cache, wherever that is.
bool is_cached(const LibraryModel& model) {
  return !model.repository.empty() && !model.commit.empty();
}

/// What is a version of several in its repository has files of its own; others are all of a commit.
bool is_single_file(const LibraryModel& model) {
  return model.path.ends_with(".gguf");
}

/// Of a person's own model: the folder, or the parts of the file.
std::vector<fs::path> own_files(const LibraryModel& model) {
  const fs::path path = model.path;
  if (fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const LibraryFile& file : model.files) files.push_back(path.parent_path() / file.name);
  if (files.empty()) files.push_back(path);
  return files;
}

void refuse_other_programs(const LibraryModel& model) {
  const auto refuse = [&](const char* owner) {
    fail(Errc::unsupported, "{}: it belongs to {}, and Etna changes nothing there", model.name, owner);
  };
  switch (model.owner) {
    case FolderOwner::lm_studio: return refuse("LM Studio");
    case FolderOwner::ollama: return refuse("Ollama");
    case FolderOwner::llama_cpp: return refuse("llama.cpp");
    default: return;
  }
}

/// Files of a snapshot that are this model's.
std::vector<hub::CachedFile> cached_files(const hub::Cache& cache, const LibraryModel& model) {
  std::vector<hub::CachedFile> files;
  const auto repository = hub::scan_repository(cache, model.repository);
  if (!repository) return files;
  for (const hub::CachedSnapshot& snapshot : repository->snapshots) {
    if (snapshot.commit != model.commit) continue;
    for (const hub::CachedFile& file : snapshot.files) {
      const bool wanted =
          !is_single_file(model) || std::ranges::find(model.files, file.path, &LibraryFile::name) != model.files.end();
      if (wanted && file.is_present) files.push_back(file);
    }
  }
  return files;
}

hub::ModelCopy copy_of(const LibraryModel& model, const std::string& folder) {
  hub::ModelCopy copy;
  copy.folder = folder;
  const auto add = [&](const fs::path& from, const std::string& name) {
    const auto known = hub::find_local_file(from, name);
    copy.files.push_back({from / name, name, known ? known->blob : std::string()});
  };
  if (is_cached(model)) {
    const hub::Cache cache(model.folder);
    copy.place = model.repository;
    for (const hub::CachedFile& file : cached_files(cache, model)) {
      const auto path = cache.find(model.repository, model.commit, file.path);
      if (!path) fail(Errc::not_found, "{}: it is not there any more", file.path);
      copy.files.push_back({*path, file.path, file.blob});
    }
  } else if (const fs::path path = model.path; fs::is_directory(path)) {
    copy.place = path.lexically_relative(model.folder);
    if (copy.place == ".") copy.place = path.filename();
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path))
      if (entry.is_regular_file()) add(path, entry.path().lexically_relative(path));
  } else {
    copy.place = path.parent_path().lexically_relative(model.folder);
    for (const fs::path& file : own_files(model)) add(path.parent_path(), file.filename());
  }
  if (copy.files.empty()) fail(Errc::not_found, "{}: its files are not there", model.name);
  return copy;
}

/// So that the model can still be checked, and huggingface_hub knows it, too.
void note_origin(const LibraryModel& model, const hub::ModelCopy& copy, const fs::path& target) {
  try {
    for (const hub::CopiedFile& file : copy.files)
      if (hub::hash_kind(file.expected)) hub::note_local_file(target, file.name, {model.commit, file.expected});
  } catch (const std::exception& error) {
    log::warning("where {} came from is not noted: {}", model.name, error.what());
  }
}

}  // namespace

struct RealLibrary::Verifier {
  Verifier(const fs::path& file, hub::BackgroundVerifier::Options options)
      : records(file), thread(records, std::move(options)) {}

  hub::VerifyRecords records;
  hub::BackgroundVerifier thread;
};

RealLibrary::RealLibrary(fs::path data)
    : data_(std::move(data)), folders_(data_ / "folders.json"), trash_(data_ / "trash.json") {}

RealLibrary::~RealLibrary() = default;

LibraryScan RealLibrary::scan(const std::vector<hub::Cache>& caches, const std::stop_token& stop) {
  LibraryScan scan;
  for (const hub::Cache& cache : caches) add_cache(scan, hub::scan_cache(cache, stop), cache.root().string());
  {
    const std::lock_guard lock(folders_mutex_);
    roots_.clear();
    for (const hub::Cache& cache : caches) roots_.push_back(cache.root().string());
    folders_.add_to(scan, stop);
  }
  if (!stop.stop_requested()) find_checked(scan);
  return scan;
}

void RealLibrary::link(const std::string& folder) {
  const std::lock_guard lock(folders_mutex_);
  folders_.link(folder);
}

void RealLibrary::unlink(const std::string& folder) {
  const std::lock_guard lock(folders_mutex_);
  folders_.unlink(folder);
}

Trashed RealLibrary::trash(const LibraryModel& model) {
  if (model.owner == FolderOwner::ollama) fail(Errc::unsupported, "{}: Ollama alone can remove it", model.name);
  const std::lock_guard lock(trash_mutex_);
  if (!is_cached(model)) return trash_.put(model, own_files(model));
  const hub::Cache cache(model.folder);
  std::vector<std::string> files;
  for (const LibraryFile& file : model.files) files.push_back(file.name);
  return trash_.put(model, cache,
                    is_single_file(model) ? hub::plan_removal(cache, model.repository, model.commit, files)
                                          : hub::plan_removal(cache, model.repository, model.commit));
}

void RealLibrary::restore(const std::string& ticket) {
  const std::lock_guard lock(trash_mutex_);
  trash_.restore(ticket);
}

std::vector<Trashed> RealLibrary::trash_contents() {
  const std::lock_guard lock(trash_mutex_);
  return trash_.contents();
}

void RealLibrary::delete_for_good(const std::string& ticket) {
  const std::lock_guard lock(trash_mutex_);
  trash_.delete_for_good(ticket);
}

std::string RealLibrary::new_place(const std::string& folder) {
  std::error_code error;
  const fs::path place = fs::canonical(folder, error);
  if (error || !fs::is_directory(place))
    throw hub::DownloadError(Errc::not_found, hub::folder_not_writable(folder, "there is no such folder"));
  std::vector<std::pair<fs::path, std::string>> taken;
  for (const hub::ModelFolder& store : hub::find_other_programs_folders(QDir::homePath().toStdString(), variable))
    taken.emplace_back(store.path, hub::name(store.owner));
  {
    const std::lock_guard lock(folders_mutex_);
    for (const std::string& root : roots_) taken.emplace_back(root, "the cache");
  }
  for (const auto& [path, owner] : taken)
    if (hub::disk::is_inside(place, path))
      throw hub::DownloadError(Errc::io,
                               hub::folder_not_writable(place, "it belongs to " + owner + "; choose one of your own"));
  if (!hub::Cache(place).is_writable())
    throw hub::DownloadError(Errc::io, hub::folder_not_writable(place, "it may only be read"));
  return place.string();
}

MovedModel RealLibrary::move(const LibraryModel& model, const std::string& folder, const MoveReport& report,
                             const std::stop_token& stop) {
  refuse_other_programs(model);
  const std::string place = new_place(folder);
  if (!model.online) throw hub::DownloadError(Errc::not_found, hub::folder_away(model.folder));
  const hub::ModelCopy copy = copy_of(model, place);
  const fs::path target = (copy.folder / copy.place).lexically_normal();
  if (fs::is_directory(model.path) && hub::disk::is_inside(place, model.path))
    fail(Errc::invalid_argument, "{}: is a part of the model", place);
  hub::CopyTools tools;
  tools.report = report;
  tools.stop = stop;
  hub::copy_model(copy, tools);
  if (is_cached(model)) note_origin(model, copy, target);
  const auto first = std::ranges::find_if(
      copy.files, [&](const hub::CopiedFile& file) { return fs::path(file.name) == fs::path(model.path).filename(); });
  const bool single = is_single_file(model);
  MovedModel moved;
  moved.path = (!single ? target : target / (first == copy.files.end() ? copy.files.front() : *first).name).string();
  // From here on the model is there; what does not work any more leaves it in both places.
  try {
    link(place);
    moved.old = trash(model);
  } catch (const std::exception& error) {
    moved.problem = hub::describe_problem(error).text;
  }
  return moved;
}

std::optional<bool> RealLibrary::check(const LibraryModel& model, const std::stop_token& stop) {
  const std::vector<hub::CopiedFile> files =
      is_cached(model) || model.owner == FolderOwner::user ? copy_of(model, {}).files : std::vector<hub::CopiedFile>();
  std::uint64_t total = 0, done = 0;
  for (const hub::CopiedFile& file : files) total += file.expected.empty() ? 0 : fs::file_size(file.from);
  hub::VerifyRecords records(data_ / "checked-files");
  const auto report = [&](std::uint64_t now) {
    if (total == 0) return;
    tell({.path = model.path,
          .state = CheckNews::State::checking,
          .progress = static_cast<double>(done + now) / static_cast<double>(total)});
  };
  bool compared = false, whole = true;
  for (const hub::CopiedFile& file : files) {
    const auto kind = hub::hash_kind(file.expected);
    if (!kind) continue;
    auto told = std::chrono::steady_clock::time_point();
    const auto progress = [&](std::uint64_t now, std::uint64_t) {
      const auto time = std::chrono::steady_clock::now();
      if (time - told < std::chrono::milliseconds(100)) return;
      told = time;
      report(now);
    };
    const std::string hash = hub::hash_file(file.from, *kind, {.report = progress, .stop = stop});
    records.record(file.from, hash);
    whole = whole && hash == file.expected;
    compared = true;
    done += fs::file_size(file.from);
  }
  return compared ? std::optional(whole) : std::nullopt;
}

void RealLibrary::listen_checks(std::function<void(const CheckNews&)> listener) {
  const std::lock_guard lock(checks_mutex_);
  listener_ = std::move(listener);
}

RealLibrary::Verifier& RealLibrary::verifier() {
  std::call_once(verifier_made_, [this] {
    verifier_ = std::make_unique<Verifier>(
        data_ / "checked-files", hub::BackgroundVerifier::Options{.done = [this](const auto& result) { take(result); },
                                                                  .progress = [this](const auto& now) { tell(now); },
                                                                  .busy = [this] { return held_.load(); }});
  });
  return *verifier_;
}

void RealLibrary::find_checked(LibraryScan& scan) {
  // Read anew: downloads write to it, too.
  const hub::VerifyRecords records(data_ / "checked-files");
  std::map<std::string, std::string> unknown;
  {
    const std::lock_guard lock(checks_mutex_);
    checked_.clear();
    owners_.clear();
    for (LibraryModel& model : scan.models)
      if (is_cached(model) && model.online) find_checked(model, records, unknown);
  }
  if (unknown.empty()) return;
  for (const auto& [file, blob] : unknown) verifier().thread.add(file, blob);
}

void RealLibrary::find_checked(LibraryModel& model, const hub::VerifyRecords& records,
                               std::map<std::string, std::string>& unknown) {
  const hub::Cache cache(model.folder);
  Checked known;
  std::optional<std::int64_t> oldest;
  for (const LibraryFile& file : model.files) {
    const fs::path name = cache.file(model.repository, model.commit, file.name);
    const auto blob = hub::linked_blob(name);
    const fs::path path = blob ? cache.blob(model.repository, *blob) : name;
    const auto record = records.find(path);
    known.total += file.bytes;
    if (record) {
      known.done += file.bytes;
      oldest = std::min(oldest.value_or(record->unix_time), record->unix_time);
      known.damaged = known.damaged || (blob && record->hash != *blob);
      continue;
    }
    oldest = 0;
    if (!blob || !hub::hash_kind(*blob)) continue;  // a copy: nobody knows what it should be
    known.left.insert(path.string());
    owners_[path.string()].push_back(model.path);
    unknown[path.string()] = *blob;
  }
  model.damaged = known.damaged;
  model.verified = known.damaged ? 0 : oldest.value_or(0);
  model.check_waits = !known.left.empty();
  if (!known.left.empty()) checked_[model.path] = std::move(known);
}

void RealLibrary::tell(const CheckNews& news) {
  std::function<void(const CheckNews&)> listener;
  {
    const std::lock_guard lock(checks_mutex_);
    listener = listener_;
  }
  if (listener) listener(news);
}

void RealLibrary::tell(const hub::BackgroundVerifier::Status& status) {
  if (status.file.empty()) return;
  std::vector<CheckNews> news;
  {
    const std::lock_guard lock(checks_mutex_);
    const auto owners = owners_.find(status.file.string());
    if (owners == owners_.end()) return;
    for (const std::string& path : owners->second) {
      const Checked& model = checked_[path];
      const double done = static_cast<double>(model.done + status.file_done);
      news.push_back({.path = path,
                      .state = status.gives_way ? CheckNews::State::waiting : CheckNews::State::checking,
                      .progress = model.total > 0 ? std::min(1.0, done / static_cast<double>(model.total)) : 0});
    }
  }
  for (const CheckNews& each : news) tell(each);
}

void RealLibrary::take(const hub::BackgroundVerifier::Result& result) {
  std::vector<CheckNews> news;
  {
    const std::lock_guard lock(checks_mutex_);
    const auto owners = owners_.find(result.file.string());
    if (owners == owners_.end()) return;
    std::error_code error;
    const auto size = fs::file_size(result.file, error);
    for (const std::string& path : owners->second) {
      Checked& model = checked_[path];
      model.left.erase(result.file.string());
      model.done += error ? 0 : size;
      model.damaged = model.damaged || result.outcome == hub::BackgroundVerifier::Outcome::damaged;
      const bool unreadable = result.outcome == hub::BackgroundVerifier::Outcome::unreadable;
      if (model.damaged) {
        news.push_back({.path = path, .state = CheckNews::State::damaged});
      } else if (unreadable) {
        news.push_back({.path = path, .state = CheckNews::State::unreadable, .reason = result.found});
      } else if (model.left.empty()) {
        news.push_back({.path = path, .state = CheckNews::State::checked});
      }
    }
    owners_.erase(owners);
  }
  for (const CheckNews& each : news) tell(each);
}

}  // namespace etna::gui

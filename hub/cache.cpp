#include "hub/cache.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <random>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "hub/names.h"
#include "hub/verify.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view model_prefix = "models--";

std::mutex links_mutex;  // guards Cache::links_ of all objects: trying is rare

/// A name that nobody else has; hidden, so that no program takes it for a file of the model while it exists.
std::string temporary_name() {
  static std::mutex mutex;  // guards the generator
  static std::mt19937_64 generator{std::random_device{}()};
  const std::scoped_lock lock(mutex);
  return fmt::format(".etna-{:016x}", generator());
}

fs::path checked_path(std::string_view path) {
  check_file_name(path);
  return fs::path(path);
}

/// One "../" for the commit's folder, one for "snapshots", one more per folder inside the model.
fs::path link_text(const fs::path& path, std::string_view blob) {
  fs::path text = "../..";
  for (auto part = std::next(path.begin()); part != path.end(); ++part) text /= "..";
  return text / "blobs" / blob;
}

bool can_link(const fs::path& folder) {
  const fs::path probe = folder / temporary_name();
  if (::symlink("probe", probe.c_str()) != 0) return false;
  ::unlink(probe.c_str());
  return true;
}

/// Puts a link in place of whatever is there.
void place_link(const fs::path& text, const fs::path& file) {
  const fs::path temporary = file.parent_path() / temporary_name();
  if (::symlink(text.c_str(), temporary.c_str()) != 0) disk::fail_with(errno, file, "cannot be linked");
  try {
    disk::rename(temporary, file);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void place_copy(const fs::path& blob, const fs::path& file) {
  const fs::path temporary = file.parent_path() / temporary_name();
  std::error_code error;
  if (!fs::copy_file(blob, temporary, error)) {
    ::unlink(temporary.c_str());
    disk::fail_with(error.value(), file, "cannot be copied");
  }
  disk::File::open_to_write(temporary).flush();
  disk::rename(temporary, file);
}

}  // namespace

std::string repository_folder_name(std::string_view id) {
  check_repository_id(id);
  std::string name(model_prefix);
  for (const char c : id) {
    if (c == '/')
      name += "--";
    else
      name += c;
  }
  return name;
}

std::optional<std::string> repository_of_folder(std::string_view folder_name) {
  if (!folder_name.starts_with(model_prefix)) return std::nullopt;
  const std::string_view name = folder_name.substr(model_prefix.size());
  const auto at = name.find("--");
  const std::string id =
      at == name.npos ? std::string(name) : fmt::format("{}/{}", name.substr(0, at), name.substr(at + 2));
  if (wrong_with_repository_id(id)) return std::nullopt;
  return id;
}

Cache::Cache(fs::path root, std::optional<Links> links) : root_(std::move(root)), links_(links) {}

bool Cache::is_writable() const {
  fs::path place = root_;
  std::error_code error;
  while (!fs::exists(place, error) && place.has_parent_path() && place != place.parent_path()) {
    place = place.parent_path();
  }
  return ::access(place.c_str(), W_OK | X_OK) == 0;
}

fs::path Cache::repository(std::string_view id) const {
  return root_ / repository_folder_name(id);
}

fs::path Cache::blob(std::string_view id, std::string_view blob) const {
  check_blob_name(blob);
  return repository(id) / "blobs" / blob;
}

fs::path Cache::part(std::string_view id, std::string_view name) const {
  return blob(id, name) += ".etna-part";
}

fs::path Cache::journal(std::string_view id, std::string_view name) const {
  return blob(id, name) += ".etna-journal";
}

fs::path Cache::snapshot(std::string_view id, std::string_view commit) const {
  check_commit(commit);
  return repository(id) / "snapshots" / commit;
}

fs::path Cache::file(std::string_view id, std::string_view commit, std::string_view path) const {
  return snapshot(id, commit) / checked_path(path);
}

std::optional<std::string> Cache::ref(std::string_view id, std::string_view revision) const {
  check_revision(revision);
  const fs::path file = repository(id) / "refs" / revision;
  try {
    std::string text = read_text_file(file, 4096);
    // Written by hand, it may end in a newline.
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    if (is_commit(text)) return text;
  } catch (const Error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<fs::path> Cache::find(std::string_view id, std::string_view commit, std::string_view path) const {
  const fs::path name = file(id, commit, path);
  std::error_code error;
  const fs::path real = fs::canonical(name, error);
  if (error || !fs::is_regular_file(real, error) || !disk::is_inside(real, root_)) return std::nullopt;
  return real;
}

std::optional<fs::path> Cache::find_blob(std::string_view blob) const {
  if (hash_kind(blob) != HashKind::sha256) return std::nullopt;
  std::error_code error;
  for (fs::directory_iterator entry(root_, error), end; !error && entry != end; entry.increment(error)) {
    if (!repository_of_folder(entry->path().filename().string())) continue;
    fs::path file = entry->path() / "blobs" / blob;
    std::error_code ignored;
    if (fs::symlink_status(file, ignored).type() == fs::file_type::regular) return file;
  }
  return std::nullopt;
}

void Cache::prepare(std::string_view id) const {
  std::error_code error;
  fs::create_directories(root_, error);
  if (error) disk::fail_with(error.value(), root_, "cannot be made");
  const fs::path name = repository_folder_name(id);
  for (const char* folder : {"blobs", "refs", "snapshots"}) disk::make_folders(root_, name / folder);
  disk::make_folders(root_, fs::path(".locks") / name);
}

std::optional<BlobLock> Cache::try_lock(std::string_view id, std::string_view blob) const {
  check_blob_name(blob);
  const fs::path folder = root_ / ".locks" / repository_folder_name(id);
  return BlobLock::try_take(folder / fmt::format("{}.lock", blob));
}

void Cache::adopt_part(std::string_view id, std::string_view name) const {
  const fs::path from = part(id, name);
  const fs::path to = blob(id, name);
  disk::File::open_to_write(from).flush();
  disk::rename(from, to);
  disk::flush_folder(to.parent_path());
}

void Cache::link(std::string_view id, std::string_view commit, std::span<const std::string> paths,
                 std::string_view name) const {
  const fs::path from = blob(id, name);
  std::error_code error;
  for (const std::string& path : paths) {
    const fs::path target = file(id, commit, path);
    disk::make_folders(root_, target.parent_path().lexically_relative(root_));
    if (links() == Links::symbolic) {
      place_link(link_text(checked_path(path), name), target);
    } else if (fs::exists(from, error)) {
      if (&path == &paths.back())
        disk::rename(from, target);
      else
        place_copy(from, target);
    }
    disk::flush_folder(target.parent_path());
  }
}

void Cache::unlink(std::string_view id, std::string_view commit, std::string_view path) const {
  fs::path place = file(id, commit, path);
  disk::remove_file(place);
  const fs::path last = repository(id) / "snapshots";
  for (place = place.parent_path(); place != last && ::rmdir(place.c_str()) == 0;) place = place.parent_path();
}

bool Cache::is_used(std::string_view id, std::string_view name) const {
  std::error_code error;
  const fs::path snapshots = repository(id) / "snapshots";
  for (fs::recursive_directory_iterator entry(snapshots, error), end; !error && entry != end; entry.increment(error)) {
    if (linked_blob(entry->path()) == name) return true;
  }
  return false;
}

void Cache::set_ref(std::string_view id, std::string_view revision, std::string_view commit) const {
  check_revision(revision);
  check_commit(commit);
  if (is_commit(revision)) return;  // a commit needs no name
  const fs::path file = repository(id) / "refs" / revision;
  disk::make_folders(root_, file.parent_path().lexically_relative(root_));
  FileWriter writer(file);
  writer.append(commit);
  writer.commit();
}

void Cache::note_absent(std::string_view id, std::string_view commit, std::string_view path) const {
  check_commit(commit);
  const fs::path relative = fs::path(repository_folder_name(id)) / ".no_exist" / commit / checked_path(path);
  disk::make_folders(root_, relative.parent_path());
  disk::File::open_to_write(root_ / relative);
}

bool Cache::is_known_absent(std::string_view id, std::string_view commit, std::string_view path) const {
  check_commit(commit);
  std::error_code error;
  return fs::exists(repository(id) / ".no_exist" / commit / checked_path(path), error);
}

Cache::Links Cache::links() const {
  const std::scoped_lock lock(links_mutex);
  if (!links_) {
    std::error_code error;
    fs::create_directories(root_, error);
    links_ = can_link(root_) ? Links::symbolic : Links::none;
  }
  return *links_;
}

std::optional<std::string> linked_blob(const fs::path& file) {
  std::error_code error;
  const fs::path text = fs::read_symlink(file, error);
  if (error) return std::nullopt;
  const fs::path target = (file.parent_path() / text).lexically_normal();
  const std::string name = target.filename().string();
  if (!is_blob_name(name) || target.parent_path().filename() != "blobs") return std::nullopt;
  const fs::path repository = target.parent_path().parent_path();
  const auto [end, rest] = std::mismatch(repository.begin(), repository.end(), file.begin(), file.end());
  if (end != repository.end() || rest == file.end() || *rest != "snapshots") return std::nullopt;
  return name;
}

}  // namespace etna::hub

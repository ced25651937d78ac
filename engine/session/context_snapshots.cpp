#include "engine/session/context_snapshots.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

#include "engine/base/error.h"
#include "engine/base/hash.h"
#include "engine/base/utf8.h"
#include "engine/io/prompt_cache_file.h"
#include "engine/session/cache_exchange.h"

namespace etna {

namespace fs = std::filesystem;

namespace {

constexpr const char* suffix = ".safetensors";
constexpr std::size_t longest_name = 200;

void check_name(const std::string& name) {
  const bool plain = std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (name.empty() || name.size() > longest_name || !plain || utf8::make_valid(name) != name) {
    fail(Errc::invalid_argument, "a snapshot's name must be one line of text, at most {} bytes", longest_name);
  }
}

/// Ids come from outside and become paths.
bool is_id(const std::string& id) {
  return id.size() == 16 && std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// What was dropped into the folder by hand keeps its name; its id is made of that.
std::string id_of(const fs::path& file) {
  const std::string stem = file.stem().string();
  return is_id(stem) ? stem : hash_digits(hash_text(stem));
}

std::string new_id(const std::string& name) {
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return hash_digits(hash_text(name, static_cast<std::uint64_t>(now)));
}

}  // namespace

void ContextSnapshots::set_folder(const fs::path& folder) {
  const std::lock_guard lock(mutex_);
  if (folder == folder_) return;
  folder_ = folder;
  known_.clear();
}

fs::path ContextSnapshots::folder() const {
  const std::lock_guard lock(mutex_);
  return folder_;
}

/// Brings what is known up to date with the folder. The lock is held.
void ContextSnapshots::look() const {
  std::map<std::string, Known> now;
  std::error_code error;
  for (fs::directory_iterator file(folder_, error), end; !error && !folder_.empty() && file != end; file.increment(error)) {
    const fs::path& path = file->path();
    struct stat status {};
    if (path.extension() != suffix || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const std::string id = id_of(path);
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    const std::int64_t time = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
    const auto old = known_.find(id);
    if (old != known_.end() && old->second.bytes == bytes && old->second.time_ns == time) {
      now[id] = std::move(old->second);
      continue;
    }
    Known& known = now[id];
    known.bytes = bytes;
    known.time_ns = time;
    known.info.id = id;
    known.info.file.path = path.string();
    known.info.file.bytes = bytes;
    known.info.file.last_used = status.st_mtim.tv_sec;
    try {
      const PromptCacheFile opened = PromptCacheFile::open(path);
      known.info.file = describe(opened);
      known.ids = token_ids(opened);
    } catch (const Error& problem) {
      known.info.problem = problem.what();
    }
    if (known.info.file.name.empty()) known.info.file.name = path.stem().string();
  }
  known_ = std::move(now);
}

std::vector<SnapshotInfo> ContextSnapshots::list() const {
  const std::lock_guard lock(mutex_);
  look();
  std::vector<SnapshotInfo> infos;
  for (const auto& [id, known] : known_) infos.push_back(known.info);
  std::ranges::stable_sort(infos, std::ranges::greater{}, [](const SnapshotInfo& info) { return info.file.last_used; });
  return infos;
}

SnapshotInfo ContextSnapshots::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  look();
  const auto found = known_.find(id);
  if (found == known_.end()) fail(Errc::not_found, "there is no snapshot {} any more", id);
  return found->second.info;
}

fs::path ContextSnapshots::path_for(const std::string& name) {
  check_name(name);
  const fs::path folder = this->folder();
  if (folder.empty()) fail(Errc::invalid_argument, "there is no folder to keep snapshots in");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(Errc::io, "{}: snapshots cannot be kept there: {}", folder.string(), error.message());
  fs::permissions(folder, fs::perms::owner_all, error);  // best effort
  for (const SnapshotInfo& info : list()) {
    if (info.file.name == name) return info.file.path;
  }
  return folder / (new_id(name) + suffix);
}

/// A copy of a file with another name in it: tensors as they are.
SnapshotInfo ContextSnapshots::rewrite(const fs::path& from, const fs::path& to, const std::string& name) const {
  const PromptCacheFile file = PromptCacheFile::open(from);
  static_cast<void>(token_ids(file));
  std::map<std::string, std::string> metadata = file.metadata();
  metadata[name_key] = name;
  write_prompt_cache_file(to, file.layers(), metadata, [&](std::size_t layer) {
    std::vector<std::vector<std::byte>> tensors;
    for (std::size_t i = 0; i < file.layers()[layer].tensors(layer).size(); ++i) {
      const std::span<const std::byte> bytes = file.tensor(layer, i).bytes;
      tensors.emplace_back(bytes.begin(), bytes.end());
    }
    file.check();
    return tensors;
  });
  return find(id_of(to));
}

SnapshotInfo ContextSnapshots::rename(const std::string& id, const std::string& name) {
  check_name(name);
  const SnapshotInfo old = find(id);
  for (const SnapshotInfo& other : list()) {
    if (other.id != id && other.file.name == name) fail(Errc::invalid_argument, "there is a snapshot called {} already", name);
  }
  return rewrite(old.file.path, old.file.path, name);
}

void ContextSnapshots::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  look();
  const auto found = known_.find(id);
  if (found == known_.end()) return;
  std::error_code error;
  fs::remove(found->second.info.file.path, error);
  if (error) fail(Errc::io, "{}: cannot be deleted: {}", found->second.info.file.path, error.message());
  known_.erase(found);
}

void ContextSnapshots::export_to(const std::string& id, const fs::path& path) const {
  const SnapshotInfo info = find(id);
  if (!info.problem.empty()) fail(Errc::corrupt, "{}", info.problem);
  const auto file = MappedFile::open(info.file.path);
  FileWriter writer(path);
  constexpr std::size_t step = std::size_t{16} << 20;
  for (std::size_t begin = 0; begin < file->bytes().size(); begin += step) writer.append(file->bytes().subspan(begin, std::min(step, file->bytes().size() - begin)));
  file->check();
  writer.commit();
}

SnapshotInfo ContextSnapshots::import_from(const fs::path& path, const std::string& name) {
  const PromptCacheFile file = PromptCacheFile::open(path);  // nothing is written before it is known to be one
  std::string called = !name.empty() ? name : file.metadata(name_key);
  if (called.empty()) called = path.stem().string();
  const std::vector<SnapshotInfo> there = list();
  const auto taken = [&](const std::string& text) { return std::ranges::any_of(there, [&](const SnapshotInfo& info) { return info.file.name == text; }); };
  std::string free = called;
  for (int number = 2; taken(free); ++number) free = fmt::format("{} {}", called, number);
  return rewrite(path, path_for(free), free);
}

void ContextSnapshots::touch(const fs::path& path) const { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }

ContextSnapshots::Match ContextSnapshots::longest(const std::string& fingerprint, std::span<const std::int32_t> prompt) const {
  const std::lock_guard lock(mutex_);
  Match best;
  if (folder_.empty()) return best;
  look();
  for (const auto& [id, known] : known_) {
    const bool fits = known.info.problem.empty() && known.info.file.fingerprint == fingerprint && known.ids.size() > best.ids.size() && known.ids.size() < prompt.size();
    if (fits && std::ranges::equal(known.ids, prompt.first(known.ids.size()))) best = {known.info.file.path, known.ids};
  }
  return best;
}

}  // namespace etna

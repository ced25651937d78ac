#include "hub/cache_scan.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"
#include "hub/names.h"
#include "hub/space.h"
#include "hub/verify.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_files = 100'000;
constexpr int deepest_folder = 32;
constexpr std::size_t longest_index = std::size_t{64} << 20;

bool is_weight(std::string_view path) {
  return path.ends_with(".safetensors") || path.ends_with(".gguf");
}

/// "model-00002-of-00003.safetensors" → prefix "model-", 2, 3, ".safetensors".
struct SplitName {
  std::string prefix, ending;
  int part = 0, parts = 0;
};

std::optional<SplitName> parse_split_name(std::string_view path) {
  constexpr std::size_t digits = 5;
  constexpr std::string_view of = "-of-";
  const auto dot = path.rfind('.');
  if (dot == path.npos || dot < 2 * digits + of.size()) return std::nullopt;
  const auto number = [&](std::size_t at) {
    int value = 0;
    for (const char c : path.substr(at, digits)) {
      if (c < '0' || c > '9') return -1;
      value = 10 * value + (c - '0');
    }
    return value;
  };
  const std::size_t begin = dot - 2 * digits - of.size();
  SplitName name{.prefix = std::string(path.substr(0, begin)),
                 .ending = std::string(path.substr(dot)),
                 .part = number(begin),
                 .parts = number(dot - digits)};
  if (path.substr(begin + digits, of.size()) != of || name.part < 1 || name.part > name.parts) return std::nullopt;
  return name;
}

std::int64_t seconds_of(const fs::path& path) {
  struct stat info {};

  return ::lstat(path.c_str(), &info) == 0 ? info.st_mtim.tv_sec : 0;
}

class RepositoryScan {
public:
  RepositoryScan(const Cache& cache, std::string id, std::vector<std::string>& unreadable)
      : cache_(cache), unreadable_(unreadable) {
    result_.id = std::move(id);
    result_.folder = cache.repository(result_.id);
  }

  CachedRepository run() {
    read_refs(result_.folder / "refs", "", 0);
    std::error_code error;
    for (fs::directory_iterator entry(result_.folder / "snapshots", error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string commit = entry->path().filename().string();
      std::error_code ignored;
      if (is_commit(commit) && fs::is_directory(entry->symlink_status(ignored))) read_snapshot(entry->path(), commit);
    }
    read_blobs();
    std::ranges::sort(result_.snapshots, std::ranges::greater(), &CachedSnapshot::changed_unix);
    return std::move(result_);
  }

private:
  void read_refs(const fs::path& folder, const std::string& prefix, int depth) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      const std::string name = prefix + entry->path().filename().string();
      std::error_code ignored;
      if (fs::is_directory(entry->symlink_status(ignored)) && depth < 8) {
        read_refs(entry->path(), name + "/", depth + 1);
      } else if (!wrong_with_revision(name)) {
        if (const auto commit = cache_.ref(result_.id, name)) refs_[*commit].push_back(name);
      }
    }
  }

  void read_snapshot(const fs::path& folder, const std::string& commit) {
    CachedSnapshot snapshot{.commit = commit, .refs = refs_[commit], .folder = folder};
    std::ranges::sort(snapshot.refs);
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      std::error_code ignored;
      const fs::file_status status = entry->symlink_status(ignored);
      if (fs::is_directory(status)) {
        if (entry.depth() >= deepest_folder) entry.disable_recursion_pending();
        continue;
      }
      const std::string path = entry->path().lexically_relative(folder).string();
      if (wrong_with_file_name(path)) {
        unreadable_.push_back(fmt::format("{} of {}: its name is refused", escaped_name(path), result_.id));
        continue;
      }
      if (snapshot.files.size() == most_files) {
        unreadable_.push_back(fmt::format("{}: has more than {} files", result_.id, most_files));
        break;
      }
      add_file(snapshot, entry->path(), path);
    }
    if (error) unreadable_.push_back(fmt::format("{}: {}", folder.string(), error.message()));
    std::ranges::sort(snapshot.files, {}, &CachedFile::path);
    find_missing(snapshot);
    result_.snapshots.push_back(std::move(snapshot));
  }

  void add_file(CachedSnapshot& snapshot, const fs::path& place, const std::string& path) {
    CachedFile file{.path = path, .blob = linked_blob(place).value_or("")};
    if (!file.blob.empty()) used_.insert(file.blob);
    snapshot.changed_unix = std::max(snapshot.changed_unix, seconds_of(place));
    if (const auto real = cache_.find(result_.id, snapshot.commit, path)) {
      std::error_code error;
      file.size = fs::file_size(*real, error);
      file.is_present = !error;
    }
    if (file.is_present && (file.blob.empty() || counted_[snapshot.commit].insert(file.blob).second)) {
      snapshot.bytes += file.size;
    }
    if (file.is_present && file.blob.empty()) result_.bytes += allocated_bytes(place);
    snapshot.files.push_back(std::move(file));
  }

  void find_missing(CachedSnapshot& snapshot) {
    std::vector<std::string> present;
    std::set<std::string> missing;
    for (const CachedFile& file : snapshot.files) {
      if (file.is_present)
        present.push_back(file.path);
      else
        missing.insert(file.path);
    }
    snapshot.has_weights = std::ranges::any_of(present, is_weight);
    for (std::string& name : missing_parts(present)) missing.insert(std::move(name));
    for (const std::string& path : present) {
      if (!path.ends_with(".safetensors.index.json")) continue;
      try {
        const std::string text = read_text_file(*cache_.find(result_.id, snapshot.commit, path), longest_index);
        for (std::string& name : missing_in_index(present, path, text)) missing.insert(std::move(name));
      } catch (const std::exception& error) {
        unreadable_.push_back(error.what());
        missing.insert(path);
      }
    }
    snapshot.missing.assign(missing.begin(), missing.end());
  }

  void read_blobs() {
    std::error_code error;
    for (fs::directory_iterator entry(result_.folder / "blobs", error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      const std::uint64_t bytes = allocated_bytes(entry->path());
      result_.bytes += bytes;
      if (name.find(".etna-") != name.npos) {
        result_.unfinished_bytes += bytes;
      } else if (is_blob_name(name)) {
        if (!used_.contains(name)) result_.unused_blobs.push_back(name);
      } else {
        result_.others_unfinished_bytes += bytes;
      }
    }
    std::ranges::sort(result_.unused_blobs);
  }

  const Cache& cache_;
  std::vector<std::string>& unreadable_;
  CachedRepository result_;
  std::map<std::string, std::vector<std::string>> refs_;
  std::set<std::string> used_;
  std::map<std::string, std::set<std::string>> counted_;
};

}  // namespace

std::vector<std::string> missing_parts(const std::vector<std::string>& files) {
  const std::set<std::string> present(files.begin(), files.end());
  std::set<std::string> missing;
  for (const std::string& path : files) {
    const auto name = parse_split_name(path);
    if (!name || !is_weight(path)) continue;
    for (int part = 1; part <= name->parts; ++part) {
      std::string other = fmt::format("{}{:05}-of-{:05}{}", name->prefix, part, name->parts, name->ending);
      if (!present.contains(other)) missing.insert(std::move(other));
    }
  }
  return {missing.begin(), missing.end()};
}

std::vector<std::string> missing_in_index(const std::vector<std::string>& files, const std::string& index_path,
                                          const std::string& index_text) {
  const std::set<std::string> present(files.begin(), files.end());
  const nlohmann::json index = parse_json(index_text, index_path, 16);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    fail(Errc::corrupt, "{}: is no index of weights", index_path);
  }
  const std::string folder = index_path.substr(0, index_path.rfind('/') + 1);
  std::set<std::string> missing;
  for (const auto& [tensor, file] : index["weight_map"].items()) {
    if (!file.is_string()) fail(Errc::corrupt, "{}: names no file for {}", index_path, escaped_name(tensor));
    std::string path = folder + file.get<std::string>();
    check_file_name(path);
    if (!present.contains(path)) missing.insert(std::move(path));
  }
  return {missing.begin(), missing.end()};
}

Versions versions_in(const CachedSnapshot& snapshot) {
  Tree tree{.commit = snapshot.commit, .files = {}, .refused = {}};
  for (const CachedFile& file : snapshot.files) {
    if (file.is_present)
      tree.files.push_back({.path = file.path, .size = file.size, .oid = {}, .sha256 = {}, .xet_hash = {}});
  }
  return versions_of(tree, ModelInfo());
}

std::optional<CachedRepository> scan_repository(const Cache& cache, std::string_view id) {
  std::error_code error;
  if (!fs::is_directory(cache.repository(id), error)) return std::nullopt;
  std::vector<std::string> unreadable;
  return RepositoryScan(cache, std::string(id), unreadable).run();
}

CacheListing scan_cache(const Cache& cache, const std::stop_token& stop) {
  CacheListing listing;
  std::error_code error;
  for (fs::directory_iterator entry(cache.root(), error), end; !error && entry != end; entry.increment(error)) {
    if (stop.stop_requested()) return {};
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (!name.starts_with("models--") || !fs::is_directory(entry->status(ignored))) continue;
    const auto id = repository_of_folder(name);
    if (!id) {
      listing.unreadable.push_back(fmt::format("{}: is named like no repository", escaped_name(name)));
      continue;
    }
    listing.repositories.push_back(RepositoryScan(cache, *id, listing.unreadable).run());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    listing.unreadable.push_back(fmt::format("{}: {}", cache.root().string(), error.message()));
  }
  std::ranges::sort(listing.repositories, {}, &CachedRepository::id);
  return listing;
}

}  // namespace etna::hub

#include "hub/folders.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"
#include "hub/cache.h"
#include "hub/cache_scan.h"
#include "hub/disk.h"
#include "hub/names.h"
#include "hub/verify.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_entries = 1'000'000;
constexpr int deepest_folder = 64;
constexpr std::size_t longest_manifest = std::size_t{1} << 20;

bool is_first_or_only_part(const std::string& name) {
  return name.find("-of-") == name.npos || name.find("-00001-of-") != name.npos;
}

std::uint64_t size_of(const fs::path& file) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(file, error);
  return error ? 0 : size;
}

/// The files of a folder that are models or belong to some.
struct Listing {
  std::vector<std::string> gguf, safetensors;
  bool has_config = false;
};

class FolderScan {
public:
  FolderScan(const ModelFolder& folder, FolderContents& contents) : folder_(folder), contents_(contents) {}

  void run(const std::stop_token& stop) {
    std::error_code error;
    std::size_t entries = 0;
    using Options = fs::directory_options;
    for (fs::recursive_directory_iterator entry(folder_.path, Options::skip_permission_denied, error), end;
         !error && entry != end; entry.increment(error)) {
      if (stop.stop_requested()) return;
      if (++entries > most_entries) {
        contents_.unreadable.push_back(fmt::format("{}: has more than {} files", folder_.path.string(), most_entries));
        break;
      }
      const std::string name = entry->path().filename().string();
      std::error_code ignored;
      if (fs::is_directory(entry->symlink_status(ignored))) {
        // A repository in the layout of the cache is no folder of files (scan_cache reads it).
        const bool is_cached = entry.depth() == 0 && repository_of_folder(name);
        if (name.starts_with('.') || is_cached || entry.depth() >= deepest_folder) entry.disable_recursion_pending();
      } else if (fs::is_regular_file(entry->status(ignored)) && disk::is_inside(entry->path(), folder_.path)) {
        add(entry->path().parent_path(), name);
      }
    }
    if (error) contents_.unreadable.push_back(fmt::format("{}: {}", folder_.path.string(), error.message()));
    for (const auto& [folder, listing] : folders_) report(folder, listing);
  }

private:
  void add(const fs::path& folder, const std::string& name) {
    if (name.ends_with(".gguf") && !name.starts_with("mmproj")) folders_[folder].gguf.push_back(name);
    if (name.ends_with(".safetensors")) folders_[folder].safetensors.push_back(name);
    if (name == "config.json") folders_[folder].has_config = true;
  }

  void report(const fs::path& folder, Listing listing) {
    std::string prefix = folder.lexically_relative(folder_.path).string();
    if (prefix == ".") prefix = folder_.path.filename().string();
    std::ranges::sort(listing.gguf);
    for (const std::string& name : listing.gguf) {
      if (is_first_or_only_part(name)) add_gguf(folder, prefix, name, listing.gguf);
    }
    if (listing.safetensors.empty() || !listing.has_config) return;
    FoundModel model{.name = prefix, .owner = folder_.owner, .path = folder};
    model.missing = missing_parts(listing.safetensors);
    std::ranges::sort(listing.safetensors);
    for (const std::string& name : listing.safetensors) add_file(model, folder / name);
    contents_.models.push_back(std::move(model));
  }

  void add_gguf(const fs::path& folder, const std::string& prefix, const std::string& name,
                const std::vector<std::string>& all) {
    FoundModel model{.name = fmt::format("{} · {}", prefix, fs::path(name).stem().string()),
                     .owner = folder_.owner,
                     .path = folder / name};
    std::vector<std::string> own = {name};
    if (const auto at = name.find("-00001-of-"); at != name.npos) {
      std::ranges::copy_if(all, std::back_inserter(own), [&](const std::string& other) {
        return other != name && other.starts_with(name.substr(0, at + 1)) && other.ends_with(name.substr(at + 6));
      });
      model.missing = missing_parts(own);
    }
    for (const std::string& part : own) add_file(model, folder / part);
    contents_.models.push_back(std::move(model));
  }

  static void add_file(FoundModel& model, const fs::path& file) {
    model.bytes += size_of(file);
    model.files.push_back(file);
  }

  const ModelFolder& folder_;
  FolderContents& contents_;
  std::map<fs::path, Listing> folders_;
};

/// Ollama: manifests/<registry>/<namespace>/<model>/<tag> is JSON whose layer of type "…image.model" names a blob.
class OllamaScan {
public:
  OllamaScan(const ModelFolder& folder, FolderContents& contents) : folder_(folder), contents_(contents) {}

  void run(const std::stop_token& stop) {
    const fs::path manifests = folder_.path / "manifests";
    std::error_code error;
    for (fs::recursive_directory_iterator entry(manifests, fs::directory_options::skip_permission_denied, error), end;
         !error && entry != end; entry.increment(error)) {
      if (stop.stop_requested()) return;
      if (entry.depth() > 8) entry.disable_recursion_pending();
      std::error_code ignored;
      if (!fs::is_regular_file(entry->symlink_status(ignored))) continue;
      try {
        read(entry->path(), entry->path().lexically_relative(manifests));
      } catch (const std::exception& failure) {
        contents_.unreadable.push_back(failure.what());
      }
    }
  }

private:
  /// "registry.ollama.ai/library/llama3.2/3b" → "llama3.2:3b"; of other registries and users more is kept.
  static std::string name_of(const fs::path& manifest) {
    std::string model = manifest.parent_path().string();
    for (const std::string_view usual : {"registry.ollama.ai/library/", "registry.ollama.ai/"}) {
      if (model.starts_with(usual)) {
        model.erase(0, usual.size());
        break;
      }
    }
    return escaped_name(fmt::format("{}:{}", model, manifest.filename().string()));
  }

  void read(const fs::path& file, const fs::path& relative) {
    const nlohmann::json manifest = parse_json(read_text_file(file, longest_manifest), file.string(), 16);
    if (!manifest.is_object() || !manifest.contains("layers") || !manifest["layers"].is_array()) {
      fail(Errc::corrupt, "{}: is no list of layers", file.string());
    }
    for (const nlohmann::json& layer : manifest["layers"]) {
      if (!layer.is_object() || layer.value("mediaType", "") != "application/vnd.ollama.image.model") continue;
      const std::string digest = layer.value("digest", "");
      const std::string hash = digest.starts_with("sha256:") ? digest.substr(7) : "";
      if (hash_kind(hash) != HashKind::sha256) fail(Errc::corrupt, "{}: names no blob", file.string());
      FoundModel model{.name = name_of(relative), .owner = FolderOwner::ollama, .sha256 = hash};
      const auto blob = find_in_ollama(folder_.path, hash);
      model.path = folder_.path / "blobs" / ("sha256-" + hash);
      if (blob) {
        model.bytes = size_of(*blob);
        model.files.push_back(*blob);
      } else {
        model.missing.push_back("sha256-" + hash);
      }
      contents_.models.push_back(std::move(model));
      return;
    }
  }

  const ModelFolder& folder_;
  FolderContents& contents_;
};

void scan_hugging_face(const ModelFolder& folder, FolderContents& contents, const std::stop_token& stop) {
  CacheListing listing = scan_cache(Cache(folder.path), stop);
  contents.unreadable = std::move(listing.unreadable);
  for (const CachedRepository& repository : listing.repositories) {
    for (const CachedSnapshot& snapshot : repository.snapshots) {
      if (!snapshot.has_weights && snapshot.missing.empty()) continue;
      FoundModel model{.name = repository.id, .owner = folder.owner, .path = snapshot.folder, .bytes = snapshot.bytes};
      if (snapshot.refs.empty()) model.name += "@" + snapshot.commit.substr(0, 8);
      for (const CachedFile& file : snapshot.files) model.files.push_back(snapshot.folder / file.path);
      model.missing = snapshot.missing;
      contents.models.push_back(std::move(model));
    }
  }
}

}  // namespace

std::string_view name(FolderOwner owner) {
  switch (owner) {
    case FolderOwner::user: return "your folder";
    case FolderOwner::hugging_face: return "Hugging Face cache";
    case FolderOwner::lm_studio: return "LM Studio";
    case FolderOwner::ollama: return "Ollama";
    case FolderOwner::llama_cpp: return "llama.cpp";
  }
  return "your folder";
}

bool has_cached_repositories(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (repository_of_folder(entry->path().filename().string()) && fs::is_directory(entry->symlink_status(ignored)))
      return true;
  }
  return false;
}

FolderContents scan_folder(const ModelFolder& folder, const std::stop_token& stop) {
  FolderContents contents;
  const auto file_system = disk::file_system_id(folder.path);
  std::error_code error;
  if (!file_system || !fs::is_directory(folder.path, error)) return contents;
  contents.file_system = *file_system;
  // An empty folder of another disk is where the right one is not mounted.
  contents.is_connected =
      folder.file_system == 0 || folder.file_system == *file_system || !fs::is_empty(folder.path, error);
  if (!contents.is_connected) return contents;
  switch (folder.owner) {
    case FolderOwner::hugging_face: scan_hugging_face(folder, contents, stop); break;
    case FolderOwner::ollama: OllamaScan(folder, contents).run(stop); break;
    default: FolderScan(folder, contents).run(stop); break;
  }
  if (stop.stop_requested()) return {};
  std::ranges::sort(contents.models, {}, &FoundModel::name);
  return contents;
}

std::vector<ModelFolder> find_other_programs_folders(const fs::path& home,
                                                     const std::function<std::string(std::string_view)>& environment) {
  std::vector<ModelFolder> result;
  const auto add = [&](const fs::path& path, FolderOwner owner) {
    std::error_code error;
    if (path.empty() || !fs::is_directory(path, error)) return;
    const fs::path real = fs::canonical(path, error);
    const bool known = std::ranges::any_of(result, [&](const ModelFolder& other) { return other.path == real; });
    if (!error && !known) {
      result.push_back({.path = real, .owner = owner, .file_system = disk::file_system_id(real).value_or(0)});
    }
  };
  add(home / ".lmstudio" / "models", FolderOwner::lm_studio);
  add(home / ".cache" / "lm-studio" / "models", FolderOwner::lm_studio);
  add(environment("OLLAMA_MODELS"), FolderOwner::ollama);
  add(home / ".ollama" / "models", FolderOwner::ollama);
  add("/usr/share/ollama/.ollama/models", FolderOwner::ollama);
  add(environment("LLAMA_CACHE"), FolderOwner::llama_cpp);
  const fs::path caches = environment("XDG_CACHE_HOME");
  add((caches.empty() ? home / ".cache" : caches) / "llama.cpp", FolderOwner::llama_cpp);
  return result;
}

std::optional<fs::path> find_in_ollama(const fs::path& store, std::string_view sha256) {
  if (hash_kind(sha256) != HashKind::sha256) return std::nullopt;
  fs::path blob = store / "blobs" / fmt::format("sha256-{}", sha256);
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(blob, error))) return std::nullopt;
  return blob;
}

}  // namespace etna::hub

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace etna::hub {

/// Who put the files there, and may change or remove them. Etna changes nothing outside the cache.
enum class FolderOwner { user, hugging_face, lm_studio, ollama, llama_cpp };

/// "Hugging Face cache", "LM Studio", …; for a user's own folder "your folder".
std::string_view name(FolderOwner owner);

/// A place with models that is not (only) Etna's: linked by the user, or another program's store.
struct ModelFolder {
  std::filesystem::path path = {};
  FolderOwner owner = FolderOwner::user;
  std::uint64_t file_system = 0;  ///< of the disk it was on when it was seen last; 0: not known
  bool operator==(const ModelFolder&) const = default;
};

/// A model in such a place: a file, parts of a file, or a folder with safetensors.
struct FoundModel {
  std::string name = {};  ///< "publisher/model · file", "llama3.2:3b"
  FolderOwner owner = FolderOwner::user;
  std::filesystem::path path = {};  ///< what the engine opens: a folder or the first file
  std::vector<std::filesystem::path> files = {};
  std::uint64_t bytes = 0;
  std::string sha256 = {};                ///< where the store names its files by it
  std::vector<std::string> missing = {};  ///< parts that are not there
};

struct FolderContents {
  bool is_connected = false;  ///< false: its disk is not there; keep what is known of it
  std::uint64_t file_system = 0;
  std::vector<FoundModel> models = {};       ///< by name
  std::vector<std::string> unreadable = {};  ///< sentences
};

/// Whether repositories lie in this folder in the layout of the cache: downloads that went there.
bool has_cached_repositories(const std::filesystem::path& folder);

/// Looks through a folder, at any depth; hidden folders and links out of it are not followed. Files that are no models
/// are passed over, and so is what has_cached_repositories() tells of in a user's folder. Nothing is changed, nothing
/// thrown; empty when stopped.
FolderContents scan_folder(const ModelFolder& folder, const std::stop_token& stop = {});

/// Stores of other programs that exist on this computer. `environment` looks a variable up (OLLAMA_MODELS, LLAMA_CACHE,
/// XDG_CACHE_HOME); empty strings count as not set.
std::vector<ModelFolder> find_other_programs_folders(const std::filesystem::path& home,
                                                     const std::function<std::string(std::string_view)>& environment);

/// "sha256-<hex>" among an Ollama store's blobs: the same bytes as the hub's file of that hash. None if it is not
/// there.
std::optional<std::filesystem::path> find_in_ollama(const std::filesystem::path& store, std::string_view sha256);

}  // namespace etna::hub

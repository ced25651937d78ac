#include "hub/cached_versions.h"

#include <map>

#include "hub/versions.h"

namespace etna::hub {

namespace {

void add(CachedVersion& version, const CachedFile& file) {
  version.bytes += file.size;
  version.files.push_back(file);
}

}  // namespace

std::vector<CachedVersion> cached_versions(const CachedRepository& repository) {
  std::vector<CachedVersion> result;
  for (const CachedSnapshot& snapshot : repository.snapshots) {
    if (!snapshot.has_weights) continue;  // a tokenizer or a data sheet alone is no model
    CachedVersion whole{.repository = repository.id,
                        .commit = snapshot.commit,
                        .refs = snapshot.refs,
                        .path = snapshot.folder,
                        .is_whole = snapshot.is_whole()};
    std::map<std::string, CachedVersion> ggufs;
    const CachedVersion empty = whole;
    for (const CachedFile& file : snapshot.files) {
      if (!file.is_present) continue;
      if (!file.path.ends_with(".gguf")) {
        add(whole, file);
        continue;
      }
      // Parts of one model have one name for their bits.
      const std::string key = gguf_quantization(file.path);
      CachedVersion& version = ggufs.try_emplace(key.empty() ? file.path : key, empty).first->second;
      if (version.files.empty()) version.path = snapshot.folder / file.path;
      add(version, file);
    }
    if (ggufs.empty()) result.push_back(std::move(whole));
    for (auto& [key, version] : ggufs) {
      version.key = key;
      result.push_back(std::move(version));
    }
  }
  return result;
}

}  // namespace etna::hub

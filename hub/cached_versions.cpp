#include "hub/cached_versions.h"

#include <algorithm>

#include "hub/versions.h"

namespace etna::hub {

namespace {

void add(CachedVersion& result, const CachedSnapshot& snapshot, const std::string& path) {
  const auto file = std::ranges::find(snapshot.files, path, &CachedFile::path);
  if (file == snapshot.files.end() || !file->is_present) return;
  result.bytes += file->size;
  result.files.push_back(*file);
}

}  // namespace

std::vector<CachedVersion> cached_versions(const CachedRepository& repository) {
  std::vector<CachedVersion> result;
  for (const CachedSnapshot& snapshot : repository.snapshots) {
    for (const ModelVersion& version : versions_in(snapshot).versions) {
      const bool is_gguf = version.format == WeightFormat::gguf;
      CachedVersion& cached = result.emplace_back();
      cached.repository = repository.id;
      cached.commit = snapshot.commit;
      cached.refs = snapshot.refs;
      cached.key = is_gguf ? version.key : std::string();
      cached.path = is_gguf ? snapshot.folder / version.weight_files.front() : snapshot.folder;
      cached.weight_files = version.weight_files;
      cached.missing = version.missing_parts;
      // Of the files that a snapshot lacks nobody knows which version they are of.
      if (!is_gguf) cached.missing.insert(cached.missing.end(), snapshot.missing.begin(), snapshot.missing.end());
      for (const auto* files : {&version.weight_files, &version.other_files})
        for (const std::string& path : *files) add(cached, snapshot, path);
    }
  }
  return result;
}

}  // namespace etna::hub

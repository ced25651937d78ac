#include "hub/version_head.h"

#include "engine/base/error.h"

namespace etna::hub {

namespace {

constexpr std::size_t longest_config = 1 << 20;

const TreeFile& file_of(const Tree& tree, const std::string& path) {
  const TreeFile* file = tree.find(path);
  if (!file) fail(Errc::not_found, "{}: the repository has no such file", path);
  return *file;
}

}  // namespace

VersionHead read_version_head(const HubApi& api, const ModelInfo& info, const Tree& tree, const ModelVersion& version,
                              const std::stop_token& stop) {
  VersionHead head;
  head.name = info.id.substr(info.id.find('/') + 1);
  if (version.format == WeightFormat::gguf) {
    std::vector<TreeFile> files;
    for (const std::string& path : version.weight_files) files.push_back(file_of(tree, path));
    head.gguf_parts = read_gguf_heads(api, info.id, info.commit, files, stop);
    return head;
  }
  head.config_json = api.read_text(info.id, info.commit, "config.json", longest_config, stop);
  for (const std::string& path : version.weight_files) {
    SafetensorsHeader header = read_safetensors_header(api, info.id, info.commit, file_of(tree, path), stop);
    for (TensorEntry& tensor : header.tensors) head.tensors.push_back(std::move(tensor));
  }
  return head;
}

}  // namespace etna::hub

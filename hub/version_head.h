#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "hub/api.h"
#include "hub/headers.h"
#include "hub/versions.h"

namespace etna::hub {

/// What the headers of a version's weights tell, read by ranged requests: all that is needed to say whether it runs and
/// how much memory it takes. Nothing here knows what the tensors mean.
struct VersionHead {
  std::string name;                   ///< of the repository, without its owner
  std::string config_json;            ///< of safetensors repositories
  std::vector<TensorEntry> tensors;   ///< of safetensors files, all parts together
  std::vector<GgufHead> gguf_parts;   ///< of GGUF models instead, in order
};

/// `tree` and `info` are of the same commit. Throws as HubApi does, not_found where the repository lacks a file that its
/// format needs, and corrupt for what is no such header.
VersionHead read_version_head(const HubApi& api, const ModelInfo& info, const Tree& tree, const ModelVersion& version,
                              const std::stop_token& stop = {});

}  // namespace etna::hub

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/commands/hub_client.h"
#include "engine/engine.h"
#include "engine/session/version_choice.h"
#include "hub/versions.h"

namespace etna::cli {

/// A repository at one commit, with what there is to choose from.
struct RemoteModel {
  hub::ModelInfo info;
  hub::Tree tree;
  hub::Versions versions;
};

/// Two requests.
RemoteModel look_up(const hub::HubApi& api, const std::string& id, const std::string& revision);

/// What is known of a version on this computer.
struct JudgedVersion {
  hub::ModelVersion version;
  std::optional<LoadEstimate> estimate = {};
  bool is_exact = false;     ///< of its own headers; else worked out from a sibling's
  std::string why_not = {};  ///< why there is no estimate
  bool unsupported = false;  ///< Etna cannot run it
  bool present = false;      ///< all of it is in the cache
};

struct Judgement {
  std::vector<JudgedVersion> versions;  ///< as hub::Versions has them
  VersionChoice choice;
};

/// All versions by the headers of one or two of them, as the window does it; with `wanted` only that one's headers are
/// read. What a hub refuses here is told in `why_not`; a stop or a gated repository is thrown.
Judgement judge(const HubClient& client, const RemoteModel& model, const Engine& engine, std::optional<std::size_t> wanted);

/// The version that a person named: its key ("Q4_K_M") or label in any case, or one of its files. None if there is none.
std::optional<std::size_t> find_version(const hub::Versions& versions, const std::string& name);

std::string judgement_table(const Judgement& judgement);
std::string judgement_json(const Judgement& judgement);

/// "leaves room for 32k context".
std::string reason_text(const VersionChoice& choice);

}  // namespace etna::cli

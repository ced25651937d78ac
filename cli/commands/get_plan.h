#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/commands/version_choice.h"
#include "hub/download_source.h"

namespace etna::cli {

/// What `get` was asked for, before anybody is asked.
struct GetTarget {
  std::string id;
  std::string revision;
  std::string version;  ///< or a file; empty: to be chosen
};

/// Throws invalid_argument for what names no model.
GetTarget target_of(const GetOptions& options, const std::string& endpoint);

/// What will be downloaded.
struct GetPlan {
  GetTarget target;
  RemoteModel model;
  std::string version = {};  ///< key; empty: chosen by file names
  std::string label = {};    ///< "4-bit (Q4_K_M)"; may be empty
  std::string first = {};    ///< the file that is loaded; empty: the folder is
  std::vector<hub::RemoteFile> files = {};
  std::optional<LoadEstimate> estimate = {};

  std::uint64_t bytes() const;
  std::vector<std::string> paths() const;
};

/// Looks the model up and chooses: by patterns, by the version's name, the only version, or the recommended one (asked
/// on a terminal). None when there was a choice to be made and nobody to make it: the table of versions was printed.
/// Throws unsupported for what Etna cannot run, unless forced.
std::optional<GetPlan> make_plan(const GetOptions& options, const HubClient& client, const GetTarget& target);

/// "etna-cli get org/name:Q4_K_M": the same again.
std::string command_of(const GetOptions& options, const GetPlan& plan);

}  // namespace etna::cli

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "hub/api.h"

/// Listings, model pages and trees out of JSON; tolerant of what varies between repositories (hub.md §1.2 to §1.4).
namespace etna::hub {

/// None if the entry has no usable id.
std::optional<ModelSummary> read_summary(const nlohmann::json& value);

/// Throws corrupt, naming `where`, without a usable id or commit.
ModelInfo read_model_info(const nlohmann::json& value, std::string_view where);

/// Adds the files of one page. Throws corrupt where the page is no list, or a file has no usable size or hashes.
void read_tree_page(const nlohmann::json& value, std::string_view where, Tree& tree);

/// Sorts, and moves files whose names collide with an earlier one's into `refused`.
void finish_tree(Tree& tree);

}  // namespace etna::hub

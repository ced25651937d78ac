#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/adapter.h"

/// Experts are modules of their own in PyTorch ("mlp.experts.3.up_proj", Mixtral's "block_sparse_moe.experts.3.w1") and
/// one stacked module in MLX ("mlp.switch_mlp.up_proj").
namespace etna {

struct ExpertPath {
  std::string stacked;  ///< "model.layers.0.mlp.switch_mlp.up_proj"
  std::int64_t expert = 0;
};

/// None for a path that is no expert's.
std::optional<ExpertPath> expert_path(std::string_view path);

/// The path of one expert of a stacked module, as PyTorch has it; none where PyTorch has no such modules.
std::optional<std::string> path_of_expert(std::string_view stacked, std::int64_t expert);

/// Puts the modules of single experts in stacked ones; experts that have none get zeros. `file` is for messages. Throws
/// corrupt for experts of one module whose shapes, ranks or scales differ; unsupported for lengths of rows.
void stack_experts(std::vector<AdapterModule>& modules, const std::string& file);

}  // namespace etna

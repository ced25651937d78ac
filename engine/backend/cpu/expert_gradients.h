#pragma once

#include "engine/backend/cpu/kernel_table.h"

namespace etna::cpu {

/// Kernels of the backward pass through experts: part of add_moe.
void add_expert_gradients(KernelTable& table);

}  // namespace etna::cpu

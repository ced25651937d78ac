#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

/// A build tool: compilers of 2022 know SPV_NV_cooperative_matrix only, drivers of all vendors
/// SPV_KHR_cooperative_matrix.
namespace etna::spirv {

/// What the factors of matrix products are made of. Shaders are written with float16; since they only load factors from
/// memory, and never compute with them, the same code serves bfloat16.
enum class Factor : std::uint8_t { float16, bfloat16 };

struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Rewrites a module. The shader gives rows, columns and depth of its matrices as three different constants, so that
/// left factors (rows x depth), right ones (depth x columns) and sums (rows x columns) have different types: the use of
/// a type follows from where multiplications take it.
///
/// Throws Malformed for what is no module, for matrix instructions it does not know, and when a type has two uses or
/// none. Sources: the SPIR-V extensions SPV_NV_cooperative_matrix, SPV_KHR_cooperative_matrix, SPV_KHR_bfloat16.
std::vector<std::uint32_t> to_khr_matrices(std::span<const std::uint32_t> module, Factor factor);

}  // namespace etna::spirv

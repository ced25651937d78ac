#pragma once

#include <cstdint>

namespace etna::cpu {

/// Makes the BLAS library leave threads to us. Called once per backend.
void prepare_blas();

/// c (m, n) = alpha · a (m, k) · bᵀ with b (n, k), or · b (k, n); row-major with leading dimensions; one thread, may be
/// called from several at once. beta 0 overwrites c, 1 adds to it.
enum class BlasB { as_is, transposed };
void gemm(BlasB form, std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const float* a, std::int64_t lda,
          const float* b, std::int64_t ldb, float beta, float* c, std::int64_t ldc);

}  // namespace etna::cpu

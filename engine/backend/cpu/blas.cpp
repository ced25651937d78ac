#include "engine/backend/cpu/blas.h"

#include <cblas.h>

namespace etna::cpu {

void prepare_blas() { openblas_set_num_threads(1); }

void gemm(BlasB form, std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const float* a, std::int64_t lda,
          const float* b, std::int64_t ldb, float beta, float* c, std::int64_t ldc) {
  const auto narrow = [](std::int64_t value) { return static_cast<blasint>(value); };
  cblas_sgemm(CblasRowMajor, CblasNoTrans, form == BlasB::transposed ? CblasTrans : CblasNoTrans, narrow(m), narrow(n),
              narrow(k), alpha, a, narrow(lda), b, narrow(ldb), beta, c, narrow(ldc));
}

}  // namespace etna::cpu

#pragma once

#include <memory>

#include "engine/array/backend.h"

namespace etna::cpu {

/// The processor: kernels run on a team of threads, one per physical core unless `threads` says otherwise.
/// `ledger`: where its memory is accounted; null for one of its own.
std::unique_ptr<Backend> create_backend(int threads = 0, std::shared_ptr<MemoryLedger> ledger = nullptr);

/// "AMD EPYC 9454, AVX-512": the processor's name and the widest instructions the kernels use.
std::string processor_name();
std::string instruction_sets();

/// How fast all cores together read memory, in bytes a second. Measured at the first call, in some 50 ms; any thread.
double read_speed();

}  // namespace etna::cpu

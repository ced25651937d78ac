#pragma once

#include "engine/array/backend.h"

namespace etna::benchmarks {

/// Bytes a second that the device reads from memory far larger than its caches: the limit that decoding is held
/// against. On the processor all threads sum a buffer; on graphics devices a reduction kernel does. Median of a few runs: virtual machines
/// have moments above what they sustain.
double read_bandwidth(Backend& backend);

}  // namespace etna::benchmarks

#pragma once

#include <memory>

#include "engine/memory/heap.h"

namespace etna::cpu {

/// The system's memory. Mapped files are imported as they are.
std::unique_ptr<Heap> create_heap();

}  // namespace etna::cpu

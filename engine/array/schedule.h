#pragma once

#include <span>

#include "engine/array/array.h"
#include "engine/array/backend.h"

namespace etna {

/// Turns a graph into a program for one backend:
/// - operations without a kernel are replaced by their definition, until all have one (else unsupported, naming the
///   operation, dtype and backend);
/// - views become strides; inputs that a kernel cannot read as they lie are copied first;
/// - every intermediate gets a place in one arena by lifetime; requested arrays get memory of their own.
///
/// Steps run in depth-first order of `outputs`: what updates memory in place must be requested after what reads the
/// old contents.
///
/// `working`: where intermediates lie; null: in memory of the program's own.
Program schedule(std::span<const Array> outputs, Backend& backend, OwnerId owner, std::shared_ptr<WorkingMemory> working = nullptr);

}  // namespace etna

#pragma once

#include <algorithm>
#include <cstdint>

namespace etna {

/// from - bytes, or 0 where that would be less: amounts of memory that are read one after the other need not agree.
inline std::uint64_t less(std::uint64_t from, std::uint64_t bytes) { return from - std::min(from, bytes); }

}  // namespace etna

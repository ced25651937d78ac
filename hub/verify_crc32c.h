#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace etna::hub {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes` appended to what `crc` was computed of; start with 0.
/// Uses the processor's instruction where there is one: about 8 GB/s.
std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes);

/// The same by tables, for processors without the instruction and for tests.
std::uint32_t crc32c_by_table(std::uint32_t crc, std::span<const std::byte> bytes);

}  // namespace etna::hub

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace etna::hub {

/// Of one file system, in bytes; `available` is what this user may take.
struct Space {
  std::uint64_t available = 0;
  std::uint64_t total = 0;
};

/// Asks the system about the file system that holds a folder (or the nearest folder above it that exists). Throws io.
Space space_at(const std::filesystem::path& folder);

/// Where to ask; tests give their own.
using SpaceSource = std::function<Space(const std::filesystem::path& folder)>;

/// What downloads leave free for everything else: 2 GB or 2 % of the disk, whichever is more.
std::uint64_t reserved_bytes(const Space& space);

/// Bytes that are missing before `needed` more can be written and the reserve still be left; 0: there is room.
std::uint64_t missing_bytes(const Space& space, std::uint64_t needed, std::uint64_t reserve);

/// Bytes that a file takes on its disk now, also when it has holes; 0 where there is none.
std::uint64_t allocated_bytes(const std::filesystem::path& file);

}  // namespace etna::hub

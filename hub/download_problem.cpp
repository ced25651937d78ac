#include "hub/download_problem.h"

#include <fmt/core.h>

#include <array>

#include "hub/disk.h"
#include "hub/problem.h"

namespace etna::hub {

namespace fs = std::filesystem;

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  constexpr std::array units = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  // 999.5 would be written as 1000.
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  const int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, digits, units[unit]);
}

DownloadProblem disk_full(const fs::path& folder, std::uint64_t missing) {
  return {.code = "E-DSK-01",
          .title = "The disk is full",
          .text = fmt::format("{} needs {} more. Nothing was lost.", folder.string(), size_text(missing))};
}

DownloadProblem file_too_large_for_disk(const fs::path& folder) {
  return {.code = "E-DSK-02",
          .title = "The folder can't be written",
          .text = fmt::format("{}: its disk cannot hold a file of this size (FAT32 allows 4 GB).", folder.string())};
}

DownloadProblem folder_not_writable(const fs::path& folder, const std::string& reason) {
  return {.code = "E-DSK-02",
          .title = "The folder can't be written",
          .text = fmt::format("{}: {}.", folder.string(), reason)};
}

DownloadProblem disk_fault(const fs::path& file, std::uint64_t position) {
  return {.code = "E-DSK-03",
          .title = "The disk reported an error",
          .text = fmt::format("Reading {} failed at byte {}. The disk may be failing; back up your data.",
                              file.string(), position)};
}

DownloadProblem folder_away(const fs::path& folder) {
  return {.code = "E-DSK-04",
          .title = "The folder is not connected",
          .text = fmt::format("{} is on a disk that isn't mounted.", folder.string())};
}

DownloadProblem arrived_damaged(std::size_t pieces, int rounds, const std::string& wanted, const std::string& got) {
  return {
      .code = "E-DL-01",
      .title = "The file arrived damaged",
      .text = fmt::format("{} pieces didn't match and were loaded again {} times without success (wanted {}, got {}).",
                          pieces, rounds, wanted, got)};
}

DownloadProblem describe_problem(const std::exception& error) {
  if (const auto* own = dynamic_cast<const DownloadError*>(&error)) return own->problem();
  if (const auto* hub = dynamic_cast<const HubError*>(&error)) {
    return {.code = std::string(hub->problem().code()),
            .title = std::string(hub->problem().title()),
            .text = hub->problem().text()};
  }
  if (const auto* space = dynamic_cast<const disk::NoSpace*>(&error)) {
    return {.code = space->file_too_large() ? "E-DSK-02" : "E-DSK-01",
            .title = space->file_too_large() ? "The folder can't be written" : "The disk is full",
            .text = space->what()};
  }
  if (const auto* known = dynamic_cast<const Error*>(&error); known && known->code() == Errc::corrupt) {
    return {.code = "E-NET-06", .title = "Hugging Face has a problem", .text = known->what()};
  }
  return {.code = "E-DSK-02", .title = "The folder can't be written", .text = error.what()};
}

}  // namespace etna::hub

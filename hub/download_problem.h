#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/base/error.h"

namespace etna::hub {

/// What stopped a download, from the catalogue of errors (desktop.md §5.10), for people and for programs.
struct DownloadProblem {
  std::string code = {};   ///< "E-DSK-01"; empty: nothing is wrong
  std::string title = {};  ///< at most 60 characters
  std::string text = {};   ///< what happened and why
  bool operator==(const DownloadProblem&) const = default;
};

/// A disk or a file that is not what it should be; problems of the network are HubError.
class DownloadError : public Error {
public:
  DownloadError(Errc code, DownloadProblem problem)
      : Error(code, problem.title + ": " + problem.text), problem_(std::move(problem)) {}

  const DownloadProblem& problem() const { return problem_; }

private:
  DownloadProblem problem_;
};

DownloadProblem disk_full(const std::filesystem::path& folder, std::uint64_t missing);
DownloadProblem file_too_large_for_disk(const std::filesystem::path& folder);
DownloadProblem folder_not_writable(const std::filesystem::path& folder, const std::string& reason);
DownloadProblem disk_fault(const std::filesystem::path& file, std::uint64_t position);
DownloadProblem folder_away(const std::filesystem::path& folder);
DownloadProblem arrived_damaged(std::size_t pieces, int rounds, const std::string& wanted, const std::string& got);

/// Of any exception that ends a download.
DownloadProblem describe_problem(const std::exception& error);

/// "4.92 GB", "731 kB": three significant digits, decimal units.
std::string size_text(std::uint64_t bytes);

}  // namespace etna::hub

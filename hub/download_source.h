#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "hub/download_part.h"

namespace etna::hub {

/// A file at a pinned commit, as the hub's tree names it.
struct RemoteFile {
  std::string path = {};  ///< passes check_file_name
  std::string blob = {};  ///< what its bytes hash to: SHA-256, or git's SHA-1
  std::uint64_t size = 0;
  bool operator==(const RemoteFile&) const = default;
};

/// A repository at a commit.
struct RemoteListing {
  std::string id = {};  ///< canonical: after renames
  std::string commit = {};
  std::vector<RemoteFile> files = {};
};

/// Where downloads get their bytes: a model hub, or what a test puts in its place. May be used from several threads.
///
/// Errors: HubError for everything between here and there (its Problem says how to go on), corrupt for nonsense,
/// cancelled at a stop. Exceptions of a Taker pass through.
class DownloadSource {
public:
  virtual ~DownloadSource() = default;

  /// Takes bytes of one answer.
  class Taker {
  public:
    virtual ~Taker() = default;

    /// Before the first byte. `whole`: the server ignored the range and sends the file from its beginning. False: this
    /// is of no use, end the request.
    virtual bool begin(bool whole) = 0;

    /// In order, without gaps, from the range's begin (or 0). False: enough.
    virtual bool take(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  };

  /// All files of a repository at a branch, tag or commit.
  virtual RemoteListing list(const std::string& id, const std::string& revision, const std::stop_token& stop) = 0;

  /// Asks once for bytes of a file. Returns when all were taken or the taker had enough.
  virtual void fetch(const std::string& id, const std::string& commit, const RemoteFile& file, const FileRange& range,
                     Taker& taker, const std::stop_token& stop) = 0;

  /// Forgets where the file was found to be: the next fetch asks the hub again.
  virtual void forget_link(const std::string& id, const std::string& commit, const RemoteFile& file) = 0;
};

}  // namespace etna::hub

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/hub/support/server.h"

/// What a test hub holds: repositories like git's, with real hashes.
namespace etna::test {

std::string sha1_hex(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
std::string base64_encoded(std::string_view bytes);
std::string base64_decoded(std::string_view text);

/// git's name of a file's content.
std::string git_blob_hash(std::string_view bytes);

/// Content of a file; large ones are generated and never stored.
struct Blob {
  std::uint64_t size = 0;
  std::string oid;                       ///< git sha1: of the content, or of the pointer of an LFS file
  std::string sha256;
  std::string xet_hash;                  ///< of LFS files: another number, as on the real hub
  std::string pointer;                   ///< text of the LFS pointer
  bool lfs = false;
  Source source;

  const std::string& etag() const { return lfs ? sha256 : oid; }
  std::string text() const;              ///< all of it
};

using BlobRef = std::shared_ptr<const Blob>;

BlobRef make_blob(std::string bytes, bool lfs);

/// `size` bytes that depend on `seed` and the place only; always LFS.
BlobRef make_pattern_blob(std::uint64_t size, std::uint64_t seed);

/// The same without reading it all first: for files too large to hash. Its sha256 is not that of its bytes.
BlobRef make_unhashed_blob(std::uint64_t size, std::uint64_t seed);

/// Whether the hub would keep a file outside git: by its ending or from 10 MiB on.
bool is_lfs_name(std::string_view path, std::uint64_t size);

struct Commit {
  std::string id;
  std::string title;
  std::map<std::string, BlobRef> files;
};

enum class GateState { none, pending, rejected, reset, granted };

struct Repository {
  std::string id;
  std::string gated;                     ///< "", "auto", "manual"
  bool is_private = false;
  bool disabled = false;
  std::vector<std::string> tags = {"text-generation", "license:apache-2.0", "region:us"};
  std::string pipeline_tag = "text-generation";
  std::string library_name = "transformers";
  std::uint64_t downloads = 100;
  std::uint64_t likes = 10;
  std::string safetensors_json;          ///< value of "safetensors"; empty: none
  std::string gguf_json;
  std::string config_json = "{}";
  std::vector<Commit> commits;
  std::map<std::string, std::string> refs;          ///< name ("main", "v1", "refs/pr/1") → commit
  std::map<std::string, GateState> gates;           ///< by user

  /// None for an unknown branch, tag or commit; "HEAD" is main.
  const Commit* find(std::string_view revision) const;

  /// A new commit on a branch. `id` overrides its hash.
  const Commit& commit(std::map<std::string, BlobRef> files, const std::string& title = "Add files",
                       const std::string& branch = "main", std::string id = {});
};

}  // namespace etna::test

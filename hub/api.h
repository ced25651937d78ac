#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "hub/http.h"

/// What a model hub is asked (hub.md §1). Everything an answer says is hostile until checked: names that could leave
/// a folder are refused, commits and hashes are hexadecimal or refused, sizes are checked, strings are valid UTF-8.
/// Every function may be called from any thread, waits for the answer, and throws as hub/problem.h says.
namespace etna::hub {

enum class Access { open, automatic, manual };  ///< `gated`: false, "auto", "manual"

/// What `expand=safetensors` tells; counts are of elements, not of bytes.
struct ElementCount {
  std::string dtype;                     ///< "BF16", "U32" …
  std::uint64_t elements = 0;
};

/// A line of a listing. Absent values are empty or 0.
struct ModelSummary {
  std::string id;                        ///< "org/name", checked by check_repository_id
  std::string author;
  std::string last_modified;             ///< "2026-06-12T10:46:19.000Z"
  std::uint64_t downloads = 0;
  std::uint64_t likes = 0;
  Access access = Access::open;
  bool is_private = false;
  bool disabled = false;
  std::string task;                      ///< pipeline_tag
  std::string library;                   ///< library_name
  std::vector<std::string> tags;
  std::string license;                   ///< "apache-2.0"; from the tags
  std::string model_type;                ///< config.model_type
  std::string architecture;              ///< config.architectures[0], or of the GGUF file
  std::string quantization;              ///< config.quantization_config.quant_method: "awq", "gptq", "fp8" …
  int quantization_bits = 0;             ///< of the same object
  std::vector<ElementCount> elements;
  std::uint64_t parameters = 0;          ///< a size class: packed repositories count words, not weights
  std::uint64_t context_length = 0;      ///< of the GGUF file, if it was asked for

  bool has_tag(std::string_view tag) const;
  bool is_mlx() const { return has_tag("mlx"); }
  bool is_gguf() const { return has_tag("gguf"); }
};

enum class Sort { trending, downloads, newest, updated, likes };

/// All conditions hold together. One page costs one request.
struct SearchQuery {
  std::string text;
  std::string author;
  std::vector<std::string> filters;      ///< tags: "mlx", "gguf", "safetensors", "conversational", "license:mit" …
  std::string task;                      ///< "text-generation"; empty: any
  std::string license;                   ///< "apache-2.0"
  std::uint64_t min_parameters = 0;      ///< 0: no bound
  std::uint64_t max_parameters = 0;
  Sort sort = Sort::trending;
  int limit = 50;                        ///< 1 … 100
};

struct SearchPage {
  std::vector<ModelSummary> models;      ///< entries that cannot be used (bad ids) are left out
  std::string next;                      ///< opaque, for search(); empty: this was the last page
};

/// What a repository says of itself at one commit.
struct ModelInfo : ModelSummary {
  std::string commit;                    ///< 40 hex digits
  std::vector<std::string> file_names;   ///< siblings; those with names that check_file_name refuses are left out
  std::vector<std::string> base_models;  ///< cardData.base_model
  std::vector<std::string> languages;
  std::string gguf_architecture;
  std::uint64_t gguf_parameters = 0;
  bool has_chat_template = false;
};

/// A file of a repository at a commit.
struct TreeFile {
  std::string path;                      ///< checked by check_file_name
  std::uint64_t size = 0;
  std::string oid;                       ///< git: of the content for regular files, of the pointer for LFS files
  std::string sha256;                    ///< LFS and Xet files; empty for regular ones
  std::string xet_hash;                  ///< present: stored in chunks; of no use to us

  bool is_lfs() const { return !sha256.empty(); }

  /// Name of the blob in the shared cache, and what the content must hash to: sha256, or git's sha1 of a blob.
  const std::string& etag() const { return sha256.empty() ? oid : sha256; }
};

struct Tree {
  std::string commit;
  std::vector<TreeFile> files;           ///< sorted by path; no two differ only in case or normal form
  std::vector<std::string> refused;      ///< files left out because of their names, escaped for showing, with reasons

  const TreeFile* find(std::string_view path) const;
};

/// Where the bytes of a file are and what they must be. Made by resolve() or from a ranged answer's hops.
struct ResolvedFile {
  std::string url;                       ///< that serves the bytes; signed, short-lived: never log or keep it
  std::string commit;                    ///< X-Repo-Commit
  std::string etag;                      ///< X-Linked-ETag, else ETag of the hub itself: 40 or 64 hex digits
  std::uint64_t size = 0;                ///< X-Linked-Size, else the total of Content-Range, else Content-Length
  bool has_size = false;
  std::string transfer_etag;             ///< strong ETag of what serves the bytes, for If-Range; may be empty
  bool elsewhere = false;                ///< served by another host than the endpoint
};

/// Reads what the hops of a /resolve/ answer say; throws corrupt where commit or ETag are no hexadecimal numbers.
ResolvedFile describe_resolved(const Response& response, const std::string& endpoint);

struct Account {
  std::string name;
  std::string full_name;
  std::string token_name;
  std::string token_role;                ///< "read", "write", "fineGrained" …
  std::vector<std::string> organizations;

  bool can_write() const { return token_role == "write"; }
};

class HubApi {
public:
  explicit HubApi(std::shared_ptr<HttpClient> client) : client_(std::move(client)) {}

  HttpClient& client() const { return *client_; }

  /// One request. `cursor`: SearchPage::next of the page before.
  SearchPage search(const SearchQuery& query, const std::string& cursor = {}, const std::stop_token& stop = {}) const;

  /// `revision`: branch, tag, commit or "refs/pr/1". The answer's commit pins it; the id is the canonical one.
  ModelInfo model(const std::string& id, const std::string& revision = "main", const std::stop_token& stop = {}) const;

  /// The commit that a revision is at now.
  std::string commit_of(const std::string& id, const std::string& revision, const std::stop_token& stop = {}) const;

  /// All files, through all pages (at most 100 pages, 20 000 files).
  Tree tree(const std::string& id, const std::string& revision, const std::stop_token& stop = {}) const;

  /// Address of a file at a commit: /{id}/resolve/{commit}/{path}, encoded.
  std::string file_url(const std::string& id, const std::string& commit, const std::string& path) const;

  /// Asks for the first byte of the file and reports where it is and what it must be. Counts in RateBucket::resolvers.
  ResolvedFile resolve(const std::string& id, const std::string& commit, const std::string& path,
                       const std::stop_token& stop = {}) const;

  /// Bytes [first, first + count) of a file, fewer at its end; count ≤ 32 MiB. `file_size`, if given, gets the total.
  /// Throws corrupt when the answer is not that range.
  std::string read_range(const std::string& id, const std::string& commit, const std::string& path,
                         std::uint64_t first, std::uint64_t count, std::uint64_t* file_size = nullptr,
                         const std::stop_token& stop = {}) const;

  /// A whole small file (config.json, README.md), at most `limit` bytes; corrupt if it has more.
  std::string read_text(const std::string& id, const std::string& commit, const std::string& path, std::size_t limit,
                        const std::stop_token& stop = {}) const;

  /// Whose token it is; token_refused if the hub does not accept it. The hub counts these strictly: keep the answer.
  Account who_am_i(const std::stop_token& stop = {}) const;

  /// Returns if files of the repository may be read; throws gated, token_refused or not_found. Touches no file.
  void check_access(const std::string& id, const std::stop_token& stop = {}) const;

private:
  Response get(const std::string& path_and_query, const std::string& subject, const std::stop_token& stop) const;

  std::shared_ptr<HttpClient> client_;
};

/// A model named by what a user pasted: "org/name", "https://huggingface.co/org/name/tree/main/x", "hf.co/org/name:Q4",
/// "etna://models/huggingface/org/name?file=x". None if the text names none.
struct PastedModel {
  std::string id;
  std::string revision = "main";
  std::string file;                      ///< or the part of a name that chooses one ("Q4_K_M"); empty: none
};

std::optional<PastedModel> parse_pasted_model(std::string_view text, std::string_view endpoint);

}  // namespace etna::hub

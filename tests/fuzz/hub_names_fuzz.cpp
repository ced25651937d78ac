// Names that become paths, addresses and texts on the screen.
#include <algorithm>
#include <filesystem>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "hub/cache.h"
#include "hub/cache_scan.h"
#include "hub/names.h"
#include "hub/url.h"
#include "hub/versions.h"
#include "tests/fuzz/fuzz.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;

const fs::path root = "/cache";

/// As a file system that knows no links would take it.
bool stays_below(const fs::path& path, const fs::path& folder) {
  const std::string text = path.lexically_normal().string();
  return text.starts_with(folder.string() + "/") && text.find('\0') == text.npos;
}

void check_names(const std::string& text) {
  const Cache cache(root, Cache::Links::symbolic);
  const std::string commit(40, 'a');
  if (!wrong_with_repository_id(text)) {
    fuzz::require(cache.repository(text).parent_path() == root, "a repository is one folder of the cache");
    fuzz::require(repository_of_folder(repository_folder_name(text)) == text, "its name can be read back");
  }
  if (!wrong_with_file_name(text)) {
    fuzz::require(stays_below(cache.file("org/name", commit, text), cache.snapshot("org/name", commit)),
                  "a file stays in its snapshot");
    fuzz::require(utf8::is_valid(text), "a stored name is UTF-8");
  }
  if (!wrong_with_revision(text)) {
    fuzz::require(stays_below(cache.repository("org/name") / "refs" / text, cache.repository("org/name") / "refs"),
                  "a ref stays among the refs");
  }
  if (is_blob_name(text)) {
    fuzz::require(cache.blob("org/name", text).parent_path() == cache.repository("org/name") / "blobs",
                  "a blob is one file");
  }
  if (const auto id = repository_of_folder(text))
    fuzz::require(!wrong_with_repository_id(*id), "an id is a usable one");
}

void check_shown(const std::string& text) {
  const std::string shown = escaped_name(text);
  fuzz::require(utf8::is_valid(shown) && shown.size() <= 203, "what is shown is short UTF-8");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  fuzz::require(std::ranges::none_of(shown, is_control), "nothing shown controls a terminal");
  fuzz::require(escaped_name(shown, 1000) == shown, "what is escaped stays so");
}

void check_address(const std::string& text) {
  const Url url = parse_url(text);
  fuzz::require(url.scheme == "https" || url.scheme == "http", "addresses are of the web");
  fuzz::require(!url.path.empty() && url.path.front() == '/', "a path begins with a slash");
  const Url again = parse_url(url.text());
  fuzz::require(again.text() == url.text() && again.origin() == url.origin(), "an address stays what it is");
  if (is_loopback(url.host) && url.host != "localhost")
    fuzz::require(is_private_address(url.host), "loopback is private");
}

/// Lines are the files of a repository.
void check_files(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty() && names.size() < 200) {
    const std::size_t end = text.find('\n');
    std::string name(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!wrong_with_file_name(name)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const auto& [first, second] : colliding_names(names))
    fuzz::require(first != second && first < names.size() && second < names.size(), "two of the names collide");
  Tree tree{.commit = {}, .files = {}, .refused = {}};
  for (const std::string& name : names)
    tree.files.push_back({.path = name, .size = 1, .oid = {}, .sha256 = {}, .xet_hash = {}});
  for (const ModelVersion& version : versions_of(tree, ModelInfo()).versions) {
    fuzz::require(!version.weight_files.empty(), "a version has weights");
    for (const std::string& file : version.weight_files) fuzz::require(tree.find(file) != nullptr, "that are there");
    fuzz::require(version.missing_parts.size() < 100'000, "and an end");
  }
  if (names.size() < 4) fuzz::require(missing_parts(names).size() < 400'000, "what is missing is named once");
}

}  // namespace
}  // namespace etna::hub

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  const std::string_view text = fuzz::as_text(data, size);
  if (size > 4096) return 0;
  hub::check_names(std::string(text));
  hub::check_shown(std::string(text));
  try {
    hub::check_address(std::string(text));
  } catch (const Error&) {
    // no address
  }
  hub::check_files(text);
  return 0;
}

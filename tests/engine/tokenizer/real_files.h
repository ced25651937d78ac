#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/files.h"

/// Tokenizers of trained models. They lie beside the source tree and are not part of it.
namespace etna::test {

inline std::filesystem::path shared_folder() {
  const char* folder = std::getenv("ETNA_SHARED_DIR");
  return folder != nullptr ? folder : std::filesystem::path(ETNA_SOURCE_DIR) / ".." / "shared";
}

/// The tokenizer.json files, some of them packed (.gz).
inline std::vector<std::filesystem::path> real_tokenizer_files() {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (const char* root : {"conformance", "starter"}) {
    std::error_code ignored;
    for (auto at = fs::recursive_directory_iterator(shared_folder() / root, ignored);
         at != fs::recursive_directory_iterator(); at.increment(ignored)) {
      const auto name = at->path().filename();
      if (name == "tokenizer.json" || name == "tokenizer.json.gz") files.push_back(at->path());
    }
  }
  return files;
}

/// A file's text, unpacked by gzip, which every system with a shell has. Empty when that fails.
inline std::string read_maybe_packed(const std::filesystem::path& file) {
  if (file.extension() != ".gz") return read_text_file(file);
  std::string quoted;
  for (const char c : file.string()) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  const auto close = [](std::FILE* pipe) { static_cast<void>(pclose(pipe)); };
  const std::unique_ptr<std::FILE, decltype(close)> pipe(popen(("gzip -dc '" + quoted + "'").c_str(), "r"), close);
  std::string text;
  if (!pipe) return text;
  std::vector<char> block(std::size_t{1} << 20);
  while (const std::size_t size = std::fread(block.data(), 1, block.size(), pipe.get()))
    text.append(block.data(), size);
  return text;
}

}  // namespace etna::test

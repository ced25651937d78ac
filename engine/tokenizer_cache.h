#pragma once

#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace etna {

class Tokenizer;

/// Keeps the tokenizers used last; one whose files have changed is read again. Not for several threads.
class TokenizerCache {
public:
  /// Throws as Tokenizer::load.
  std::shared_ptr<const Tokenizer> get(const std::string& path);

private:
  /// Size and time of every file that a tokenizer may be read from.
  using Stamp = std::vector<std::pair<std::uintmax_t, std::filesystem::file_time_type>>;

  struct Entry {
    std::string path;
    Stamp stamp;
    std::shared_ptr<const Tokenizer> tokenizer;
  };

  static Stamp stamp_of(const std::filesystem::path& path);

  std::list<Entry> entries_;  // the one used last first
};

}  // namespace etna

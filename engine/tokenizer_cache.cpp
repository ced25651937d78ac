#include "engine/tokenizer_cache.h"

#include <array>

#include "engine/session/gguf_tokenizer.h"
#include "engine/tokenizer/tokenizer.h"

namespace etna {

namespace fs = std::filesystem;

TokenizerCache::Stamp TokenizerCache::stamp_of(const fs::path& path) {
  static constexpr std::array names = {"",
                                       "tokenizer.json",
                                       "tokenizer.model",
                                       "tokenizer_config.json",
                                       "special_tokens_map.json",
                                       "chat_template.jinja",
                                       "chat_template.json"};
  Stamp stamp;
  for (const char* name : names) {
    std::error_code error;
    const fs::path file = *name ? path / name : path;
    const bool regular = fs::is_regular_file(file, error);
    stamp.emplace_back(regular ? fs::file_size(file, error) : 0,
                       regular ? fs::last_write_time(file, error) : fs::file_time_type());
  }
  return stamp;
}

std::shared_ptr<const Tokenizer> TokenizerCache::get(const std::string& path) {
  Stamp stamp = stamp_of(path);
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->path != path) continue;
    if (entry->stamp == stamp) {
      entries_.splice(entries_.begin(), entries_, entry);
      return entries_.front().tokenizer;
    }
    entries_.erase(entry);
    break;
  }
  auto tokenizer = fs::path(path).extension() == ".gguf" ? load_gguf_tokenizer(path) : Tokenizer::load(path);
  entries_.push_front({path, std::move(stamp), tokenizer});
  if (constexpr std::size_t kept = 4; entries_.size() > kept) entries_.pop_back();
  return tokenizer;
}

}  // namespace etna

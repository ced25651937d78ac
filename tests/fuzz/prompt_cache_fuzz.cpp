#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "engine/base/error.h"
#include "engine/io/prompt_cache_file.h"
#include "tests/fuzz/fuzz.h"

namespace {

/// A file in memory, for a reader that maps files.
class MemoryFile {
public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : handle_(memfd_create("prompt-cache", 0)) {
    etna::fuzz::require(handle_ >= 0 && write(handle_, data, size) == static_cast<ssize_t>(size),
                        "the input is a file");
  }

  ~MemoryFile() { close(handle_); }

  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(handle_); }

private:
  int handle_;
};

}  // namespace

/// A prompt-cache file is refused with an Error, or everything that its layers promise is there.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  const MemoryFile file(data, size);
  try {
    const PromptCacheFile cache = PromptCacheFile::open(file.path());
    for (std::size_t layer = 0; layer < cache.layers().size(); ++layer) {
      const FileCacheLayer& each = cache.layers()[layer];
      fuzz::require(each.offset == cache.tokens() && each.count() <= each.offset,
                    "a layer has no more rows than tokens");
      unsigned sum = 0;
      for (std::size_t i = 0; i < each.tensors(layer).size(); ++i) {
        for (const std::byte byte : cache.tensor(layer, i).bytes)
          sum += static_cast<unsigned>(byte);  // all of it can be read
      }
      std::int64_t held = 0;
      const std::int64_t last = std::min<std::int64_t>(each.offset, 4096);
      for (std::int64_t position = 0; position < last; ++position) {
        const std::int64_t place = each.place_of(position);
        fuzz::require(place < each.places, "a position's place is one of the layer's");
        held += place >= 0 ? 1 : 0;
      }
      fuzz::require(held <= each.places, "no two positions share a place");
    }
    cache.check();
  } catch (const Error&) {
    // refused, as broken files must be
  }
  return 0;
}

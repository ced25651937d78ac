#include "engine/base/error.h"
#include "engine/io/safetensors_header.h"
#include "tests/fuzz/fuzz.h"

/// A header is refused with an Error or read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  try {
    for (const HeaderEntry& entry : parse_safetensors_header(fuzz::as_text(data, size), "file").entries) {
      fuzz::require(entry.offsets.size() == 2, "a tensor has two offsets");
    }
  } catch (const Error&) {
    // refused, as broken headers must be
  }
  return 0;
}

#include "engine/base/error.h"
#include "engine/io/gguf_header.h"
#include "tests/fuzz/fuzz.h"

namespace etna {
namespace {

std::size_t walk(const GgufValue& value) {
  const auto* array = std::get_if<GgufArray>(&value);
  if (array == nullptr) return 1;
  std::size_t count = 0;
  for (const GgufValue& item : *array) count += walk(item);
  return count;
}

/// Reads a value as every type: it fits, or an Error says that it does not.
template <class... Gets>
void read_as(const GgufMetadata& metadata, std::string_view key, Gets... gets) {
  const auto read = [&](auto get) {
    try {
      fuzz::require((metadata.*get)(key).has_value(), "a key that is there has a value");
    } catch (const Error&) {
      // of another type
    }
  };
  (read(gets), ...);
}

}  // namespace
}  // namespace etna

/// A GGUF file is refused with an Error, or all of its metadata can be read and its tensors lie inside it, apart.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  try {
    const GgufHeader header = parse_gguf_header({reinterpret_cast<const std::byte*>(data), size}, "file");
    for (const auto& [key, value] : header.metadata.entries()) {
      fuzz::require(walk(value) <= size, "an element takes at least a byte");
      read_as(header.metadata, key, &GgufMetadata::text, &GgufMetadata::integer, &GgufMetadata::number,
              &GgufMetadata::boolean, &GgufMetadata::texts, &GgufMetadata::integers, &GgufMetadata::numbers,
              &GgufMetadata::booleans);
    }
    std::uint64_t total = 0;
    for (const GgufTensorInfo& tensor : header.tensors) {
      fuzz::require(tensor.offset <= size && tensor.bytes <= size - tensor.offset, "tensors lie inside the file");
      total += tensor.bytes;
    }
    fuzz::require(total <= size, "tensors share no byte");
  } catch (const Error&) {
    // refused, as broken files must be
  }
  return 0;
}

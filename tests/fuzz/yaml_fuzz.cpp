#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/yaml.h"
#include "tests/fuzz/fuzz.h"

/// YAML: refused with an Error, or read into values that are written and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  try {
    const nlohmann::ordered_json value = parse_yaml(fuzz::as_text(data, size), "recipe");
    const std::string text = to_yaml(value);
    fuzz::require(parse_yaml(text, "written").dump() == value.dump(), "what is written is read as the same");
  } catch (const Error&) {
    // refused, as broken recipes must be
  }
  return 0;
}

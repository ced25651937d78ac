#include "engine/base/error.h"
#include "engine/models/decoder.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/fuzz/fuzz.h"

/// config.json, then, after a zero byte, generation_config.json: refused with an Error or read into
/// numbers in range and a family's settings.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  static const test::TemporaryFolder folder;
  const std::string_view text = fuzz::as_text(data, size);
  const std::size_t zero = text.find('\0');
  folder.write("config.json", std::string(text.substr(0, zero)));
  folder.write("generation_config.json", std::string(zero == text.npos ? "{}" : text.substr(zero + 1)));
  try {
    const ModelConfig config = ModelConfig::read(folder.path());
    fuzz::require(config.vocab_size >= 0 && config.hidden_size >= 0 && config.num_hidden_layers >= 0, "sizes");
    config.quantization_of("model.layers.0.mlp.up_proj");
    const DecoderSettings settings = describe_model(config);
    fuzz::require(static_cast<std::int64_t>(settings.layers.size()) == config.num_hidden_layers, "layers");
  } catch (const Error&) {
    // refused, as broken configurations must be
  }
  return 0;
}

#include "engine/io/fuse.h"

#include "engine/base/error.h"
#include "engine/io/adapter.h"

namespace etna {

ConvertReport fuse(const FuseRequest& request, const Progress& progress) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(request.model, ignored)) {
    fail(Errc::unsupported, "{}: an adapter is merged into a model folder; a GGUF file cannot be written",
         request.model.string());
  }
  const Adapter adapter = Adapter::open(request.adapter);
  ConvertRequest conversion{.source = request.model,
                            .destination = request.destination,
                            .quantization = request.quantization,
                            .packed = request.dequantize ? PackedWeights::dequantized : PackedWeights::kept,
                            .supported_types = request.supported_types,
                            .adapter = &adapter};
  return convert(conversion, progress);
}

}  // namespace etna

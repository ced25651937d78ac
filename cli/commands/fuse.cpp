#include <fmt/core.h>

#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "cli/commands/training_options.h"
#include "engine/training_files.h"

namespace etna::cli {

int run_fuse(const FuseOptions& options) {
  if (options.export_gguf)
    fail(Errc::unsupported,
         "--export-gguf: Etna reads GGUF files and cannot write them; the fused folder can be converted with other "
         "tools");
  FusionRequest request{.model = options.model,
                        .adapter = options.adapter,
                        .destination = options.destination,
                        .dequantize = options.dequantize,
                        .packing = {}};
  if (options.quantize)
    request.packing = Packing{.mode = options.mode, .bits = options.bits, .group_size = options.group_size};
  ConversionReport report;
  {
    ProgressLine line("Merging");
    report = fuse_model(
        request, {.report = [&](std::uint64_t done, std::uint64_t total) { line.show(done, total); }, .stop = {}});
  }
  if (options.output == Output::json) {
    print(JsonText()
              .add("path", options.destination)
              .add("parameters", report.parameters)
              .add("bytes", report.bytes)
              .add("bits_per_weight", report.bits_per_weight)
              .object() +
          "\n");
  } else {
    print(fmt::format("Wrote {}: {} weights in {}, {:.3f} bits per weight.\n", options.destination, report.parameters,
                      format_bytes(report.bytes), report.bits_per_weight));
  }
  return exit_success;
}

int run_convert_adapter(const AdapterOptions& options) {
  convert_adapter(options.source, options.destination, options.peft ? AdapterForm::peft : AdapterForm::mlx,
                  options.base_model);
  if (options.output == Output::json)
    print(JsonText().add("path", options.destination).object() + "\n");
  else
    print(fmt::format("Wrote {} in {}'s form.\n", options.destination, options.peft ? "PEFT" : "mlx-lm"));
  return exit_success;
}

}  // namespace etna::cli

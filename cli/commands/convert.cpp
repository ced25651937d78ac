#include <fmt/core.h>

#include "cli/commands/commands.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/workbench.h"

namespace etna::cli {

int run_convert(const ConvertOptions& options) {
  ConversionRequest request{.source = options.source,
                            .destination = options.destination,
                            .packing = {},
                            .dequantize = options.dequantize,
                            .dtype = options.dtype};
  if (options.quantize)
    request.packing = Packing{.mode = options.mode, .bits = options.bits, .group_size = options.group_size};
  ConversionReport report;
  {
    ProgressLine line("Converting");
    report = convert_model(
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

}  // namespace etna::cli

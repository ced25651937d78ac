#include <fmt/core.h>

#include "cli/commands/commands.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/workbench.h"

namespace etna::cli {

namespace {

PerplexityRequest make_request(const PerplexityOptions& options) {
  if (options.file.empty() && options.data_path.empty()) fail(Errc::invalid_argument, "perplexity: --file or --data-path is required");
  return {.text_file = options.file,
          .data_path = options.data_path,
          .batch_size = options.batch_size,
          .sequence_length = options.sequence_length,
          .samples = options.samples,
          .seed = options.seed};
}

std::string as_json(const ModelInfo& model, const PerplexityReport& report) {
  return JsonText()
      .add("model", model.name)
      .add("device", model.device)
      .add("activations", model.activations)
      .add("perplexity", report.perplexity)
      .add("standard_error", report.standard_error)
      .add("mean_nll", report.mean_nll)
      .add("tokens", report.tokens)
      .add("windows", report.windows)
      .add("sequence_length", report.sequence_length)
      .add("seconds", report.seconds)
      .add("tokens_per_second", report.tokens_per_second())
      .add("peak_memory_bytes", report.peak_memory_bytes)
      .object();
}

/// The words of mlx-lm.
std::string as_text(const PerplexityReport& report) {
  return fmt::format(
      "Perplexity: {:.3f} ± {:.3f}\nMean negative log-likelihood: {:.5f}\n"
      "Tokens: {} in {} windows of {}\nEvaluation time: {:.2f} seconds\nTokens per second: {:.0f}\n"
      "Peak memory: {:.2f} GB\n",
      report.perplexity, report.standard_error, report.mean_nll, report.tokens, report.windows, report.sequence_length,
      report.seconds, report.tokens_per_second(), static_cast<double>(report.peak_memory_bytes) / 1e9);
}

}  // namespace

int run_perplexity(const PerplexityOptions& options) {
  const PerplexityRequest request = make_request(options);
  Workbench bench({.device = options.model.device, .activations = options.model.activations, .layers_on_device = options.model.layers_on_device});
  const std::string path = options.model.model.empty() ? Engine::starter_model_path() : options.model.model;
  if (path.empty()) fail(Errc::not_found, "the starter model is missing; choose a model with --model");
  const ModelInfo model = bench.load(path);
  PerplexityReport report;
  {
    ProgressLine line("Measuring");
    report = bench.perplexity(request, {[&](std::uint64_t done, std::uint64_t total) { line.show(done, total); }, {}});
  }
  const auto asked = static_cast<std::uint64_t>(options.sequence_length);
  if (report.sequence_length < asked && report.sequence_length == model.trained_context_length) {
    note(fmt::format("The model was trained for {} tokens: windows have no more.", report.sequence_length));
  }
  print(options.output == Output::json ? as_json(model, report) + "\n" : as_text(report));
  return exit_success;
}

}  // namespace etna::cli

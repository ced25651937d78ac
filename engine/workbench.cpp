#include "engine/workbench.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/devices.h"
#include "engine/io/convert.h"
#include "engine/io/model_catalog.h"
#include "engine/io/quote.h"
#include "engine/io/starter_model.h"
#include "engine/models/model.h"
#include "engine/session/model_host.h"
#include "engine/session/perplexity.h"
#include "engine/tokenizer_cache.h"
#include "engine/workbench_models.h"

namespace etna {

namespace {

/// Ids beyond the vocabulary would read beyond the embedding table.
void check_ids(std::span<const std::int32_t> ids, std::uint64_t vocab_size, const char* operation) {
  for (const std::int32_t id : ids) {
    if (id < 0 || static_cast<std::uint64_t>(id) >= vocab_size) {
      fail(Errc::invalid_argument, "{}: token id {} is outside 0 to {}", operation, id, vocab_size - 1);
    }
  }
}

DeviceInfo choose_device(const std::string& asked) {
  const std::vector<DeviceInfo> devices = find_devices();
  const auto fits = [&](const DeviceInfo& device) {
    return asked.empty() || device.id == asked || device.id.starts_with(asked + ":");
  };
  const auto found = std::ranges::find_if(devices, fits);
  if (found == devices.end()) fail(Errc::unsupported, "there is no {} device on this machine", asked);
  return *found;
}

IgnoreEos ignore_eos(EndOfText end) {
  return end == EndOfText::ignored ? IgnoreEos::yes : IgnoreEos::no;
}

QuantizationConfig complete(const Packing& packing) {
  QuantizationConfig result = QuantizationConfig::of_mode(packing.mode);
  result.bits = packing.bits.value_or(result.bits);
  result.group_size = packing.group_size.value_or(result.group_size);
  return result;
}

}  // namespace

Workbench::Workbench(WorkbenchOptions options)
    : activations_(std::move(options.activations)),
      layers_on_device_(options.layers_on_device),
      models_(std::make_unique<Models>()),
      tokenizers_(std::make_unique<TokenizerCache>()) {
  const DeviceInfo device = choose_device(options.device);
  device_id_ = device.id;
  device_name_ = device.name + " (" + device.id.substr(0, device.id.find(':')) + ")";
}

Workbench::~Workbench() = default;

std::string Workbench::activations() const {
  if (models_->host) return models_->host->info().activations;
  return activations_.empty() ? "auto" : activations_;
}

Workbench::Models& Workbench::opened() {
  if (!models_->backend) models_->backend = open_device(device_id_);
  return *models_;
}

ModelInfo Workbench::load(const std::string& model, const std::string& adapter) {
  unload();
  const std::filesystem::path path(model);
  opened();
  if (layers_on_device_ >= 0 && !models_->processor) models_->processor = open_device("cpu", models_->backend->allocator()->ledger());
  models_->host = ModelHost::load(path, models_->backend,
                                  {.activations = activations_, .adapter = adapter, .layers_on_device = layers_on_device_, .processor = models_->processor}, {});
  return models_->host->info();
}

void Workbench::unload() {
  models_->host.reset();
}

bool Workbench::is_loaded() const {
  return models_->host != nullptr;
}

const ModelInfo& Workbench::model(const char* operation) const {
  return models_->get(operation).info();
}

MemorySummary Workbench::memory() const {
  MemorySummary summary;
  if (!models_->backend) return summary;
  const MemoryReport report = models_->backend->allocator()->ledger()->total();
  summary.live_bytes = report.live_bytes;
  summary.peak_bytes = report.peak_bytes;
  summary.cached_bytes = report.cached_bytes;
  summary.limit_bytes = report.limit_bytes;
  for (const MemoryReport::Use& use : report.uses)
    summary.uses.push_back({use.owner_name, name(use.tag), use.live_bytes, use.peak_bytes});
  return summary;
}

std::vector<std::vector<float>> Workbench::logits(std::span<const std::int32_t> ids,
                                                  std::span<const std::int64_t> positions) {
  ModelHost& host = models_->get("logits");
  check_ids(ids, host.info().vocab_size, "logits");
  return host.logits(ids, positions);
}

GreedyAnswer Workbench::greedy(std::span<const std::int32_t> ids, std::int64_t max_tokens, EndOfText end,
                               LastLogits last) {
  ModelHost& host = models_->get("greedy");
  check_ids(ids, host.info().vocab_size, "greedy");
  ModelHost::GreedyResult result = host.greedy(ids, static_cast<std::uint64_t>(max_tokens), ignore_eos(end),
                                               last == LastLogits::wanted ? WantLogits::yes : WantLogits::no);
  return {.ids = std::move(result.ids),
          .stopped_at_end_of_text = result.stopped_at_eos,
          .last_logits = std::move(result.last_logits),
          .prompt_seconds = result.prompt_seconds,
          .decode_seconds = result.decode_seconds};
}

std::vector<std::vector<std::int32_t>> Workbench::greedy_batch(const std::vector<std::vector<std::int32_t>>& prompts,
                                                               std::int64_t max_tokens, EndOfText end) {
  ModelHost& host = models_->get("greedy_batch");
  for (const auto& prompt : prompts) check_ids(prompt, host.info().vocab_size, "greedy_batch");
  std::vector<std::vector<std::int32_t>> ids;
  for (auto& row : host.greedy_batch(prompts, static_cast<std::uint64_t>(max_tokens), ignore_eos(end))) {
    ids.push_back(std::move(row.ids));
  }
  return ids;
}

PerplexityReport Workbench::perplexity(const PerplexityRequest& request, const Progress& progress) {
  ModelHost& host = models_->get("perplexity");
  return measure_perplexity(host, read_perplexity_text(host, request), request, progress);
}

std::shared_ptr<const Tokenizer> Workbench::model_tokenizer(const char* operation) const {
  const ModelHost& host = models_->get(operation);
  auto tokenizer = host.tokenizer();
  if (!tokenizer) fail(Errc::not_found, "{}: the loaded model {} has no tokenizer", operation, host.info().path);
  return tokenizer;
}

ConversionReport convert_model(const ConversionRequest& request, const Progress& progress) {
  const std::vector<std::string> types = supported_model_types();
  ConvertRequest conversion{.source = request.source,
                            .destination = request.destination,
                            .quantization = {},
                            .packed = request.dequantize ? PackedWeights::dequantized : PackedWeights::kept,
                            .dtype = request.dtype,
                            .supported_types = types};
  if (request.packing) conversion.quantization = complete(*request.packing);
  const ConvertReport report = convert(conversion, progress);
  return {.parameters = report.parameters, .bytes = report.bytes, .bits_per_weight = report.bits_per_weight()};
}

std::vector<ModelListing> list_models() {
  std::vector<CatalogEntry> found = models_in_cache(hugging_face_cache());
  const bool has_starter = !starter_model_folder().empty();
  if (has_starter) found.insert(found.begin(), describe_folder(starter_model_folder(), "Etna Starter"));
  std::vector<ModelListing> result;
  for (CatalogEntry& entry : found) {
    result.push_back({.name = std::move(entry.name),
                      .path = entry.path.string(),
                      .model_type = std::move(entry.model_type),
                      .format = std::move(entry.format),
                      .bytes = entry.bytes,
                      .is_starter = has_starter && result.empty()});
  }
  return result;
}

}  // namespace etna

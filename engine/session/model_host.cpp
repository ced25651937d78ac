#include "engine/session/model_host.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/io/weight_loader.h"
#include "engine/models/adapted_parameters.h"
#include "engine/models/layer_placement.h"
#include "engine/models/stored_parameters.h"
#include "engine/session/draft_model.h"
#include "engine/session/load_settings.h"
#include "engine/session/model_files.h"
#include "engine/session/model_fingerprint.h"
#include "engine/session/model_internals.h"

namespace etna {

namespace {

std::uint64_t stored_bytes(const TensorSource& tensors) {
  std::uint64_t bytes = 0;
  for (const std::string& name : tensors.names()) bytes += tensors.find(name)->bytes.size();
  return bytes;
}

std::string describe_format(const ModelConfig& config, const TensorSource& tensors) {
  if (config.quantization) {
    const QuantizationConfig& packing = *config.quantization;
    return fmt::format("{}-bit, groups of {}{}", packing.bits, packing.group_size, packing.mode == "affine" ? "" : " (" + packing.mode + ")");
  }
  // Files may mix types: the one that most bytes have.
  std::map<std::string, std::size_t> bytes;
  for (const std::string& name : tensors.names()) {
    const StoredTensor& tensor = *tensors.find(name);
    if (tensor.shape.size() >= 2) bytes[tensor.dtype ? etna::name(*tensor.dtype) : tensor.stored_dtype] += tensor.bytes.size();
  }
  const auto most = std::ranges::max_element(bytes, {}, [](const auto& entry) { return entry.second; });
  return most == bytes.end() ? config.dtype : most->first;
}

void check_finite(std::span<const float> logits) {
  if (!std::ranges::all_of(logits, [](float value) { return std::isfinite(value); })) {
    fail(Errc::corrupt, "the model's logits are not finite: its weights hold NaN or infinite values, or do not belong together");
  }
}

std::int32_t most_likely(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin());
}

void check_ids(std::span<const std::int32_t> ids, std::uint64_t vocab_size) {
  if (ids.empty()) fail(Errc::invalid_argument, "no token ids");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || static_cast<std::uint64_t>(ids[i]) >= vocab_size) {
      fail(Errc::invalid_argument, "id {} at {} is outside the vocabulary of {}", ids[i], i, vocab_size);
    }
  }
}

void check_fits(std::size_t prompt, std::uint64_t max_tokens, std::uint64_t context) {
  if (max_tokens == 0) fail(Errc::invalid_argument, "max_tokens is 0");
  if (prompt + max_tokens > context) {
    fail(Errc::invalid_argument, "{} ids and {} more tokens do not fit the context of {}", prompt, max_tokens, context);
  }
}

/// Reads a text from its beginning; logits after its last token.
std::vector<float> read_whole(Runner& runner, std::span<const std::int32_t> ids, const Progress& progress = {}) {
  runner.truncate(0, 0);
  const std::int64_t last = static_cast<std::int64_t>(ids.size()) - 1;
  std::vector<float> logits = runner.append_for_logits(0, ids, std::span(&last, 1), progress);
  check_finite(logits);
  return logits;
}

std::vector<ModelHost::Internals::WeightFile> weight_files(const TensorSource& tensors) {
  std::vector<ModelHost::Internals::WeightFile> files;
  for (const std::string& name : tensors.names()) {
    const StoredTensor& tensor = *tensors.find(name);
    const std::byte* address = tensor.mapping.data();
    if (address && std::ranges::find(files, address, &ModelHost::Internals::WeightFile::address) == files.end()) {
      files.push_back({tensor.keep_alive, address});
    }
  }
  return files;
}

/// Promises what a draft model will take, so that a load that is admitted has room for both.
Reservation reserve_draft(const ModelHost::Internals& in, const RunnerOptions& target, const std::filesystem::path& path) {
  if (in.limits == LimitRule::ignore) return {};
  LoadRehearsal draft(ModelOutline::open(path), *in.backend);
  Allocator& allocator = *in.backend->allocator();
  const OwnerId engine = 0;
  return allocator.ledger()->reserve(engine, pools_of(draft.measure(draft_runner_options(target)), allocator), "loading " + path.string());
}

bool is_eos(const ModelConfig& config, std::int32_t id) { return std::ranges::find(config.eos_token_ids, id) != config.eos_token_ids.end(); }

/// Non-finite numbers in the small tensors (norms, biases, scales): what a damaged conversion shows first.
void collect_warnings(ModelHost::Internals& host, const TensorSource& tensors) {
  constexpr std::size_t scanned_bytes = std::size_t{4} << 20;
  for (const std::string& tensor_name : tensors.names()) {
    const StoredTensor& tensor = *tensors.find(tensor_name);
    if (!tensor.dtype || !is_floating(*tensor.dtype) || tensor.bytes.size() > scanned_bytes) continue;
    const std::vector<float> values = Array::from_bytes(tensor.bytes, tensor.shape, *tensor.dtype).to_floats();
    const auto bad = std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
    if (bad == values.end()) continue;
    host.info.warnings.push_back(fmt::format("{}: tensor {} holds {} at element {}; answers may be broken", tensor.file, tensor_name,
                                             std::isnan(*bad) ? "NaN" : "an infinite value", bad - values.begin()));
  }
  if (host.tokenizer && static_cast<std::int64_t>(host.tokenizer->vocab_size()) > host.config.vocab_size) {
    host.info.warnings.push_back(fmt::format("the tokenizer knows {} tokens, the model {}; some words cannot be used",
                                             host.tokenizer->vocab_size(), host.config.vocab_size));
  }
}

/// Whether the model lies in two places.
bool is_split(const ModelHostOptions& options, const LayerPlacement& placement) {
  return options.layers_on_device >= 0 && placement.on_device > 0;
}

/// Throws invalid_argument for more layers than there are, or without a graphics device that they could lie on.
LayerPlacement placement_of(const DecoderSettings& settings, const Backend& backend, const ModelHostOptions& options) {
  const auto layers = static_cast<std::int64_t>(settings.layers.size());
  if (options.layers_on_device < 0) return {layers, layers};
  const LayerPlacement placement{layers, options.layers_on_device};
  check_placement(placement);
  if (placement.on_device > 0 && !backend.is_gpu()) {
    fail(Errc::invalid_argument, "{} of {} layers on the device: {} is no graphics device", placement.on_device, layers, backend.name());
  }
  if (!options.processor) fail(Errc::invalid_argument, "{} of {} layers on the device: no processor for the rest was given", placement.on_device, layers);
  return placement;
}

/// Builds a model of its parameters, with an adapter on top where there is one.
std::unique_ptr<Model> with_adapter(nn::Parameters& parameters, const Adapter* adapter, const ModelConfig& config, Backend& backend, OwnerId owner,
                                    std::set<std::string>& used, const std::function<std::unique_ptr<Model>(nn::Parameters&)>& build) {
  if (!adapter) return build(parameters);
  AdaptedParameters adapted(parameters, *adapter, config, backend, owner);
  std::unique_ptr<Model> model = build(adapted);
  used.insert(adapted.used().begin(), adapted.used().end());
  return model;
}

/// Loads the weights of each part where it belongs, and says in the info what they are.
void load_weights(ModelHost::Internals& in, const DecoderSettings& settings, const TensorSource& tensors, const Adapter* adapter,
                  const LayerPlacement& placement, const Progress& progress) {
  std::set<std::string> used;  // modules of the adapter
  if (!in.processor) {
    WeightLoader loader(*in.backend, in.owner, progress, stored_bytes(tensors));
    StoredParameters parameters(in.config, tensors, loader);
    in.model = with_adapter(parameters, adapter, in.config, *in.backend, in.owner, used, [&](nn::Parameters& all) { return create_decoder(settings, all); });
    if (adapter) check_all_used(*adapter, used);
    in.info.parameters = parameters.parameter_count();
    in.info.weight_bytes = parameters.weight_bytes();
    return;
  }
  const ModelBytes bytes = measure_model(settings, tensors);
  const std::uint64_t total = bytes.stored() + bytes.tied;
  const auto load = [&](Backend& backend, OwnerId owner, const DecoderPart& part) {
    const std::uint64_t before = in.info.weight_bytes;
    const Progress rest{[&](std::uint64_t done, std::uint64_t) { progress(before + done, std::max(total, before + done)); }, progress.stop};
    WeightLoader loader(backend, owner, rest);
    loader.import_only(tensors_of(settings, tensors, part));
    StoredParameters parameters(in.config, tensors, loader);
    std::unique_ptr<Model> model =
        with_adapter(parameters, adapter, in.config, backend, owner, used, [&](nn::Parameters& all) { return create_decoder(settings, all, part); });
    in.info.parameters += parameters.parameter_count();
    in.info.weight_bytes += parameters.weight_bytes();
    return model;
  };
  const PlacedParts parts = placed_parts(placement);
  in.model = load(*in.backend, in.owner, parts.device);
  in.processor->model = load(*in.processor->backend, in.processor->owner, parts.processor);
  if (adapter) check_all_used(*adapter, used);
  if (bytes.tied == 0) return;
  in.info.parameters -= static_cast<std::uint64_t>(settings.vocab_size * settings.hidden_size);  // both have the table
  in.info.weight_bytes -= bytes.tied;
}

}  // namespace

ModelHost::ModelHost() : internals_(std::make_unique<Internals>()) {}

ModelHost::~ModelHost() = default;

std::unique_ptr<ModelHost> ModelHost::load(const std::filesystem::path& path, std::shared_ptr<Backend> backend,
                                           const ModelHostOptions& options, const Progress& progress) {
  ModelFiles files = ModelFiles::open(path);
  if (!options.adapter.empty()) files.apply_adapter(options.adapter);
  Reservation for_draft;
  std::unique_ptr<ModelHost> host;
  try {
    host = load(files.config, *files.tensors, files.adapter, std::move(backend), options, progress, for_draft);
  } catch (const Error&) {
    for (const auto& file : weight_files(*files.tensors)) check_mapped_file_is_unchanged(file.address);  // then this is why
    throw;
  }
  Internals& in = *host->internals_;
  in.tokenizer = files.tokenizer;
  in.info.path = path.string();
  in.info.adapter = options.adapter;
  in.info.name = files.name();
  in.info.has_chat_template = in.tokenizer && !in.tokenizer->chat_template().empty();
  collect_warnings(in, *files.tensors);
  host->check_files();  // what was read while loading was there
  if (!options.draft_model.empty()) {
    for_draft = {};  // the draft's load makes its own
    in.draft = load_draft_model(*host, options.draft_model, progress);
  }
  return host;
}

std::unique_ptr<ModelHost> ModelHost::load(const ModelConfig& config, const TensorSource& tensors, std::shared_ptr<Backend> backend,
                                           const ModelHostOptions& options, const Progress& progress) {
  Reservation none;
  ModelHostOptions alone = options;
  alone.draft_model.clear();
  return load(config, tensors, nullptr, std::move(backend), alone, progress, none);
}

std::unique_ptr<ModelHost> ModelHost::load(const ModelConfig& config, const TensorSource& tensors, std::shared_ptr<const Adapter> adapter,
                                           std::shared_ptr<Backend> backend, const ModelHostOptions& options, const Progress& progress,
                                           Reservation& for_draft) {
  const auto begin = std::chrono::steady_clock::now();
  const DecoderSettings settings = describe_model(config);
  const LayerPlacement placement = placement_of(settings, *backend, options);
  if (placement.on_device == 0) backend = options.processor;
  auto host = std::unique_ptr<ModelHost>(new ModelHost);
  Internals& in = *host->internals_;
  in.config = config;
  in.backend = std::move(backend);
  MemoryLedger& ledger = *in.backend->allocator()->ledger();
  in.owner = ledger.add_owner(std::filesystem::path(tensors.description()).filename().string());
  if (is_split(options, placement)) {
    Allocator& theirs = *options.processor->allocator();
    const OwnerId owner = theirs.ledger().get() == &ledger ? in.owner : theirs.add_owner(std::filesystem::path(tensors.description()).filename().string());
    in.processor.emplace(ProcessorPart{options.processor, owner, nullptr});
  }
  in.set_limits(options.limits);
  const PhaseScope phase(ledger, MemoryPhase::loading);

  in.rehearsal = std::make_shared<LoadRehearsal>(ModelOutline::of(config, tensors, adapter), *in.backend, in.processor ? in.processor->backend.get() : nullptr, placement);
  RunnerOptions runner = in.rehearsal->options(*in.backend, options.activations, options.context_length, options.kv_cache);
  in.activations = runner.activations;
  in.runner_options = runner;
  const std::vector<Reservation> reservations = in.reserve(in.rehearsal->measure(runner), "loading " + tensors.description());
  if (!options.draft_model.empty()) for_draft = reserve_draft(in, runner, options.draft_model);
  runner.working_sizes = in.rehearsal->working_sizes(runner);
  load_weights(in, settings, tensors, adapter.get(), placement, progress);
  in.files = weight_files(tensors);
  in.fingerprint = in.info.fingerprint = model_fingerprint(config, tensors, adapter.get());
  in.runner = std::make_unique<Runner>(in.parts(), config.vocab_size, runner);

  in.info.name = tensors.description();
  in.info.model_type = config.model_type;
  in.info.format = describe_format(config, tensors);
  in.info.activations = activations_name(in.activations);
  in.info.device = in.backend->name();
  in.info.layers = placement.layers;
  in.info.layers_on_device = placement.on_device;
  in.info.vocab_size = static_cast<std::uint64_t>(config.vocab_size);
  in.info.context_length = static_cast<std::uint64_t>(in.runner_options.capacity);
  in.info.trained_context_length = static_cast<std::uint64_t>(config.max_position_embeddings);
  in.info.suggested_temperature = config.temperature;
  in.info.suggested_top_p = config.top_p;
  in.info.suggested_top_k = config.top_k;
  in.info.load_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return host;
}

const ModelInfo& ModelHost::info() const { return internals_->info; }

const ModelConfig& ModelHost::config() const { return internals_->config; }

Backend& ModelHost::backend() { return *internals_->backend; }

std::shared_ptr<const Tokenizer> ModelHost::tokenizer() const { return internals_->tokenizer; }

void ModelHost::check_files() const {
  for (const Internals::WeightFile& file : internals_->files) {
    if (const auto mapping = file.mapping.lock()) check_mapped_file_is_unchanged(file.address);
  }
  if (internals_->draft) internals_->draft->check_files();
}

bool ModelHost::has_damaged_files() const {
  try {
    check_files();
    return false;
  } catch (const Error&) {
    return true;
  }
}

std::vector<std::vector<float>> ModelHost::logits(std::span<const std::int32_t> ids, std::span<const std::int64_t> positions,
                                                  const Progress& progress) {
  Internals& in = *internals_;
  check_files();
  check_ids(ids, in.info.vocab_size);
  std::vector<std::int64_t> sorted(positions.begin(), positions.end());
  std::ranges::sort(sorted);
  const auto [first, last] = std::ranges::unique(sorted);
  sorted.erase(first, last);
  for (const std::int64_t position : sorted) {
    if (position < 0 || position >= static_cast<std::int64_t>(ids.size())) {
      fail(Errc::invalid_argument, "position {} is outside the {} ids", position, ids.size());
    }
  }
  in.context.clear();
  in.runner->truncate(0, 0);
  const std::vector<float> all = in.runner->append_for_logits(0, ids, sorted, progress);
  check_finite(all);
  const auto vocab = static_cast<std::ptrdiff_t>(in.info.vocab_size);
  std::vector<std::vector<float>> rows;
  for (const std::int64_t position : positions) {
    const auto begin = all.begin() + (std::ranges::lower_bound(sorted, position) - sorted.begin()) * vocab;
    rows.emplace_back(begin, begin + vocab);
  }
  return rows;
}

ModelHost::GreedyResult ModelHost::greedy(std::span<const std::int32_t> ids, std::uint64_t max_tokens, IgnoreEos ignore_eos, WantLogits want_logits) {
  Internals& in = *internals_;
  check_files();
  check_ids(ids, in.info.vocab_size);
  check_fits(ids.size(), max_tokens, in.info.context_length);
  in.context.clear();
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  GreedyResult result;
  const auto start = Clock::now();
  result.last_logits = read_whole(*in.runner, ids);
  result.ids.push_back(most_likely(result.last_logits));
  result.prompt_seconds = seconds_since(start);
  const auto first_token = Clock::now();
  const auto ends = [&] { return ignore_eos == IgnoreEos::no && is_eos(in.config, result.ids.back()); };
  const auto whole_text = [&] {
    std::vector<std::int32_t> text(ids.begin(), ids.end());
    text.insert(text.end(), result.ids.begin(), result.ids.end());
    return text;
  };
  std::unique_ptr<Runner::Stream> stream;
  while (!ends() && result.ids.size() < max_tokens) {
    if (!stream) stream = in.runner->stream(result.ids.back(), {}, 0);
    if (const std::optional<std::int32_t> id = stream->next()) {
      result.ids.push_back(*id);
      continue;
    }
    stream.reset();
    const std::vector<std::int32_t> text = whole_text();
    if (in.runner->keeps_rows(static_cast<std::int64_t>(text.size()))) break;  // the cache is full
    result.ids.push_back(most_likely(read_whole(*in.runner, text)));
  }
  stream.reset();
  result.decode_seconds = seconds_since(first_token);
  result.stopped_at_eos = ends();
  if (want_logits == WantLogits::no) {
    result.last_logits.clear();
  } else if (result.ids.size() > 1) {
    // The device chose by itself: evaluate the token before the last once more, this time for the host.
    const std::vector<std::int32_t> text = whole_text();
    const auto before = std::span(text).first(text.size() - 1);
    if (in.runner->rotates_by_length()) {
      result.last_logits = read_whole(*in.runner, before);
      return result;
    }
    in.runner->truncate(0, static_cast<std::int64_t>(before.size()) - 1);
    const std::span<const float> logits = in.runner->step(before.last(1));
    check_finite(logits);
    result.last_logits.assign(logits.begin(), logits.end());
  }
  return result;
}

std::vector<ModelHost::GreedyResult> ModelHost::greedy_batch(const std::vector<std::vector<std::int32_t>>& prompts,
                                                             std::uint64_t max_tokens, IgnoreEos ignore_eos) {
  Internals& in = *internals_;
  std::size_t longest = 0;
  for (const auto& prompt : prompts) {
    check_ids(prompt, in.info.vocab_size);
    check_fits(prompt.size(), max_tokens, in.info.context_length);
    longest = std::max(longest, prompt.size());
  }
  if (in.runner->rotates_by_length()) {  // rows of different lengths would need tables of their own
    std::vector<GreedyResult> results;
    for (const auto& prompt : prompts) results.push_back(greedy(prompt, max_tokens, ignore_eos));
    return results;
  }
  const auto batch = static_cast<std::int64_t>(prompts.size());
  RunnerOptions options = in.runner_options;
  options.batch = batch;
  options.capacity = static_cast<std::int64_t>(longest + max_tokens);
  const std::vector<Reservation> reservations = in.reserve(in.rehearsal->measure(options).beside_weights(), "a batch");
  options.working_sizes = in.rehearsal->working_sizes(options);
  Runner runner(in.parts(), in.config.vocab_size, options);

  std::vector<GreedyResult> results(prompts.size());
  std::vector<std::int32_t> next(prompts.size());
  for (std::size_t row = 0; row < prompts.size(); ++row) {
    const std::int64_t last = static_cast<std::int64_t>(prompts[row].size()) - 1;
    const std::vector<float> logits = runner.append_for_logits(static_cast<std::int64_t>(row), prompts[row], std::span(&last, 1));
    check_finite(logits);
    next[row] = most_likely(logits);
  }
  for (std::uint64_t count = 1;; ++count) {
    bool all_ended = true;
    for (std::size_t row = 0; row < prompts.size(); ++row) {
      GreedyResult& result = results[row];
      if (!result.stopped_at_eos) result.ids.push_back(next[row]);  // a row that has ended is only carried along
      result.stopped_at_eos = result.stopped_at_eos || (ignore_eos == IgnoreEos::no && is_eos(in.config, next[row]));
      all_ended = all_ended && result.stopped_at_eos;
    }
    if (all_ended || count == max_tokens) return results;
    const std::span<const float> logits = runner.step(next);
    check_finite(logits);
    const auto vocab = static_cast<std::size_t>(in.info.vocab_size);
    for (std::size_t row = 0; row < prompts.size(); ++row) next[row] = most_likely(logits.subspan(row * vocab, vocab));
  }
}

}  // namespace etna

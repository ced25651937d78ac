#include "engine/session/rehearsal.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/saturate.h"
#include "engine/io/gguf.h"
#include "engine/io/quote.h"
#include "engine/io/safetensors.h"
#include "engine/io/weight_loader.h"
#include "engine/memory/rehearsal_heap.h"
#include "engine/models/adapted_parameters.h"
#include "engine/models/gguf_config.h"
#include "engine/models/gguf_tensors.h"
#include "engine/models/stored_parameters.h"
#include "engine/session/model_files.h"

namespace etna {

namespace {

/// Another source's tensors as outlines.
class OutlineTensors final : public TensorSource {
public:
  OutlineTensors(const TensorSource& source, std::shared_ptr<const void> keep_alive) : source_(source), keep_alive_(std::move(keep_alive)) {
    for (const std::string& name : source.names()) {
      StoredTensor tensor = *source.find(name);
      tensor.outline = true;
      // The bytes are never read: nobody must keep the file open. An import wants something that holds its pages.
      tensor.keep_alive = nothing_;
      tensors_.emplace(name, std::move(tensor));
    }
  }

  const StoredTensor* find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }

  std::vector<std::string> names() const override { return source_.names(); }
  std::string stored_name(const std::string& name) const override { return source_.stored_name(name); }
  std::string description() const override { return source_.description(); }

private:
  const TensorSource& source_;
  std::shared_ptr<const void> keep_alive_;  // source_, where it is this outline's own
  std::shared_ptr<const void> nothing_ = std::make_shared<int>(0);
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

/// Tensors that a description lists, one behind the other in a file that is not here.
class DescribedTensors final : public TensorSource {
public:
  explicit DescribedTensors(const ModelDescription& description) : name_(description.name) {
    std::uint64_t total = 0;
    for (const ModelDescription::Tensor& tensor : description.tensors) {
      check(tensor);
      if (__builtin_add_overflow(total, tensor.bytes, &total)) fail(Errc::corrupt, "{}: its tensors have more bytes than any file", name_);
    }
    file_ = MappedFile::outline(name_, {}, total);
    std::size_t at = 0;
    for (const ModelDescription::Tensor& listed : description.tensors) {
      StoredTensor tensor;
      tensor.name = listed.name;
      tensor.stored_dtype = listed.dtype;
      tensor.dtype = dtype_of_safetensors(listed.dtype);
      tensor.shape.assign(listed.shape.begin(), listed.shape.end());
      tensor.bytes = file_->bytes().subspan(at, static_cast<std::size_t>(listed.bytes));
      tensor.file = name_;
      tensor.keep_alive = file_;
      tensor.mapping = file_->bytes();
      at += static_cast<std::size_t>(listed.bytes);
      if (!tensors_.emplace(listed.name, std::move(tensor)).second) fail(Errc::corrupt, "{}: tensor {} is listed twice", name_, quote(listed.name));
    }
  }

  const StoredTensor* find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const auto& [name, tensor] : tensors_) result.push_back(name);
    return result;
  }

  std::string description() const override { return name_; }

private:
  void check(const ModelDescription::Tensor& tensor) const {
    const int bits = safetensors_bits(tensor.dtype);
    if (bits == 0) fail(Errc::corrupt, "{}: tensor {}: unknown dtype {}", name_, quote(tensor.name), quote(tensor.dtype));
    std::uint64_t total = static_cast<std::uint64_t>(bits);
    for (const std::int64_t size : tensor.shape) {
      if (size < 0 || __builtin_mul_overflow(total, static_cast<std::uint64_t>(size), &total)) {
        fail(Errc::corrupt, "{}: tensor {}: no tensor has such a shape", name_, quote(tensor.name));
      }
    }
    if (total % 8 != 0 || total / 8 != tensor.bytes) {
      fail(Errc::corrupt, "{}: tensor {}: shape and dtype {} need {} bits, {} bytes are listed", name_, quote(tensor.name), tensor.dtype, total, tensor.bytes);
    }
  }

  std::string name_;
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

ModelOutline outline(ModelConfig config, DecoderSettings settings, std::unique_ptr<TensorSource> source) {
  const std::shared_ptr<const TensorSource> kept = std::move(source);
  ModelOutline result{.config = std::move(config), .settings = std::move(settings), .tensors = nullptr, .packing = packing_of(*kept), .adapter = nullptr};
  result.tensors = std::make_unique<OutlineTensors>(*kept, kept);
  return result;
}

void add(LoadMemory::Part& to, const LoadMemory::Part& from) {
  to.weight_bytes += from.weight_bytes;
  to.adapter_bytes += from.adapter_bytes;
  to.kv_cache_bytes += from.kv_cache_bytes;
  to.working_bytes += from.working_bytes;
}

}  // namespace

ModelOutline ModelOutline::open(const std::filesystem::path& path, const std::filesystem::path& adapter) {
  ModelFiles files = ModelFiles::open(path, ModelFiles::WithTokenizer::no);
  if (!adapter.empty()) files.apply_adapter(adapter);
  ModelOutline result = outline(std::move(files.config), std::move(files.settings), std::move(files.tensors));
  result.adapter = std::move(files.adapter);
  return result;
}

ModelOutline ModelOutline::of(const ModelDescription& description) {
  if (description.gguf_parts.empty()) {
    ModelConfig config = ModelConfig::parse(description.config_json, description.name + "/config.json", supported_model_types());
    DecoderSettings settings = describe_model(config);
    return outline(std::move(config), std::move(settings), std::make_unique<DescribedTensors>(description));
  }
  std::vector<std::shared_ptr<const MappedFile>> parts;
  for (const ModelDescription::GgufPart& part : description.gguf_parts) {
    const std::string name = description.gguf_parts.size() == 1 ? description.name : fmt::format("{}, part {} of {}", description.name, parts.size() + 1, description.gguf_parts.size());
    parts.push_back(MappedFile::outline(name, std::as_bytes(std::span(part.header)), part.file_bytes));
  }
  const auto file = GgufFile::read(std::move(parts));
  ModelConfig config = gguf_config(*file);
  DecoderSettings settings = describe_model(config);
  auto tensors = std::make_unique<GgufTensors>(file, settings);
  return outline(std::move(config), std::move(settings), std::move(tensors));
}

ModelOutline ModelOutline::of(const ModelConfig& config, const TensorSource& source, std::shared_ptr<const Adapter> adapter) {
  ModelOutline result{
      .config = config, .settings = describe_model(config), .tensors = nullptr, .packing = packing_of(source), .adapter = std::move(adapter)};
  result.tensors = std::make_unique<OutlineTensors>(source, nullptr);
  return result;
}

LoadMemory& LoadMemory::operator+=(const LoadMemory& other) {
  add(device, other.device);
  add(host, other.host);
  add(processor, other.processor);
  mapped_bytes += other.mapped_bytes;
  return *this;
}

LoadMemory LoadMemory::beside_weights() const {
  LoadMemory rest = *this;
  for (Part* part : {&rest.device, &rest.host, &rest.processor}) part->weight_bytes = part->adapter_bytes = 0;
  rest.mapped_bytes = 0;
  return rest;
}

LoadRehearsal::LoadRehearsal(const ModelOutline& outline, const Backend& device, const Backend* processor, const LayerPlacement& placement)
    : config_(outline.config),
      packing_(outline.packing),
      range_(outline.settings.wide_range ? ActivationRange::wide : ActivationRange::usual),
      layers_(cache_shapes(outline.settings)) {
  if (!processor) {
    add_place(device, outline, std::nullopt);
    return;
  }
  const PlacedParts parts = placed_parts(placement);
  add_place(*processor, outline, parts.processor);
  add_place(device, outline, parts.device);
}

LoadRehearsal::~LoadRehearsal() {
  for (Place& place : places_) place.model.reset();
}

void LoadRehearsal::add_place(const Backend& device, const ModelOutline& outline, const std::optional<DecoderPart>& part) {
  Place place{.backend = device.rehearsal(), .owner = 0, .model = nullptr};
  if (!place.backend) fail(Errc::unsupported, "{}: what a load takes cannot be told beforehand", device.name());
  place.owner = place.backend->allocator()->add_owner(outline.tensors->description());
  WeightLoader loader(*place.backend, place.owner, {});
  if (part) loader.import_only(tensors_of(outline.settings, *outline.tensors, *part));
  StoredParameters stored(config_, *outline.tensors, loader);
  std::optional<AdaptedParameters> adapted;
  if (outline.adapter) adapted.emplace(stored, *outline.adapter, config_, *place.backend, place.owner);
  nn::Parameters& parameters = adapted ? static_cast<nn::Parameters&>(*adapted) : stored;
  place.model = part ? create_decoder(outline.settings, parameters, *part) : create_decoder(outline.settings, parameters);
  places_.push_back(std::move(place));
}

std::vector<ModelPart> LoadRehearsal::parts() const {
  std::vector<ModelPart> parts;
  for (const Place& place : places_) parts.push_back({place.model.get(), place.backend.get(), place.owner});
  return parts;
}

void LoadRehearsal::reset_peaks() {
  for (const Place& place : places_) place.backend->allocator()->ledger()->reset_peak();
}

LoadMemory LoadRehearsal::peak() const {
  LoadMemory memory;
  for (const Place& place : places_) {
    const bool beside = &place != &places_.back();
    for (const MemoryReport& report : place.backend->allocator()->ledger()->report()) {
      LoadMemory::Part part;
      for (const MemoryReport::Use& use : report.uses) {
        if (use.tag == MemoryTag::weights) part.weight_bytes += use.peak_bytes;
        if (use.tag == MemoryTag::adapter) part.adapter_bytes += use.peak_bytes;
        if (use.tag == MemoryTag::kv_cache) part.kv_cache_bytes += use.peak_bytes;
      }
      part.working_bytes = less(report.peak_bytes, part.weight_bytes + part.adapter_bytes + part.kv_cache_bytes);
      LoadMemory::Part& to = beside ? memory.processor : report.pool == rehearsal_host_pool ? memory.host : memory.device;
      add(to, part);
      if (!beside) memory.mapped_bytes += report.mapped_bytes;
    }
  }
  return memory;
}

/// Contexts of an octave share a rehearsal: caches are counted exactly, and what kernels work in hardly grows with them (it
/// is taken as for the longest of the octave, also by the load). Those shorter than a piece have pieces of their own.
RunnerOptions LoadRehearsal::rehearsed_options(const RunnerOptions& options) {
  RunnerOptions rehearsed = options;
  rehearsed.quantized_kv_start = 0;
  rehearsed.working_sizes.clear();
  if (options.capacity > options.prefill_step) {
    rehearsed.capacity = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(options.capacity)));
  }
  return rehearsed;
}

const LoadRehearsal::Measured& LoadRehearsal::rehearse(const RunnerOptions& asked) {
  constexpr std::size_t remembered = 32;
  const RunnerOptions options = rehearsed_options(asked);
  const auto known = std::ranges::find(measured_, options, &Measured::options);
  if (known != measured_.end()) return *known;
  Measured measured{.options = options, .memory = {}, .working_sizes = {}};
  reset_peaks();
  {
    Runner runner(parts(), config_.vocab_size, options);
    runner.make_plans();
    measured.working_sizes = runner.working_sizes();
    measured.memory = peak();
  }
  if (measured_.size() == remembered) measured_.erase(measured_.begin());
  return measured_.emplace_back(std::move(measured));
}

LoadMemory LoadRehearsal::measure(const RunnerOptions& options) {
  // Rows that are packed later are held in both forms for a while, so caches are counted and not rehearsed.
  const std::size_t beside = places_.size() > 1 ? places_.front().model->cache_shapes().size() : 0;
  const std::span<const CacheShape> layers(layers_);
  const std::uint64_t caches = Runner::cache_bytes(layers.subspan(beside), options);
  const std::uint64_t caches_beside = Runner::cache_bytes(layers.first(beside), options);
  const std::lock_guard lock(mutex_);
  LoadMemory memory = rehearse(options).memory;
  memory.device.kv_cache_bytes = caches;
  memory.processor.kv_cache_bytes = caches_beside;
  return memory;
}

std::vector<std::vector<std::size_t>> LoadRehearsal::working_sizes(const RunnerOptions& options) {
  const std::lock_guard lock(mutex_);
  return rehearse(options).working_sizes;
}

LoadMemory LoadRehearsal::measure(const std::function<void(std::vector<ModelPart> parts)>& work) {
  const std::lock_guard lock(mutex_);
  reset_peaks();
  work(parts());
  return peak();
}

RunnerOptions LoadRehearsal::options(const Backend& device, const std::string& activations, std::uint64_t context_length, const KvCacheSettings& kv_cache) const {
  return runner_options(kv_cache, context_capacity(config_, context_length, kv_cache), choose_activations(activations, device, packing_, range_));
}

std::vector<PoolBytes> pools_of(const LoadMemory& memory, const Allocator& allocator, const Allocator* processor) {
  const auto device = allocator.heap().pools(Placement::device), host = allocator.heap().pools(Placement::host);
  std::vector<PoolBytes> needs = allocator.spread(memory.device.total() - memory.mapped_bytes);
  needs.push_back({device.back(), memory.mapped_bytes});
  needs.push_back({host.front(), memory.host.total()});
  if (processor) needs.push_back({processor->heap().pools(Placement::device).front(), memory.processor.total()});
  std::erase_if(needs, [](const PoolBytes& need) { return need.bytes == 0; });
  return needs;
}

}  // namespace etna

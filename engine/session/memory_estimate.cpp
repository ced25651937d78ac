#include "engine/session/memory_estimate.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "engine/base/error.h"
#include "engine/base/saturate.h"
#include "engine/io/model_folder.h"
#include "engine/session/draft_model.h"

namespace etna {

namespace {

namespace fs = std::filesystem;

std::shared_ptr<MemoryPool> root_of(std::shared_ptr<MemoryPool> pool) {
  while (std::shared_ptr<MemoryPool> parent = pool->parent()) pool = std::move(parent);
  return pool;
}

/// Room for a load, with some memory given back: of single pools, of sources of bytes, of what a device can use.
class Rooms {
public:
  Rooms(const Allocator& allocator, std::span<const PoolShare> freed) : allocator_(allocator), ledger_(*allocator.ledger()), freed_(freed) {}

  std::uint64_t of(const std::shared_ptr<MemoryPool>& pool) const {
    const std::uint64_t room = ledger_.room(pool);
    const std::string& source = root_of(pool)->id();
    std::uint64_t freed = 0;
    for (const PoolShare& share : freed_) freed += share.pool == source ? share.bytes : 0;
    return std::max(room, std::min(room + freed, ledger_.limit(pool)));
  }

  /// Of all pools that kernels' memory comes from.
  std::uint64_t of_device() const {
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> sources;  // room of the source, sum over its pools
    for (const std::shared_ptr<MemoryPool>& pool : allocator_.heap().pools(Placement::device)) {
      const std::shared_ptr<MemoryPool> source = root_of(pool);
      auto& [room, sum] = sources[source->id()];
      room = of(source);
      sum += of(pool);
    }
    std::uint64_t total = 0;
    for (const auto& [id, rooms] : sources) total += std::min(rooms.first, rooms.second);
    return ledger_.user_limit() == 0 ? total : std::min(total, less(ledger_.user_limit(), less(ledger_.active_bytes(), freed_bytes())));
  }

private:
  std::uint64_t freed_bytes() const {
    std::uint64_t total = 0;
    for (const PoolShare& share : freed_) total += share.bytes;
    return total;
  }

  const Allocator& allocator_;
  const MemoryLedger& ledger_;
  std::span<const PoolShare> freed_;
};

/// What a load needs of a device's memory and beside it, against what there is.
struct Judgement {
  std::uint64_t needed = 0;  ///< of the device's memory
  std::uint64_t usable = 0;
  std::uint64_t missing = 0;
  Fit fit = Fit::too_big;
};

Judgement judged(const LoadMemory& memory, const Allocator& allocator, std::span<const PoolShare> freed) {
  const Rooms rooms(allocator, freed);
  const auto pools = allocator.heap().pools(Placement::device);
  const std::shared_ptr<MemoryPool> host = allocator.heap().pools(Placement::host).front();
  const bool same_source = std::ranges::any_of(pools, [&](const auto& pool) { return root_of(pool) == root_of(host); });
  Judgement result{.needed = memory.device.total(), .usable = rooms.of_device()};
  std::uint64_t beside = memory.host.total() + memory.processor.total();
  if (same_source) result.needed += std::exchange(beside, 0);
  result.missing = less(result.needed, result.usable) + less(beside, rooms.of(root_of(host)));
  result.fit = result.missing > 0 ? Fit::too_big : fit_of(result.needed, result.usable);
  return result;
}

/// Puts parts into pools, filling one after the other.
class PoolFiller {
public:
  PoolFiller(const Allocator& allocator, const Rooms& rooms) : rooms_(rooms) {
    for (const std::shared_ptr<MemoryPool>& pool : allocator.heap().pools(Placement::device)) device_.push_back({pool, rooms.of(pool)});
    host_ = allocator.heap().pools(Placement::host).front();
  }

  void to_device(std::uint64_t bytes, std::uint64_t PoolEstimate::*part) {
    for (std::size_t i = 0; i < device_.size(); ++i) {
      const bool last = i + 1 == device_.size();
      const std::uint64_t here = last ? bytes : std::min(bytes, device_[i].bytes);
      device_[i].bytes = less(device_[i].bytes, here);
      add(device_[i].pool, here, part);
      bytes -= here;
    }
  }

  void to_last(std::uint64_t bytes, std::uint64_t PoolEstimate::*part) { add(device_.back().pool, bytes, part); }
  void to_host(std::uint64_t bytes, std::uint64_t PoolEstimate::*part) { add(host_, bytes, part); }
  void to_system(std::uint64_t bytes, std::uint64_t PoolEstimate::*part) { add(system_pool(), bytes, part); }

  std::vector<PoolEstimate> take() { return std::move(pools_); }

private:
  void add(const std::shared_ptr<MemoryPool>& pool, std::uint64_t bytes, std::uint64_t PoolEstimate::*part) {
    if (bytes == 0) return;
    const std::shared_ptr<MemoryPool> source = root_of(pool);
    auto found = std::ranges::find(pools_, source->id(), &PoolEstimate::pool);
    if (found == pools_.end()) {
      pools_.push_back({.pool = source->id(), .usable_bytes = rooms_.of(source)});
      found = std::prev(pools_.end());
    }
    (*found).*part += bytes;
  }

  const Rooms& rooms_;
  std::vector<PoolBytes> device_;  // what is left of them
  std::shared_ptr<MemoryPool> host_;
  std::vector<PoolEstimate> pools_;
};

/// Time, size and path of what a model is read from: another file is another model.
std::string file_key(const fs::path& file) {
  std::error_code ignored;
  const auto size = fs::file_size(file, ignored);
  const auto time = fs::last_write_time(file, ignored).time_since_epoch().count();
  return fmt::format("{}\n{}\n{}\n", file.string(), size, time);
}

std::string path_key(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return file_key(path);
  std::string key = file_key(path / "config.json");
  try {
    for (const fs::path& file : weight_files(path)) key += file_key(file);
  } catch (const Error&) {
    key += "incomplete";  // opening it says what is wrong, the most telling thing first
  }
  return key;
}

std::string adapter_key(const fs::path& folder) {
  std::string key;
  for (const char* name : {"adapter_config.json", "adapters.safetensors", "adapter_model.safetensors"}) key += file_key(folder / name);
  return key;
}

std::string description_key(const ModelDescription& model) {
  std::string key = fmt::format("{}\n{}\n", model.name, model.config_json);
  for (const ModelDescription::GgufPart& part : model.gguf_parts) {
    key += fmt::format("{} {}\n", part.file_bytes, part.header.size());
    key.append(part.header.begin(), part.header.end());
  }
  for (const ModelDescription::Tensor& tensor : model.tensors) {
    key += fmt::format("{} {} {}", tensor.name, tensor.dtype, tensor.bytes);
    for (const std::int64_t size : tensor.shape) key += fmt::format(" {}", size);
    key += '\n';
  }
  return std::to_string(std::hash<std::string>{}(key)) + ' ' + std::to_string(key.size());
}

/// The rehearsed models of one request: the one that answers, and the one that guesses ahead.
struct RehearsedLoad {
  std::shared_ptr<LoadRehearsal> model;
  std::shared_ptr<LoadRehearsal> draft;  // null: none
  RunnerOptions options;                 // of model

  LoadMemory measure(const RunnerOptions& of_model) const {
    LoadMemory memory = model->measure(of_model);
    if (draft) memory += draft->measure(draft_runner_options(of_model));
    return memory;
  }

  std::uint64_t cache_bytes(const RunnerOptions& of_model) const {
    return model->cache_bytes(of_model) + (draft ? draft->cache_bytes(draft_runner_options(of_model)) : 0);
  }
};

/// The longest context with which a load fits. Caches are counted; what else changes with it is checked by a rehearsal.
std::uint64_t longest_context(const RehearsedLoad& load, const LoadMemory& measured, const std::function<bool(const LoadMemory&)>& fits) {
  constexpr std::int64_t step = 256;  // shorter contexts are of little use, and neighbours share a rehearsal
  const std::int64_t trained = std::max<std::int64_t>(load.model->config().max_position_embeddings, 1);
  const auto with_context = [&](std::int64_t tokens) {
    RunnerOptions options = load.options;
    options.capacity = tokens;
    return options;
  };
  const auto fits_by_caches = [&](std::int64_t tokens) {
    LoadMemory memory = measured;
    memory.device.kv_cache_bytes = load.cache_bytes(with_context(tokens));
    return fits(memory);
  };
  const std::int64_t shortest = std::min(step, trained);
  std::int64_t low = 0, high = trained / shortest;  // in units of the shortest
  if (fits_by_caches(trained)) {
    if (fits(load.measure(with_context(trained)))) return static_cast<std::uint64_t>(trained);
    low = high;
  } else {
    while (low < high) {
      const std::int64_t middle = low + (high - low + 1) / 2;
      if (fits_by_caches(middle * shortest)) low = middle;
      else high = middle - 1;
    }
  }
  constexpr int tries = 8;  // working memory grows far more slowly than caches do
  for (int i = 0; i < tries && low > 0; ++i) {
    if (fits(load.measure(with_context(low * shortest)))) return static_cast<std::uint64_t>(low * shortest);
    low -= std::max<std::int64_t>(1, low / 32);
  }
  return 0;
}

void suggest_kv_bits(const RehearsedLoad& load, const std::function<bool(const LoadMemory&)>& fits, LoadEstimate& estimate) {
  if (estimate.fit != Fit::too_big || load.options.key_bits != 0 || load.options.value_bits != 0) return;
  for (const int bits : {8, 4}) {
    RunnerOptions packed = load.options;
    packed.key_bits = packed.value_bits = bits;
    try {
      const LoadMemory memory = load.measure(packed);
      if (!fits(memory)) continue;
      estimate.suggested_kv_bits = bits;
      estimate.suggested_kv_total = memory.total();
      return;
    } catch (const Error& error) {
      if (error.code() != Errc::invalid_argument) throw;  // the model's heads do not divide into groups
    }
  }
}

/// A load of which not all lies on the device.
RehearsedLoad split(const RehearsedLoad& load, const ModelOutline& outline, const Backend& device, const LoadSituation& situation, std::int64_t on_device) {
  RehearsedLoad result = load;
  const LayerPlacement placement{load.model->layers(), on_device};
  check_placement(placement);
  if (on_device == 0) {
    result.model = std::make_shared<LoadRehearsal>(outline, *situation.processor);
  } else {
    result.model = std::make_shared<LoadRehearsal>(outline, device, situation.processor.get(), placement);
  }
  return result;
}

std::vector<std::uint64_t> cache_bytes_of_layers(const ModelOutline& outline, const RunnerOptions& options) {
  std::vector<std::uint64_t> bytes;
  for (const CacheShape& layer : cache_shapes(outline.settings)) bytes.push_back(Runner::cache_bytes(std::span(&layer, 1), options));
  return bytes;
}

/// As many layers on the device as fit, where not all do and the rest fits the processor; none where that is no way out.
std::optional<std::pair<RehearsedLoad, std::int64_t>> overflow(const RehearsedLoad& load, const LoadMemory& whole, const ModelOutline& outline,
                                                               const Backend& device, const LoadSituation& situation) {
  if (!situation.processor || !device.is_gpu()) return std::nullopt;
  const Judgement now = judged(whole, *device.allocator(), situation.replaced);
  const ModelBytes model = measure_model(outline.settings, *outline.tensors);
  const std::vector<std::uint64_t> caches = cache_bytes_of_layers(outline, load.options);
  std::int64_t layers = layers_that_fit(model, less(now.usable, whole.device.working_bytes + whole.device.adapter_bytes), caches);
  layers = std::min<std::int64_t>(layers, load.model->layers() - 1);
  constexpr int tries = 4;  // rounding and what plans need vary little with the place of a layer
  for (int i = 0; i < tries && layers > 0; ++i) {
    RehearsedLoad placed = split(load, outline, device, situation, layers);
    if (judged(placed.measure(placed.options), *device.allocator(), situation.replaced).fit != Fit::too_big) return std::pair(std::move(placed), layers);
    layers -= std::max<std::int64_t>(1, layers / 16);
  }
  return std::nullopt;
}

/// The parts of an estimate that depend on where layers lie.
void describe_places(const RehearsedLoad& load, const LoadMemory& memory, const Allocator& allocator, const LoadSituation& situation, LoadEstimate& estimate) {
  const auto fits = [&](const LoadMemory& other) { return judged(other, allocator, situation.replaced).fit != Fit::too_big; };
  estimate.mapped_bytes = memory.mapped_bytes;
  judge(memory, allocator, situation, estimate);
  estimate.longest_context = longest_context(load, memory, fits);
}

LoadEstimate estimate_load(RehearsedLoad load, const ModelOutline& outline, const LoadRequest& request, const Backend& device, const LoadSituation& situation) {
  const Allocator& allocator = *device.allocator();
  LoadEstimate estimate;
  estimate.prompt_cache_bytes = situation.prompt_cache_bytes;
  estimate.context_length = static_cast<std::uint64_t>(load.options.capacity);
  estimate.trained_context_length = static_cast<std::uint64_t>(std::max<std::int64_t>(load.model->config().max_position_embeddings, 1));
  estimate.layers = estimate.layers_on_device = load.model->layers();
  estimate.device = situation.device;
  if (request.layers_on_device >= 0 && situation.processor) {
    load = split(load, outline, device, situation, request.layers_on_device);
    estimate.layers_on_device = request.layers_on_device;
  }
  const LoadMemory memory = load.measure(load.options);
  describe_places(load, memory, allocator, situation, estimate);
  if (request.layers_on_device < 0 && estimate.fit == Fit::too_big) {
    suggest_kv_bits(load, [&](const LoadMemory& packed) { return judged(packed, allocator, situation.replaced).fit != Fit::too_big; }, estimate);
    if (const auto placed = overflow(load, memory, outline, device, situation)) {
      estimate.layers_on_device = static_cast<int>(placed->second);
      describe_places(placed->first, placed->first.measure(load.options), allocator, situation, estimate);
    }
  }
  if (estimate.layers_on_device < estimate.layers && situation.speeds) {
    estimate.slowdown = expected_slowdown(measure_model(outline.settings, *outline.tensors), {estimate.layers, estimate.layers_on_device},
                                          situation.speeds(), cache_bytes_of_layers(outline, load.options));
  }
  return estimate;
}

}  // namespace

std::uint64_t LoadEstimate::total() const { return weight_bytes() + kv_cache_bytes() + working_bytes(); }

std::uint64_t LoadEstimate::weight_bytes() const {
  std::uint64_t bytes = 0;
  for (const PoolEstimate& pool : pools) bytes += pool.weight_bytes + pool.adapter_bytes;
  return bytes;
}

std::uint64_t LoadEstimate::kv_cache_bytes() const {
  std::uint64_t bytes = 0;
  for (const PoolEstimate& pool : pools) bytes += pool.kv_cache_bytes;
  return bytes;
}

std::uint64_t LoadEstimate::working_bytes() const {
  std::uint64_t bytes = 0;
  for (const PoolEstimate& pool : pools) bytes += pool.working_bytes + pool.training_bytes;
  return bytes;
}

void judge(const LoadMemory& memory, const Allocator& allocator, const LoadSituation& situation, LoadEstimate& estimate) {
  std::vector<PoolShare> freed = situation.replaced;
  const Rooms rooms(allocator, situation.replaced);
  PoolFiller filler(allocator, rooms);
  filler.to_last(memory.mapped_bytes, &PoolEstimate::weight_bytes);
  filler.to_device(memory.device.weight_bytes - memory.mapped_bytes, &PoolEstimate::weight_bytes);
  filler.to_device(memory.device.adapter_bytes, &PoolEstimate::adapter_bytes);
  filler.to_device(memory.device.kv_cache_bytes, &PoolEstimate::kv_cache_bytes);
  filler.to_device(memory.device.working_bytes, &PoolEstimate::working_bytes);
  filler.to_host(memory.host.weight_bytes, &PoolEstimate::weight_bytes);
  filler.to_host(memory.host.adapter_bytes, &PoolEstimate::adapter_bytes);
  filler.to_host(memory.host.kv_cache_bytes, &PoolEstimate::kv_cache_bytes);
  filler.to_host(memory.host.working_bytes, &PoolEstimate::working_bytes);
  filler.to_system(memory.processor.weight_bytes, &PoolEstimate::weight_bytes);
  filler.to_system(memory.processor.adapter_bytes, &PoolEstimate::adapter_bytes);
  filler.to_system(memory.processor.kv_cache_bytes, &PoolEstimate::kv_cache_bytes);
  filler.to_system(memory.processor.working_bytes, &PoolEstimate::working_bytes);
  estimate.pools = filler.take();

  const Judgement now = judged(memory, allocator, situation.replaced);
  estimate.fit = now.fit;
  estimate.usable_bytes = now.usable;
  estimate.missing_bytes = now.missing;
  estimate.unloading.clear();
  for (const LoadSituation::Model& model : situation.idle) {
    freed.insert(freed.end(), model.frees.begin(), model.frees.end());
    LoadEstimate::Room room{.model = model.id, .name = model.name};
    for (const PoolShare& share : model.frees) room.frees_bytes += share.bytes;
    room.fit_after = judged(memory, allocator, freed).fit;
    estimate.unloading.push_back(std::move(room));
  }
}

LoadEstimator::Known LoadEstimator::remember(std::string key, const Backend& device, const std::function<ModelOutline()>& open) {
  constexpr std::size_t remembered = 8;
  key += device.name();
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(known_, key, &Known::key);
    if (found != known_.end()) {
      known_.splice(known_.begin(), known_, found);
      return known_.front();
    }
  }
  Known fresh{std::move(key), std::make_shared<const ModelOutline>(open()), nullptr};
  fresh.rehearsal = std::make_shared<LoadRehearsal>(*fresh.outline, device);
  const std::lock_guard lock(mutex_);
  known_.push_front(fresh);
  while (known_.size() > remembered) known_.pop_back();
  return fresh;
}

LoadEstimator::Known LoadEstimator::known(const std::string& path, const std::string& adapter, const Backend& device) {
  const std::string key = path_key(path) + (adapter.empty() ? "" : adapter_key(adapter));
  return remember(key, device, [&] { return ModelOutline::open(path, adapter); });
}

LoadEstimate LoadEstimator::estimate(const LoadRequest& request, const Backend& device, const LoadSituation& situation) {
  return estimate(known(request.path, request.adapter, device), request, device, situation);
}

LoadEstimate LoadEstimator::estimate(const ModelDescription& model, const LoadRequest& request, const Backend& device, const LoadSituation& situation) {
  return estimate(remember(description_key(model), device, [&] { return ModelOutline::of(model); }), request, device, situation);
}

LoadEstimate LoadEstimator::estimate(const Known& model, const LoadRequest& request, const Backend& device, const LoadSituation& situation) {
  RehearsedLoad load{.model = model.rehearsal, .draft = nullptr, .options = {}};
  load.options = load.model->options(device, request.activations, request.context_length, request.kv_cache);
  if (!request.draft_model.empty()) load.draft = known(request.draft_model, {}, device).rehearsal;
  return estimate_load(std::move(load), *model.outline, request, device, situation);
}

void LoadEstimator::clear() {
  const std::lock_guard lock(mutex_);
  known_.clear();
}

}  // namespace etna

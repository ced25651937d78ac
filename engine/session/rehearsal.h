#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/array/backend.h"
#include "engine/generation/runner.h"
#include "engine/io/adapter.h"
#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"
#include "engine/models/decoder.h"
#include "engine/models/layer_placement.h"
#include "engine/models/model_part.h"
#include "engine/session/load_settings.h"
#include "engine/session/memory_messages.h"

namespace etna {

/// A model's configuration and the sizes of its tensors, without contents: what a rehearsal loads.
struct ModelOutline {
  ModelConfig config;
  DecoderSettings settings;
  std::unique_ptr<TensorSource> tensors;  ///< all StoredTensor::outline
  WeightPacking packing = WeightPacking::none;
  std::shared_ptr<const Adapter> adapter = nullptr;  ///< null: the model as it is

  /// Of a model folder or a .gguf file: headers are read, no tokenizer; and of the folder of an adapter for it, unless
  /// empty. Throws as ModelFiles.
  static ModelOutline open(const std::filesystem::path& path, const std::filesystem::path& adapter = {});

  /// Of a model elsewhere. Throws corrupt (sizes that cannot be), unsupported.
  static ModelOutline of(const ModelDescription& description);

  /// Of any tensors; `source` must outlive the outline.
  static ModelOutline of(const ModelConfig& config, const TensorSource& source, std::shared_ptr<const Adapter> adapter = nullptr);
};

/// What a load or a run takes at its peak, by where it lies. Working bytes are all that are none of the others.
struct LoadMemory {
  struct Part {
    std::uint64_t weight_bytes = 0;
    std::uint64_t kv_cache_bytes = 0;
    std::uint64_t working_bytes = 0;
    std::uint64_t adapter_bytes = 0;
    std::uint64_t total() const { return weight_bytes + kv_cache_bytes + working_bytes + adapter_bytes; }
  };

  Part device;                     ///< Placement::device, imported pages too
  Part host;                       ///< Placement::host
  std::uint64_t mapped_bytes = 0;  ///< of device.weight_bytes: pages of the file itself
  Part processor;                  ///< of layers that do not lie on the device, all of it

  std::uint64_t total() const { return device.total() + host.total() + processor.total(); }
  LoadMemory beside_weights() const;
  LoadMemory& operator+=(const LoadMemory& other);
};

/// A load that is done by the load's own code on Backend::rehearsal(), so that what it takes is known before it starts:
/// parameters through WeightLoader, then caches and plans of a runner. The weights' part is done once; each set of options
/// takes a few milliseconds. Any thread.
class LoadRehearsal {
public:
  /// `device`: where the load would be; it may be working. `processor`: where the first layers would be that `placement`
  /// keeps off the device; null: all is the device's. Throws what is wrong with the model; unsupported for a device that
  /// cannot rehearse.
  LoadRehearsal(const ModelOutline& outline, const Backend& device, const Backend* processor = nullptr, const LayerPlacement& placement = {});
  ~LoadRehearsal();

  /// With a runner of these options, whatever a chat does with it. Throws as Runner.
  LoadMemory measure(const RunnerOptions& options);

  /// RunnerOptions::working_sizes for a runner of these options.
  std::vector<std::vector<std::size_t>> working_sizes(const RunnerOptions& options);

  /// Of any other use of the model. `work` must not keep what it is given.
  LoadMemory measure(const std::function<void(std::vector<ModelPart> parts)>& work);

  /// KV caches alone, at once. Throws as Runner::cache_bytes.
  std::uint64_t cache_bytes(const RunnerOptions& options) const { return Runner::cache_bytes(layers_, options); }

  const ModelConfig& config() const { return config_; }
  int layers() const { return static_cast<int>(layers_.size()); }

  /// What a load with these settings gives its runner.
  RunnerOptions options(const Backend& device, const std::string& activations, std::uint64_t context_length, const KvCacheSettings& kv_cache) const;

private:
  struct Measured {
    RunnerOptions options;
    LoadMemory memory;
    std::vector<std::vector<std::size_t>> working_sizes;
  };

  /// A place of the model.
  struct Place {
    std::unique_ptr<Backend> backend;
    OwnerId owner = 0;
    std::unique_ptr<Model> model;
  };

  static RunnerOptions rehearsed_options(const RunnerOptions& options);
  const Measured& rehearse(const RunnerOptions& options);
  void add_place(const Backend& device, const ModelOutline& outline, const std::optional<DecoderPart>& part);
  std::vector<ModelPart> parts() const;
  void reset_peaks();
  LoadMemory peak() const;

  ModelConfig config_;
  WeightPacking packing_;
  ActivationRange range_;
  std::vector<CacheShape> layers_;
  std::mutex mutex_;  // guards all below
  std::vector<Place> places_;  // that of the processor, where there is one, then the device's
  std::vector<Measured> measured_;  // the last few, oldest first
};

/// Where that would lie: pools of the real allocator with what would come from each, filled as it fills them. `processor`:
/// null where nothing lies there.
std::vector<PoolBytes> pools_of(const LoadMemory& memory, const Allocator& allocator, const Allocator* processor = nullptr);

}  // namespace etna

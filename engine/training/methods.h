#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/io/adapter.h"
#include "engine/io/model_config.h"
#include "engine/models/decoder.h"
#include "engine/models/stored_weight.h"
#include "engine/nn/lora.h"
#include "engine/nn/parameters.h"
#include "engine/training/options.h"
#include "engine/training/parameter_memory.h"

namespace etna::training {

/// An array that is trained: float32 in memory, whatever the model is stored as.
struct Trainable {
  std::string
      name;     ///< as files call it: "model.layers.0.self_attn.q_proj.lora_a", "model.layers.0.mlp.up_proj.weight"
  Array value;  ///< in the orientation of files
  DType stored = DType::float32;  ///< what files of the adapter keep it as
};

/// Which parts of a model a run trains.
class Selection {
public:
  /// The last `layers` layers (0 and below: all), and there `keys` as LoraOptions has them.
  Selection(const DecoderSettings& settings, const std::function<bool(const std::string&)>& has_weight,
            std::int64_t layers, std::vector<std::string> keys);

  /// Whether `path` lies in one of the chosen layers.
  bool in_layers(const std::string& path) const;

  /// Whether a module gets a change of low rank.
  bool changes(const std::string& path);

  /// Throws invalid_argument naming keys that no module has.
  void check_all_used() const;

private:
  std::optional<std::string> inside_layer(const std::string& path) const;  // what follows "model.layers.7."

  std::string prefix_;  // "model.layers."
  std::int64_t first_ = 0;
  std::vector<std::string> keys_;
  std::set<std::string> used_;
};

/// A model's parameters of which some are trained (D6): models do not know. What is trained are leaves of the graphs
/// that models make, so gradients by them can be asked for, and graphs see new values as soon as those are written.
class TrainedParameters : public nn::Parameters {
public:
  virtual const std::vector<Trainable>& trained() const = 0;

  /// Memory of trained().
  virtual const ParameterMemory& memory() const = 0;

  /// Throws invalid_argument for keys that mean nothing in this model, and where nothing is trained.
  virtual void check_complete() const = 0;
};

/// Low-rank changes, with lengths of rows where the method is DoRA, of modules that the selection names.
///
/// start    values to begin with; modules that it does not have, and all where it is null, begin as mlx-lm's: a uniform
///          within ±1 / √inputs, drawn from seed and path; b = 0; m = lengths of the rows
/// dropped  what is left out of the rows that changes read; empty: nothing
///
/// All references must outlive this; models made of it need the memory only, which they share.
std::unique_ptr<TrainedParameters> low_rank_parameters(nn::Parameters& base, Selection selection,
                                                       const TrainingOptions& options, const ModelConfig& config,
                                                       Backend& backend, OwnerId owner, const Adapter* start,
                                                       nn::Dropped dropped = {});

/// The floating weights inside the selection's layers, or all of the model's where `everything` is said. Packed weights
/// stay as they are. Values come from `source`, which `base` reads too.
enum class Scope { layers, everything };
std::unique_ptr<TrainedParameters> whole_parameters(nn::Parameters& base, Selection selection, Scope scope,
                                                    const ModelConfig& config, const TensorSource& source,
                                                    Backend& backend, OwnerId owner);

}  // namespace etna::training

#include "engine/training/learner.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/autograd/checkpoint.h"
#include "engine/autograd/head_loss.h"
#include "engine/autograd/vjp.h"
#include "engine/base/error.h"
#include "engine/io/weight_loader.h"
#include "engine/models/stored_parameters.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"

namespace etna::training {

namespace {

// Plans of sizes of batches that are kept; batches are few sizes in turn as a rule.
constexpr std::size_t kept_plans = 8;

// Small gradients leave float16's range: they are computed so much larger.
constexpr float half_scale = 1024;

constexpr int share_of_token = 0, kept_gradients = 1;

template <class T>
void write_all(const Array& array, std::span<const T> values) {
  array.view().buffer->write(array.view().offset, std::as_bytes(values));
}

bool has_weight(const nn::Parameters& parameters, const std::string& path) {
  return parameters.has_weight(path);
}

std::uint64_t bytes_of(const TensorSource& tensors) {
  std::uint64_t bytes = 0;
  for (const std::string& name : tensors.names()) bytes += tensors.find(name)->bytes.size();
  return bytes;
}

}  // namespace

bool Learner::Outcome::finite() const {
  return std::isfinite(loss) && std::isfinite(gradient_norm);
}

Learner::Learner(const Setup& setup, std::shared_ptr<Backend> backend, const Progress& loading)
    : backend_(std::move(backend)),
      owner_(setup.owner ? *setup.owner : backend_->allocator()->add_owner("training " + setup.tensors.description())),
      owns_owner_(!setup.owner),
      options_(setup.options),
      activations_(setup.activations),
      working_(std::make_shared<WorkingMemory>(backend_->allocator(), owner_)) {
  check(options_);
  try {
    load(setup, loading);
  } catch (...) {
    if (owns_owner_) backend_->allocator()->remove_owner(owner_);
    throw;
  }
}

Learner::~Learner() {
  update_plan_.reset();
  training_plans_.clear();
  check_plans_.clear();
  model_.reset();
  if (owns_owner_) backend_->allocator()->remove_owner(owner_);
}

void Learner::load(const Setup& setup, const Progress& loading) {
  WeightLoader loader(*backend_, owner_, loading, bytes_of(setup.tensors));
  StoredParameters stored(setup.config, setup.tensors, loader);
  const auto known = [&](const std::string& path) { return has_weight(stored, path); };
  Selection selection(describe_model(setup.config), known, options_.layers,
                      options_.method == Method::full ? std::vector<std::string>() : options_.lora.keys);
  if (options_.method == Method::full) {
    parameters_ =
        whole_parameters(stored, std::move(selection), setup.scope, setup.config, setup.tensors, *backend_, owner_);
  } else {
    nn::Dropped drop;
    if (options_.lora.dropout > 0) drop = [this](const Array& x) { return dropped(x); };
    parameters_ = low_rank_parameters(stored, std::move(selection), options_, setup.config, *backend_, owner_,
                                      setup.start, std::move(drop));
  }
  model_ = create_model(setup.config, *parameters_);
  parameters_->check_complete();
  parameter_count_ = stored.parameter_count() + (options_.method == Method::full ? trainable_parameters() : 0);
  gradients_ = parameters_->memory().like_pieces();
  optimizer_ = std::make_unique<Optimizer>(options_.optimizer, parameters_->trained(), parameters_->memory(),
                                           gradients_, *backend_, owner_);
  step_inputs_ = allocate_array(*backend_, {2}, DType::float32, MemoryTag::training, owner_);
  if (options_.lora.dropout > 0) {
    dropout_seed_ = allocate_array(*backend_, {2}, DType::uint32, MemoryTag::training, owner_);
    dropout_counter_ = allocate_array(*backend_, {1}, DType::int32, MemoryTag::training, owner_);
    const std::array seed{static_cast<std::uint32_t>(options_.seed), static_cast<std::uint32_t>(options_.seed >> 32)};
    write_all(*dropout_seed_, std::span<const std::uint32_t>(seed));
  }
  update_plan_ = Plan::compile(optimizer_->updates(), *backend_, owner_, working_);
}

std::uint64_t Learner::trainable_parameters() const {
  std::uint64_t count = 0;
  for (const Trainable& weight : trained()) count += static_cast<std::uint64_t>(weight.value.size());
  return count;
}

/// Each place that drops draws numbers of its own: the same in a layer that is computed again.
Array Learner::dropped(const Array& x) const {
  if (!with_dropout_) return x;
  return dropout(x, static_cast<float>(options_.lora.dropout), *dropout_seed_, *dropout_counter_, dropout_stream_++);
}

Learner::Inputs Learner::make_inputs(const BatchShape& shape) const {
  const auto allocate = [&](const Shape& size) {
    return allocate_array(*backend_, size, DType::int32, MemoryTag::training, owner_);
  };
  return {allocate({shape.rows, shape.length}), allocate({shape.rows * shape.length})};
}

/// Of each token, float32 (rows · length); 0 where nothing is learned.
Array Learner::losses(const BatchShape& shape, const Inputs& inputs) const {
  std::vector<nn::KvCache> caches;
  for (const CacheShape& layer : model_->cache_shapes()) {
    caches.push_back(nn::KvCache::create(
        *backend_, owner_, layer,
        {.batch = shape.rows, .capacity = shape.length, .piece = shape.length, .dtype = activations_}));
  }
  std::vector<Array> frequencies;
  for (const nn::RopeSettings& rope : model_->ropes()) {
    const std::vector<float> table = nn::rope_table(rope, shape.length).frequencies;
    frequencies.push_back(Array::from(table, {static_cast<std::int64_t>(table.size())}));
  }
  const std::vector<std::int32_t> beginnings(static_cast<std::size_t>(shape.rows), 0);
  Forward forward{.input = inputs.ids,
                  .caches = caches,
                  .offsets = Array::from(beginnings, {shape.rows}),
                  .frequencies = frequencies,
                  .activations = activations_};
  if (options_.checkpoint_layers) {
    forward.apply = [](const Layer& layer, const Array& x) {
      return checkpoint([&](const std::vector<Array>& in) { return layer(in[0]); }, {x});
    };
  }
  const Array hidden = model_->hidden_states(forward);
  const auto head = [&](const Array& x) { return model_->logits(x); };
  return cross_entropy_of_head(reshape(hidden, {shape.rows * shape.length, hidden.shape(2)}), head, inputs.targets);
}

/// Outputs: the loss, the sum of squares of all gradients.
Learner::BatchPlan Learner::compile_training(const BatchShape& shape) const {
  const Inputs inputs = make_inputs(shape);
  const auto input = [&](int which) { return slice(*step_inputs_, 0, which, which + 1); };
  with_dropout_ = true;
  dropout_stream_ = 0;
  const Array loss = multiply(sum(losses(shape, inputs), 0, KeepAxis::yes), input(share_of_token));
  with_dropout_ = false;
  std::vector<Array> variables;
  for (const Trainable& weight : trained()) variables.push_back(weight.value);
  const Array cotangent = reshape(Array::scalar(activations_ == DType::float16 ? half_scale : 1), {1});
  const std::vector<Array> found = gradients(std::span(&loss, 1), std::span(&cotangent, 1), variables);
  std::vector<Array> written;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Array place = parameters_->memory().part_of(gradients_, variables[i]);
    // Batches of one update are summed; a single one needs not look at what was there.
    const Array gradient =
        options_.accumulation == 1 ? found[i] : add(found[i], multiply(place, input(kept_gradients)));
    written.push_back(assign(place, gradient));
  }
  std::vector<Array> complete;
  for (const Array& piece : gradients_) complete.push_back(after(piece, written));
  std::vector<Array> outputs{loss};
  outputs.insert(outputs.end(), written.begin(), written.end());
  outputs.push_back(sum_of_squares(complete));
  return {inputs, Plan::compile(outputs, *backend_, owner_, working_)};
}

Learner::BatchPlan Learner::compile_check(const BatchShape& shape) const {
  const Inputs inputs = make_inputs(shape);
  const Array loss = sum(losses(shape, inputs), 0, KeepAxis::yes);
  return {inputs, Plan::compile(std::span(&loss, 1), *backend_, owner_, working_)};
}

Learner::BatchPlan& Learner::plan_for(Plans& plans, const BatchShape& shape,
                                      BatchPlan (Learner::*compile)(const BatchShape&) const) {
  auto found = plans.find(shape);
  if (found == plans.end()) {
    if (plans.size() >= kept_plans) {
      plans.erase(std::ranges::min_element(plans, {}, [](const auto& entry) { return entry.second.used; }));
    }
    found = plans.emplace(shape, (this->*compile)(shape)).first;
  }
  found->second.used = ++uses_;
  return found->second;
}

void Learner::prepare(const BatchShape& training, const BatchShape* check) {
  plan_for(training_plans_, training, &Learner::compile_training);
  if (check) plan_for(check_plans_, *check, &Learner::compile_check);
}

void Learner::write(const BatchPlan& plan, const Batch& batch) {
  write_all(plan.inputs.ids, std::span<const std::int32_t>(batch.inputs));
  write_all(plan.inputs.targets, std::span<const std::int32_t>(batch.targets));
}

Learner::Outcome Learner::accumulate(const Batch& batch) {
  const BatchPlan& step = plan_for(training_plans_, {batch.rows, batch.length}, &Learner::compile_training);
  const std::int64_t learned = batch.learned();
  write(step, batch);
  std::array<float, 2> inputs{};
  inputs[share_of_token] = learned > 0 ? static_cast<float>(1 / static_cast<double>(learned)) : 0;
  inputs[kept_gradients] = accumulated_ > 0 ? 1 : 0;
  write_all(*step_inputs_, std::span<const float>(inputs));
  if (dropout_counter_) {
    const auto counter = static_cast<std::int32_t>(batches_);
    write_all(*dropout_counter_, std::span(&counter, 1));
  }
  step.plan->run();
  ++batches_;
  ++accumulated_;
  const int last = static_cast<int>(trained().size()) + 1;
  squared_norm_ = static_cast<double>(step.plan->output(last).to_floats()[0]);
  const double scale = activations_ == DType::float16 ? half_scale : 1;
  return {.loss = static_cast<double>(step.plan->output(0).to_floats()[0]),
          .gradient_norm = std::sqrt(squared_norm_) / scale / static_cast<double>(accumulated_)};
}

void Learner::update(double learning_rate, double clip) {
  if (accumulated_ == 0) fail(Errc::invalid_argument, "update: there are no gradients");
  const double scale = activations_ == DType::float16 ? half_scale : 1;
  double factor = 1 / scale / static_cast<double>(accumulated_);
  const double norm = std::sqrt(squared_norm_) * factor;
  if (clip > 0 && norm > clip) factor *= clip / (norm + 1e-6);
  optimizer_->prepare(++updates_, learning_rate, factor);
  update_plan_->run();
  accumulated_ = 0;
}

void Learner::drop_gradients() {
  accumulated_ = 0;
  if (options_.accumulation == 1) return;
  for (const Array& piece : gradients_) fill_with_zeros(piece);  // what is no number would not vanish by a factor of 0
}

double Learner::loss_sum(const Batch& batch) {
  const BatchPlan& check = plan_for(check_plans_, {batch.rows, batch.length}, &Learner::compile_check);
  write(check, batch);
  check.plan->run();
  return static_cast<double>(check.plan->output(0).to_floats()[0]);
}

std::vector<float> Learner::gradient(std::size_t index) const {
  return parameters_->memory().part_of(gradients_, trained().at(index).value).to_vector<float>();
}

std::vector<OptimizerState> Learner::state() const {
  std::vector<OptimizerState> all;
  for (const Trainable& weight : trained()) all.push_back({"weight." + weight.name, weight.value});
  if (accumulated_ > 0) {
    for (std::size_t i = 0; i < gradients_.size(); ++i) all.push_back({"gradient." + std::to_string(i), gradients_[i]});
  }
  for (const OptimizerState& entry : optimizer_->state()) all.push_back({"optimizer." + entry.name, entry.value});
  return all;
}

void Learner::set_counters(const Counters& counters) {
  updates_ = counters.updates;
  accumulated_ = counters.accumulated;
  batches_ = counters.batches;
}

}  // namespace etna::training

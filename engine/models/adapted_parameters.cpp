#include "engine/models/adapted_parameters.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "engine/base/error.h"
#include "engine/io/quote.h"
#include "engine/ops/gather.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

std::vector<float> transposed(const HostTensor& x) {
  const auto rows = static_cast<std::size_t>(x.shape[0]), columns = static_cast<std::size_t>(x.shape[1]);
  std::vector<float> values(rows * columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) values[j * rows + i] = x.values[i * columns + j];
  }
  return values;
}

std::vector<float> scaled(std::vector<float> values, float scale) {
  for (float& value : values) value *= scale;
  return values;
}

constexpr nn::Rows all_rows(std::int64_t count) { return {.first = 0, .count = count, .total = count}; }

}  // namespace

std::function<std::int64_t(std::int64_t row)> order_of_rows(const ModelConfig& config, const std::string& path) {
  const StoredForm& form = config.stored_form;
  const std::int64_t head = config.head_dim, heads = config.num_attention_heads;
  if (form.rotary_pairs_adjacent && (path.ends_with(".q_proj") || path.ends_with(".k_proj"))) {
    return [head](std::int64_t row) { return row / head * head + row % 2 * (head / 2) + row % head / 2; };
  }
  if (form.qkv_joined_by_rows && path.ends_with(".query_key_value")) {
    return [head, heads](std::int64_t row) { return row / head % heads * 3 * head + row / (head * heads) * head + row % head; };
  }
  return [](std::int64_t row) { return row; };
}

const AdapterModule* AdaptedParameters::find(const std::string& path) {
  const AdapterModule* module = adapter_.find(path);
  if (module) used_.insert(path);
  return module;
}

void AdaptedParameters::check(const AdapterModule& module, const Shape& a, const Shape& b, std::int64_t lengths) const {
  if (module.a.shape != a || module.b.shape != b) {
    fail(Errc::corrupt, "{}: {} has matrices of the shapes {} and {}, the model needs {} and {}: the adapter was made for another model",
         adapter_.folder.string(), quote(module.path), to_string(module.a.shape), to_string(module.b.shape), to_string(a), to_string(b));
  }
  if (module.magnitude && module.magnitude->shape != Shape{lengths}) {
    fail(Errc::corrupt, "{}: {} has {} lengths of rows, the model needs {}: the adapter was made for another model", adapter_.folder.string(),
         quote(module.path), module.magnitude->shape[0], lengths);
  }
}

Array AdaptedParameters::load(Shape shape, std::span<const float> values) {
  Array array = allocate_array(backend_, std::move(shape), DType::float32, MemoryTag::adapter, owner_);
  array.view().buffer->write(array.view().offset, std::as_bytes(values));
  return array;
}

nn::LowRank AdaptedParameters::load_change(const AdapterModule& module, nn::Rows rows) {
  const std::int64_t rank = module.rank();
  const auto source = order_of_rows(config_, module.path);
  std::vector<float> up(static_cast<std::size_t>(rows.count * rank));
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const std::int64_t column = source(rows.first + i);
    for (std::int64_t j = 0; j < rank; ++j) {
      up[static_cast<std::size_t>(i * rank + j)] = module.scale * module.b.values[static_cast<std::size_t>(j * rows.total + column)];
    }
  }
  return {load({rank, module.a.shape[0]}, transposed(module.a)), load({rows.count, rank}, up)};
}

/// See dora_factor; in pieces, because they are computed from the whole weight in float32.
template <class Layer>
Array AdaptedParameters::load_factor(const AdapterModule& module, const Layer& changed, nn::Rows rows) {
  constexpr std::int64_t piece = 256;
  const auto source = order_of_rows(config_, module.path);
  std::vector<float> lengths;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    lengths.push_back(module.magnitude->values[static_cast<std::size_t>(source(rows.first + i))]);
  }
  const Array factor = load({rows.count}, lengths);
  for (std::int64_t first = 0; first < rows.count; first += piece) {
    const std::int64_t count = std::min(piece, rows.count - first);
    View part = factor.view();
    part.shape = {count};
    part.offset += static_cast<std::size_t>(first) * sizeof(float);
    const Array target{std::move(part)};
    evaluate(assign(target, nn::dora_factor(target, changed, first, count)), backend_);
  }
  return factor;
}

std::unique_ptr<nn::Linear> AdaptedParameters::adapted(const AdapterModule& module, std::unique_ptr<nn::Linear> base, nn::Rows rows, nn::Bias bias) {
  check(module, {base->in_features(), module.rank()}, {module.rank(), rows.total}, rows.total);
  auto changed = std::make_unique<nn::LoraLinear>(std::move(base), load_change(module, rows));
  if (!module.magnitude) return changed;
  Array factor = load_factor(module, *changed, rows);
  std::optional<Array> offset;
  if (bias == nn::Bias::present) offset = slice(base_.vector(module.path + ".bias", rows.total), 0, rows.first, rows.first + rows.count);
  return std::make_unique<nn::DoraLinear>(std::move(changed), std::move(factor), std::move(offset));
}

std::unique_ptr<nn::Linear> AdaptedParameters::linear(const std::string& path, std::int64_t in, std::int64_t out, nn::Bias bias) {
  const AdapterModule* module = find(path);
  auto base = base_.linear(path, in, out, module && module->magnitude ? nn::Bias::none : bias);
  return module ? adapted(*module, std::move(base), all_rows(out), bias) : std::move(base);
}

std::unique_ptr<nn::Linear> AdaptedParameters::linear_rows(const std::string& path, std::int64_t in, nn::Rows rows, nn::Bias bias) {
  const AdapterModule* module = find(path);
  auto base = base_.linear_rows(path, in, rows, module && module->magnitude ? nn::Bias::none : bias);
  return module ? adapted(*module, std::move(base), rows, bias) : std::move(base);
}

std::unique_ptr<nn::Experts> AdaptedParameters::experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out,
                                                        nn::Bias bias) {
  auto base = base_.experts(path, count, in, out, bias);
  const AdapterModule* module = find(path);
  if (!module) return base;
  const std::int64_t rank = module->rank();
  check(*module, {count, rank, in}, {count, out, rank}, 0);
  nn::LowRank change{load({count, rank, in}, module->a.values), load({count, out, rank}, scaled(module->b.values, module->scale))};
  return std::make_unique<nn::LoraExperts>(std::move(base), std::move(change));
}

std::shared_ptr<nn::Embedding> AdaptedParameters::embedding(const std::string& path, std::int64_t rows, std::int64_t size) {
  auto base = base_.embedding(path, rows, size);
  const AdapterModule* module = find(path);
  if (!module) return base;
  const std::int64_t rank = module->rank();
  check(*module, {rows, rank}, {rank, size}, rows);
  nn::LowRank change{load({rows, rank}, module->a.values), load({size, rank}, scaled(transposed(module->b), module->scale))};
  auto changed = std::make_shared<nn::LoraEmbedding>(std::move(base), std::move(change));
  if (!module->magnitude) return changed;
  Array factor = load_factor(*module, *changed, all_rows(rows));
  return std::make_shared<nn::DoraEmbedding>(std::move(changed), std::move(factor));
}

void check_all_used(const Adapter& adapter, const std::set<std::string>& used) {
  std::vector<std::string> unused;
  for (const AdapterModule& module : adapter.modules) {
    if (!used.contains(module.path)) unused.push_back(module.path);
  }
  if (unused.empty()) return;
  constexpr std::size_t shown = 5;
  std::string list;
  for (std::size_t i = 0; i < std::min(shown, unused.size()); ++i) list += (i ? ", " : "") + quote(unused[i]);
  if (unused.size() > shown) list += fmt::format(" and {} more", unused.size() - shown);
  fail(Errc::corrupt, "{}: the model has no {}: the adapter was made for another model", adapter.folder.string(), list);
}

ReplacedTensors::ReplacedTensors(std::unique_ptr<TensorSource> model, const Adapter& adapter) : model_(std::move(model)), replaced_(adapter.replaced) {
  for (const StoredTensor& tensor : replaced_) {
    const StoredTensor* own = model_->find(tensor.name);
    if (!own) fail(Errc::corrupt, "{}: the model has no tensor {}", tensor.file, quote(tensor.name));
    if (own->shape != tensor.shape || !own->dtype || !is_floating(*own->dtype)) {
      fail(Errc::corrupt, "{}: tensor {} is {} {}, that of the model {} {}: the adapter was made for another model", tensor.file, quote(tensor.name),
           tensor.stored_dtype, to_string(tensor.shape), own->stored_dtype, to_string(own->shape));
    }
  }
  std::ranges::sort(replaced_, {}, &StoredTensor::name);
}

const StoredTensor* ReplacedTensors::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(replaced_, name, {}, [](const StoredTensor& tensor) { return std::string_view(tensor.name); });
  return found != replaced_.end() && found->name == name ? &*found : model_->find(name);
}

}  // namespace etna

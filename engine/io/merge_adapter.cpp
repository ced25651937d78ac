#include "engine/io/merge_adapter.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "engine/io/expert_modules.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

constexpr std::string_view weight_end = ".weight";

/// How adapters may call what a folder calls `tensor`: models with eyes keep their language model one level deeper.
std::vector<std::string> names_of(std::string_view tensor) {
  std::vector<std::string> names{std::string(tensor)};
  for (const auto& [stored, plain] :
       {std::pair<std::string_view, std::string_view>{"language_model.", ""}, {"model.language_model.", "model."}}) {
    if (tensor.starts_with(stored)) names.push_back(std::string(plain) + std::string(tensor.substr(stored.size())));
  }
  return names;
}

}  // namespace

WeightChange::WeightChange(const Adapter& adapter, const AdapterModule& module, std::optional<std::int64_t> expert,
                           const std::string& tensor, const Shape& shape)
    : module_(module),
      expert_(expert.value_or(0)),
      rows_(shape.size() < 2 ? 0 : shape[shape.size() - 2]),
      columns_(shape.empty() ? 0 : shape.back()),
      rank_(module.rank()) {
  const bool one_of_experts = expert && shape.size() == 2 && *expert < module.a.shape[0];
  bool fits = false;
  if (module.of_experts()) {
    const std::int64_t count = module.a.shape[0];
    fits = (one_of_experts || shape == Shape{count, rows_, columns_}) &&
           module.a.shape == Shape{count, rank_, columns_} && module.b.shape == Shape{count, rows_, rank_};
  } else {
    const bool linear = module.a.shape[0] == columns_ && module.b.shape[1] == rows_;
    is_table_ = !linear && module.a.shape[0] == rows_ && module.b.shape[1] == columns_;
    // A square table could be either: its name says what it is.
    if (linear && rows_ == columns_ && module.path.ends_with("embed_tokens")) is_table_ = true;
    fits = shape.size() == 2 && (linear || is_table_);
  }
  if (!fits || (module.magnitude && module.magnitude->shape != Shape{rows_})) {
    fail(Errc::corrupt,
         "{}: {} has matrices of the shapes {} and {}, tensor {} the shape {}: the adapter was made for another model",
         adapter.folder.string(), quote(module.path), to_string(module.a.shape), to_string(module.b.shape),
         quote(tensor), to_string(shape));
  }
  if (module.of_experts() || is_table_) return;
  down_.resize(module.a.values.size());
  for (std::int64_t i = 0; i < columns_; ++i) {
    for (std::int64_t r = 0; r < rank_; ++r)
      down_[static_cast<std::size_t>(r * columns_ + i)] = module.a.values[static_cast<std::size_t>(i * rank_ + r)];
  }
}

/// What part r of the change of a row is a multiple of.
std::span<const float> WeightChange::up(std::int64_t row, std::int64_t part) const {
  const auto columns = static_cast<std::size_t>(columns_);
  if (is_table_) return std::span(module_.b.values).subspan(static_cast<std::size_t>(part) * columns, columns);
  if (!module_.of_experts()) return std::span(down_).subspan(static_cast<std::size_t>(part) * columns, columns);
  const std::int64_t expert = expert_ + row / rows_;
  return std::span(module_.a.values).subspan(static_cast<std::size_t>(expert * rank_ + part) * columns, columns);
}

void WeightChange::apply_row(std::int64_t row, std::span<float> values) const {
  for (std::int64_t r = 0; r < rank_; ++r) {
    const std::int64_t place = is_table_              ? row * rank_ + r
                               : module_.of_experts() ? ((expert_ + row / rows_) * rows_ + row % rows_) * rank_ + r
                                                      : r * rows_ + row;
    const float factor = module_.scale * (is_table_ ? module_.a : module_.b).values[static_cast<std::size_t>(place)];
    const std::span<const float> direction = up(row, r);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += factor * direction[i];
  }
  if (!module_.magnitude) return;
  double squares = 0;
  for (const float value : values) squares += double{value} * value;
  const double length = std::sqrt(squares);
  const double factor = length > 0 ? module_.magnitude->values[static_cast<std::size_t>(row)] / length : 0;
  for (float& value : values) value = static_cast<float>(value * factor);
}

void WeightChange::apply(std::int64_t first, std::span<float> values, ThreadPool& pool) const {
  const auto count = static_cast<std::int64_t>(values.size()) / columns_;
  pool.parallel_for(count, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      apply_row(first + i, values.subspan(static_cast<std::size_t>(i * columns_), static_cast<std::size_t>(columns_)));
  });
}

std::optional<WeightChange> AdapterChanges::find(std::string_view tensor, const Shape& shape) {
  if (!tensor.ends_with(weight_end)) return std::nullopt;
  for (const std::string& name : names_of(tensor.substr(0, tensor.size() - weight_end.size()))) {
    if (const AdapterModule* module = adapter_.find(name)) {
      used_.insert(module->path);
      return WeightChange(adapter_, *module, std::nullopt, std::string(tensor), shape);
    }
    const auto place = expert_path(name);
    const AdapterModule* module = place ? adapter_.find(place->stacked) : nullptr;
    if (!module) continue;
    used_.insert(module->path);
    return WeightChange(adapter_, *module, place->expert, std::string(tensor), shape);
  }
  return std::nullopt;
}

const StoredTensor* AdapterChanges::replacement(std::string_view tensor) {
  for (const std::string& name : names_of(tensor)) {
    const auto found = std::ranges::find(adapter_.replaced, name, &StoredTensor::name);
    if (found == adapter_.replaced.end()) continue;
    used_.insert(name);
    return &*found;
  }
  return nullptr;
}

void AdapterChanges::check_all_used() const {
  std::vector<std::string> unused;
  for (const AdapterModule& module : adapter_.modules) {
    if (!used_.contains(module.path)) unused.push_back(module.path);
  }
  for (const StoredTensor& tensor : adapter_.replaced) {
    if (!used_.contains(tensor.name)) unused.push_back(tensor.name);
  }
  if (unused.empty()) return;
  constexpr std::size_t shown = 5;
  std::string list;
  for (std::size_t i = 0; i < std::min(shown, unused.size()); ++i) list += (i ? ", " : "") + quote(unused[i]);
  if (unused.size() > shown) list += fmt::format(" and {} more", unused.size() - shown);
  fail(Errc::corrupt,
       "{}: the model has no {}, or keeps them in a form that no change can be merged into: the adapter was made for "
       "another model",
       adapter_.folder.string(), list);
}

}  // namespace etna

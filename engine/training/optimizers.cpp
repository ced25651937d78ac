#include "engine/training/optimizers.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"

namespace etna::training {

namespace {

Array number(double value) {
  return Array::scalar(static_cast<float>(value));
}

Array times(const Array& x, double factor) {
  return factor == 1 ? x : multiply(x, number(factor));
}

Array square(const Array& x) {
  return unary(UnaryKind::square, x);
}

Array root(const Array& x) {
  return unary(UnaryKind::square_root, x);
}

Array reciprocal_root(const Array& x) {
  return unary(UnaryKind::reciprocal_square_root, x);
}

/// Σ of all elements, (1): along rows first, so that no row is very long.
Array total(const Array& x) {
  const Array rows = x.rank() > 1 ? sum(x, -1) : x;
  return reshape(sum(reshape(rows, {-1}), 0, KeepAxis::yes), {1});
}

/// √mean(x²), (1).
Array root_mean_square(const Array& x) {
  return root(times(total(square(x)), 1 / static_cast<double>(x.size())));
}

Array at_least(const Array& x, double least) {
  return binary(BinaryKind::maximum, x, number(least));
}

constexpr bool is_matrix(const Shape& shape) {
  return shape.size() >= 2;
}

}  // namespace

Array sum_of_squares(const std::vector<Array>& pieces) {
  std::vector<Array> sums;
  for (const Array& piece : pieces) sums.push_back(total(square(reshape(piece, {-1, ParameterMemory::row}))));
  return sums.size() == 1 ? sums[0] : total(concatenate(sums, 0));
}

Optimizer::Optimizer(const OptimizerOptions& options, const std::vector<Trainable>& trained,
                     const ParameterMemory& memory, const std::vector<Array>& gradients, Backend& backend,
                     OwnerId owner)
    : options_(options),
      trained_(trained),
      memory_(memory),
      gradients_(gradients),
      backend_(backend),
      owner_(owner),
      scalars_(allocate_array(backend, {scalar_count}, DType::float32, MemoryTag::training, owner)) {
  switch (options.kind) {
    case OptimizerKind::sgd:
      if (options.momentum > 0) remember_pieces("momentum");
      break;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      remember_pieces("first_moment");
      remember_pieces("second_moment");
      break;
    case OptimizerKind::muon: remember_pieces("momentum"); break;
    case OptimizerKind::adafactor: remember_adafactor(); break;
  }
  prepare(1, 0, 0);
}

Array Optimizer::remember(const std::string& name, const Shape& shape) {
  Array value = allocate_array(backend_, shape, DType::float32, MemoryTag::training, owner_);
  fill_with_zeros(value);
  state_.push_back({name, value});
  return value;
}

void Optimizer::remember_pieces(const std::string& name) {
  const std::vector<Array> pieces = memory_.like_pieces();
  for (std::size_t i = 0; i < pieces.size(); ++i) state_.push_back({name + "." + std::to_string(i), pieces[i]});
}

void Optimizer::remember_adafactor() {
  for (const Trainable& weight : trained_) {
    const Shape& shape = weight.value.shape();
    if (is_matrix(shape)) {
      Shape columns = shape;
      columns.erase(columns.end() - 2);
      remember(weight.name + ".row", Shape(shape.begin(), shape.end() - 1));
      remember(weight.name + ".column", columns);
    } else {
      remember(weight.name + ".second_moment", shape);
    }
    if (options_.first_moment) remember(weight.name + ".first_moment", shape);
  }
}

void Optimizer::prepare(std::int64_t update, double learning_rate, double factor) {
  const auto t = static_cast<double>(update);
  std::array<float, scalar_count> values{};
  const auto set = [&](Scalar which, double value) { values[which] = static_cast<float>(value); };
  set(gradient_factor, factor);
  set(rate, learning_rate);
  const bool corrected = options_.bias_correction;
  set(moment_rate, corrected ? learning_rate / (1 - std::pow(options_.beta1, t)) : learning_rate);
  set(moment_scale, corrected ? 1 / std::sqrt(1 - std::pow(options_.beta2, t)) : 1);
  set(decayed, 1 - learning_rate * options_.weight_decay);
  if (options_.kind == OptimizerKind::adafactor) {
    const double kept = 1 - std::pow(t, options_.decay_rate);
    set(second_decay, kept);
    set(second_share, 1 - kept);
    const double most = options_.warmup_init ? 1e-6 * t : 1e-2;
    set(relative_rate, options_.relative_step ? std::min(most, 1 / std::sqrt(t)) : learning_rate);
  }
  scalars_.view().buffer->write(scalars_.view().offset, std::as_bytes(std::span(values)));
}

Array Optimizer::scalar(Scalar which) const {
  return slice(scalars_, 0, which, which + 1);
}

std::vector<Array> Optimizer::updates() const {
  switch (options_.kind) {
    case OptimizerKind::sgd: return sgd();
    case OptimizerKind::adam:
    case OptimizerKind::adamw: return adam();
    case OptimizerKind::muon: return muon();
    case OptimizerKind::adafactor: break;
  }
  return adafactor();
}

std::vector<Array> Optimizer::sgd() const {
  std::vector<Array> updates;
  const std::vector<Array> weights = memory_.pieces();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Array& w = weights[i];
    Array g = multiply(gradients_[i], scalar(gradient_factor));
    if (options_.weight_decay != 0) g = add(g, times(w, options_.weight_decay));
    Array update = g;
    if (options_.momentum > 0) {
      const Array& memory = state_[i].value;
      const Array v = assign(
          memory, add(times(memory, options_.momentum), times(g, options_.dampening > 0 ? 1 - options_.dampening : 1)));
      update = options_.nesterov ? add(g, times(v, options_.momentum)) : v;
    }
    updates.push_back(assign(w, subtract(w, multiply(update, scalar(rate)))));
  }
  return updates;
}

std::vector<Array> Optimizer::adam() const {
  std::vector<Array> updates;
  const std::vector<Array> weights = memory_.pieces();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Array &first = state_[i].value, &second = state_[weights.size() + i].value;
    const Array g = multiply(gradients_[i], scalar(gradient_factor));
    const Array m = assign(first, add(times(first, options_.beta1), times(g, 1 - options_.beta1)));
    const Array v = assign(second, add(times(second, options_.beta2), times(square(g), 1 - options_.beta2)));
    Array length = root(v);
    if (options_.bias_correction) length = multiply(length, scalar(moment_scale));
    const Array step = divide(multiply(m, scalar(moment_rate)), add(length, number(options_.eps)));
    const Array w = options_.kind == OptimizerKind::adamw ? multiply(weights[i], scalar(decayed)) : weights[i];
    updates.push_back(assign(weights[i], subtract(w, step)));
  }
  return updates;
}

/// Nearly the nearest orthogonal matrix, of (rows, columns).
Array Optimizer::orthogonal(const Array& update) const {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  const bool tall = update.shape(0) > update.shape(1);
  Array x = tall ? contiguous(transpose(update, 0, 1)) : update;
  x = divide(x, reshape(add(root(total(square(x))), number(1e-7)), {1, 1}));
  for (int step = 0; step < options_.newton_schulz_steps; ++step) {
    const Array gram = matmul(x, x, Transpose::yes);
    x = add(times(x, a), matmul(add(times(gram, b), times(matmul(gram, gram), c)), x));
  }
  return tall ? transpose(x, 0, 1) : x;
}

std::vector<Array> Optimizer::muon() const {
  std::vector<Array> updates;
  const std::vector<Array> weights = memory_.pieces();
  std::vector<Array> momentum;
  for (std::size_t i = 0; i < weights.size(); ++i) momentum.push_back(state_[i].value);
  for (const Trainable& weight : trained_) {
    const Array& w = weight.value;
    const Shape& shape = w.shape();
    const Array memory = memory_.part_of(momentum, w);
    Array g = multiply(memory_.part_of(gradients_, w), scalar(gradient_factor));
    if (options_.weight_decay != 0) g = add(g, times(w, options_.weight_decay));
    const Array v = assign(memory, add(times(memory, options_.momentum), times(g, 1 - options_.momentum)));
    Array update = options_.nesterov ? add(times(g, 1 - options_.momentum), times(v, options_.momentum)) : v;
    double grown = 1;
    if (is_matrix(shape)) {
      update = reshape(orthogonal(reshape(update, {shape[0], -1})), shape);
      const auto rows = static_cast<double>(shape[shape.size() - 2]), columns = static_cast<double>(shape.back());
      grown = std::sqrt(std::max(1.0, rows / columns));
    }
    updates.push_back(assign(w, subtract(w, multiply(times(update, grown), scalar(rate)))));
  }
  return updates;
}

std::vector<Array> Optimizer::adafactor() const {
  std::vector<Array> updates;
  std::size_t next = 0;
  for (const Trainable& weight : trained_) {
    const Array g = multiply(memory_.part_of(gradients_, weight.value), scalar(gradient_factor));
    const std::vector<Array> own = adafactor(weight, g, next);
    updates.insert(updates.end(), own.begin(), own.end());
  }
  return updates;
}

std::vector<Array> Optimizer::adafactor(const Trainable& weight, const Array& gradient, std::size_t& next) const {
  const Array& w = weight.value;
  const auto decayed_by = [&](const Array& memory, const Array& now) {
    return assign(memory, add(multiply(memory, scalar(second_decay)), multiply(now, scalar(second_share))));
  };
  const Array squares = add(square(gradient), number(options_.eps_squares));
  Array update = gradient;
  if (is_matrix(w.shape())) {
    const Array row = decayed_by(state_[next].value, mean(squares, -1));
    const Array column = decayed_by(state_[next + 1].value, mean(squares, -2));
    next += 2;
    const Array of_rows = reciprocal_root(divide(row, mean(row, -1, KeepAxis::yes)));
    Shape rows = row.shape(), columns = column.shape();
    rows.push_back(1);
    columns.insert(columns.end() - 1, 1);
    update = multiply(multiply(reshape(of_rows, rows), reshape(reciprocal_root(column), columns)), gradient);
  } else {
    update = multiply(reciprocal_root(decayed_by(state_[next++].value, squares)), gradient);
  }
  update = divide(update, at_least(times(root_mean_square(update), 1 / options_.clip_threshold), 1));
  Array step = scalar(relative_rate);
  if (options_.scale_parameter) step = multiply(step, at_least(root_mean_square(w), options_.eps_scale));
  const auto of_weight = [&](const Array& x) {
    return reshape(x, Shape(std::max<std::size_t>(w.shape().size(), 1), 1));
  };
  update = multiply(update, of_weight(step));
  if (options_.first_moment) {
    const Array& memory = state_[next++].value;
    update = assign(memory, add(times(memory, *options_.first_moment), times(update, 1 - *options_.first_moment)));
  }
  const Array kept =
      options_.weight_decay == 0 ? w : subtract(w, multiply(w, times(of_weight(step), options_.weight_decay)));
  return {assign(w, subtract(kept, update))};
}

}  // namespace etna::training

#include "engine/training/optimizers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/ops/gather.h"
#include "engine/plan/plan.h"

namespace etna::training {
namespace {

using Numbers = std::vector<double>;

/// A weight in double precision, with what its optimizer remembers.
struct Twin {
  std::int64_t rows = 0, columns = 0;  // columns 0: a vector
  Numbers w, m, v, row, column;

  double rms(const Numbers& x) const {
    return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0) / static_cast<double>(x.size()));
  }
};

Numbers product(const Numbers& a, const Numbers& b, std::size_t rows, std::size_t inner, std::size_t columns) {
  Numbers result(rows * columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < inner; ++k) {
      for (std::size_t j = 0; j < columns; ++j) result[i * columns + j] += a[i * inner + k] * b[k * columns + j];
    }
  }
  return result;
}

Numbers turned(const Numbers& x, std::size_t rows, std::size_t columns) {
  Numbers result(x.size());
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) result[j * rows + i] = x[i * columns + j];
  }
  return result;
}

/// keller jordan's iteration, in double precision.
Numbers orthogonal(Numbers x, std::size_t rows, std::size_t columns) {
  const bool tall = rows > columns;
  if (tall) {
    x = turned(x, rows, columns);
    std::swap(rows, columns);
  }
  const double norm = std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0)) + 1e-7;
  for (double& value : x) value /= norm;
  for (int step = 0; step < 5; ++step) {
    const Numbers a = product(x, turned(x, rows, columns), rows, columns, rows), aa = product(a, a, rows, rows, rows);
    Numbers b(a.size());
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = -4.7750 * a[i] + 2.0315 * aa[i];
    const Numbers bx = product(b, x, rows, rows, columns);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 3.4445 * x[i] + bx[i];
  }
  return tall ? turned(x, rows, columns) : x;
}

void step(Twin& twin, const Numbers& gradient, const OptimizerOptions& o, double lr, std::int64_t t) {
  const std::size_t n = twin.w.size();
  Numbers g = gradient;
  twin.m.resize(n);
  twin.v.resize(n);
  switch (o.kind) {
    case OptimizerKind::sgd:
      for (std::size_t i = 0; i < n; ++i) {
        g[i] += o.weight_decay * twin.w[i];
        if (o.momentum > 0) {
          twin.v[i] = o.momentum * twin.v[i] + (1 - o.dampening) * g[i];
          g[i] = o.nesterov ? g[i] + o.momentum * twin.v[i] : twin.v[i];
        }
        twin.w[i] -= lr * g[i];
      }
      return;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      for (std::size_t i = 0; i < n; ++i) {
        twin.m[i] = o.beta1 * twin.m[i] + (1 - o.beta1) * g[i];
        twin.v[i] = o.beta2 * twin.v[i] + (1 - o.beta2) * g[i] * g[i];
        const double c1 = o.bias_correction ? lr / (1 - std::pow(o.beta1, t)) : lr,
                     c2 = o.bias_correction ? 1 / std::sqrt(1 - std::pow(o.beta2, t)) : 1;
        if (o.kind == OptimizerKind::adamw) twin.w[i] *= 1 - lr * o.weight_decay;
        twin.w[i] -= c1 * twin.m[i] / (std::sqrt(twin.v[i]) * c2 + o.eps);
      }
      return;
    case OptimizerKind::muon: {
      Numbers u(n);
      for (std::size_t i = 0; i < n; ++i) {
        g[i] += o.weight_decay * twin.w[i];
        twin.v[i] = o.momentum * twin.v[i] + (1 - o.momentum) * g[i];
        u[i] = o.nesterov ? (1 - o.momentum) * g[i] + o.momentum * twin.v[i] : twin.v[i];
      }
      double rate = lr;
      if (twin.columns > 0) {
        u = orthogonal(u, static_cast<std::size_t>(twin.rows), static_cast<std::size_t>(twin.columns));
        rate *= std::sqrt(std::max(1.0, static_cast<double>(twin.rows) / static_cast<double>(twin.columns)));
      }
      for (std::size_t i = 0; i < n; ++i) twin.w[i] -= rate * u[i];
      return;
    }
    case OptimizerKind::adafactor: break;
  }
  const double kept = 1 - std::pow(static_cast<double>(t), o.decay_rate);
  Numbers u(n);
  if (twin.columns > 0) {
    const auto rows = static_cast<std::size_t>(twin.rows), columns = static_cast<std::size_t>(twin.columns);
    twin.row.resize(rows);
    twin.column.resize(columns);
    Numbers of_rows(rows), of_columns(columns);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        const double square = g[i * columns + j] * g[i * columns + j] + o.eps_squares;
        of_rows[i] += square / static_cast<double>(columns);
        of_columns[j] += square / static_cast<double>(rows);
      }
    }
    for (std::size_t i = 0; i < rows; ++i) twin.row[i] = kept * twin.row[i] + (1 - kept) * of_rows[i];
    for (std::size_t j = 0; j < columns; ++j) twin.column[j] = kept * twin.column[j] + (1 - kept) * of_columns[j];
    const double mean = std::accumulate(twin.row.begin(), twin.row.end(), 0.0) / static_cast<double>(rows);
    for (std::size_t i = 0; i < n; ++i)
      u[i] = g[i] / std::sqrt(twin.row[i / columns] / mean) / std::sqrt(twin.column[i % columns]);
  } else {
    for (std::size_t i = 0; i < n; ++i) {
      twin.v[i] = kept * twin.v[i] + (1 - kept) * (g[i] * g[i] + o.eps_squares);
      u[i] = g[i] / std::sqrt(twin.v[i]);
    }
  }
  const double clip = std::max(1.0, twin.rms(u) / o.clip_threshold);
  const double relative = o.relative_step ? std::min(o.warmup_init ? 1e-6 * static_cast<double>(t) : 1e-2,
                                                     1 / std::sqrt(static_cast<double>(t)))
                                          : lr;
  const double rate = relative * (o.scale_parameter ? std::max(o.eps_scale, twin.rms(twin.w)) : 1);
  for (std::size_t i = 0; i < n; ++i) {
    double update = rate * u[i] / clip;
    if (o.first_moment) update = twin.m[i] = *o.first_moment * twin.m[i] + (1 - *o.first_moment) * update;
    twin.w[i] = twin.w[i] * (1 - o.weight_decay * rate) - update;
  }
}

struct OptimizerCase {
  std::string name;
  OptimizerOptions options;
};

std::vector<OptimizerCase> cases() {
  const auto of = [](OptimizerKind kind, const std::function<void(OptimizerOptions&)>& change = {}) {
    OptimizerOptions options = OptimizerOptions::of(kind);
    if (change) change(options);
    return options;
  };
  return {
      {"sgd", of(OptimizerKind::sgd)},
      {"sgd_decay", of(OptimizerKind::sgd, [](auto& o) { o.weight_decay = 0.1; })},
      {"sgd_momentum", of(OptimizerKind::sgd, [](auto& o) { o.momentum = 0.9, o.dampening = 0.3; })},
      {"sgd_nesterov", of(OptimizerKind::sgd, [](auto& o) { o.momentum = 0.9, o.nesterov = true; })},
      {"adam", of(OptimizerKind::adam)},
      {"adam_corrected", of(OptimizerKind::adam, [](auto& o) { o.bias_correction = true; })},
      {"adamw", of(OptimizerKind::adamw, [](auto& o) { o.weight_decay = 0.1; })},
      {"muon", of(OptimizerKind::muon)},
      {"muon_plain", of(OptimizerKind::muon, [](auto& o) { o.nesterov = false, o.weight_decay = 0; })},
      {"adafactor", of(OptimizerKind::adafactor)},
      {"adafactor_absolute",
       of(OptimizerKind::adafactor,
          [](auto& o) { o.relative_step = false, o.scale_parameter = false, o.weight_decay = 0.1; })},
      {"adafactor_moment", of(OptimizerKind::adafactor, [](auto& o) { o.first_moment = 0.9, o.warmup_init = true; })},
  };
}

void expect_like_twins(const OptimizerOptions& options, Backend& backend) {
  ParameterMemory memory(backend, 0);
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 0.5f);
  std::vector<Trainable> trained;
  std::vector<Twin> twins;
  for (const Shape& shape : {Shape{6, 3}, Shape{5}, Shape{3, 8}}) {
    const Array value = memory.take(shape);
    std::vector<float> values(static_cast<std::size_t>(value.size()));
    for (float& x : values) x = normal(random);
    value.view().buffer->write(value.view().offset, std::as_bytes(std::span(values)));
    trained.push_back({"w" + std::to_string(trained.size()), value});
    twins.push_back(
        {.rows = shape[0], .columns = shape.size() > 1 ? shape[1] : 0, .w = Numbers(values.begin(), values.end())});
  }
  const std::vector<Array> gradients = memory.like_pieces();
  Optimizer optimizer(options, trained, memory, gradients, backend, 0);
  const auto plan = Plan::compile(optimizer.updates(), backend, 0);
  constexpr double factor = 0.5;
  for (std::int64_t t = 1; t <= 4; ++t) {
    const double rate = 0.02 * static_cast<double>(t);
    for (std::size_t i = 0; i < trained.size(); ++i) {
      std::vector<float> values(twins[i].w.size());
      for (float& x : values) x = normal(random);
      const Array place = memory.part_of(gradients, trained[i].value);
      place.view().buffer->write(place.view().offset, std::as_bytes(std::span(values)));
      Numbers gradient(values.begin(), values.end());
      for (double& x : gradient) x *= factor;
      step(twins[i], gradient, options, rate, t);
    }
    optimizer.prepare(t, rate, factor);
    plan->run();
  }
  for (std::size_t i = 0; i < trained.size(); ++i) {
    const std::vector<float> values = trained[i].value.to_vector<float>();
    for (std::size_t j = 0; j < values.size(); ++j)
      EXPECT_NEAR(values[j], twins[i].w[j], 2e-5) << "weight " << i << ", element " << j;
  }
}

class OptimizerRule : public testing::TestWithParam<OptimizerCase> {};

TEST_P(OptimizerRule, IsThatOfItsTwinInDoublePrecision) {
  expect_like_twins(GetParam().options, *cpu::create_backend(2));
}

TEST_P(OptimizerRule, IsTheSameOnAGraphicsDevice) {
  if (vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
  expect_like_twins(GetParam().options, *vulkan::create_backend(0));
}

INSTANTIATE_TEST_SUITE_P(Some, OptimizerRule, testing::ValuesIn(cases()),
                         [](const auto& rule) { return rule.param.name; });

TEST(SumOfSquares, IsOverAllPieces) {
  const auto backend = cpu::create_backend(2);
  ParameterMemory memory(*backend, 0);
  double expected = 0;
  for (const std::int64_t size : {3, 300'000, 5}) {
    const Array array = memory.take({size});
    std::vector<float> values(static_cast<std::size_t>(size), 0.5f);
    array.view().buffer->write(array.view().offset, std::as_bytes(std::span(values)));
    expected += 0.25 * static_cast<double>(size);
  }
  const Array sum = sum_of_squares(memory.pieces());
  evaluate(sum, *backend);
  EXPECT_NEAR(sum.to_floats()[0], expected, 1e-3 * expected);
}

}  // namespace
}  // namespace etna::training

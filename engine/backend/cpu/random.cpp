#include "engine/ops/random.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"
#include "engine/ops/philox.h"

namespace etna::cpu {

namespace {

void run(const Step& step, Context&) {
  const View& logits = step.inputs[0];
  const auto* seed = reinterpret_cast<const std::uint32_t*>(step.inputs[1].host());
  const std::uint32_t counter = *reinterpret_cast<const std::uint32_t*>(step.inputs[2].host());
  const float temperature = as<SampleToken>(step.op.get())->temperature;
  std::vector<float> values(static_cast<std::size_t>(logits.size()));
  load_floats(logits.dtype, logits.host(), logits.size(), values.data());
  std::int32_t best = 0;
  float best_value = -INFINITY;
  for (std::size_t i = 0; i < values.size(); i += 4) {
    const PhiloxBlock words = philox({static_cast<std::uint32_t>(i / 4), counter, 0, 0}, seed[0], seed[1]);
    for (std::size_t j = 0; j < 4 && i + j < values.size(); ++j) {
      const float value = values[i + j] / temperature + gumbel(words[j]);
      if (value > best_value) {
        best_value = value;
        best = static_cast<std::int32_t>(i + j);
      }
    }
  }
  *reinterpret_cast<std::int32_t*>(step.output.host()) = best;
}

void run_dropout(const Step& step, Context& context) {
  constexpr std::int64_t chunk = 1024;  // elements; a multiple of 4
  const auto& op = *as<Dropout>(step.op.get());
  const View& x = step.inputs[0];
  const auto* seed = reinterpret_cast<const std::uint32_t*>(step.inputs[1].host());
  const std::uint32_t counter = *reinterpret_cast<const std::uint32_t*>(step.inputs[2].host()), stream = static_cast<std::uint32_t>(op.stream);
  const std::uint32_t least = op.threshold();
  const float factor = 1 / (1 - op.share);
  const std::int64_t count = x.size(), size = static_cast<std::int64_t>(size_of(x.dtype));
  context.pool.parallel_for((count + chunk - 1) / chunk, 4, [&](std::int64_t first, std::int64_t last) {
    float values[chunk];
    for (std::int64_t begin = first * chunk; begin < std::min(last * chunk, count); begin += chunk) {
      const std::int64_t n = std::min(chunk, count - begin);
      load_floats(x.dtype, x.host() + begin * size, n, values);
      for (std::int64_t i = 0; i < n; i += 4) {
        const PhiloxBlock words = philox({static_cast<std::uint32_t>((begin + i) / 4), counter, stream, 0}, seed[0], seed[1]);
        for (std::int64_t j = i; j < std::min(i + 4, n); ++j) values[j] = words[static_cast<std::size_t>(j - i)] < least ? 0 : values[j] * factor;
      }
      store_floats(step.output.dtype, values, n, step.output.host() + begin * size);
    }
  });
}

}  // namespace

void add_random(KernelTable& table) {
  table.add<SampleToken>({.run = run});
  table.add<Dropout>({.run = run_dropout});
}

}  // namespace etna::cpu

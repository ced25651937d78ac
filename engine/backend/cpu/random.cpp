#include "engine/ops/random.h"

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

}  // namespace

void add_random(KernelTable& table) { table.add<SampleToken>({.run = run}); }

}  // namespace etna::cpu

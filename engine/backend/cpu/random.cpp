#include "engine/ops/random.h"

#include <array>
#include <cmath>
#include <vector>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"

namespace etna::cpu {

namespace {

using Block = std::array<std::uint32_t, 4>;

/// Philox4x32-10 (ops/random.h names the source).
Block philox(Block counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0], b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(a)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

/// In the open interval (0, 1): the upper 23 bits, in the middle of their step, which a float holds exactly.
float uniform(std::uint32_t word) { return (static_cast<float>(word >> 9) + 0.5f) * 0x1p-23f; }

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
    const Block words = philox({static_cast<std::uint32_t>(i / 4), counter, 0, 0}, seed[0], seed[1]);
    for (std::size_t j = 0; j < 4 && i + j < values.size(); ++j) {
      const float value = values[i + j] / temperature - std::log(-std::log(uniform(words[j])));
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

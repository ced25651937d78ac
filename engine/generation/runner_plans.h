#pragma once

#include "engine/generation/runner.h"

namespace etna {

/// What every plan of a runner is built from.
struct PlanContext {
  const Model& model;
  Backend& backend;
  OwnerId owner;
  std::int64_t vocab_size;
  DType activations;
  std::span<const Array> frequencies;
  std::shared_ptr<WorkingMemory> working;
};

/// Appends `length` ids to one row; logits (positions, vocab) of chosen positions, none of which may be wanted.
struct Runner::Prompt {
  Prompt(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t row, std::int64_t length, std::int64_t positions);

  std::int64_t row, length, position_count;
  Array ids;                       // int32 (1, length)
  Array offsets;                   // int32 (1)
  std::optional<Array> positions;  // int32 (positions)
  std::optional<Array> logits;     // float32 (positions, vocab), in host memory
  std::unique_ptr<Plan> plan;
};

/// Appends one id to every row; logits (batch, vocab).
struct Runner::Step {
  Step(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t batch);

  Array ids;      // int32 (batch, 1)
  Array offsets;  // int32 (batch)
  Array logits;   // float32 (batch, vocab), in host memory
  std::unique_ptr<Plan> plan;
  std::vector<float> host_logits;
};

/// Appends `token`, picks the next one into `token` and into the ring at the offset, and advances the offset.
struct Runner::DeviceStep {
  DeviceStep(const PlanContext& context, std::span<const nn::KvCache> caches, DevicePick pick);

  Array token;                // int32 (1, 1)
  Array offset;               // int32 (1)
  Array ring;                 // int32, in host memory
  std::optional<Array> seed;  // uint32 (2)
  std::unique_ptr<Plan> plan;
};

}  // namespace etna

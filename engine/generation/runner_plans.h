#pragma once

#include "engine/generation/relay.h"
#include "engine/generation/runner.h"

namespace etna {

/// Appends `length` ids to one row; logits (positions, vocab) of chosen positions, none of which may be wanted.
struct Runner::Prompt {
  Prompt(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t row, std::int64_t length,
         std::int64_t positions);

  std::int64_t row, length, position_count;
  Relay relay;                     // ids (1, length)
  std::optional<Array> positions;  // int32 (positions)
  std::optional<Array> logits;     // float32 (positions, vocab), in host memory
};

/// Appends one id to every row; logits (batch, vocab).
struct Runner::Step {
  Step(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t batch);

  Relay relay;   // ids (batch, 1)
  Array logits;  // float32 (batch, vocab), in host memory
  std::vector<float> host_logits;
};

/// Appends an id and picks the next one into the ring at the offset. Where the model lies in one place the pick becomes the
/// id of the next run and the offset advances: it feeds itself. Else the host feeds it.
struct Runner::DeviceStep {
  DeviceStep(const PlanContext& context, std::span<const nn::KvCache> caches, DevicePick pick);

  Relay relay;                // ids (1, 1)
  Array ring;                 // int32, in host memory
  std::optional<Array> seed;  // uint32 (2)

  bool feeds_itself() const { return relay.in_one_place(); }
};

}  // namespace etna

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/generation/rope_tables.h"
#include "engine/models/model_part.h"
#include "engine/plan/plan.h"

namespace etna {

/// What every plan of a runner is built from.
struct PlanContext {
  std::span<const ModelPart> parts;
  const RopeTables& ropes;
  std::int64_t vocab_size = 0;
  DType activations = DType::float32;

  const ModelPart& last() const { return parts.back(); }

  /// Memory of a part that plans read and write.
  Array state(const ModelPart& part, Shape shape, DType dtype, Placement placement = Placement::device) const;
};

/// Ids through all parts of a model: one plan a part. Hidden rows go from part to part through host memory, as one copy
/// where memory is shared and two at most; what goes along is (B, L, hidden) numbers.
///
/// Construction makes the plans of all parts but the last; finish() compiles the last one, which ends with what the caller
/// wants of the hidden rows. A model in one place has that plan alone and costs nothing more than without a relay.
class Relay {
public:
  /// `caches`: of all layers, each on its part's backend. The spans of `context` need not live on.
  Relay(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t batch, std::int64_t length);

  const Array& ids() const { return ids_; }                    ///< int32 (B, L), where the first part lies
  const Array& offsets() const { return stages_.back().offsets; }  ///< int32 (B), where the last part lies
  const Array& hidden() const { return hidden_; }              ///< of the last part, not computed yet
  bool in_one_place() const { return stages_.size() == 1; }

  void finish(std::span<const Array> outputs);

  void write_ids(std::span<const std::int32_t> ids);
  void write_offset(std::int64_t row, std::int64_t value);  ///< where every part looks

  /// Runs the parts before the last one and starts that; wait() for the ticket before reading outputs.
  std::uint64_t start();
  void wait(std::uint64_t ticket) { stages_.back().plan->wait(ticket); }
  void run() { wait(start()); }

  /// Times each kernel of one run.
  std::vector<StepTime> profile();
  int dispatch_count() const;

private:
  struct Stage {
    ModelPart part;
    Array offsets;
    std::optional<Array> input;   // hidden rows of the part before; none: the ids
    std::optional<Array> output;  // hidden rows in memory that the host reads; none: the last part
    std::unique_ptr<Plan> plan;
  };

  void hand_over(std::size_t stage);

  Array ids_;
  std::vector<Stage> stages_;
  Array hidden_;
};

/// Writes elements of an array that plans read, from element `first` on.
template <class T>
void write_elements(const Array& array, std::span<const T> values, std::int64_t first = 0) {
  array.view().buffer->write(array.view().offset + static_cast<std::size_t>(first) * sizeof(T), std::as_bytes(values));
}

}  // namespace etna

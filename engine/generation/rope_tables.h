#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/array/array.h"
#include "engine/models/model_part.h"
#include "engine/nn/rope.h"

namespace etna {

/// The frequencies of a model's ropes as arrays that plans read, wherever a part of the model lies. Most never change;
/// those of dynamic and long ropes are rewritten when a text outgrows them.
class RopeTables {
public:
  explicit RopeTables(std::span<const ModelPart> parts);

  /// Of the part with this index.
  std::span<const Array> frequencies(std::size_t part) const { return frequencies_[part]; }

  /// The longest text that the tables are right for.
  std::int64_t longest() const { return longest_; }

  /// Whether rows that were rotated for the text so far stay right when it has this length; if not it must be read
  /// again from its beginning.
  bool keeps_rows(std::int64_t text_length) const;

  /// Texts of equal stages have rows that are rotated alike. None where rows keep what they were rotated by while the
  /// text grew: what they are depends on how it grew.
  std::optional<std::int64_t> stage(std::int64_t text_length) const;

  /// Makes the tables right for a text of this length. Nothing may be running.
  void fit(std::int64_t text_length);

private:
  std::vector<nn::RopeSettings> ropes_;
  std::vector<nn::RopeTable> tables_;
  std::vector<std::vector<Array>> frequencies_;  // of each part
  std::int64_t longest_ = nn::any_length;
};

}  // namespace etna

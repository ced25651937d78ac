#pragma once

#include <span>
#include <vector>

#include "engine/array/array.h"
#include "engine/array/backend.h"
#include "engine/nn/rope.h"

namespace etna {

/// The frequencies of a model's ropes as arrays that plans read. Most never change; those of dynamic and long ropes are
/// rewritten when a text outgrows them.
class RopeTables {
public:
  RopeTables(const std::vector<nn::RopeSettings>& ropes, Backend& backend, OwnerId owner);

  std::span<const Array> frequencies() const { return frequencies_; }

  /// The longest text that the tables are right for.
  std::int64_t longest() const { return longest_; }

  /// Whether rows that were rotated for the text so far stay right when it has this length; if not it must be read
  /// again from its beginning.
  bool keeps_rows(std::int64_t text_length) const;

  /// Makes the tables right for a text of this length. Nothing may be running.
  void fit(std::int64_t text_length);

private:
  std::vector<nn::RopeSettings> ropes_;
  std::vector<nn::RopeTable> tables_;
  std::vector<Array> frequencies_;
  std::int64_t longest_ = nn::any_length;
};

}  // namespace etna

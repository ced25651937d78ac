#pragma once

#include <cmath>
#include <vector>

#include "engine/backend/cpu/rows.h"
#include "engine/ops/rope.h"

namespace etna::cpu {

/// Turns one head at a time (ops/rope.h); cosines and sines are computed once per position.
class Rotation {
public:
  Rotation(const Rope& op, const View& offsets, const View& frequencies, std::int64_t size)
      : op_(op),
        offsets_(reinterpret_cast<const std::int32_t*>(offsets.host())),
        frequencies_(reinterpret_cast<const float*>(frequencies.host())),
        half_(static_cast<std::size_t>(frequencies.shape[0])),
        cosine_(half_),
        sine_(half_),
        row_(static_cast<std::size_t>(size)) {}

  void set_position(std::int64_t batch, std::int64_t index) {
    const auto position = static_cast<float>(offsets_[batch] + index);
    for (std::size_t i = 0; i < half_; ++i) {
      const float angle = position * frequencies_[i];
      cosine_[i] = op_.magnitude * std::cos(angle);
      sine_[i] = op_.magnitude * std::sin(angle);
    }
  }

  /// The turned head as floats, valid until the next call.
  const float* turn(DType dtype, const std::byte* from) {
    load_floats(dtype, from, static_cast<std::int64_t>(row_.size()), row_.data());
    if (op_.layout == RopeLayout::half_split) {
      for (std::size_t i = 0; i < half_; ++i) turn_pair(i, row_[i], row_[i + half_]);
    } else {
      for (std::size_t i = 0; i < half_; ++i) turn_pair(i, row_[2 * i], row_[2 * i + 1]);
    }
    return row_.data();
  }

private:
  void turn_pair(std::size_t i, float& first, float& second) const {
    const float a = first, b = second;
    first = a * cosine_[i] - b * sine_[i];
    second = b * cosine_[i] + a * sine_[i];
  }

  const Rope& op_;
  const std::int32_t* offsets_;
  const float* frequencies_;
  std::size_t half_;
  std::vector<float> cosine_, sine_, row_;
};

}  // namespace etna::cpu

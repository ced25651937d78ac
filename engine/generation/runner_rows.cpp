#include <algorithm>

#include "engine/base/error.h"
#include "engine/generation/runner.h"
#include "engine/generation/runner_plans.h"

namespace etna {

std::vector<PositionRange> LayerNeed::of(std::int64_t length) const {
  // One position more than the next token sees: rings of mlx-lm have it, and so have files for it.
  const std::int64_t first = window == 0 ? 0 : std::max(keep, length - (window - keep));
  std::vector<PositionRange> ranges;
  if (first <= keep) {
    ranges.push_back({0, length});
  } else {
    ranges.push_back({0, keep});
    ranges.push_back({first, length});
  }
  std::erase_if(ranges, [](const PositionRange& range) { return range.empty(); });
  return ranges;
}

LayerNeed Runner::layer_need(std::size_t layer) const {
  const CacheShape& shape = layers_[layer].shape;
  if (shape.window > 0) return {shape.window, 0};
  if (options_.max_kv_size > 0) return {options_.max_kv_size, cache_options(options_).keep};
  return {};
}

RowFormat Runner::row_format(std::size_t layer) const { return nn::row_format(caches_[layer]); }

RowFormat Runner::row_format_at(std::size_t layer, std::int64_t length) const {
  const CacheShape& shape = layers_[layer].shape;
  const bool packed = !starts_plain() || length >= options_.quantized_kv_start;
  return {.kv_heads = shape.kv_heads,
          .key_size = shape.key_dim,
          .value_size = shape.values(),
          .dtype = options_.activations,
          .key_bits = packed ? options_.key_bits : 0,
          .value_bits = packed ? options_.value_bits : 0,
          .group_size = options_.kv_group_size};
}

PositionRange Runner::held(std::int64_t row, std::size_t layer) const {
  const auto index = static_cast<std::size_t>(row);
  const nn::KvCache& cache = caches_[layer];
  std::int64_t first = 0;
  if (cache.key_layout.ring) {
    const std::int64_t keep = cache.key_layout.keep;
    first = std::max(keep, written_[index] - (cache.places() - keep));
    // A restored row had only what its length needed.
    const std::vector<PositionRange> needed = layer_need(layer).of(restored_);
    if (row == 0 && restored_ > 0 && !needed.empty()) first = std::max(first, needed.back().begin);
  }
  return {first, lengths_[index]};
}

void Runner::read_rows(std::int64_t row, std::size_t layer, PositionRange range, std::span<std::byte> keys, std::span<std::byte> values) const {
  const nn::KvCache& cache = caches_[layer];
  nn::read_rows(options_.batch == 1 ? cache : cache.row(row), range, keys, values);
}

std::int64_t Runner::begin_restore(std::int64_t length, std::int64_t kept, std::int64_t text_length) {
  if (options_.batch != 1 || length > capacity() || length > text_length) {
    fail(Errc::invalid_argument, "restore: {} of {} tokens into {} rows of {}", length, text_length, options_.batch, capacity());
  }
  const bool packed = starts_plain() && length >= options_.quantized_kv_start;
  const bool plain_now = kind_ == Caches::plain;
  if (!keeps_rows(text_length) || (packed && plain_now)) kept = 0;
  kept = truncate(0, std::min(kept, length));
  if (kept == 0) truncate(0, 0);
  if (packed && kind_ == Caches::plain) make_caches(Caches::final);
  complete_caches();
  fit_ropes(0, text_length);
  return kept;
}

void Runner::write_rows(std::size_t layer, PositionRange range, std::span<const std::byte> keys, std::span<const std::byte> values) {
  nn::write_rows(caches_[layer], range, keys, values);
}

void Runner::store_rows(std::size_t layer, PositionRange range, const Array& keys, const Array& values) {
  nn::store_rows(caches_[layer], *layers_[layer].part.backend, range, keys, values);
}

void Runner::end_restore(std::int64_t length) {
  lengths_[0] = length;
  written_[0] = length;
  restored_ = length;
}

}  // namespace etna

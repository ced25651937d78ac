#include "engine/nn/kv_rows.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/view.h"

namespace etna::nn {

namespace {

/// A run of positions whose places follow each other.
struct Run {
  std::int64_t first = 0;  // index into the range
  std::int64_t place = 0;
  std::int64_t count = 0;
};

std::vector<Run> runs_of(const CacheLayout& layout, std::int64_t places, PositionRange range) {
  std::vector<Run> runs;
  for (std::int64_t position = range.begin; position < range.end;) {
    const std::int64_t place = layout.place(position, places);
    const bool kept = layout.ring && position < layout.keep;
    std::int64_t end = position + places - place;            // where places begin again
    if (kept) end = std::min(end, layout.keep);
    end = std::min(end, range.end);
    if (place < 0 || place >= places || end <= position) fail(Errc::invalid_argument, "KV cache: position {} has no place among {}", position, places);
    runs.push_back({position - range.begin, place, end - position});
    position = end;
  }
  return runs;
}

/// Calls move(offset in the cache's buffer, offset in the rows, bytes) for all that is to be moved.
template <class Move>
void for_each_piece(const Array& cache, const CacheLayout& layout, PositionRange range, std::size_t rows_bytes, const Move& move) {
  const View& view = cache.view();
  const std::size_t row = static_cast<std::size_t>(cache.shape(3)) * size_of(cache.dtype());
  const auto places = cache.shape(2), heads = cache.shape(1);
  if (cache.shape(0) != 1) fail(Errc::invalid_argument, "KV cache: rows of {} entries at a time", cache.shape(0));
  if (rows_bytes != row * static_cast<std::size_t>(heads * range.size())) {
    fail(Errc::invalid_argument, "KV cache: {} bytes for {} rows of {} heads, {} each", rows_bytes, range.size(), heads, row);
  }
  const std::vector<Run> runs = runs_of(layout, places, range);
  for (std::int64_t head = 0; head < heads; ++head) {
    for (const Run& run : runs) {
      move(view.offset + row * static_cast<std::size_t>(head * places + run.place),
           row * static_cast<std::size_t>(head * range.size() + run.first), row * static_cast<std::size_t>(run.count));
    }
  }
}

void read(const Array& cache, const CacheLayout& layout, PositionRange range, std::span<std::byte> rows) {
  for_each_piece(cache, layout, range, rows.size(),
                 [&](std::size_t there, std::size_t here, std::size_t bytes) { cache.view().buffer->read(there, rows.subspan(here, bytes)); });
}

void write(const Array& cache, const CacheLayout& layout, PositionRange range, std::span<const std::byte> rows) {
  for_each_piece(cache, layout, range, rows.size(),
                 [&](std::size_t there, std::size_t here, std::size_t bytes) { cache.view().buffer->write(there, rows.subspan(here, bytes)); });
}

}  // namespace

std::vector<PositionRange> without(const std::vector<PositionRange>& ranges, PositionRange taken) {
  std::vector<PositionRange> left;
  for (const PositionRange& range : ranges) {
    const PositionRange before{range.begin, std::min(range.end, taken.begin)}, after{std::max(range.begin, taken.end), range.end};
    if (taken.empty()) {
      left.push_back(range);
      continue;
    }
    if (!before.empty()) left.push_back(before);
    if (!after.empty()) left.push_back(after);
  }
  return left;
}

RowFormat row_format(const KvCache& cache) {
  RowFormat format;
  format.kv_heads = cache.keys.shape(1);
  format.key_size = cache.key_layout.size(cache.keys.shape(3));
  format.value_size = cache.value_layout.size(cache.values.shape(3));
  format.key_bits = cache.key_layout.bits;
  format.value_bits = cache.value_layout.bits;
  format.group_size = cache.key_layout.group_size;
  if (!cache.key_layout.packed()) format.dtype = cache.keys.dtype();
  else if (!cache.value_layout.packed()) format.dtype = cache.values.dtype();
  return format;
}

void read_rows(const KvCache& cache, PositionRange range, std::span<std::byte> keys, std::span<std::byte> values) {
  if (range.empty()) return;
  read(cache.keys, cache.key_layout, range, keys);
  read(cache.values, cache.value_layout, range, values);
}

void write_rows(const KvCache& cache, PositionRange range, std::span<const std::byte> keys, std::span<const std::byte> values) {
  if (range.empty()) return;
  write(cache.keys, cache.key_layout, range, keys);
  write(cache.values, cache.value_layout, range, values);
}

void store_rows(const KvCache& cache, Backend& backend, PositionRange range, const Array& keys, const Array& values) {
  if (range.empty()) return;
  // A ring takes no more rows at a time than it has places behind those it keeps.
  const std::int64_t most = cache.key_layout.ring ? cache.places() - cache.key_layout.keep : range.size();
  for (std::int64_t begin = 0; begin < range.size(); begin += most) {
    const std::int64_t count = std::min(most, range.size() - begin);
    const Array start = Array::from(std::vector<std::int32_t>{static_cast<std::int32_t>(range.begin + begin)}, {1});
    const auto stored = [&](const Array& target, const CacheLayout& layout, const Array& rows) {
      const Array part = slice(rows, 1, begin, begin + count);
      const Array batch = reshape(permute(part, {1, 0, 2}), {1, count, part.shape(0), part.shape(2)});
      return etna::cache_update(target, layout.packed() ? batch : cast(batch, target.dtype()), start, layout);
    };
    const Array both[] = {stored(cache.keys, cache.key_layout, keys), stored(cache.values, cache.value_layout, values)};
    evaluate(both, backend);
  }
}

}  // namespace etna::nn

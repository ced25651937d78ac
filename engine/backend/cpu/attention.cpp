#include "engine/ops/attention.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/backend/cpu/blas.h"
#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rotate.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

// Queries that one task handles: enough for BLAS, few enough that their scores stay in the cache.
constexpr std::int64_t query_block = 32;

std::byte* head_rows(const View& cache, std::int64_t batch, std::int64_t head) {
  return cache.host() + (batch * cache.strides[0] + head * cache.strides[1]) * static_cast<std::int64_t>(size_of(cache.dtype));
}

/// The first `count` rows of one head as floats: in place when they are, else converted into `space`.
const float* float_rows(const View& cache, std::int64_t batch, std::int64_t head, std::int64_t count, std::vector<float>& space) {
  const std::int64_t size = cache.shape[3];
  const std::byte* rows = head_rows(cache, batch, head);
  if (cache.dtype == DType::float32) return reinterpret_cast<const float*>(rows);
  space.resize(static_cast<std::size_t>(count * size));
  load_floats(cache.dtype, rows, count * size, space.data());
  return space.data();
}

/// Attention of one key/value head for a block of queries: all query heads of its group, rows in order (query, head).
class HeadTask {
public:
  HeadTask(const Step& step, std::int64_t batch, std::int64_t kv_head, std::int64_t first, std::int64_t count)
      : q_(step.inputs[0]), output_(step.output), scale_(as<Attention>(step.op.get())->scale), batch_(batch), kv_head_(kv_head),
        first_(first), count_(count), size_(q_.shape[3]), group_(q_.shape[2] / step.inputs[1].shape[1]) {
    const auto* offsets = reinterpret_cast<const std::int32_t*>(step.inputs[3].host());
    const std::int64_t capacity = step.inputs[1].shape[2];
    offset_ = std::clamp<std::int64_t>(offsets[batch], 0, capacity - q_.shape[1]);
    visible_ = offset_ + first + count;
    keys_ = float_rows(step.inputs[1], batch, kv_head, visible_, key_space_);
    values_ = float_rows(step.inputs[2], batch, kv_head, visible_, value_space_);
  }

  void run() {
    const std::int64_t rows = count_ * group_;
    std::vector<float> queries(static_cast<std::size_t>(rows * size_)), scores(static_cast<std::size_t>(rows * visible_));
    for (std::int64_t row = 0; row < rows; ++row) load_floats(q_.dtype, place(q_, row), size_, queries.data() + row * size_);
    score(rows, queries.data(), scores.data());
    for (std::int64_t row = 0; row < rows; ++row) normalize(scores.data() + row * visible_, offset_ + first_ + row / group_ + 1);
    mix(rows, scores.data(), queries.data());
    for (std::int64_t row = 0; row < rows; ++row) store_floats(output_.dtype, queries.data() + row * size_, size_, place(output_, row));
  }

private:
  std::byte* place(const View& view, std::int64_t row) const {
    const std::int64_t query = first_ + row / group_, head = kv_head_ * group_ + row % group_;
    const std::int64_t element = ((batch_ * view.shape[1] + query) * view.shape[2] + head) * size_;
    return view.host() + element * static_cast<std::int64_t>(size_of(view.dtype));
  }

  void score(std::int64_t rows, const float* queries, float* scores) const {
    if (count_ > 1) return gemm(BlasB::transposed, rows, visible_, size_, scale_, queries, size_, keys_, size_, 0, scores, visible_);
    for (std::int64_t key = 0; key < visible_; ++key) {
      for (std::int64_t row = 0; row < rows; ++row) {
        scores[row * visible_ + key] = scale_ * simd::dot(queries + row * size_, keys_ + key * size_, size_);
      }
    }
  }

  /// Softmax over the keys that a query sees; the others get no weight.
  void normalize(float* scores, std::int64_t seen) const {
    const float sum = simd::exponential_sum(scores, *std::max_element(scores, scores + seen), seen, scores);
    for (std::int64_t key = 0; key < seen; ++key) scores[key] /= sum;
    std::fill(scores + seen, scores + visible_, 0.0f);
  }

  void mix(std::int64_t rows, const float* weights, float* mixed) const {
    if (count_ > 1) return gemm(BlasB::as_is, rows, size_, visible_, 1, weights, visible_, values_, size_, 0, mixed, size_);
    std::fill_n(mixed, rows * size_, 0.0f);
    for (std::int64_t key = 0; key < visible_; ++key) {
      for (std::int64_t row = 0; row < rows; ++row) simd::add_scaled(weights[row * visible_ + key], values_ + key * size_, size_, mixed + row * size_);
    }
  }

  const View& q_;
  const View& output_;
  float scale_;
  std::int64_t batch_, kv_head_, first_, count_, size_, group_;
  std::int64_t offset_ = 0, visible_ = 0;
  std::vector<float> key_space_, value_space_;
  const float* keys_ = nullptr;
  const float* values_ = nullptr;
};

void run_attention(const Step& step, Context& context) {
  if (step.output.size() == 0) return;
  const std::int64_t batch = step.inputs[0].shape[0], length = step.inputs[0].shape[1], kv_heads = step.inputs[1].shape[1];
  const std::int64_t blocks = (length + query_block - 1) / query_block;
  context.pool.parallel_for(batch * kv_heads * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t first = task % blocks * query_block;
      HeadTask(step, task / blocks / kv_heads, task / blocks % kv_heads, first, std::min(query_block, length - first)).run();
    }
  });
}

/// Calls write(row of input, place in the cache, batch, index) for every row that belongs into the cache.
template <class Write>
void for_each_cache_row(const Step& step, const Write& write) {
  const View &cache = step.inputs[0], &rows = step.inputs[1];
  const auto* offsets = reinterpret_cast<const std::int32_t*>(step.inputs[2].host());
  const std::int64_t length = rows.shape[1], heads = rows.shape[2], size = rows.shape[3], capacity = cache.shape[2];
  const auto element = static_cast<std::int64_t>(size_of(rows.dtype));
  for (std::int64_t batch = 0; batch < rows.shape[0]; ++batch) {
    for (std::int64_t index = 0; index < length; ++index) {
      const std::int64_t position = offsets[batch] + index;
      if (position < 0 || position >= capacity) continue;
      for (std::int64_t head = 0; head < heads; ++head) {
        const std::byte* from = rows.host() + ((batch * length + index) * heads + head) * size * element;
        write(from, head_rows(cache, batch, head) + position * size * element, batch, index);
      }
    }
  }
}

void run_cache_update(const Step& step, Context&) {
  const std::size_t bytes = static_cast<std::size_t>(step.inputs[1].shape[3]) * size_of(step.inputs[1].dtype);
  for_each_cache_row(step, [&](const std::byte* from, std::byte* to, std::int64_t, std::int64_t) { std::memcpy(to, from, bytes); });
}

void run_rope_cache_update(const Step& step, Context&) {
  const DType dtype = step.inputs[1].dtype;
  Rotation rotation(step.inputs[2], step.inputs[3], step.inputs[1].shape[3]);
  std::int64_t last_batch = -1, last_index = -1;
  for_each_cache_row(step, [&](const std::byte* from, std::byte* to, std::int64_t batch, std::int64_t index) {
    if (batch != last_batch || index != last_index) rotation.set_position(batch, index);
    last_batch = batch;
    last_index = index;
    rotation.apply(dtype, from, dtype, to);
  });
}

}  // namespace

void add_attention(KernelTable& table) {
  table.add<Attention>({.run = run_attention, .strided_inputs = 0b0110});  // caches may be slices along the batch
  table.add<CacheUpdate>({.run = run_cache_update});
  table.add<RopeCacheUpdate>({.run = run_rope_cache_update});
}

}  // namespace etna::cpu

#include "engine/ops/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/backend/cpu/blas.h"
#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/packed_rows.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

// Queries that one task handles, and keys at a time: enough for BLAS, few enough that rows and scores stay in the cache.
constexpr std::int64_t query_block = 32;
constexpr std::int64_t key_block = 128;

// Fewer keys are not worth a task of their own.
constexpr std::int64_t least_share = 256;
constexpr std::int64_t tasks_per_thread = 4;

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

/// The keys that a block of queries sees, numbered without gaps: kept positions first, then those of the window.
struct Seen {
  std::int64_t kept = 0;   // positions 0 … kept - 1
  std::int64_t start = 0;  // position of number `kept`
  std::int64_t count = 0;

  std::int64_t position(std::int64_t number) const { return number < kept ? number : number - kept + start; }
};

Seen seen_by(const Attention& op, std::int64_t first_position, std::int64_t last_position) {
  Seen seen;
  seen.kept = std::min(op.keys.keep, last_position + 1);
  seen.start = op.first_seen(first_position);
  seen.count = seen.kept + std::max<std::int64_t>(last_position + 1 - seen.start, 0);
  return seen;
}

/// Keys or values of one head.
class HeadRows {
public:
  HeadRows(const View& cache, const CacheLayout& layout, std::int64_t batch, std::int64_t head)
      : cache_(cache), layout_(layout), size_(layout.size(cache.shape[3])) {
    row_bytes_ = cache.shape[3] * static_cast<std::int64_t>(size_of(cache.dtype));
    rows_ = cache.host() + (batch * cache.strides[0] + head * cache.strides[1]) * static_cast<std::int64_t>(size_of(cache.dtype));
  }

  std::int64_t size() const { return size_; }

  /// Rows of keys number [begin, end) as floats: where they are when they lie there so, else in `space`.
  const float* floats(const Seen& seen, std::int64_t begin, std::int64_t end, std::vector<float>& space) const {
    if (cache_.dtype == DType::float32 && run_end(seen, begin, end) == end) {
      return reinterpret_cast<const float*>(row(seen, begin));
    }
    space.resize(static_cast<std::size_t>(key_block * size_));
    for (std::int64_t first = begin; first < end;) {
      const std::int64_t last = run_end(seen, first, end);
      float* to = space.data() + (first - begin) * size_;
      if (layout_.packed()) unpack_rows(layout_, reinterpret_cast<const std::uint32_t*>(row(seen, first)), last - first, size_, to);
      else load_floats(cache_.dtype, row(seen, first), (last - first) * size_, to);
      first = last;
    }
    return space.data();
  }

private:
  std::int64_t place(const Seen& seen, std::int64_t number) const { return layout_.place(seen.position(number), cache_.shape[2]); }

  const std::byte* row(const Seen& seen, std::int64_t number) const { return rows_ + place(seen, number) * row_bytes_; }

  /// How far rows follow each other in memory: to the end of the kept ones, of the ring, or of the range.
  std::int64_t run_end(const Seen& seen, std::int64_t begin, std::int64_t end) const {
    if (begin < seen.kept) end = std::min(end, seen.kept);
    return std::min(end, begin + cache_.shape[2] - place(seen, begin));
  }

  const View& cache_;
  const CacheLayout& layout_;
  std::int64_t size_, row_bytes_;
  const std::byte* rows_;
};

/// Which part of the work: some queries of the heads that share one key/value head, and a share of the keys they see.
struct Task {
  std::int64_t batch, kv_head, first, count, share, shares;
};

/// Attention of one task, with online softmax (arXiv:2205.14135). Rows in order (query, head of the group).
class HeadTask {
public:
  HeadTask(const Step& step, const Task& task)
      : op_(static_cast<const Attention&>(*step.op)),
        step_(step),
        task_(task),
        group_(step.inputs[0].shape[2] / step.inputs[1].shape[1]),
        rows_(task.count * group_),
        keys_(step.inputs[1], op_.keys, task.batch, task.kv_head),
        values_(step.inputs[2], op_.values, task.batch, task.kv_head) {
    const std::int64_t offset = reinterpret_cast<const std::int32_t*>(step.inputs[3].host())[task.batch];
    // Offsets outside are the caller's fault, but no reason to read what is not ours.
    first_position_ = task.first + (op_.keys.ring ? std::max<std::int64_t>(offset, 0)
                                                  : std::clamp<std::int64_t>(offset, 0, step.inputs[1].shape[2] - step.inputs[0].shape[1]));
  }

  /// mixed (rows, Dv), not divided; maxima and sums (rows): of the exponentials that the weights are.
  void run(float* mixed, float* maxima, float* sums) {
    const Seen seen = seen_by(op_, first_position_, first_position_ + task_.count - 1);
    load_queries();
    std::fill_n(mixed, rows_ * values_.size(), 0.0f);
    start(maxima, sums);
    const std::int64_t blocks = (seen.count + key_block - 1) / key_block;
    const std::int64_t begin = task_.share * blocks / task_.shares, end = (task_.share + 1) * blocks / task_.shares;
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = block * key_block, last = std::min(first + key_block, seen.count);
      score(keys_.floats(seen, first, last, space_), last - first);
      hide(seen, first, last);
      weigh(last - first, mixed, maxima, sums);
      mix(values_.floats(seen, first, last, space_), last - first, mixed);
    }
  }

  void store(const float* mixed, const float* sums) {
    const View& out = step_.output;
    const std::int64_t size = values_.size();
    std::vector<float> row(static_cast<std::size_t>(size));
    for (std::int64_t r = 0; r < rows_; ++r) {
      const float factor = 1 / sums[r];
      std::transform(mixed + r * size, mixed + (r + 1) * size, row.begin(), [&](float value) { return value * factor; });
      store_floats(out.dtype, row.data(), size, place(out, r));
    }
  }

  std::int64_t rows() const { return rows_; }

private:
  std::byte* place(const View& view, std::int64_t row) const {
    const std::int64_t query = task_.first + row / group_, head = task_.kv_head * group_ + row % group_;
    const std::int64_t element = ((task_.batch * view.shape[1] + query) * view.shape[2] + head) * view.shape[3];
    return view.host() + element * static_cast<std::int64_t>(size_of(view.dtype));
  }

  void load_queries() {
    const View& q = step_.inputs[0];
    const std::int64_t size = keys_.size();
    queries_.resize(static_cast<std::size_t>(rows_ * size));
    scores_.resize(static_cast<std::size_t>(rows_ * key_block));
    for (std::int64_t row = 0; row < rows_; ++row) load_floats(q.dtype, place(q, row), size, queries_.data() + row * size);
    for (float& value : queries_) value *= op_.scale;
  }

  /// A sink is a key of the first share that has no value.
  void start(float* maxima, float* sums) const {
    std::fill_n(maxima, rows_, minus_infinity);
    std::fill_n(sums, rows_, 0.0f);
    if (!op_.has_sinks || task_.share != 0) return;
    const View& sinks = step_.inputs[4];
    std::vector<float> group(static_cast<std::size_t>(group_));
    load_floats(sinks.dtype, sinks.host() + task_.kv_head * group_ * static_cast<std::int64_t>(size_of(sinks.dtype)), group_, group.data());
    for (std::int64_t row = 0; row < rows_; ++row) maxima[row] = group[static_cast<std::size_t>(row % group_)];
    std::fill_n(sums, rows_, 1.0f);
  }

  /// scores (rows, key_block)
  void score(const float* keys, std::int64_t count) {
    const std::int64_t size = keys_.size();
    if (task_.count > 1) {
      gemm(BlasB::transposed, rows_, count, size, 1, queries_.data(), size, keys, size, 0, scores_.data(), key_block);
    } else {
      for (std::int64_t row = 0; row < rows_; ++row) {
        simd::matvec(DType::float32, keys, count, size, queries_.data() + row * size, scores_.data() + row * key_block);
      }
    }
    if (op_.softcap > 0) {
      for (std::int64_t row = 0; row < rows_; ++row) {
        float* scores = scores_.data() + row * key_block;
        for (std::int64_t key = 0; key < count; ++key) scores[key] = op_.softcap * std::tanh(scores[key] / op_.softcap);
      }
    }
  }

  /// No weight for what a row does not see of keys number [first, last): later positions, and those before its window.
  void hide(const Seen& seen, std::int64_t first, std::int64_t last) {
    if (task_.count == 1) return;
    for (std::int64_t query = 0; query < task_.count; ++query) {
      const std::int64_t position = first_position_ + query;
      const std::int64_t tail = std::clamp(seen.kept, first, last);
      const std::int64_t begin = std::clamp(op_.first_seen(position) - seen.start + seen.kept, tail, last);
      const std::int64_t end = std::clamp(position < seen.kept ? position + 1 : position + 1 - seen.start + seen.kept, first, last);
      for (std::int64_t row = query * group_; row < (query + 1) * group_; ++row) {
        float* scores = scores_.data() + row * key_block;
        std::fill(scores + (tail - first), scores + (begin - first), minus_infinity);
        std::fill(scores + (end - first), scores + (last - first), minus_infinity);
      }
    }
  }

  /// Scores become exp(score - maximum so far); what was summed before shrinks.
  void weigh(std::int64_t count, float* mixed, float* maxima, float* sums) {
    const std::int64_t size = values_.size();
    for (std::int64_t row = 0; row < rows_; ++row) {
      float* scores = scores_.data() + row * key_block;
      const float maximum = std::max(maxima[row], *std::max_element(scores, scores + count));
      if (maximum == minus_infinity) {
        std::fill_n(scores, count, 0.0f);
        continue;
      }
      if (maximum > maxima[row]) {
        const float factor = std::exp(maxima[row] - maximum);
        for (std::int64_t d = 0; d < size; ++d) mixed[row * size + d] *= factor;
        sums[row] *= factor;
        maxima[row] = maximum;
      }
      sums[row] += simd::exponential_sum(scores, maximum, count, scores);
    }
  }

  void mix(const float* values, std::int64_t count, float* mixed) const {
    const std::int64_t size = values_.size();
    if (task_.count > 1) return gemm(BlasB::as_is, rows_, size, count, 1, scores_.data(), key_block, values, size, 1, mixed, size);
    for (std::int64_t key = 0; key < count; ++key) {
      for (std::int64_t row = 0; row < rows_; ++row) {
        simd::add_scaled(scores_[static_cast<std::size_t>(row * key_block + key)], values + key * size, size, mixed + row * size);
      }
    }
  }

  const Attention& op_;
  const Step& step_;
  Task task_;
  std::int64_t group_, rows_;
  HeadRows keys_, values_;
  std::int64_t first_position_ = 0;
  std::vector<float> queries_, scores_, space_;
};

/// How one call is cut into tasks.
struct Cut {
  std::int64_t length, kv_heads, blocks, groups, shares;

  Task task(std::int64_t index) const {
    const std::int64_t group = index / shares, first = group % blocks * query_block;
    return {group / blocks / kv_heads, group / blocks % kv_heads, first, std::min(query_block, length - first), index % shares, shares};
  }
};

/// As many tasks as keep the threads busy, if the keys that are seen are enough for so many shares.
Cut cut_for(const Step& step, int threads, std::int64_t seen) {
  const View& q = step.inputs[0];
  Cut cut{};
  cut.length = q.shape[1];
  cut.kv_heads = step.inputs[1].shape[1];
  cut.blocks = (cut.length + query_block - 1) / query_block;
  cut.groups = q.shape[0] * cut.kv_heads * cut.blocks;
  const std::int64_t wanted = threads == 1 || cut.groups == 0 ? 1 : (tasks_per_thread * threads + cut.groups - 1) / cut.groups;
  cut.shares = std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(seen / least_share, 1));
  return cut;
}

Cut cut(const Step& step, const Context& context) {
  const View& q = step.inputs[0];
  const auto* offsets = reinterpret_cast<const std::int32_t*>(step.inputs[3].host());
  const std::int64_t last = *std::max_element(offsets, offsets + q.shape[0]) + q.shape[1] - 1;
  const std::int64_t seen = seen_by(static_cast<const Attention&>(*step.op), std::max<std::int64_t>(last - query_block + 1, 0), last).count;
  return cut_for(step, context.pool.size(), seen);
}

/// Floats of one task: sums, maxima, sums of weights.
std::int64_t task_floats(const Step& step, const Cut& parts) {
  return std::min(query_block, parts.length) * (step.inputs[0].shape[2] / parts.kv_heads) * (step.output.shape[3] + 2);
}

/// The shares of one block of queries, added into the first one.
void combine(std::int64_t rows, std::int64_t size, std::int64_t shares, std::int64_t stride, float* mixed, float* maxima, float* sums) {
  for (std::int64_t share = 1; share < shares; ++share) {
    const float *other = mixed + share * stride, *other_maxima = maxima + share * stride, *other_sums = sums + share * stride;
    for (std::int64_t row = 0; row < rows; ++row) {
      if (other_sums[row] == 0) continue;
      const float maximum = std::max(maxima[row], other_maxima[row]);
      const float own = sums[row] == 0 ? 0 : std::exp(maxima[row] - maximum), theirs = std::exp(other_maxima[row] - maximum);
      for (std::int64_t d = row * size; d < (row + 1) * size; ++d) mixed[d] = own * mixed[d] + theirs * other[d];
      sums[row] = own * sums[row] + theirs * other_sums[row];
      maxima[row] = maximum;
    }
  }
}

void run_attention(const Step& step, Context& context) {
  if (step.output.size() == 0) return;
  const Cut parts = cut(step, context);
  const std::int64_t size = step.output.shape[3];
  const std::int64_t most_rows = std::min(query_block, parts.length) * (step.inputs[0].shape[2] / parts.kv_heads);
  const std::int64_t stride = task_floats(step, parts);
  float* results = parts.shares == 1 ? nullptr : context.scratch(static_cast<std::size_t>(parts.groups * parts.shares * stride));
  context.pool.parallel_for(parts.groups * parts.shares, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t index = begin; index < end; ++index) {
      float* mixed = parts.shares == 1 ? context.thread_scratch(Scratch::results, static_cast<std::size_t>(stride)) : results + index * stride;
      float *maxima = mixed + most_rows * size, *sums = maxima + most_rows;
      HeadTask task(step, parts.task(index));
      task.run(mixed, maxima, sums);
      if (parts.shares == 1) task.store(mixed, sums);
    }
  });
  if (parts.shares == 1) return;
  context.pool.parallel_for(parts.groups, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t group = begin; group < end; ++group) {
      float* mixed = results + group * parts.shares * stride;
      float *maxima = mixed + most_rows * size, *sums = maxima + most_rows;
      HeadTask task(step, parts.task(group * parts.shares));
      combine(task.rows(), size, parts.shares, stride, mixed, maxima, sums);
      task.store(mixed, sums);
    }
  });
}

/// Shares are at most those of a cache that is full.
ScratchNeeds scratch(const Step& step, int threads) {
  if (step.output.size() == 0) return {};
  const Cut most = cut_for(step, threads, step.inputs[1].shape[2]);
  ScratchNeeds needs;
  needs[Scratch::results] = static_cast<std::size_t>(task_floats(step, most));
  if (most.shares > 1) needs.shared = static_cast<std::size_t>(most.groups * most.shares * task_floats(step, most));
  return needs;
}

}  // namespace

void add_attention(KernelTable& table) {
  // Caches may be slices along the batch.
  table.add<Attention>({.run = run_attention, .supports = nullptr, .strided_inputs = 0b0110, .scratch = scratch});
}

}  // namespace etna::cpu

#include "engine/ops/attention_gradient.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/backend/cpu/blas.h"
#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

// Queries and keys that are looked at together: their scores stay in the cache. Rows are queries times heads of a
// group.
constexpr std::int64_t query_block = 32;
constexpr std::int64_t key_block = 64;

const std::byte* at(const View& view, std::int64_t element) {
  return view.host() + element * static_cast<std::int64_t>(size_of(view.dtype));
}

/// The first and last position of queries or keys.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  std::int64_t size() const { return end - begin; }
};

/// One key/value head of one text with the query heads that share it. Rows: query, then head of the group.
class Head {
public:
  Head(const Attention& op, const Step& step, std::int64_t index)
      : op_(op),
        step_(step),
        batch_(index / step.inputs[1].shape[1]),
        kv_head_(index % step.inputs[1].shape[1]),
        group_(step.inputs[0].shape[2] / step.inputs[1].shape[1]) {
    const std::int64_t offset = reinterpret_cast<const std::int32_t*>(step.inputs[3].host())[batch_];
    offset_ = std::clamp<std::int64_t>(offset, 0, step.inputs[1].shape[2] - length());
  }

  std::int64_t length() const { return step_.inputs[0].shape[1]; }

  std::int64_t group() const { return group_; }

  std::int64_t written() const { return offset_ + length(); }

  bool sees(std::int64_t query, std::int64_t key) const {
    const std::int64_t position = offset_ + query;
    return key <= position && (op_.window == 0 || key < op_.keys.keep || position - key < op_.window - op_.keys.keep);
  }

  /// Keys that some of the queries may see.
  Range seen_by(Range queries) const {
    const bool from_start = op_.window == 0 || op_.keys.keep > 0;
    return {from_start ? 0 : std::max<std::int64_t>(offset_ + queries.begin - op_.window + 1, 0),
            offset_ + queries.end};
  }

  /// Queries that may see some of the keys.
  Range seeing(Range keys) const {
    const std::int64_t first = std::max<std::int64_t>(keys.begin - offset_, 0);
    const bool to_end = op_.window == 0 || keys.begin < op_.keys.keep;
    return {first, to_end ? length() : std::min(keys.end - 1 + op_.window - offset_, length())};
  }

  /// Rows of (B, L, H, n).
  void load_rows(const View& x, Range queries, float* to) const {
    const std::int64_t n = x.shape[3];
    for (std::int64_t query = queries.begin; query < queries.end; ++query) {
      load_floats(x.dtype, at(x, row_of(x, query) * n), group_ * n, to + (query - queries.begin) * group_ * n);
    }
  }

  void store_rows(const View& x, Range queries, const float* from) const {
    const std::int64_t n = x.shape[3];
    for (std::int64_t query = queries.begin; query < queries.end; ++query) {
      store_floats(x.dtype, from + (query - queries.begin) * group_ * n, group_ * n,
                   const_cast<std::byte*>(at(x, row_of(x, query) * n)));
    }
  }

  /// Numbers of rows: float32 (B, L, H).
  const float* numbers(const View& x, std::int64_t query) const {
    return reinterpret_cast<const float*>(x.host()) + row_of(x, query);
  }

  void load_keys(const View& cache, Range keys, float* to) const {
    load_floats(cache.dtype, at(cache, key_row(cache, keys.begin) * cache.shape[3]), keys.size() * cache.shape[3], to);
  }

  std::int64_t key_row(const View& cache, std::int64_t key) const {
    return (batch_ * cache.shape[1] + kv_head_) * cache.shape[2] + key;
  }

private:
  std::int64_t row_of(const View& x, std::int64_t query) const {
    return (batch_ * x.shape[1] + query) * x.shape[2] + kv_head_ * group_;
  }

  const Attention& op_;
  const Step& step_;
  std::int64_t batch_, kv_head_, group_, offset_ = 0;
};

/// What both gradients make of scores: weights, and ds. The matrices are (rows of queries, keys) or (keys, rows), by
/// the strides from one row to the next and from one key to the next.
struct Strides {
  std::int64_t row, key;
};

void make_weights(const Attention& op, const Head& head, const View& log_sums, const View& shares, Range queries,
                  Range keys, Strides strides, float* scores, float* ds) {
  const std::int64_t group = head.group();
  for (std::int64_t query = queries.begin; query < queries.end; ++query) {
    const float *log_sum = head.numbers(log_sums, query), *share = head.numbers(shares, query);
    for (std::int64_t member = 0; member < group; ++member) {
      const std::int64_t first = ((query - queries.begin) * group + member) * strides.row;
      for (std::int64_t key = keys.begin; key < keys.end; ++key) {
        const std::int64_t i = first + (key - keys.begin) * strides.key;
        if (!head.sees(query, key)) {
          scores[i] = ds[i] = 0;
          continue;
        }
        float slope = op.scale;
        if (op.softcap > 0) {
          const float bent = std::tanh(scores[i] / op.softcap);
          scores[i] = op.softcap * bent;
          slope *= 1 - bent * bent;
        }
        scores[i] = std::exp(scores[i] - log_sum[member]);
        ds[i] = scores[i] * (ds[i] - share[member]) * slope;
      }
    }
  }
}

/// Blocks of queries of all heads, for each a task.
template <class Body>
void for_each_query_block(const Attention& op, const Step& step, Context& context, const Body& body) {
  const std::int64_t heads = step.inputs[0].shape[0] * step.inputs[1].shape[1], length = step.inputs[0].shape[1];
  const std::int64_t blocks = (length + query_block - 1) / query_block;
  context.pool.parallel_for(heads * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t first = task % blocks * query_block;
      body(Head(op, step, task / blocks), Range{first, std::min(first + query_block, length)});
    }
  });
}

void run_log_sum(const Step& step, Context& context) {
  const Attention& op = as<AttentionLogSum>(step.op.get())->of;
  const std::int64_t size = step.inputs[0].shape[3];
  auto* results = reinterpret_cast<float*>(step.output.host());
  for_each_query_block(op, step, context, [&](const Head& head, Range queries) {
    const std::int64_t rows = queries.size() * head.group();
    std::vector<float> q(static_cast<std::size_t>(rows * size)), k(static_cast<std::size_t>(key_block * size));
    std::vector<float> scores(static_cast<std::size_t>(rows * key_block)),
        largest(static_cast<std::size_t>(rows), -std::numeric_limits<float>::infinity());
    std::vector<float> sums(static_cast<std::size_t>(rows), 0.0f);
    head.load_rows(step.inputs[0], queries, q.data());
    const Range seen = head.seen_by(queries);
    for (std::int64_t first = seen.begin; first < seen.end; first += key_block) {
      const Range keys{first, std::min(first + key_block, seen.end)};
      head.load_keys(step.inputs[1], keys, k.data());
      gemm(BlasB::transposed, rows, keys.size(), size, op.scale, q.data(), size, k.data(), size, 0, scores.data(),
           key_block);
      for (std::int64_t row = 0; row < rows; ++row) {
        const auto r = static_cast<std::size_t>(row);
        float* of_row = scores.data() + row * key_block;
        float most = largest[r];
        for (std::int64_t key = keys.begin; key < keys.end; ++key) {
          float& score = of_row[key - keys.begin];
          if (op.softcap > 0) score = op.softcap * std::tanh(score / op.softcap);
          if (!head.sees(queries.begin + row / head.group(), key)) score = -std::numeric_limits<float>::infinity();
          most = std::max(most, score);
        }
        if (most == -std::numeric_limits<float>::infinity()) continue;
        sums[r] = sums[r] * std::exp(largest[r] - most) + simd::exponential_sum(of_row, most, keys.size(), of_row);
        largest[r] = most;
      }
    }
    std::vector<float> sinks(static_cast<std::size_t>(head.group()));
    const std::int64_t first_number = head.numbers(step.output, queries.begin) - results,
                       first_head = first_number % step.output.shape[2];
    if (op.has_sinks) load_floats(step.inputs[4].dtype, at(step.inputs[4], first_head), head.group(), sinks.data());
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto r = static_cast<std::size_t>(row);
      if (op.has_sinks) {
        const float sink = sinks[static_cast<std::size_t>(row % head.group())], most = std::max(largest[r], sink);
        sums[r] = sums[r] * std::exp(largest[r] - most) + std::exp(sink - most);
        largest[r] = most;
      }
      const std::int64_t query = queries.begin + row / head.group();
      results[head.numbers(step.output, query) - results + row % head.group()] = largest[r] + std::log(sums[r]);
    }
  });
}

void run_queries(const Attention& op, const Step& step, Context& context) {
  const View &q_view = step.inputs[0], &values = step.inputs[2], &dy_view = step.inputs[4];
  const std::int64_t size = q_view.shape[3], value_size = values.shape[3];
  for_each_query_block(op, step, context, [&](const Head& head, Range queries) {
    const std::int64_t rows = queries.size() * head.group();
    const auto floats = [](std::int64_t count) { return std::vector<float>(static_cast<std::size_t>(count)); };
    std::vector<float> q = floats(rows * size), dy = floats(rows * value_size), dq = floats(rows * size);
    std::vector<float> k = floats(key_block * size), v = floats(key_block * value_size);
    std::vector<float> scores = floats(rows * key_block), ds = floats(rows * key_block);
    head.load_rows(q_view, queries, q.data());
    head.load_rows(dy_view, queries, dy.data());
    const Range seen = head.seen_by(queries);
    for (std::int64_t first = seen.begin; first < seen.end; first += key_block) {
      const Range keys{first, std::min(first + key_block, seen.end)};
      head.load_keys(step.inputs[1], keys, k.data());
      head.load_keys(values, keys, v.data());
      gemm(BlasB::transposed, rows, keys.size(), size, op.scale, q.data(), size, k.data(), size, 0, scores.data(),
           key_block);
      gemm(BlasB::transposed, rows, keys.size(), value_size, 1, dy.data(), value_size, v.data(), value_size, 0,
           ds.data(), key_block);
      make_weights(op, head, step.inputs[5], step.inputs[6], queries, keys, {.row = key_block, .key = 1}, scores.data(),
                   ds.data());
      gemm(BlasB::as_is, rows, size, keys.size(), 1, ds.data(), key_block, k.data(), size, 1, dq.data(), size);
    }
    head.store_rows(step.output, queries, dq.data());
  });
}

/// Everything turned around: keys are rows, so that sums over queries are products too.
void run_keys(const Attention& op, const Step& step, Context& context) {
  const View &q_view = step.inputs[0], &cache = step.inputs[1], &values = step.inputs[2], &dy_view = step.inputs[4];
  const std::int64_t size = q_view.shape[3], value_size = values.shape[3], width = size + value_size,
                     places = cache.shape[2];
  const std::int64_t blocks = (places + key_block - 1) / key_block;
  context.pool.parallel_for(cache.shape[0] * cache.shape[1] * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const Head head(op, step, task / blocks);
      const std::int64_t start = task % blocks * key_block, stop = std::min(start + key_block, places),
                         group = head.group();
      const Range keys{start, std::clamp(head.written(), start, stop)};
      const auto floats = [](std::int64_t count) { return std::vector<float>(static_cast<std::size_t>(count)); };
      const std::int64_t most = query_block * group;
      std::vector<float> k = floats(key_block * size), v = floats(key_block * value_size),
                         both = floats(key_block * width);
      std::vector<float> q = floats(most * size), dy = floats(most * value_size), scores = floats(key_block * most),
                         ds = floats(key_block * most);
      head.load_keys(cache, keys, k.data());
      head.load_keys(values, keys, v.data());
      const Range seeing = keys.size() > 0 ? head.seeing(keys) : Range{};
      for (std::int64_t first = seeing.begin; first < seeing.end; first += query_block) {
        const Range queries{first, std::min(first + query_block, seeing.end)};
        const std::int64_t rows = queries.size() * group;
        head.load_rows(q_view, queries, q.data());
        head.load_rows(dy_view, queries, dy.data());
        gemm(BlasB::transposed, keys.size(), rows, size, op.scale, k.data(), size, q.data(), size, 0, scores.data(),
             most);
        gemm(BlasB::transposed, keys.size(), rows, value_size, 1, v.data(), value_size, dy.data(), value_size, 0,
             ds.data(), most);
        make_weights(op, head, step.inputs[5], step.inputs[6], queries, keys, {.row = 1, .key = most}, scores.data(),
                     ds.data());
        gemm(BlasB::as_is, keys.size(), size, rows, 1, ds.data(), most, q.data(), size, 1, both.data(), width);
        gemm(BlasB::as_is, keys.size(), value_size, rows, 1, scores.data(), most, dy.data(), value_size, 1,
             both.data() + size, width);
      }
      store_floats(step.output.dtype, both.data(), (stop - start) * width,
                   const_cast<std::byte*>(at(step.output, head.key_row(step.output, start) * width)));
    }
  });
}

void run_gradient(const Step& step, Context& context) {
  if (step.output.size() == 0) return;
  const auto& op = *as<AttentionGradient>(step.op.get());
  if (op.part == AttentionPart::queries)
    run_queries(op.of, step, context);
  else
    run_keys(op.of, step, context);
}

bool supports_plain(const Attention& op) {
  return !op.keys.packed() && !op.values.packed() && !op.keys.ring;
}

bool supports_log_sum(const Op& op, std::span<const Array>, const Shape&, DType) {
  return supports_plain(static_cast<const AttentionLogSum&>(op).of);
}

bool supports_gradient(const Op& op, std::span<const Array>, const Shape&, DType) {
  return supports_plain(static_cast<const AttentionGradient&>(op).of);
}

}  // namespace

void add_attention_gradient(KernelTable& table) {
  table.add<AttentionLogSum>({.run = run_log_sum, .supports = supports_log_sum});
  table.add<AttentionGradient>({.run = run_gradient, .supports = supports_gradient});
}

}  // namespace etna::cpu

#include "engine/ops/cache.h"

#include <cstring>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/packed_rows.h"
#include "engine/backend/cpu/rotate.h"

namespace etna::cpu {

namespace {

/// Where the rows of one token go.
struct Token {
  std::int64_t batch, index, place;
};

/// Calls write(row of input, place in the cache, token) for every row that belongs into the cache, in order of tokens;
/// make() gives each thread its own write.
template <class Make>
void for_each_cache_row(const Step& step, const CacheLayout& layout, Context& context, const Make& make) {
  const View &cache = step.inputs[0], &rows = step.inputs[1];
  const auto* offsets = reinterpret_cast<const std::int32_t*>(step.inputs[2].host());
  const std::int64_t length = rows.shape[1], heads = rows.shape[2], size = rows.shape[3], places = cache.shape[2];
  const auto row_bytes = size * static_cast<std::int64_t>(size_of(rows.dtype));
  const auto stored = static_cast<std::int64_t>(size_of(cache.dtype));
  context.pool.parallel_for(rows.shape[0] * length, grain_for(heads * size), [&](std::int64_t begin, std::int64_t end) {
    auto write = make();
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t batch = item / length, index = item % length, position = offsets[batch] + index;
      if (position < 0) continue;
      const Token token{batch, index, layout.place(position, places)};
      if (token.place >= places) continue;
      for (std::int64_t head = 0; head < heads; ++head) {
        const std::int64_t to = batch * cache.strides[0] + head * cache.strides[1] + token.place * cache.shape[3];
        write(rows.host() + (item * heads + head) * row_bytes, cache.host() + to * stored, token);
      }
    }
  });
}

void run_cache_update(const Step& step, Context& context) {
  const CacheLayout& layout = static_cast<const CacheUpdate&>(*step.op).layout;
  const View& rows = step.inputs[1];
  const std::int64_t size = rows.shape[3];
  const std::size_t bytes = static_cast<std::size_t>(size) * size_of(rows.dtype);
  if (layout.packed()) {
    for_each_cache_row(step, layout, context, [&] {
      return [&, floats = std::vector<float>(static_cast<std::size_t>(size))](const std::byte* from, std::byte* to, const Token&) mutable {
        load_floats(rows.dtype, from, size, floats.data());
        pack_row(layout, floats.data(), size, reinterpret_cast<std::uint32_t*>(to));
      };
    });
  } else {
    for_each_cache_row(step, layout, context, [&] { return [&](const std::byte* from, std::byte* to, const Token&) { std::memcpy(to, from, bytes); }; });
  }
}

void run_rope_cache_update(const Step& step, Context& context) {
  const auto& op = static_cast<const RopeCacheUpdate&>(*step.op);
  const DType dtype = step.inputs[1].dtype;
  const std::int64_t size = step.inputs[1].shape[3];
  for_each_cache_row(step, op.layout, context, [&] {
    return [&, rotation = Rotation(op.rotation, step.inputs[2], step.inputs[3], size),
            last = Token{-1, -1, -1}](const std::byte* from, std::byte* to, const Token& token) mutable {
      if (token.batch != last.batch || token.index != last.index) rotation.set_position(token.batch, token.index);
      last = token;
      const float* turned = rotation.turn(dtype, from);
      if (!op.layout.packed()) return store_floats(dtype, turned, size, to);
      pack_row(op.layout, turned, size, reinterpret_cast<std::uint32_t*>(to));
    };
  });
}

void run_unpack_cache(const Step& step, Context& context) {
  const CacheLayout& layout = static_cast<const UnpackCache&>(*step.op).layout;
  const View& out = step.output;
  const std::int64_t size = out.shape[3], width = step.inputs[0].shape[3];
  const auto* from = reinterpret_cast<const std::uint32_t*>(step.inputs[0].host());
  auto* to = reinterpret_cast<float*>(out.host());
  context.pool.parallel_for(out.size() / size, grain_for(size), [&](std::int64_t begin, std::int64_t end) {
    unpack_rows(layout, from + begin * width, end - begin, size, to + begin * size);
  });
}

}  // namespace

void add_cache(KernelTable& table) {
  table.add<CacheUpdate>({.run = run_cache_update});
  table.add<RopeCacheUpdate>({.run = run_rope_cache_update});
  table.add<UnpackCache>({.run = run_unpack_cache});
}

}  // namespace etna::cpu

#include "engine/generation/scorer.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "engine/generation/relay.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

/// ln softmax(logits)[target] of each row, in float32: logits (n, vocab), targets int32 (n); returns (n, 1).
Array log_probabilities(const Array& logits, const Array& targets) {
  const Array x = cast(logits, DType::float32);
  const Array largest = maximum_along(x, -1, KeepAxis::yes);
  const Array total = sum(exponential(subtract(x, largest)), -1, KeepAxis::yes);
  const Array chosen = take_along_last(x, reshape(targets, {targets.size(), 1}));
  return subtract(subtract(chosen, largest), unary(UnaryKind::logarithm, total));
}

}  // namespace

struct Scorer::Piece {
  Piece(const PlanContext& context, std::span<const nn::KvCache> caches, std::int64_t batch, std::int64_t of_length)
      : length(of_length),
        group(std::min(group_size, batch * of_length)),
        read(context, caches, batch, of_length),
        positions(context.state(context.last(), {group}, DType::int32)),
        targets(context.state(context.last(), {group}, DType::int32)),
        result(context.state(context.last(), {group, 1}, DType::float32, Placement::host)) {
    const Array rows = reshape(read.hidden(), {batch * length, read.hidden().shape(-1)});
    const Array hidden = context.state(context.last(), rows.shape(), rows.dtype());
    const Array all = assign(hidden, rows);
    read.finish(std::span(&all, 1));

    const Array logits = reshape(context.last().model->logits(take(hidden, positions)), {group, context.vocab_size});
    const Array chosen = assign(result, log_probabilities(logits, targets));
    judge = Plan::compile(std::span(&chosen, 1), *context.last().backend, context.last().owner);
  }

  std::int64_t length, group;
  Relay read;                        // hidden states of all positions; ids (batch, length)
  Array positions, targets, result;  // int32 (group) twice, float32 (group, 1)
  std::unique_ptr<Plan> judge;       // what the hidden states of a group say of its targets
};

Scorer::Scorer(std::vector<ModelPart> parts, std::int64_t vocab_size, const RunnerOptions& options)
    : parts_(std::move(parts)), vocab_size_(vocab_size), options_(options), ropes_(parts_) {
  for (const ModelPart& part : parts_) {
    for (const CacheShape& layer : part.model->cache_shapes()) {
      caches_.push_back(nn::KvCache::create(*part.backend, part.owner, layer, cache_options(options)));
    }
  }
}

Scorer::~Scorer() = default;

std::vector<float> Scorer::score(std::span<const std::int32_t> texts, const Progress& progress) {
  const std::int64_t length = static_cast<std::int64_t>(texts.size()) / options_.batch;
  if (length < 2 || length > options_.capacity || length * options_.batch != static_cast<std::int64_t>(texts.size())) {
    fail(Errc::invalid_argument, "score: {} ids are not {} texts of 2 to {} tokens", texts.size(), options_.batch, options_.capacity);
  }
  ropes_.fit(length);
  const std::int64_t scored = length - 1;
  std::vector<float> scores(static_cast<std::size_t>(options_.batch * scored));
  for (std::int64_t begin = 0; begin < scored; begin += options_.prefill_step) {
    progress.check("scoring texts");
    score_piece(piece(std::min(options_.prefill_step, scored - begin)), texts, begin, scores);
  }
  if (!std::ranges::all_of(scores, [](float value) { return std::isfinite(value); })) {
    fail(Errc::corrupt, "the model's logits are not finite: its weights hold NaN or infinite values, or do not belong together");
  }
  return scores;
}

Scorer::Piece& Scorer::piece(std::int64_t length) {
  constexpr std::size_t kept = 2;
  const auto found = std::ranges::find_if(pieces_, [&](const auto& piece) { return piece->length == length; });
  if (found != pieces_.end()) return **found;
  if (pieces_.size() == kept) pieces_.erase(pieces_.begin());
  const PlanContext context{parts_, ropes_, vocab_size_, options_.activations};
  return *pieces_.emplace_back(std::make_unique<Piece>(context, caches_, options_.batch, length));
}

void Scorer::score_piece(Piece& piece, std::span<const std::int32_t> texts, std::int64_t begin, std::span<float> scores) {
  const std::int64_t length = static_cast<std::int64_t>(texts.size()) / options_.batch;
  std::vector<std::int32_t> ids, targets;
  std::vector<std::size_t> places;  // of the scores, in the order of the plan's rows
  for (std::int64_t row = 0; row < options_.batch; ++row) {
    for (std::int64_t i = begin; i < begin + piece.length; ++i) {
      ids.push_back(texts[static_cast<std::size_t>(row * length + i)]);
      targets.push_back(texts[static_cast<std::size_t>(row * length + i + 1)]);
      places.push_back(static_cast<std::size_t>(row * (length - 1) + i));
    }
  }
  piece.read.write_ids(ids);
  for (std::int64_t row = 0; row < options_.batch; ++row) piece.read.write_offset(row, begin);
  piece.read.run();

  const auto group = static_cast<std::size_t>(piece.group);
  std::vector<std::int32_t> positions(group), wanted(group);
  std::vector<float> result(group);
  for (std::size_t first = 0; first < places.size(); first += group) {
    for (std::size_t i = 0; i < group; ++i) {
      const std::size_t position = std::min(first + i, places.size() - 1);
      positions[i] = static_cast<std::int32_t>(position);
      wanted[i] = targets[position];
    }
    write_elements<std::int32_t>(piece.positions, positions);
    write_elements<std::int32_t>(piece.targets, wanted);
    piece.judge->run();
    piece.result.view().buffer->read(piece.result.view().offset, std::as_writable_bytes(std::span(result)));
    for (std::size_t i = 0; i < group && first + i < places.size(); ++i) scores[places[first + i]] = result[i];
  }
}

}  // namespace etna

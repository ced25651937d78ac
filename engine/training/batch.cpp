#include "engine/training/batch.h"

#include <algorithm>

#include "engine/base/error.h"

namespace etna::training {

namespace {

constexpr std::int64_t multiple = 32;
constexpr std::int32_t not_learned = -1;

bool is_learned(const Example& example, std::int64_t place) {
  return example.learned.empty() || std::ranges::any_of(example.learned, [&](const Example::Span& span) {
           return span.first <= place && place < span.end;
         });
}

}  // namespace

std::int64_t Batch::learned() const {
  return std::ranges::count_if(targets, [](std::int32_t target) { return target >= 0; });
}

std::int64_t padded_length(std::int64_t longest, std::int64_t limit) {
  return std::min((longest + multiple - 1) / multiple * multiple, limit - 1);
}

Batch make_batch(std::span<const Example> examples, std::int64_t limit) {
  if (examples.empty()) fail(Errc::invalid_argument, "make_batch: no example");
  if (limit < 2) fail(Errc::invalid_argument, "make_batch: rows of {} tokens, at least 2 are wanted", limit);
  std::int64_t longest = 0;
  for (const Example& example : examples) {
    const auto tokens = static_cast<std::int64_t>(example.tokens.size());
    if (tokens < 2) fail(Errc::invalid_argument, "make_batch: an example of {} tokens, at least 2 are wanted", tokens);
    longest = std::max(longest, tokens);
  }
  Batch batch{.rows = static_cast<std::int64_t>(examples.size()),
              .length = padded_length(longest, limit),
              .inputs = {},
              .targets = {}};
  const auto size = static_cast<std::size_t>(batch.rows * batch.length);
  batch.inputs.assign(size, 0);
  batch.targets.assign(size, not_learned);
  for (std::size_t row = 0; row < examples.size(); ++row) {
    const Example& example = examples[row];
    const std::size_t begin = row * static_cast<std::size_t>(batch.length);
    const std::int64_t tokens = std::min(static_cast<std::int64_t>(example.tokens.size()), batch.length + 1);
    for (std::int64_t i = 0; i < std::min(tokens, batch.length); ++i) {
      const std::size_t place = begin + static_cast<std::size_t>(i);
      batch.inputs[place] = example.tokens[static_cast<std::size_t>(i)];
      if (i + 1 < tokens && is_learned(example, i + 1))
        batch.targets[place] = example.tokens[static_cast<std::size_t>(i + 1)];
    }
  }
  return batch;
}

Batch make_batch(std::int64_t rows, std::span<const std::int32_t> tokens, std::span<const Counted> counted) {
  const auto length = rows > 0 ? static_cast<std::int64_t>(tokens.size()) / rows : 0;
  if (length < 2 || static_cast<std::int64_t>(tokens.size()) != rows * length ||
      static_cast<std::int64_t>(counted.size()) != rows) {
    fail(Errc::invalid_argument, "make_batch: {} tokens and {} lengths are no {} rows of two tokens or more",
         tokens.size(), counted.size(), rows);
  }
  Batch batch{.rows = rows, .length = length - 1, .inputs = {}, .targets = {}};
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto text = tokens.subspan(static_cast<std::size_t>(row * length), static_cast<std::size_t>(length));
    const auto [offset, last] = counted[static_cast<std::size_t>(row)];
    for (std::int64_t s = 1; s < length; ++s) {
      batch.inputs.push_back(text[static_cast<std::size_t>(s - 1)]);
      batch.targets.push_back(offset <= s && s <= last ? text[static_cast<std::size_t>(s)] : not_learned);
    }
  }
  return batch;
}

}  // namespace etna::training

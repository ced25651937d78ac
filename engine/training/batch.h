#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace etna::training {

/// A text to learn from, as tokens.
struct Example {
  std::vector<std::int32_t> tokens;

  /// Tokens [first, end) that are learned, sorted; the others are only read. Empty: all of them.
  struct Span {
    std::int64_t first = 0;
    std::int64_t end = 0;
    friend bool operator==(const Span&, const Span&) = default;
  };

  std::vector<Span> learned = {};
};

/// Rows of one length, ready for a step: a token in, the token that should follow out.
struct Batch {
  std::int64_t rows = 0;
  std::int64_t length = 0;            ///< of a row, padding included
  std::vector<std::int32_t> inputs;   ///< (rows, length), row-major; padding is 0
  std::vector<std::int32_t> targets;  ///< (rows, length): what follows; -1 where nothing is learned

  std::int64_t learned() const;  ///< targets that count
  friend bool operator==(const Batch&, const Batch&) = default;
};

/// The size of a batch: what decides about time, memory and the plan that it needs.
struct BatchShape {
  std::int64_t rows = 0;
  std::int64_t length = 0;
  friend auto operator<=>(const BatchShape&, const BatchShape&) = default;
};

/// Length of the rows of a batch whose longest example has so many tokens: a multiple of 32 that holds their inputs,
/// and no more than limit - 1. (mlx-lm pads texts to 1 + 32·n and cuts them at the limit; the last token is a target
/// only.)
std::int64_t padded_length(std::int64_t longest, std::int64_t limit);

/// Pads examples to one length; cuts those that have more than `limit` tokens at their end. A row in which nothing is
/// left to learn counts for nothing. Throws invalid_argument where there is no example, one has fewer than two tokens,
/// or limit is below 2.
Batch make_batch(std::span<const Example> examples, std::int64_t limit);

/// Rows of mlx-lm's loss: targets s = 1 … of `tokens` (rows, length + 1) count where offset <= s <= length.
struct Counted {
  std::int64_t offset = 0;
  std::int64_t length = 0;
};

Batch make_batch(std::int64_t rows, std::span<const std::int32_t> tokens, std::span<const Counted> counted);

/// Where batches come from. It has a place in an endless order that `position` can save, so that a run that goes on
/// later sees what an uninterrupted one would have seen.
class BatchSource {
public:
  virtual ~BatchSource() = default;

  /// The next batch; after the last of a pass over the data comes the first of the next pass. Throws what is wrong with
  /// the data (io, corrupt).
  virtual Batch next() = 0;

  /// Of a pass over the data; at least 1.
  virtual std::int64_t batches() const = 0;

  /// Back to the beginning.
  virtual void rewind() = 0;

  /// Where next() goes on, as text of a kind that the source alone knows: with its seed, pass and place.
  virtual std::string position() const = 0;

  /// Back to a place. Throws corrupt for texts that are none.
  virtual void seek(const std::string& position) = 0;

  /// Tells other data, or the same data read or batched in another way, apart (T6). May read all of it.
  virtual std::string fingerprint() const = 0;

  /// Sizes that its batches have, each once, largest first (rows · length): memory is judged by the first.
  virtual std::vector<BatchShape> shapes() const = 0;
};

}  // namespace etna::training

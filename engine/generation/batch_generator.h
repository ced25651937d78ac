#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "engine/generation/runner.h"
#include "engine/generation/token_picker.h"

namespace etna {

/// A text to be continued in a batch.
struct BatchRequest {
  std::vector<std::int32_t> prompt;
  TokenPicker picker;
  std::uint64_t max_tokens = 128;
  std::vector<std::int32_t> end_tokens;  ///< one of them is returned and ends the text
  std::uint64_t room = 1;  ///< tokens that must fit behind the prompt, or nothing is read
};

enum class BatchEnd { end_token, length, context_full };

using BatchId = std::uint64_t;

/// What a call of BatchGenerator::next() brought one text.
struct BatchToken {
  BatchId id = 0;
  std::optional<std::int32_t> token;  ///< none: the prompt leaves no room for one
  std::optional<BatchEnd> end;        ///< the text is over and gone from the batch
  std::int64_t cached = 0;            ///< tokens of the prompt that the row's cache held already
};

/// Continues several texts side by side (formats.md §3.8). A device that reads all weights for one token has time for the
/// tokens of other rows; texts come and go while others run, and each comes out as if it were alone.
///
/// Every row of the runner serves one text at a time. Others wait, first come, first served, for a row whose cache holds
/// most of their beginning. Prompts are read in pieces between the steps, so that running texts go on.
class BatchGenerator {
public:
  /// The runner must live as long. One whose positions rotate by length serves one text at a time, whole prompts at once:
  /// it must have one row (invalid_argument).
  BatchGenerator(Runner& runner, std::int64_t rows, std::int64_t prompt_piece = 256);

  /// Throws invalid_argument for a prompt without tokens, or max_tokens of 0.
  BatchId insert(BatchRequest request);

  /// Ends a text that waits or runs; unknown ids are ignored.
  void remove(BatchId id);

  /// One token for each running text, then one piece of one prompt. Throws cancelled, corrupt, device errors: the batch is
  /// then to be thrown away.
  std::vector<BatchToken> next(const Progress& progress = {});

  bool idle() const { return waiting_.empty() && running() == 0; }
  std::size_t running() const;
  std::size_t waiting() const { return waiting_.size(); }

private:
  struct Text {
    BatchId id;
    BatchRequest request;
    std::uint64_t generated = 0;
    std::int64_t cached = 0;
  };

  struct Row {
    std::int64_t index = 0;
    std::optional<Text> text;         // none: the row is free
    std::vector<std::int32_t> known;  // tokens of the text; of a free row those that its cache holds
  };

  void admit();
  Row* best_free_row(const std::vector<std::int32_t>& prompt);
  std::int64_t unread(const Row& row) const;
  void step(std::vector<BatchToken>& tokens);
  void read_piece(std::vector<BatchToken>& tokens, const Progress& progress);
  BatchToken accept(Row& row, std::span<const float> logits);
  void release(Row& row);

  Runner& runner_;
  std::int64_t prompt_piece_;
  std::vector<Row> rows_;
  std::deque<Text> waiting_;
  BatchId next_id_ = 1;
};

}  // namespace etna

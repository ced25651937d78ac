#include "engine/generation/batch_generator.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/error.h"

namespace etna {

BatchGenerator::BatchGenerator(Runner& runner, std::int64_t rows, std::int64_t prompt_piece)
    : runner_(runner), prompt_piece_(prompt_piece) {
  if (rows < 1 || prompt_piece < 1) fail(Errc::invalid_argument, "batch: {} rows, pieces of {} tokens", rows, prompt_piece);
  if (runner.rotates_by_length()) {
    if (rows > 1) fail(Errc::invalid_argument, "batch: {} rows, but the model's positions depend on the length of each text", rows);
    prompt_piece_ = std::numeric_limits<std::int64_t>::max();  // the whole text decides how its beginning rotates
  }
  for (std::int64_t row = 0; row < rows; ++row) rows_.push_back({.index = row, .text = {}, .known = {}});
}

BatchId BatchGenerator::insert(BatchRequest request) {
  if (request.prompt.empty()) fail(Errc::invalid_argument, "batch: a prompt has no tokens");
  if (request.max_tokens == 0) fail(Errc::invalid_argument, "batch: max_tokens is 0");
  waiting_.push_back({.id = next_id_, .request = std::move(request)});
  return next_id_++;
}

void BatchGenerator::remove(BatchId id) {
  std::erase_if(waiting_, [&](const Text& text) { return text.id == id; });
  for (Row& row : rows_) {
    if (row.text && row.text->id == id) release(row);
  }
}

std::size_t BatchGenerator::running() const {
  return static_cast<std::size_t>(std::ranges::count_if(rows_, [](const Row& row) { return row.text.has_value(); }));
}

std::vector<BatchToken> BatchGenerator::next(const Progress& progress) {
  progress.check("generating");
  std::vector<BatchToken> tokens;
  step(tokens);
  // What has no room for its answer ends before it gets a row.
  std::erase_if(waiting_, [&](const Text& text) {
    const bool fits = text.request.prompt.size() + text.request.room <= static_cast<std::uint64_t>(runner_.capacity());
    if (!fits) tokens.push_back({.id = text.id, .token = {}, .end = BatchEnd::context_full});
    return !fits;
  });
  admit();
  read_piece(tokens, progress);
  return tokens;
}

void BatchGenerator::admit() {
  while (!waiting_.empty()) {
    Row* row = best_free_row(waiting_.front().request.prompt);
    if (row == nullptr) return;
    Text text = std::move(waiting_.front());
    waiting_.pop_front();
    const auto [here, there] = std::ranges::mismatch(text.request.prompt, row->known);
    const auto most = static_cast<std::ptrdiff_t>(text.request.prompt.size()) - 1;  // the last one gives the logits
    text.cached = runner_.truncate(row->index, std::min(here - text.request.prompt.begin(), most));
    row->known = std::move(text.request.prompt);
    row->text = std::move(text);
  }
}

BatchGenerator::Row* BatchGenerator::best_free_row(const std::vector<std::int32_t>& prompt) {
  Row* best = nullptr;
  std::ptrdiff_t most = -1;
  for (Row& row : rows_) {
    if (row.text) continue;
    const std::ptrdiff_t same = std::ranges::mismatch(prompt, row.known).in1 - prompt.begin();
    // Of equals the one that forgets least.
    const bool better = same > most || (same == most && row.known.size() < best->known.size());
    if (!better) continue;
    best = &row;
    most = same;
  }
  return best;
}

std::int64_t BatchGenerator::unread(const Row& row) const {
  return row.text ? static_cast<std::int64_t>(row.known.size()) - runner_.length(row.index) : 0;
}

void BatchGenerator::step(std::vector<BatchToken>& tokens) {
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> lengths;
  std::vector<Row*> running;
  for (Row& row : rows_) {
    const std::int64_t length = runner_.length(row.index);
    const bool grows = unread(row) == 1 && row.text->generated > 0;
    if (grows && !runner_.keeps_rows(length + 1)) {
      runner_.truncate(row.index, 0);  // read again as if it were a prompt
    } else if (grows) {
      running.push_back(&row);
    }
    ids.push_back(grows ? row.known.back() : 0);
    lengths.push_back(length);
  }
  if (running.empty()) return;
  const std::span<const float> logits = runner_.step(ids);
  const std::size_t vocab = logits.size() / rows_.size();
  // Rows that did not run were fed a token that is not theirs.
  for (const Row& row : rows_) {
    if (std::ranges::find(running, &row) != running.end()) continue;
    const std::int64_t before = lengths[static_cast<std::size_t>(row.index)];
    if (runner_.truncate(row.index, before) != before && !row.text) rows_[static_cast<std::size_t>(row.index)].known.clear();
  }
  for (Row* row : running) tokens.push_back(accept(*row, logits.subspan(static_cast<std::size_t>(row->index) * vocab, vocab)));
}

void BatchGenerator::read_piece(std::vector<BatchToken>& tokens, const Progress& progress) {
  const auto is_waiting = [this](const Row& row) { return unread(row) > (row.text && row.text->generated > 0 ? 1 : 0); };
  Row* first = nullptr;
  for (Row& row : rows_) {
    if (is_waiting(row) && (first == nullptr || row.text->id < first->text->id)) first = &row;
  }
  if (first == nullptr) return;
  const std::int64_t left = unread(*first), count = std::min(left, prompt_piece_);
  const auto begin = static_cast<std::size_t>(runner_.length(first->index));
  const auto piece = std::span<const std::int32_t>(first->known).subspan(begin, static_cast<std::size_t>(count));
  if (count < left) {
    runner_.append_for_logits(first->index, piece, {}, progress);
    return;
  }
  const std::int64_t last = count - 1;
  const std::vector<float> logits = runner_.append_for_logits(first->index, piece, std::span(&last, 1), progress);
  tokens.push_back(accept(*first, logits));
}

BatchToken BatchGenerator::accept(Row& row, std::span<const float> logits) {
  Text& text = *row.text;
  BatchToken result{.id = text.id, .token = text.request.picker.pick(logits, row.known), .end = {}, .cached = text.cached};
  ++text.generated;
  row.known.push_back(*result.token);
  const std::vector<std::int32_t>& ends = text.request.end_tokens;
  if (std::ranges::find(ends, *result.token) != ends.end()) {
    result.end = BatchEnd::end_token;
  } else if (text.generated >= text.request.max_tokens) {
    result.end = BatchEnd::length;
  } else if (runner_.length(row.index) >= runner_.capacity()) {
    result.end = BatchEnd::context_full;
  }
  if (result.end) release(row);
  return result;
}

/// A free row keeps its cache for a text that begins in the same way. It is stepped along with the others, so that one
/// place must be left.
void BatchGenerator::release(Row& row) {
  row.text.reset();
  const std::int64_t length = runner_.truncate(row.index, std::min(runner_.length(row.index), runner_.capacity() - 1));
  row.known.resize(std::min(row.known.size(), static_cast<std::size_t>(length)));
}

}  // namespace etna

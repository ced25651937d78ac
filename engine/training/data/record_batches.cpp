#include "engine/training/data/record_batches.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <set>

#include "engine/base/error.h"
#include "engine/base/hash.h"

namespace etna::training {

namespace {

/// A number below or equal to `most`: bits of the generator until some are small enough.
std::uint32_t numpy_interval(std::mt19937& random, std::uint32_t most) {
  if (most == 0) return 0;
  std::uint32_t mask = most;
  for (int shift = 1; shift <= 16; shift *= 2) mask |= mask >> shift;
  for (;;) {
    const auto value = static_cast<std::uint32_t>(random()) & mask;
    if (value <= most) return value;
  }
}

}  // namespace

std::vector<std::uint32_t> numpy_permutation(std::mt19937& random, std::uint32_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (std::uint32_t i = count; i-- > 1;) std::swap(order[i], order[numpy_interval(random, i)]);
  return order;
}

RecordBatches::RecordBatches(std::shared_ptr<const ExampleList> examples, const RecordBatchOptions& options)
    : examples_(std::move(examples)), options_(options) {
  if (options_.batch_size < 1)
    fail(Errc::invalid_argument, "batch_size is {}; at least 1 is wanted", options_.batch_size);
  if (options_.limit < 2) fail(Errc::invalid_argument, "max_seq_length is {}; at least 2 is wanted", options_.limit);
  make_rows();
  const auto rows = static_cast<std::int64_t>(order_.size());
  batch_rows_ = options_.may_be_small ? std::min(options_.batch_size, rows) : options_.batch_size;
  if (rows == 0) fail(Errc::invalid_argument, "the data has no row to learn from");
  if (rows < batch_rows_) {
    fail(Errc::invalid_argument, "there are {} rows to learn from, fewer than a batch of {} (batch_size)", rows,
         batch_rows_);
  }
  batches_ = rows / batch_rows_;
  rewind();
}

/// Cuts the examples into rows, and orders those.
void RecordBatches::make_rows() {
  const auto count = static_cast<std::uint32_t>(examples_->size());
  std::uint32_t rows = count;
  if (options_.pack && count > 0) {
    begins_ = {0};
    std::int64_t length = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::int64_t more = examples_->length(i);
      if (i > begins_.back() && length + more > options_.limit) {
        begins_.push_back(i);
        length = 0;
      }
      length += more;
    }
    rows = static_cast<std::uint32_t>(begins_.size());
    begins_.push_back(count);
  }
  order_.resize(rows);
  std::iota(order_.begin(), order_.end(), 0u);
  if (options_.order == BatchOrder::by_length) {
    std::ranges::stable_sort(order_, {}, [&](std::uint32_t row) { return row_length(row); });
  }
}

std::int64_t RecordBatches::row_length(std::uint32_t row) const {
  if (begins_.empty()) return examples_->length(row);
  std::int64_t length = 0;
  for (std::uint32_t i = begins_[row]; i < begins_[row + 1]; ++i) length += examples_->length(i);
  return length;
}

Example RecordBatches::row(std::uint32_t row) const {
  if (begins_.empty()) return examples_->example(row);
  if (begins_[row + 1] - begins_[row] == 1) return examples_->example(begins_[row]);
  Example result;
  for (std::uint32_t i = begins_[row]; i < begins_[row + 1]; ++i) {
    Example example = examples_->example(i);
    const auto begin = static_cast<std::int64_t>(result.tokens.size()),
               size = static_cast<std::int64_t>(example.tokens.size());
    // Nobody can guess the first token of a text from the one before it.
    if (example.learned.empty()) example.learned = {{1, size}};
    for (const Example::Span& span : example.learned)
      result.learned.push_back({begin + std::max<std::int64_t>(span.first, 1), begin + span.end});
    result.tokens.insert(result.tokens.end(), example.tokens.begin(), example.tokens.end());
  }
  return result;
}

void RecordBatches::shuffle() {
  const auto count = static_cast<std::uint32_t>(batches_);
  if (options_.shuffle) {
    pass_order_ = numpy_permutation(random_, count);
  } else {
    pass_order_.resize(count);
    std::iota(pass_order_.begin(), pass_order_.end(), 0u);
  }
}

void RecordBatches::rewind() {
  random_.seed(static_cast<std::uint32_t>(options_.seed));
  pass_ = place_ = 0;
  shuffle();
}

Batch RecordBatches::next() {
  if (place_ == static_cast<std::uint64_t>(batches_)) {
    ++pass_;
    place_ = 0;
    shuffle();
  }
  const std::size_t first = static_cast<std::size_t>(pass_order_[place_]) * static_cast<std::size_t>(batch_rows_);
  std::vector<Example> rows;
  for (std::size_t i = 0; i < static_cast<std::size_t>(batch_rows_); ++i) rows.push_back(row(order_[first + i]));
  ++place_;
  return make_batch(rows, options_.limit);
}

std::string RecordBatches::position() const {
  return fmt::format("pass {} batch {}", pass_, place_);
}

void RecordBatches::seek(const std::string& position) {
  constexpr std::uint64_t most_passes = 10'000'000;
  const auto number = [&](std::string_view mark) -> std::optional<std::uint64_t> {
    const std::size_t at = position.find(mark);
    if (at == position.npos) return std::nullopt;
    std::uint64_t value = 0;
    const char* begin = position.data() + at + mark.size();
    const auto [end, error] = std::from_chars(begin, position.data() + position.size(), value);
    return error == std::errc() ? std::optional(value) : std::nullopt;
  };
  const auto pass = number("pass "), place = number(" batch ");
  if (!pass || !place || *pass > most_passes || *place > static_cast<std::uint64_t>(batches_)) {
    fail(Errc::corrupt, "'{}' is no place in data of {} batches", position.substr(0, 80), batches_);
  }
  rewind();
  for (; pass_ < *pass; ++pass_) shuffle();
  place_ = *place;
}

std::string RecordBatches::fingerprint() const {
  return hash_digits(
      hash_text(fmt::format("{} {} {} {} {} {} {}", examples_->fingerprint(), examples_->size(), batch_rows_,
                            options_.limit, options_.seed, static_cast<int>(options_.order), options_.pack)));
}

std::vector<BatchShape> RecordBatches::shapes() const {
  std::set<std::int64_t> lengths;
  for (std::int64_t batch = 0; batch < batches_; ++batch) {
    std::int64_t longest = 0;
    for (std::int64_t i = 0; i < batch_rows_; ++i)
      longest = std::max(longest, row_length(order_[static_cast<std::size_t>(batch * batch_rows_ + i)]));
    lengths.insert(padded_length(longest, options_.limit));
  }
  std::vector<BatchShape> shapes;
  for (auto length = lengths.rbegin(); length != lengths.rend(); ++length) shapes.push_back({batch_rows_, *length});
  return shapes;
}

}  // namespace etna::training

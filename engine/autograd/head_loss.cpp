#include "engine/autograd/head_loss.h"

#include <algorithm>

#include "engine/autograd/checkpoint.h"
#include "engine/base/error.h"
#include "engine/ops/loss.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

// Of a piece's logits in float32.
constexpr std::int64_t wanted_bytes = std::int64_t{64} << 20;

}  // namespace

Array cross_entropy_of_head(const Array& hidden, const Head& head, const Array& targets, std::int64_t rows) {
  if (hidden.rank() != 2 || targets.shape() != Shape{hidden.shape(0)} || rows < 0) {
    fail(Errc::invalid_argument, "cross_entropy_of_head: hidden rows are {}, targets {}, pieces of {} rows",
         to_string(hidden.shape()), to_string(targets.shape()), rows);
  }
  const std::int64_t total = hidden.shape(0);
  if (rows == 0 && total > 0) {
    const std::int64_t vocabulary = std::max<std::int64_t>(head(slice(hidden, 0, 0, 1)).shape(-1), 1);
    rows = std::max<std::int64_t>(wanted_bytes / 4 / vocabulary, 1);
  }
  if (total <= rows || total == 0) return cross_entropy(head(hidden), targets);
  std::vector<Array> losses;
  for (std::int64_t first = 0; first < total; first += rows) {
    const std::int64_t end = std::min(first + rows, total);
    const Array wanted = slice(targets, 0, first, end);
    const auto piece = [&](const std::vector<Array>& inputs) { return cross_entropy(head(inputs[0]), wanted); };
    // One piece's logits are done with before the next one's are made.
    const Array part = slice(hidden, 0, first, end);
    losses.push_back(checkpoint(piece, {losses.empty() ? part : after(part, {losses.back()})}));
  }
  return concatenate(losses, 0);
}

}  // namespace etna

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace etna {

/// What followed the last tokens of `text` where they stood before: at most `count` tokens, none where they never did. Up
/// to `longest` tokens are compared; the longest run counts, of equals the latest. Single tokens are too common to say
/// anything: they are compared only if `longest` is 1.
///
/// Good for answers that repeat their prompt: summaries, edits of code, quotations.
std::span<const std::int32_t> look_up_continuation(std::span<const std::int32_t> text, std::size_t longest,
                                                   std::size_t count);

}  // namespace etna

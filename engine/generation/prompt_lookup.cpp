#include "engine/generation/prompt_lookup.h"

#include <algorithm>

namespace etna {

namespace {

/// How many tokens before `a` and before `b` are the same; no more than `most`.
std::size_t same_before(std::span<const std::int32_t> text, std::size_t a, std::size_t b, std::size_t most) {
  std::size_t same = 0;
  while (same < most && same < a && text[a - same - 1] == text[b - same - 1]) ++same;
  return same;
}

}  // namespace

std::span<const std::int32_t> look_up_continuation(std::span<const std::int32_t> text, std::size_t longest,
                                                   std::size_t count) {
  std::size_t best = std::min<std::size_t>(longest, 2) - (longest > 0 ? 1 : 0), found = 0;  // more than `best` must agree
  for (std::size_t place = text.empty() ? 0 : text.size() - 1; place > 0 && best < longest; --place) {
    const std::size_t same = same_before(text, place, text.size(), longest);
    if (same <= best) continue;
    best = same;
    found = place;
  }
  if (found == 0) return {};
  return text.subspan(found, std::min(count, text.size() - found));
}

}  // namespace etna

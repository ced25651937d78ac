#include "engine/generation/stop.h"

#include <algorithm>
#include <utility>

namespace etna {

StopTexts::StopTexts(std::vector<std::string> texts) : texts_(std::move(texts)) {
  std::erase(texts_, std::string());
}

std::string StopTexts::push(std::string_view chunk) {
  if (stopped_) return {};
  held_ += chunk;
  // The stop text that is complete first counts: how the text is cut into chunks must not matter.
  std::size_t begin = held_.npos, end = held_.npos;
  for (const auto& text : texts_) {
    const std::size_t found = held_.find(text);
    if (found == held_.npos) continue;
    const std::size_t found_end = found + text.size();
    if (found_end < end || (found_end == end && found < begin)) {
      begin = found;
      end = found_end;
    }
  }
  if (begin != held_.npos) {
    stopped_ = true;
    held_.resize(begin);
    return std::exchange(held_, {});
  }
  const std::size_t shown = held_.size() - held_back(held_);
  std::string out = held_.substr(0, shown);
  held_.erase(0, shown);
  return out;
}

std::string StopTexts::finish() {
  return std::exchange(held_, {});
}

/// Length of the longest end of `text` that begins a stop text.
std::size_t StopTexts::held_back(std::string_view text) const {
  std::size_t longest = 0;
  for (const auto& stop : texts_) {
    for (std::size_t size = std::min(stop.size() - 1, text.size()); size > longest; --size) {
      if (text.ends_with(std::string_view(stop).substr(0, size))) longest = size;
    }
  }
  return longest;
}

}  // namespace etna

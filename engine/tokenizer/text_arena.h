#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace etna {

/// Keeps texts one behind the other in large blocks. They never move.
class TextArena {
public:
  /// A copy of the text that lives as long as the arena. Its data() is never null.
  std::string_view store(std::string_view text) {
    if (text.size() > left_ || blocks_.empty()) {
      constexpr std::size_t block = std::size_t{256} << 10;
      left_ = std::max(block, text.size());
      blocks_.push_back(std::unique_ptr<char[]>(new char[left_]));
      next_ = blocks_.back().get();
    }
    char* const begin = next_;
    if (!text.empty()) std::memcpy(begin, text.data(), text.size());
    next_ += text.size();
    left_ -= text.size();
    return {begin, text.size()};
  }

  void clear() {
    blocks_.clear();
    left_ = 0;
  }

private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace etna

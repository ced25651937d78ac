#pragma once

#include <mutex>
#include <string>
#include <utility>

namespace etna::gui {

/// Text on its way from the engine's thread to the screen. Many pieces may arrive before the screen takes them.
class TextInbox {
public:
  /// True if the taker has to be told: nothing was waiting before.
  bool put(const std::string& piece) {
    const std::lock_guard lock(mutex_);
    const bool was_empty = text_.empty();
    text_ += piece;
    return was_empty;
  }

  std::string take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }

private:
  std::mutex mutex_;  // guards text_
  std::string text_;
};

}  // namespace etna::gui

#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/session/messages.h"

namespace etna::gui {

/// What a reply has grown by.
struct ReplyPieces {
  std::string text;
  std::string thinking;
  std::vector<ToolCall> tool_calls;
  std::vector<std::string> warnings;
  std::uint64_t generated = 0;  ///< tokens so far; none alone are worth telling the screen

  bool empty() const { return text.empty() && thinking.empty() && tool_calls.empty() && warnings.empty(); }
};

/// Pieces of a reply on their way from the engine's thread to the screen. Many may arrive before the screen takes them.
class TextInbox {
public:
  /// `add` puts something into the pieces. True if the taker has to be told: nothing was waiting before.
  template <class Add>
  bool put(Add add) {
    const std::lock_guard lock(mutex_);
    const bool was_empty = pieces_.empty();
    add(pieces_);
    return was_empty;
  }

  ReplyPieces take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(pieces_, {});
  }

private:
  std::mutex mutex_;  // guards pieces_
  ReplyPieces pieces_;
};

}  // namespace etna::gui

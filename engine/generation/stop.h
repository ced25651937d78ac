#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace etna {

/// Ends a text before the stop text that is complete first, wherever the chunks are cut. What may be the beginning of a
/// stop text is held back until it is certain.
class StopTexts {
public:
  /// Empty texts are ignored.
  explicit StopTexts(std::vector<std::string> texts);

  /// The text that can be shown; nothing more after a stop text was found.
  std::string push(std::string_view chunk);

  /// What was held back, when the text ends by itself.
  std::string finish();

  bool stopped() const { return stopped_; }

private:
  std::size_t held_back(std::string_view text) const;

  std::vector<std::string> texts_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace etna

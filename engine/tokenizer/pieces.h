#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/regex.h"

namespace etna {

/// How a split treats what its pattern found.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

/// A text and how it is cut. Steps of pre-tokenization cut the pieces further or rewrite them; none is ever empty.
class Pieces {
public:
  enum class Start { begin_of_text, inside };

  /// One piece; `start` tells whether it stands at the beginning of what the user gave.
  Pieces(std::string text, Start start);

  std::size_t size() const { return ranges_.size(); }

  std::string_view operator[](std::size_t index) const {
    return std::string_view(text_).substr(ranges_[index].begin, ranges_[index].end - ranges_[index].begin);
  }

  /// Whether the first piece stands at the beginning of the text.
  bool starts_text() const { return starts_text_; }

  struct Part {
    TextRange range;  ///< inside the piece
    bool match;
  };

  /// Appends the parts that cover a piece, alternating or not; matches are treated as `behavior` says.
  using Find = std::function<void(std::string_view piece, std::vector<Part>& parts)>;
  void split(const Find& find, SplitBehavior behavior);

  /// Writes every piece anew: `write` appends the new form of a piece.
  using Write = std::function<void(std::string_view piece, std::size_t index, std::string& out)>;
  void rewrite(const Write& write);

private:
  std::string text_;
  std::vector<TextRange> ranges_;
  bool starts_text_;
};

/// Parts for the matches of a pattern and what lies between them; `inverted` swaps the two.
enum class Invert { no, yes };
void append_parts(const std::vector<TextRange>& matches, std::size_t size, Invert inverted,
                  std::vector<Pieces::Part>& parts);

/// Each character that `is_match` accepts is a match of its own.
Pieces::Find find_characters(bool (*is_match)(char32_t));

/// Each occurrence of a text.
Pieces::Find find_text(std::string text, Invert inverted);

}  // namespace etna

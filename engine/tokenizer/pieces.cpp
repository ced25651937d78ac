#include "engine/tokenizer/pieces.h"

#include <algorithm>

#include "engine/base/utf8.h"

namespace etna {

namespace {

using Part = Pieces::Part;

/// Joins parts as the behaviour says; what is left in `parts` are the new pieces.
void combine(std::vector<Part>& parts, SplitBehavior behavior) {
  if (behavior == SplitBehavior::isolated) return;
  if (behavior == SplitBehavior::removed) {
    std::erase_if(parts, [](const Part& part) { return part.match; });
    return;
  }
  std::vector<Part> joined;
  bool previous_match = false;
  const auto add = [&](const Part& part, auto extend) {
    const bool joins =
        behavior == SplitBehavior::contiguous ? part.match == previous_match : part.match && !previous_match;
    if (joins && !joined.empty()) {
      extend(joined.back().range, part.range);
    } else {
      joined.push_back(part);
    }
    previous_match = part.match;
  };
  if (behavior == SplitBehavior::merged_with_next) {
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      add(*part, [](TextRange& range, const TextRange& more) { range.begin = more.begin; });
    }
    std::reverse(joined.begin(), joined.end());
  } else {
    for (const Part& part : parts) add(part, [](TextRange& range, const TextRange& more) { range.end = more.end; });
  }
  parts = std::move(joined);
}

}  // namespace

Pieces::Pieces(std::string text, Start start) : text_(std::move(text)), starts_text_(start == Start::begin_of_text) {
  if (!text_.empty()) ranges_.push_back({0, text_.size()});
}

void Pieces::split(const Find& find, SplitBehavior behavior) {
  std::vector<TextRange> ranges;
  std::vector<Part> parts;
  for (const TextRange& piece : ranges_) {
    parts.clear();
    find(std::string_view(text_).substr(piece.begin, piece.end - piece.begin), parts);
    combine(parts, behavior);
    for (const Part& part : parts) {
      if (part.range.begin < part.range.end) {
        ranges.push_back({piece.begin + part.range.begin, piece.begin + part.range.end});
      }
    }
  }
  if (!ranges_.empty() && (ranges.empty() || ranges.front().begin != ranges_.front().begin)) starts_text_ = false;
  ranges_ = std::move(ranges);
}

void Pieces::rewrite(const Write& write) {
  std::string text;
  text.reserve(text_.size() + text_.size() / 4);
  std::vector<TextRange> ranges;
  ranges.reserve(ranges_.size());
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    const std::size_t begin = text.size();
    write((*this)[i], i, text);
    if (text.size() > begin) ranges.push_back({begin, text.size()});
  }
  text_ = std::move(text);
  ranges_ = std::move(ranges);
}

void append_parts(const std::vector<TextRange>& matches, std::size_t size, Invert inverted, std::vector<Part>& parts) {
  const bool match = inverted == Invert::no;
  std::size_t end = 0;
  for (const TextRange& range : matches) {
    if (range.begin > end) parts.push_back({{end, range.begin}, !match});
    parts.push_back({range, match});
    end = range.end;
  }
  if (end < size) parts.push_back({{end, size}, !match});
}

Pieces::Find find_characters(bool (*is_match)(char32_t)) {
  return [is_match](std::string_view piece, std::vector<Part>& parts) {
    std::vector<TextRange> matches;
    for (std::size_t at = 0; at < piece.size();) {
      const auto point = utf8::decode(piece, at);
      if (is_match(point.value)) matches.push_back({at, at + point.size});
      at += point.size;
    }
    append_parts(matches, piece.size(), Invert::no, parts);
  };
}

Pieces::Find find_text(std::string text, Invert inverted) {
  return [text = std::move(text), inverted](std::string_view piece, std::vector<Part>& parts) {
    std::vector<TextRange> matches;
    if (!text.empty()) {
      for (auto at = piece.find(text); at != piece.npos; at = piece.find(text, at + text.size())) {
        matches.push_back({at, at + text.size()});
      }
    }
    append_parts(matches, piece.size(), inverted, parts);
  };
}

}  // namespace etna

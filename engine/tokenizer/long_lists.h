#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/vocabulary.h"

namespace etna {

/// A tokenizer.json cut in two: the vocabulary and the merges, which are nearly all of it and are read straight into
/// their tables, and the rest, which is small enough to be kept as a tree of values.
struct LongLists {
  struct Place {
    std::size_t position;  ///< of the value in the file
    std::size_t strings;   ///< how many are in it
  };

  std::string_view text;                    ///< the file
  std::optional<Place> vocabulary, merges;  ///< none: missing or null
  std::string rest;                         ///< the file with null in their places
};

/// Throws corrupt for text that is no JSON or has a list twice, naming `where`. The lists themselves are not read yet.
LongLists find_long_lists(std::string_view text, std::string_view where);

/// The vocabulary: {token: id}, or [[token, score], …] where the id is the place. `scores` gets those of the second
/// form; room is kept for `more` tokens. Throws corrupt naming `where` and the token.
std::shared_ptr<Vocabulary> read_vocabulary(const LongLists& lists, std::size_t more, std::vector<double>& scores,
                                            std::string_view where);

/// The merges, "left right" or ["left", "right"], in order of rank. Right tokens begin with `prefix`, which is not part
/// of what they are joined to. Throws corrupt naming `where` and the merge.
std::vector<Bpe::Join> read_merges(const LongLists& lists, const Vocabulary& vocabulary, std::string_view prefix,
                                   std::string_view where);

}  // namespace etna

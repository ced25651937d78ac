#include "engine/tokenizer/vocabulary.h"

#include "engine/base/error.h"

namespace etna {

void Vocabulary::reserve(std::size_t tokens) {
  tokens_.reserve(tokens);
  ids_.reserve(tokens);
}

void Vocabulary::add(std::string_view token, std::int64_t id, std::string_view where) {
  // Real files leave a few holes; a huge id would make a huge table.
  constexpr std::int64_t holes_limit = 1 << 20;
  const auto limit = static_cast<std::int64_t>(tokens_.capacity()) + holes_limit;
  if (id < 0 || id >= limit) fail(Errc::corrupt, "{}: token {:?} has the id {}", where, std::string(token), id);
  if (ids_.contains(token)) return;
  const std::string_view kept = texts_.emplace_back(token);
  const auto index = static_cast<std::size_t>(id);
  if (index >= tokens_.size()) tokens_.resize(index + 1);
  if (tokens_[index].data() == nullptr) tokens_[index] = kept;
  ids_.emplace(kept, static_cast<std::int32_t>(id));
}

std::optional<std::int32_t> Vocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace etna

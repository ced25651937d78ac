#include "engine/generation/prompt_cache.h"

#include <algorithm>
#include <utility>

#include "engine/base/error.h"

namespace etna {

namespace {

/// How many of the tokens behind position `at` are the node's.
std::int64_t same_tokens(const PrefixNode& node, std::span<const std::int32_t> tokens) {
  const auto rest = tokens.subspan(static_cast<std::size_t>(node.begin));
  return std::ranges::mismatch(node.tokens, rest).in1 - node.tokens.begin();
}

}  // namespace

CacheSegment::CacheSegment(Allocator& allocator, OwnerId owner, std::vector<RowFormat> formats, std::vector<LayerCover> covers)
    : formats_(std::move(formats)), covers_(std::move(covers)), bytes_(bytes_of(formats_, covers_)) {
  std::size_t offset = 0;
  for (std::size_t i = 0; i < formats_.size(); ++i) {
    offsets_.push_back(offset);
    offset += formats_[i].bytes_of(covers_[i].count());
  }
  buffer_ = allocator.allocate(std::max<std::size_t>(bytes_, 1), Placement::host, MemoryTag::prompt_cache, owner);
}

std::size_t CacheSegment::bytes_of(std::span<const RowFormat> formats, std::span<const LayerCover> covers) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < formats.size(); ++i) bytes += formats[i].bytes_of(covers[i].count());
  return bytes;
}

std::span<std::byte> CacheSegment::rows(std::size_t layer, Part part, std::int64_t head, std::int64_t position, std::int64_t count) {
  const RowFormat& format = formats_[layer];
  const LayerCover& cover = covers_[layer];
  const bool in_kept = position >= cover.kept.begin && position + count <= cover.kept.end;
  const bool in_rows = position >= cover.rows.begin && position + count <= cover.rows.end;
  if (count < 0 || head < 0 || head >= format.kv_heads || !(in_kept || in_rows)) {
    fail(Errc::invalid_argument, "prompt cache: layer {} has no rows {} to {}", layer, position, position + count);
  }
  const std::int64_t index = in_kept ? position - cover.kept.begin : cover.kept.size() + position - cover.rows.begin;
  const std::size_t row = part == Part::keys ? format.key_bytes() : format.value_bytes();
  std::size_t offset = offsets_[layer] + static_cast<std::size_t>(head * cover.count() + index) * row;
  if (part == Part::values) offset += static_cast<std::size_t>(format.kv_heads * cover.count()) * format.key_bytes();
  return bytes().subspan(offset, row * static_cast<std::size_t>(count));
}

PrefixTree::Match PrefixTree::follow(std::span<const std::int32_t> tokens) {
  Match best;
  std::vector<PrefixNode*> open{&root_};
  while (!open.empty()) {
    PrefixNode* node = open.back();
    open.pop_back();
    std::int64_t reached = 0;
    if (node != &root_) {
      reached = node->begin + same_tokens(*node, tokens);
      if (!best.node || reached > best.length) best = {node, reached};
    }
    for (const auto& child : node->children) {
      if (child->begin <= reached) open.push_back(child.get());
    }
  }
  return best.length > 0 ? best : Match{};
}

PrefixTree::Match PrefixTree::find(std::span<const std::int32_t> tokens, std::int64_t most, RowsAre where) {
  most = std::min(most, static_cast<std::int64_t>(tokens.size()));
  Match best;
  std::vector<PrefixNode*> open{&root_};
  while (!open.empty()) {
    PrefixNode* node = open.back();
    open.pop_back();
    std::int64_t reached = 0;
    if (node != &root_) {
      reached = node->begin + same_tokens(*node, tokens);
      const Match match{node, std::min(reached, most)};
      if (match.length >= node->begin && match.length > best.length && suffices(match, where)) best = match;
    }
    for (const auto& child : node->children) {
      if (child->begin <= std::min(reached, most)) open.push_back(child.get());
    }
  }
  return best;
}

std::vector<PositionRange> PrefixTree::gather(const Match& match, std::size_t layer, std::vector<PositionRange> wanted, RowsAre where,
                                              std::vector<Piece>* pieces) {
  std::int64_t end = match.length;  // what a node has from here on is another text's
  for (PrefixNode* node = match.node; node && !wanted.empty(); node = node->parent) {
    const bool there = node->segment || (where == RowsAre::anywhere && !node->file.empty());
    const LayerCover cover = there ? node->covers[layer] : LayerCover{};
    for (const PositionRange& part : {cover.kept, cover.rows}) {
      const PositionRange has = intersect(part, PositionRange{0, end});
      if (has.empty()) continue;
      for (const PositionRange& want : wanted) {
        const PositionRange both = intersect(want, has);
        if (pieces && !both.empty()) pieces->push_back({node, both});
      }
      wanted = without(wanted, has);
    }
    end = std::min(end, node->begin);
  }
  return wanted;
}

bool PrefixTree::suffices(const Match& match, RowsAre where) const {
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    if (!gather(match, layer, layers_[layer].of(match.length), where, nullptr).empty()) return false;
  }
  return true;
}

bool PrefixTree::has(const Match& match, std::size_t layer, PositionRange range) const {
  return range.empty() || (match.node && gather(match, layer, {range}, RowsAre::anywhere, nullptr).empty());
}

std::vector<PrefixTree::Piece> PrefixTree::pieces(const Match& match, std::size_t layer) const {
  std::vector<Piece> pieces;
  if (!gather(match, layer, layers_[layer].of(match.length), RowsAre::anywhere, &pieces).empty()) {
    fail(Errc::invalid_argument, "prompt cache: layer {} lacks rows of a text of {} tokens", layer, match.length);
  }
  return pieces;
}

PrefixNode& PrefixTree::add(const Match& parent, std::vector<std::int32_t> tokens, std::vector<LayerCover> covers) {
  PrefixNode* above = parent.node ? parent.node : &root_;
  auto node = std::make_unique<PrefixNode>();
  node->parent = above;
  node->begin = parent.length;
  node->tokens = std::move(tokens);
  node->covers = std::move(covers);
  above->children.push_back(std::move(node));
  return *above->children.back();
}

void PrefixTree::remove(PrefixNode& node) {
  if (!node.children.empty()) fail(Errc::invalid_argument, "prompt cache: a prefix that others continue cannot go");
  std::erase_if(node.parent->children, [&](const auto& child) { return child.get() == &node; });
}

void PrefixTree::remove_all(const std::function<bool(const PrefixNode&)>& is_meant, const std::function<void(const PrefixNode&)>& gone) {
  std::vector<PrefixNode*> open{&root_};
  while (!open.empty()) {
    PrefixNode* node = open.back();
    open.pop_back();
    std::vector<PrefixNode*> going;
    for (const auto& child : node->children) (is_meant(*child) ? going : open).push_back(child.get());
    const std::vector<PrefixNode*> meant = going;
    while (!going.empty()) {
      const PrefixNode* each = going.back();
      going.pop_back();
      gone(*each);
      for (const auto& child : each->children) going.push_back(child.get());
    }
    std::erase_if(node->children, [&](const auto& child) { return std::ranges::find(meant, child.get()) != meant.end(); });
  }
}

void PrefixTree::for_each(const std::function<void(PrefixNode&)>& visit) {
  std::vector<PrefixNode*> open{&root_};
  while (!open.empty()) {
    PrefixNode* node = open.back();
    open.pop_back();
    for (const auto& child : node->children) open.push_back(child.get());
    if (node != &root_) visit(*node);
  }
}

}  // namespace etna

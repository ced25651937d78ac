#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/array/backend.h"
#include "engine/generation/runner.h"
#include "engine/nn/kv_rows.h"

namespace etna {

/// Which positions of one layer a piece of a prefix has: those behind what the layer always keeps, and of those it keeps.
/// Layers without a window have every position of the piece; the others what a text that ends with the piece still sees.
struct LayerCover {
  PositionRange kept;  ///< of the first positions, which a limited layer never forgets
  PositionRange rows;  ///< may begin before the piece, where what it continues does not have them

  std::int64_t count() const { return kept.size() + rows.size(); }
  friend bool operator==(const LayerCover&, const LayerCover&) = default;
};

/// Rows of all layers for a piece of a text, in memory: layer after layer keys, then values, each (kv_heads, positions,
/// row). Where in a cache a row lies makes no difference to it, so that it fits caches of any length.
class CacheSegment {
public:
  /// Throws out_of_memory. The contents are to be written.
  CacheSegment(Allocator& allocator, OwnerId owner, std::vector<RowFormat> formats, std::vector<LayerCover> covers);

  static std::size_t bytes_of(std::span<const RowFormat> formats, std::span<const LayerCover> covers);

  std::size_t layers() const { return formats_.size(); }
  const RowFormat& format(std::size_t layer) const { return formats_[layer]; }
  const std::vector<RowFormat>& formats() const { return formats_; }
  const LayerCover& cover(std::size_t layer) const { return covers_[layer]; }
  const std::vector<LayerCover>& covers() const { return covers_; }

  /// One head's rows from a position that the layer has, `count` of them, all within `kept` or within `rows`.
  enum class Part { keys, values };
  std::span<std::byte> rows(std::size_t layer, Part part, std::int64_t head, std::int64_t position, std::int64_t count);
  std::span<const std::byte> rows(std::size_t layer, Part part, std::int64_t head, std::int64_t position, std::int64_t count) const {
    return const_cast<CacheSegment*>(this)->rows(layer, part, head, position, count);
  }

  std::span<std::byte> bytes() { return {buffer_->host(), bytes_}; }
  std::span<const std::byte> bytes() const { return {buffer_->host(), bytes_}; }

private:
  std::vector<RowFormat> formats_;
  std::vector<LayerCover> covers_;
  std::vector<std::size_t> offsets_;
  std::size_t bytes_ = 0;
  Buffer buffer_;
};

/// A piece of a prefix: tokens begin … end - 1 of all texts that begin with its parent's up to `begin` and go on with them.
/// Its rows are in memory, on disk, or both.
struct PrefixNode {
  PrefixNode* parent = nullptr;
  std::vector<std::unique_ptr<PrefixNode>> children;
  std::int64_t begin = 0;
  std::vector<std::int32_t> tokens;
  std::vector<LayerCover> covers;
  std::shared_ptr<const CacheSegment> segment;  ///< null: not in memory
  std::string file;                             ///< its id on disk; empty: not there
  std::uint64_t used = 0;                       ///< grows with each use of any node
  std::int64_t used_at = 0;                     ///< seconds since 1970; 0: not since it was found on disk
  std::string conversation;                     ///< of whoever kept it first; empty: none was said

  std::int64_t end() const { return begin + static_cast<std::int64_t>(tokens.size()); }
};

/// Which rows count.
enum class RowsAre { anywhere, in_memory };

/// The prefixes kept for one model and one kind of context, as a tree by their tokens.
class PrefixTree {
public:
  /// The layers of the model: what a text of some length must have of each.
  explicit PrefixTree(std::vector<LayerNeed> layers) : layers_(std::move(layers)) {}

  struct Match {
    PrefixNode* node = nullptr;  ///< null: nothing
    std::int64_t length = 0;     ///< tokens that are the same; node->begin <= length <= node->end()
  };

  /// Where `tokens` leave the tree, whether or not rows suffice to go on from there.
  Match follow(std::span<const std::int32_t> tokens);

  /// The longest beginning of `tokens` that a cache can be restored to, at most `most` of them.
  Match find(std::span<const std::int32_t> tokens, std::int64_t most, RowsAre where = RowsAre::anywhere);

  /// Whether the rows on the way to `match` are all that a text of its length needs.
  bool suffices(const Match& match, RowsAre where = RowsAre::anywhere) const;

  /// Whether the rows on the way to `match` have all of a layer's positions in `range`.
  bool has(const Match& match, std::size_t layer, PositionRange range) const;

  /// What of each layer is read for a text of the match's length, and from which node: pieces in no order. Throws
  /// invalid_argument where rows are missing.
  struct Piece {
    PrefixNode* node = nullptr;
    PositionRange range;
  };
  std::vector<Piece> pieces(const Match& match, std::size_t layer) const;

  /// Adds a piece behind `parent` (of a length that its tokens have); the root for null. Returns it.
  PrefixNode& add(const Match& parent, std::vector<std::int32_t> tokens, std::vector<LayerCover> covers);

  /// Takes a node without children away.
  void remove(PrefixNode& node);

  /// Takes the nodes that are meant away, and all that continues them; `gone` sees each before.
  void remove_all(const std::function<bool(const PrefixNode&)>& is_meant, const std::function<void(const PrefixNode&)>& gone);

  /// Of all nodes.
  void for_each(const std::function<void(PrefixNode&)>& visit);
  bool empty() const { return root_.children.empty(); }

  const std::vector<LayerNeed>& layers() const { return layers_; }

private:
  /// Takes from `wanted` what nodes up to `match` have; what is left.
  static std::vector<PositionRange> gather(const Match& match, std::size_t layer, std::vector<PositionRange> wanted, RowsAre where, std::vector<Piece>* pieces);

  std::vector<LayerNeed> layers_;
  PrefixNode root_;
};

}  // namespace etna

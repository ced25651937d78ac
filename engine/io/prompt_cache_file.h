#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/safetensors.h"

namespace etna {

/// One layer of a prompt-cache file (formats.md §2.8): rows of keys and values of one text.
struct FileCacheLayer {
  enum class Kind {
    plain,     ///< KVCache: position = place
    rotating,  ///< RotatingKVCache: the first `keep` positions and the last ones, in a ring
    packed,    ///< QuantizedKVCache: codes with a scale and a bias for each group
  };

  Kind kind = Kind::plain;
  std::int64_t kv_heads = 0;
  std::int64_t places = 0;       ///< rows of a head
  std::int64_t key_size = 0;     ///< elements of a row
  std::int64_t value_size = 0;
  DType dtype = DType::float32;  ///< of plain rows; of packed ones that of scales and biases
  std::int64_t offset = 0;       ///< tokens of the text
  std::int64_t keep = 0;         // rotating
  std::int64_t max_size = 0;
  std::int64_t index = 0;        ///< where the ring was going to write
  int bits = 0;                  // packed
  int group_size = 0;

  /// Rows in the order of their positions: the first kept() are positions 0 …, the others end with offset - 1.
  std::int64_t count() const { return places; }
  std::int64_t kept() const { return count() >= offset ? offset : std::min(keep, count()); }
  std::int64_t place(std::int64_t row) const;  ///< of a row in that order

  /// Of a position; -1: the file does not have it.
  std::int64_t place_of(std::int64_t position) const;

  const char* class_name() const;
  std::vector<std::string> info() const;     ///< metadata of the layer; empty: none
  std::vector<TensorHeader> tensors(std::size_t layer) const;  ///< 2, or 6 where packed: codes, scales, biases of keys, then of values
};

/// A file as mlx-lm writes it, opened and checked: every tensor that a layer needs is there and has the shape and type that
/// its numbers say. Nothing of the rows is read.
class PromptCacheFile {
public:
  /// Throws not_found, io, corrupt (naming file, layer and what does not fit), unsupported for classes of layers that Etna's
  /// models do not have.
  static PromptCacheFile open(const std::filesystem::path& path);

  const std::vector<FileCacheLayer>& layers() const { return layers_; }
  std::int64_t tokens() const { return layers_.front().offset; }

  /// The writer's own: model, tokenizer_config, …
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  std::string metadata(const std::string& key) const;  ///< empty: none

  /// Bytes of one of FileCacheLayer::tensors.
  const StoredTensor& tensor(std::size_t layer, std::size_t index) const;

  const std::filesystem::path& path() const { return file_->path(); }
  /// After the rows were read: throws io if they could not be. That the file was touched meanwhile is no harm: whoever uses
  /// a snapshot sets its time.
  void check() const { check_mapped_file(file_->tensors().front().mapping.data()); }

private:
  void read_layers();
  void check_layer(std::size_t layer);
  std::vector<std::int64_t> numbers(std::size_t layer, std::size_t count) const;

  std::shared_ptr<const SafetensorsFile> file_;
  std::vector<FileCacheLayer> layers_;
  std::map<std::string, std::string> metadata_;
};

/// Writes one, completely or not at all. `rows` gives the bytes of all tensors of a layer, in their order.
void write_prompt_cache_file(const std::filesystem::path& path, const std::vector<FileCacheLayer>& layers,
                             const std::map<std::string, std::string>& metadata,
                             const std::function<std::vector<std::vector<std::byte>>(std::size_t layer)>& rows);

}  // namespace etna

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/array/dtype.h"
#include "engine/array/shape.h"

namespace etna {

/// A tensor as a file stores it, unread: bytes that may lie at any alignment.
struct StoredTensor {
  std::string name;
  std::string stored_dtype;    ///< the format's own word: "BF16", "U32", "Q4_K"
  std::optional<DType> dtype;  ///< where the engine has that type
  Shape shape;                 ///< outermost axis first
  std::span<const std::byte> bytes;
  std::string file;                        ///< for messages
  std::shared_ptr<const void> keep_alive;  ///< what holds the bytes (a mapped file)
  std::span<const std::byte> mapping;      ///< of mapped files: all of the file, which `bytes` is a part of
  bool outline = false;                    ///< for rehearsals: only sizes and places are real, nothing may read the bytes
};

/// Named tensors of a model, wherever they come from: a folder of shards, one file, generated numbers.
class TensorSource {
public:
  virtual ~TensorSource() = default;
  virtual const StoredTensor* find(std::string_view name) const = 0;
  virtual std::vector<std::string> names() const = 0;  ///< sorted

  /// What the file itself calls the tensor, also one that is missing: for messages.
  virtual std::string stored_name(const std::string& name) const { return name; }

  /// What messages call the whole: the folder or file.
  virtual std::string description() const = 0;
};

}  // namespace etna

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "engine/array/array.h"
#include "engine/base/progress.h"
#include "engine/io/tensor_source.h"

namespace etna {

class Backend;

/// Brings stored tensors into a backend's memory: without a copy where its heap can use the pages of the mapped file
/// and the data is aligned to 16 bytes, else through Allocation::write in pieces. A file is imported once; its
/// tensors are views of it.
class WeightLoader {
public:
  /// `total_bytes` is what progress is reported against (0: what has been loaded so far).
  WeightLoader(Backend& backend, OwnerId owner, Progress progress, std::uint64_t total_bytes = 0);

  /// Of files that are mapped, imports only the pages on which these tensors lie, instead of whole files: for a part of a
  /// model, whose other tensors belong elsewhere. What is loaded beside them is copied. Before the first load().
  void import_only(std::span<const StoredTensor* const> tensors);

  /// Throws unsupported (a dtype that the engine does not compute with, naming the tensor), out_of_memory, cancelled, io
  /// (what was copied could not be read).
  Array load(const StoredTensor& tensor);

  /// Tensors of one type and shape as one array with a first axis more. Always a copy.
  Array load_stacked(std::span<const StoredTensor> tensors);

private:
  /// Pages of a mapped file, imported at the first load of a tensor that lies on them.
  struct Pages {
    std::span<const std::byte> bytes;
    std::optional<Buffer> buffer;  // none: not tried yet; null: the heap cannot use them
  };

  Pages* pages_of(const StoredTensor& tensor);
  Buffer allocate(std::size_t bytes);
  void copy(const StoredTensor& tensor, Buffer& buffer, std::size_t at);
  void check_dtype(const StoredTensor& tensor) const;
  void advance(std::uint64_t bytes);

  Allocator& allocator_;
  OwnerId owner_;
  Progress progress_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::map<const std::byte*, Pages> pages_;  // by their first address
  bool whole_files_ = true;
};

}  // namespace etna

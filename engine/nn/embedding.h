#pragma once

#include <memory>

#include "engine/nn/linear.h"

namespace etna::nn {

/// Rows of a table by id, whatever the table's format; and the same table as output layer of models that tie the two.
class Embedding {
public:
  virtual ~Embedding() = default;

  /// ids int32 (...) → (..., size) of `dtype`.
  virtual Array operator()(const Array& ids, DType dtype) const = 0;

  /// x (..., size) → (..., rows): products with every row.
  virtual Array as_linear(const Array& x) const = 0;

  virtual std::int64_t count() const = 0;  ///< of rows
};

class FloatEmbedding : public Embedding {
public:
  explicit FloatEmbedding(Array table) : table_(std::move(table)) {}
  Array operator()(const Array& ids, DType dtype) const override;
  Array as_linear(const Array& x) const override;
  std::int64_t count() const override { return table_.shape(0); }

private:
  Array table_;
};

class PackedEmbedding : public Embedding {
public:
  PackedEmbedding(PackedArrays table, PackedFormat format) : table_(std::move(table)), format_(format) {}
  Array operator()(const Array& ids, DType dtype) const override;
  Array as_linear(const Array& x) const override;
  std::int64_t count() const override { return table_.weight.shape(0); }

private:
  PackedArrays table_;
  PackedFormat format_;
};

}  // namespace etna::nn

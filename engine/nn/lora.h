#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "engine/nn/embedding.h"
#include "engine/nn/experts.h"
#include "engine/nn/linear.h"

/// Layers with a change of low rank on top (LoRA, arXiv:2106.09685), and with lengths of rows of its own (DoRA,
/// arXiv:2402.09353). They know nothing of files or training: arrays come from outside and may be results of operations.
namespace etna::nn {

/// W' = W + up · down. What adapters call scale is part of `up`.
///
///   linear (out, in)              down (r, in)         up (out, r)
///   experts (count, out, in)      down (count, r, in)  up (count, out, r)
///   table of tokens (rows, size)  down (rows, r)       up (size, r): W' = W + down · upᵀ
struct LowRank {
  Array down;
  Array up;
};

/// What is done to the rows that a change reads, beside the weight: training leaves some of them out. Empty: nothing.
using Dropped = std::function<Array(const Array& x)>;

/// y = W · x + up · (down · x) + b.
class LoraLinear : public Linear {
public:
  LoraLinear(std::unique_ptr<Linear> base, LowRank change, Dropped dropped = {});
  Array operator()(const Array& x) const override;
  Array rows(std::int64_t first, std::int64_t count) const override;

private:
  std::unique_ptr<Linear> base_;
  LowRank change_;
  Dropped dropped_;
};

/// y = factor · W' · x + b, with a factor for each row of W' that gives it the length m: see dora_factor.
class DoraLinear : public Linear {
public:
  /// changed: W', without a bias; factor (out) of float32.
  DoraLinear(std::unique_ptr<Linear> changed, Array factor, std::optional<Array> bias);
  Array operator()(const Array& x) const override;
  Array rows(std::int64_t first, std::int64_t count) const override;

private:
  std::unique_ptr<Linear> changed_;
  Array factor_;
  std::optional<Array> bias_;
};

/// m / ‖W'‖ of rows [first, first + count), float32 (count): what DoRA multiplies outputs with.
///
/// m (count): of these rows; changed: the layer without m.
Array dora_factor(const Array& magnitude, const Linear& changed, std::int64_t first, std::int64_t count);
Array dora_factor(const Array& magnitude, const Embedding& changed, std::int64_t first, std::int64_t count);

class LoraExperts : public Experts {
public:
  LoraExperts(std::unique_ptr<Experts> base, LowRank change, Dropped dropped = {});
  Array operator()(const Array& x, const Array& indices) const override;

private:
  std::unique_ptr<Experts> base_;
  LowRank change_;
  Dropped dropped_;
};

class LoraEmbedding : public Embedding {
public:
  /// `dropped`: of what the change gives for ids, and of what it reads as an output layer.
  LoraEmbedding(std::shared_ptr<Embedding> base, LowRank change, Dropped dropped = {});
  Array operator()(const Array& ids, DType dtype) const override;
  Array as_linear(const Array& x) const override;
  std::int64_t count() const override { return base_->count(); }

private:
  std::shared_ptr<Embedding> base_;
  LowRank change_;
  Dropped dropped_;
};

class DoraEmbedding : public Embedding {
public:
  /// factor (rows) of float32.
  DoraEmbedding(std::shared_ptr<Embedding> changed, Array factor);
  Array operator()(const Array& ids, DType dtype) const override;
  Array as_linear(const Array& x) const override;
  std::int64_t count() const override { return changed_->count(); }

private:
  std::shared_ptr<Embedding> changed_;
  Array factor_;
};

}  // namespace etna::nn

#include <cmath>
#include <numeric>
#include <random>

#include "engine/base/error.h"
#include "engine/base/hash.h"
#include "engine/io/quote.h"
#include "engine/models/adapted_parameters.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"
#include "engine/training/methods.h"

namespace etna::training {

namespace {

constexpr nn::Rows all_rows(std::int64_t count) {
  return {.first = 0, .count = count, .total = count};
}

void write(const Array& array, std::span<const float> values) {
  array.view().buffer->write(array.view().offset, std::as_bytes(values));
}

/// Squares of lengths: Σ x² of rows (n, k), float32 (n).
Array squares(const Array& rows) {
  return sum(unary(UnaryKind::square, rows), -1);
}

/// Σ_k a · b of (n, k), float32 (n).
Array products(const Array& a, const Array& b) {
  return sum(multiply(a, b), -1);
}

Array ids_of_rows(std::int64_t first, std::int64_t count) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), static_cast<std::int32_t>(first));
  return Array::from(ids, {count});
}

class LowRankParameters final : public TrainedParameters {
public:
  LowRankParameters(nn::Parameters& base, Selection selection, const TrainingOptions& options,
                    const ModelConfig& config, Backend& backend, OwnerId owner, const Adapter* start,
                    std::function<Array(const Array&)> dropped)
      : base_(base),
        selection_(std::move(selection)),
        lora_(options.lora),
        is_dora_(options.method == Method::dora),
        seed_(options.seed),
        config_(config),
        backend_(backend),
        owner_(owner),
        start_(start),
        dropped_(std::move(dropped)),
        memory_(backend, owner) {}

  bool has(const std::string& path) const override { return base_.has(path); }

  std::unique_ptr<nn::Linear> linear(const std::string& path, std::int64_t in, std::int64_t out,
                                     nn::Bias bias) override {
    if (!selection_.changes(path)) return base_.linear(path, in, out, bias);
    return changed(path, base_.linear(path, in, out, is_dora_ ? nn::Bias::none : bias), all_rows(out), bias);
  }

  std::unique_ptr<nn::Linear> linear_rows(const std::string& path, std::int64_t in, nn::Rows rows,
                                          nn::Bias bias) override {
    if (!selection_.changes(path)) return base_.linear_rows(path, in, rows, bias);
    return changed(path, base_.linear_rows(path, in, rows, is_dora_ ? nn::Bias::none : bias), rows, bias);
  }

  std::unique_ptr<nn::Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out,
                                       nn::Bias bias) override {
    auto base = base_.experts(path, count, in, out, bias);
    if (!selection_.changes(path)) return base;
    if (is_dora_) {
      fail(Errc::unsupported,
           "{}: experts have no lengths of rows to learn (DoRA): choose LoRA, or lora_parameters.keys without them",
           path);
    }
    const Matrices& matrices = matrices_of(path, {count, lora_.rank, in}, {count, out, lora_.rank}, in);
    return std::make_unique<nn::LoraExperts>(std::move(base), nn::LowRank{matrices.a, scaled(matrices.b)}, dropped_);
  }

  std::shared_ptr<nn::Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) override {
    auto base = base_.embedding(path, rows, size);
    if (!selection_.changes(path)) return base;
    const Matrices& matrices = matrices_of(path, {rows, lora_.rank}, {lora_.rank, size}, rows);
    const nn::LowRank change{matrices.a, scaled(transpose(matrices.b, 0, 1))};
    auto layer = std::make_shared<nn::LoraEmbedding>(base, change, dropped_);
    if (!is_dora_) return layer;
    const auto rows_of = [&](std::int64_t first, std::int64_t count) {
      return (*base)(ids_of_rows(first, count), DType::float32);
    };
    const Lengths lengths = lengths_of(path, rows_of, all_rows(rows));
    const Array mixed = transpose(base->as_linear(contiguous(transpose(change.up, 0, 1))), 0, 1);
    return std::make_shared<nn::DoraEmbedding>(std::move(layer), factor(lengths, change.down, mixed, change.up));
  }

  Array tensor(const std::string& name, const Shape& shape) override { return base_.tensor(name, shape); }

  const std::vector<Trainable>& trained() const override { return trained_; }

  const ParameterMemory& memory() const override { return memory_; }

  void check_complete() const override {
    selection_.check_all_used();
    if (start_) {
      std::set<std::string> used;
      for (const auto& [path, matrices] : matrices_) used.insert(path);
      etna::check_all_used(*start_, used);
    }
    if (trained_.empty())
      fail(Errc::invalid_argument,
           "nothing is trained: the model has no module that lora_parameters.keys and num_layers name");
  }

private:
  struct Matrices {
    Array a, b;
  };

  /// Of rows of a weight.
  struct Lengths {
    Array wanted;   ///< m, in the order of the rows
    Array squares;  ///< of the lengths of the rows of W
  };

  Array scaled(const Array& b) const { return multiply(b, Array::scalar(static_cast<float>(lora_.scale))); }

  const AdapterModule* start_of(const std::string& path) const { return start_ ? start_->find(path) : nullptr; }

  Array add(const std::string& name, const Shape& shape, std::span<const float> values) {
    Array array = memory_.take(shape);
    write(array, values);
    trained_.push_back({name, array});
    return array;
  }

  const Matrices& matrices_of(const std::string& path, const Shape& a, const Shape& b, std::int64_t inputs) {
    const auto found = matrices_.find(path);
    if (found != matrices_.end()) return found->second;
    const AdapterModule* start = start_of(path);
    if (start && (start->a.shape != a || start->b.shape != b)) {
      fail(Errc::corrupt, "{}: {} has matrices of the shapes {} and {}, {} and {} are wanted", start_->folder.string(),
           quote(path), to_string(start->a.shape), to_string(start->b.shape), to_string(a), to_string(b));
    }
    const std::vector<float> zeros(start ? 0 : static_cast<std::size_t>(element_count(b)));
    const Array first = add(path + ".lora_a", a, start ? start->a.values : drawn(path, element_count(a), inputs));
    const Array second = add(path + ".lora_b", b, start ? start->b.values : zeros);
    return matrices_.emplace(path, Matrices{first, second}).first->second;
  }

  /// Uniform within ±1 / √inputs. A module's numbers depend on seed and path alone, not on what else is trained.
  std::vector<float> drawn(const std::string& path, std::int64_t count, std::int64_t inputs) const {
    std::mt19937_64 random(hash_text(path, seed_));
    const double bound = 1 / std::sqrt(static_cast<double>(inputs));
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values)
      value = static_cast<float>(bound * (std::ldexp(static_cast<double>(random() >> 11), -52) - 1));
    return values;
  }

  /// Places of the rows of a weight in what files have for the whole; none: they follow each other from `rows.first`
  /// on.
  std::optional<std::vector<std::int32_t>> order(const std::string& path, nn::Rows rows) const {
    const auto source = order_of_rows(config_, path);
    std::vector<std::int32_t> places;
    bool same = true;
    for (std::int64_t i = rows.first; i < rows.first + rows.count; ++i) {
      places.push_back(static_cast<std::int32_t>(source(i)));
      same = same && source(i) == i;
    }
    return same ? std::nullopt : std::optional(std::move(places));
  }

  /// `values` (total, …) of a file in the order of the weight's rows.
  Array in_order(const std::string& path, const Array& values, nn::Rows rows) const {
    if (const auto places = order(path, rows)) return take(contiguous(values), Array::from(*places, {rows.count}));
    return rows.count == rows.total ? values : slice(values, 0, rows.first, rows.first + rows.count);
  }

  std::unique_ptr<nn::Linear> changed(const std::string& path, std::unique_ptr<nn::Linear> base, nn::Rows rows,
                                      nn::Bias bias) {
    const std::int64_t in = base->in_features();
    const Matrices& matrices = matrices_of(path, {in, lora_.rank}, {lora_.rank, rows.total}, in);
    const nn::LowRank change{transpose(matrices.a, 0, 1), scaled(in_order(path, transpose(matrices.b, 0, 1), rows))};
    if (!is_dora_) return std::make_unique<nn::LoraLinear>(std::move(base), change, dropped_);
    const Lengths lengths = lengths_of(
        path, [&](std::int64_t first, std::int64_t count) { return base->rows(first, count); }, rows);
    const Array mixed = transpose((*base)(contiguous(change.down)), 0, 1);
    Array scale = factor(lengths, change.up, mixed, matrices.a);
    auto sum = std::make_unique<nn::LoraLinear>(std::move(base), change, dropped_);
    std::optional<Array> offset;
    if (bias == nn::Bias::present)
      offset = slice(base_.vector(path + ".bias", rows.total), 0, rows.first, rows.first + rows.count);
    return std::make_unique<nn::DoraLinear>(std::move(sum), std::move(scale), std::move(offset));
  }

  /// m of a whole module, which several weights may be rows of; filled as they come unless the adapter has it.
  Array magnitude_of(const std::string& path, std::int64_t total) {
    const auto found = magnitudes_.find(path);
    if (found != magnitudes_.end()) return found->second;
    const AdapterModule* start = start_of(path);
    if (start && (!start->magnitude || start->magnitude->shape != Shape{total})) {
      fail(Errc::corrupt, "{}: {} has no {} lengths of rows", start_->folder.string(), quote(path), total);
    }
    const std::vector<float> none(static_cast<std::size_t>(total));
    return magnitudes_.emplace(path, add(path + ".m", {total}, start ? start->magnitude->values : none)).first->second;
  }

  /// `rows_of`: rows [first, first + count) of W as float32; in pieces, because a weight in float32 is large.
  template <class RowsOf>
  Lengths lengths_of(const std::string& path, const RowsOf& rows_of, nn::Rows rows) {
    constexpr std::int64_t piece = 256;
    const Array magnitude = magnitude_of(path, rows.total);
    const Array lengths = allocate_array(backend_, {rows.count}, DType::float32, MemoryTag::training, owner_);
    for (std::int64_t first = 0; first < rows.count; first += piece) {
      const std::int64_t count = std::min(piece, rows.count - first);
      evaluate(assign(part(lengths, first, count), squares(rows_of(first, count))), backend_);
    }
    if (!start_of(path)) {
      std::vector<float> values = magnitude.to_vector<float>();
      const std::vector<float> found = lengths.to_vector<float>();
      const auto places = order(path, rows);
      for (std::size_t i = 0; i < found.size(); ++i) {
        values[places ? static_cast<std::size_t>((*places)[i]) : static_cast<std::size_t>(rows.first) + i] =
            std::sqrt(found[i]);
      }
      write(magnitude, values);
    }
    return {in_order(path, magnitude, rows), lengths};
  }

  static Array part(const Array& array, std::int64_t first, std::int64_t count) {
    View view = array.view();
    view.offset += static_cast<std::size_t>(first) * sizeof(float);
    view.shape = {count};
    return Array(std::move(view));
  }

  /// m / ‖W'‖ without W' = W + left · rightᵀ: ‖W'‖² = ‖W‖² + 2 · left · (W · right) + left · (rightᵀ right) · left, row
  /// by row. No gradient flows through the lengths: they are read from memory that each run writes first.
  ///
  /// left (n, r); mixed (n, r): W · right; right (k, r)
  Array factor(const Lengths& lengths, const Array& left, const Array& mixed, const Array& right) {
    const Array gram = matmul(contiguous(transpose(right, 0, 1)), right);
    const Array change = products(left, etna::add(multiply(mixed, Array::scalar(2)), matmul(left, gram)));
    const Array now = allocate_array(backend_, lengths.squares.shape(), DType::float32, MemoryTag::training, owner_);
    const Array norm = unary(UnaryKind::square_root,
                             binary(BinaryKind::maximum, etna::add(lengths.squares, change), Array::scalar(least)));
    return divide(lengths.wanted, after(now, {assign(now, norm)}));
  }

  static constexpr float least = 1e-30f;  // of a square of a length: rows of zeros must not divide

  nn::Parameters& base_;
  Selection selection_;
  LoraOptions lora_;
  bool is_dora_;
  std::uint64_t seed_;
  const ModelConfig& config_;
  Backend& backend_;
  OwnerId owner_;
  const Adapter* start_;
  nn::Dropped dropped_;
  ParameterMemory memory_;
  std::vector<Trainable> trained_;
  std::map<std::string, Matrices> matrices_;
  std::map<std::string, Array> magnitudes_;
};

}  // namespace

std::unique_ptr<TrainedParameters> low_rank_parameters(nn::Parameters& base, Selection selection,
                                                       const TrainingOptions& options, const ModelConfig& config,
                                                       Backend& backend, OwnerId owner, const Adapter* start,
                                                       nn::Dropped dropped) {
  return std::make_unique<LowRankParameters>(base, std::move(selection), options, config, backend, owner, start,
                                             std::move(dropped));
}

}  // namespace etna::training

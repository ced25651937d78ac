#include <algorithm>

#include "engine/base/error.h"
#include "engine/models/stored_weight.h"
#include "engine/ops/view.h"
#include "engine/training/methods.h"

namespace etna::training {

namespace {

/// Every second row or column, or one half, of a tensor that holds the matrices of gate and up.
enum class Half { whole, gate, up };

class WholeParameters final : public TrainedParameters {
public:
  WholeParameters(nn::Parameters& base, Selection selection, Scope scope, const ModelConfig& config,
                  const TensorSource& source, Backend& backend, OwnerId owner)
      : base_(base),
        selection_(std::move(selection)),
        scope_(scope),
        source_(source),
        finder_(config, source),
        memory_(backend, owner) {}

  bool has(const std::string& path) const override { return base_.has(path); }

  std::unique_ptr<nn::Linear> linear(const std::string& path, std::int64_t in, std::int64_t out,
                                     nn::Bias bias) override {
    if (!is_trained(path)) return base_.linear(path, in, out, bias);
    return std::make_unique<nn::FloatLinear>(weight(path, in, out), bias_of(path + ".bias", out, bias));
  }

  std::unique_ptr<nn::Linear> linear_rows(const std::string& path, std::int64_t in, nn::Rows rows,
                                          nn::Bias bias) override {
    if (!is_trained(path)) return base_.linear_rows(path, in, rows, bias);
    const auto part = [&](const Array& whole) { return slice(whole, 0, rows.first, rows.first + rows.count); };
    std::optional<Array> offset = bias_of(path + ".bias", rows.total, bias);
    if (offset) offset = part(*offset);
    return std::make_unique<nn::FloatLinear>(part(weight(path, in, rows.total)), std::move(offset));
  }

  std::shared_ptr<nn::Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) override {
    if (!is_trained(path)) return base_.embedding(path, rows, size);
    return std::make_shared<nn::FloatEmbedding>(leaf(path + ".weight", {rows, size}));
  }

  Array tensor(const std::string& name, const Shape& shape) override {
    const StoredTensor* stored = is_wanted(name) ? source_.find(name) : nullptr;
    return stored && is_float(*stored) ? leaf(name, shape) : base_.tensor(name, shape);
  }

  /// The forms that find_experts knows, but for packed ones.
  std::unique_ptr<nn::Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out,
                                       nn::Bias bias) override {
    if (!is_wanted(path)) return base_.experts(path, count, in, out, bias);
    const std::size_t last = path.rfind('.'), before = path.rfind('.', last - 1);
    const std::string mixture = path.substr(0, before), projection = path.substr(last + 1), all = mixture + ".experts";
    for (const std::string& name : {path, mixture + ".switch_mlp." + projection, all + "." + projection}) {
      if (!is_plain(name)) continue;
      std::optional<Array> offset;
      if (bias == nn::Bias::present) offset = leaf(name + ".bias", {count, out});
      return std::make_unique<nn::FloatExperts>(leaf(name + ".weight", {count, out, in}), std::move(offset));
    }
    for (const std::string& name : {projection, mixtral_name(projection)}) {
      if (is_plain(all + ".0." + name)) return one_by_one(all, name, count, in, out, bias);
    }
    const bool fused = projection != "down_proj";
    const std::string name = all + "." + (fused ? "gate_up_proj" : projection);
    const Half half = !fused ? Half::whole : projection == "up_proj" ? Half::up : Half::gate;
    if (source_.find(name) && is_float(*source_.find(name))) return joined(name, half, count, in, out, bias);
    return base_.experts(path, count, in, out, bias);
  }

  const std::vector<Trainable>& trained() const override { return trained_; }

  const ParameterMemory& memory() const override { return memory_; }

  void check_complete() const override {
    if (trained_.empty())
      fail(Errc::invalid_argument,
           "nothing is trained: the chosen layers have packed weights only, which LoRA and DoRA can train");
  }

private:
  bool is_wanted(const std::string& path) const { return scope_ == Scope::everything || selection_.in_layers(path); }

  static bool is_float(const StoredTensor& tensor) { return tensor.dtype && is_floating(*tensor.dtype); }

  /// Whether a module has a weight that is not packed.
  bool is_plain(const std::string& path) const {
    const StoredTensor* weight = source_.find(path + ".weight");
    return weight && is_float(*weight) && !block_format(weight->stored_dtype);
  }

  bool is_trained(const std::string& path) const { return is_wanted(path) && is_plain(path); }

  static std::string mixtral_name(const std::string& projection) {
    return projection == "gate_proj" ? "w1" : projection == "down_proj" ? "w2" : "w3";
  }

  /// The tensor as float32, as the file has it.
  Array leaf(const std::string& name, const Shape& shape) {
    const auto found = leaves_.find(name);
    if (found != leaves_.end()) return found->second;
    const StoredTensor& stored = finder_.tensor(name);
    check_shape(stored, shape, "config.json");
    check_floating(stored);
    Array array = memory_.take(shape);
    if (!stored.outline) {
      const std::vector<float> values = Array::from_bytes(stored.bytes, shape, *stored.dtype).to_floats();
      array.view().buffer->write(array.view().offset, std::as_bytes(std::span(values)));
    }
    trained_.push_back({name, array, *stored.dtype});
    return leaves_.emplace(name, array).first->second;
  }

  Array weight(const std::string& path, std::int64_t in, std::int64_t out) {
    if (finder_.is_transposed(path)) return transpose(leaf(path + ".weight", {in, out}), 0, 1);
    return leaf(path + ".weight", {out, in});
  }

  std::optional<Array> bias_of(const std::string& name, std::int64_t size, nn::Bias bias) {
    return bias == nn::Bias::present ? std::optional(leaf(name, {size})) : std::nullopt;
  }

  std::unique_ptr<nn::Experts> one_by_one(const std::string& all, const std::string& name, std::int64_t count,
                                          std::int64_t in, std::int64_t out, nn::Bias bias) {
    std::vector<Array> weights, biases;
    for (std::int64_t expert = 0; expert < count; ++expert) {
      const std::string module = all + "." + std::to_string(expert) + "." + name;
      weights.push_back(reshape(leaf(module + ".weight", {out, in}), {1, out, in}));
      if (bias == nn::Bias::present) biases.push_back(reshape(leaf(module + ".bias", {out}), {1, out}));
    }
    std::optional<Array> offset;
    if (!biases.empty()) offset = concatenate(biases, 0);
    return std::make_unique<nn::FloatExperts>(concatenate(weights, 0), std::move(offset));
  }

  /// One tensor for all experts: (count, rows, in), gate's rows before up's; with a bias (gpt-oss) (count, in, rows),
  /// where gate's and up's alternate.
  std::unique_ptr<nn::Experts> joined(const std::string& name, Half half, std::int64_t count, std::int64_t in,
                                      std::int64_t out, nn::Bias bias) {
    const bool whole = half == Half::whole;
    const std::int64_t rows = whole ? out : 2 * out, place = half == Half::up ? 1 : 0;
    const std::string bias_name = name + "_bias";
    if (!source_.find(bias_name)) {
      const Array both = leaf(name, {count, rows, in});
      return std::make_unique<nn::FloatExperts>(whole ? both : slice(both, 1, place * out, (place + 1) * out),
                                                std::nullopt);
    }
    const auto every_second = [&](const Array& x) {  // of the last axis
      if (whole) return x;
      Shape pairs = x.shape(), single = x.shape();
      pairs.back() = single.back() = out;
      pairs.push_back(2);
      return reshape(slice(reshape(x, pairs), -1, place, place + 1), single);
    };
    std::optional<Array> offset;
    if (bias == nn::Bias::present) offset = every_second(leaf(bias_name, {count, rows}));
    return std::make_unique<nn::FloatExperts>(contiguous(transpose(every_second(leaf(name, {count, in, rows})), 1, 2)),
                                              std::move(offset));
  }

  nn::Parameters& base_;
  Selection selection_;
  Scope scope_;
  const TensorSource& source_;
  WeightFinder finder_;
  ParameterMemory memory_;
  std::vector<Trainable> trained_;
  std::map<std::string, Array> leaves_;
};

}  // namespace

std::unique_ptr<TrainedParameters> whole_parameters(nn::Parameters& base, Selection selection, Scope scope,
                                                    const ModelConfig& config, const TensorSource& source,
                                                    Backend& backend, OwnerId owner) {
  return std::make_unique<WholeParameters>(base, std::move(selection), scope, config, source, backend, owner);
}

}  // namespace etna::training

#include "engine/models/stored_experts.h"

#include <array>
#include <cstring>

#include "engine/base/error.h"

namespace etna {

namespace {

constexpr const char* from_config = "config.json";

/// Which rows of a matrix that holds two: `first`, `first + step`, …
struct Rows {
  std::int64_t first;
  std::int64_t step;
};

/// Of a tensor (count, all rows, …) the chosen `rows` of every expert.
StoredTensor pick_rows(const StoredTensor& tensor, DType dtype, const Shape& shape, std::int64_t all,
                       const Rows& rows) {
  return made_from(tensor, dtype, shape, [&] {
    const auto size = tensor.bytes.size() / static_cast<std::size_t>(shape[0] * all);
    std::vector<std::byte> bytes;
    bytes.reserve(size * static_cast<std::size_t>(shape[0] * shape[1]));
    for (std::int64_t expert = 0; expert < shape[0]; ++expert) {
      for (std::int64_t row = 0; row < shape[1]; ++row) {
        const auto place = static_cast<std::size_t>(expert * all + rows.first + row * rows.step) * size;
        const auto part = tensor.bytes.subspan(place, size);
        bytes.insert(bytes.end(), part.begin(), part.end());
      }
    }
    return bytes;
  });
}

/// (count, in, all) → (count, out, in), column first + step · o becoming row o.
StoredTensor turn(const StoredTensor& tensor, const Shape& shape, std::int64_t all, const Rows& columns) {
  const std::int64_t count = shape[0], out = shape[1], in = shape[2];
  const std::size_t size = size_of(*tensor.dtype);
  return made_from(tensor, *tensor.dtype, shape, [&] {
    std::vector<std::byte> bytes(static_cast<std::size_t>(count * out * in) * size);
    for (std::int64_t expert = 0; expert < count; ++expert) {
      for (std::int64_t i = 0; i < in; ++i) {
        const std::byte* from = tensor.bytes.data() + static_cast<std::size_t>((expert * in + i) * all) * size;
        std::byte* to = bytes.data() + static_cast<std::size_t>(expert * out * in + i) * size;
        for (std::int64_t o = 0; o < out; ++o) {
          std::memcpy(to + static_cast<std::size_t>(o * in) * size,
                      from + static_cast<std::size_t>(columns.first + o * columns.step) * size, size);
        }
      }
    }
    return bytes;
  });
}

class ExpertFinder {
public:
  ExpertFinder(const WeightFinder& finder, const std::string& path, std::int64_t count, std::int64_t in,
               std::int64_t out, bool with_bias)
      : finder_(finder), path_(path), count_(count), in_(in), out_(out), with_bias_(with_bias) {
    if (count < 1) fail(Errc::invalid_argument, "experts: {} of them in {}", count, path);
    const std::size_t last = path.rfind('.'),
                      before = last == 0 || last == path.npos ? path.npos : path.rfind('.', last - 1);
    if (before == path.npos) fail(Errc::invalid_argument, "experts: {} is no module below a mixture", path);
    mixture_ = path.substr(0, before);
    projection_ = path.substr(last + 1);
    experts_ = mixture_ + ".experts";
  }

  StoredExperts find() const {
    for (const std::string& name : {path_, mixture_ + ".switch_mlp." + projection_, experts_ + "." + projection_}) {
      if (finder_.has(name)) return stacked(name);
    }
    for (const std::string& name : {projection_, mixtral_name()}) {
      if (!name.empty() && finder_.has(experts_ + ".0." + name)) return one_by_one(name);
    }
    const bool fused = projection_ == "gate_proj" || projection_ == "up_proj";
    const std::string name = experts_ + "." + (fused ? "gate_up_proj" : projection_);
    if (finder_.source().find(name + "_blocks")) return mxfp4(name, fused);
    if (finder_.source().find(name)) return plain(name, fused);
    fail(Errc::not_found, "{}: tensor {}.weight is missing, also in other forms; is the download complete?",
         finder_.source().description(), path_);
  }

private:
  std::string mixtral_name() const {
    if (projection_ == "gate_proj") return "w1";
    if (projection_ == "down_proj") return "w2";
    return projection_ == "up_proj" ? "w3" : "";
  }

  StoredExperts stacked(const std::string& name) const {
    const StoredWeight weight = finder_.find(name, {count_, out_, in_});
    StoredExperts result{weight.format, {}, {}};
    for (const StoredTensor& part : weight.parts) result.parts.push_back({part});
    if (with_bias_) result.bias = {bias(name + ".bias", {count_, out_})};
    return result;
  }

  StoredExperts one_by_one(const std::string& name) const {
    StoredExperts result;
    for (std::int64_t expert = 0; expert < count_; ++expert) {
      const std::string module = experts_ + "." + std::to_string(expert) + "." + name;
      const StoredWeight weight = finder_.find(module, {out_, in_});
      if (expert == 0) {
        result.format = weight.format;
        result.parts.resize(weight.parts.size());
      }
      for (std::size_t i = 0; i < weight.parts.size(); ++i) {
        const StoredTensor& part = weight.parts[i];
        const bool alike = weight.format == result.format && (expert == 0 || part.dtype == result.parts[i][0].dtype);
        if (!alike) {
          fail(Errc::unsupported, "{}: tensor {} is stored as {}, unlike that of the first expert", part.file,
               part.name, part.stored_dtype);
        }
        result.parts[i].push_back(part);
      }
      if (with_bias_) result.bias.push_back(bias(module + ".bias", {out_}));
    }
    if (count_ == 1) {  // nothing is stacked that would give the first axis
      for (auto& part : result.parts) part[0].shape.insert(part[0].shape.begin(), 1);
      if (with_bias_) result.bias[0].shape.insert(result.bias[0].shape.begin(), 1);
    }
    return result;
  }

  StoredExperts mxfp4(const std::string& name, bool fused) const {
    const std::int64_t all = fused ? 2 * out_ : out_, groups = in_ / 32;
    const StoredTensor &blocks = finder_.tensor(name + "_blocks"), &scales = finder_.tensor(name + "_scales");
    check_shape(blocks, {count_, all, groups, 16}, from_config);
    check_shape(scales, {count_, all, groups}, from_config);
    for (const StoredTensor* tensor : {&blocks, &scales}) {
      if (tensor->dtype != DType::uint8) {
        fail(Errc::corrupt, "{}: tensor {} is stored as {}, not U8", tensor->file, tensor->name, tensor->stored_dtype);
      }
    }
    if (in_ % 32 != 0)
      fail(Errc::corrupt, "{}: tensor {}: rows of {}, no multiple of 32", blocks.file, blocks.name, in_);
    const Shape words{count_, out_, in_ / 8}, of_groups{count_, out_, groups};
    StoredExperts result{PackedFormat::of(PackedKind::mxfp4), {}, {}};
    if (fused) {
      result.parts = {{pick_rows(blocks, DType::uint32, words, all, rows())},
                      {pick_rows(scales, DType::uint8, of_groups, all, rows())}};
    } else {
      result.parts = {{viewed_as(blocks, DType::uint32, words)}, {scales}};
    }
    if (with_bias_) result.bias = {fused_bias(name, fused)};
    return result;
  }

  StoredExperts plain(const std::string& name, bool fused) const {
    const StoredTensor& tensor = finder_.tensor(name);
    check_floating(tensor);
    const std::int64_t all = fused ? 2 * out_ : out_;
    const Shape shape{count_, out_, in_};
    StoredExperts result;
    if (finder_.source().find(name + "_bias")) {  // gpt-oss: inputs first, gate and up alternate
      check_shape(tensor, {count_, in_, all}, from_config);
      result.parts = {{turn(tensor, shape, all, fused ? rows() : Rows{0, 1})}};
    } else {
      check_shape(tensor, {count_, all, in_}, from_config);
      const Rows half{projection_ == "up_proj" ? out_ : 0, 1};
      result.parts = {{fused ? pick_rows(tensor, *tensor.dtype, shape, all, half) : tensor}};
    }
    if (with_bias_) result.bias = {fused_bias(name, fused)};
    return result;
  }

  /// Alternating rows: gate's come first.
  Rows rows() const { return {projection_ == "up_proj" ? 1 : 0, 2}; }

  StoredTensor bias(const std::string& name, const Shape& shape) const {
    const StoredTensor& tensor = finder_.tensor(name);
    check_shape(tensor, shape, from_config);
    check_floating(tensor);
    return tensor;
  }

  StoredTensor fused_bias(const std::string& name, bool fused) const {
    if (!fused) return bias(name + "_bias", {count_, out_});
    const StoredTensor both = bias(name + "_bias", {count_, 2 * out_});
    return pick_rows(both, *both.dtype, {count_, out_}, 2 * out_, rows());
  }

  const WeightFinder& finder_;
  std::string path_;
  std::int64_t count_, in_, out_;
  bool with_bias_;
  std::string mixture_, projection_, experts_;
};

}  // namespace

StoredExperts find_experts(const WeightFinder& finder, const std::string& path, std::int64_t count, std::int64_t in,
                           std::int64_t out, bool with_bias) {
  return ExpertFinder(finder, path, count, in, out, with_bias).find();
}

}  // namespace etna

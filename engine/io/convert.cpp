#include "engine/io/convert.h"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/base/thread_pool.h"
#include "engine/io/elements.h"
#include "engine/io/merge_adapter.h"
#include "engine/io/model_folder.h"
#include "engine/io/packed_modules.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

enum class Action { copy, cast, quantize, dequantize, merge };

/// What becomes of one tensor of the source.
struct Job {
  const StoredTensor* tensor = nullptr;
  std::string name;  ///< in the result
  Action action = Action::copy;
  DType dtype = DType::float32;  ///< of the result's floats
  std::optional<PackedView> packed;  ///< the source's, of packed weights that do not stay as they are
  Shape shape;                       ///< logical
  std::optional<WeightChange> change;               ///< of an adapter; see Action::merge
  std::optional<QuantizationConfig> packing;        ///< of the result; none: plain

  std::vector<TensorHeader> headers() const;
};

std::string module_of(const std::string& weight) {
  return weight.substr(0, weight.size() - std::string_view(".weight").size());
}

std::vector<TensorHeader> Job::headers() const {
  if (!packing) return {{name, dtype, shape}};
  const std::string module = module_of(name);
  const bool affine = packing->mode == "affine";
  const Shape scales = scales_shape(shape, *packing);
  std::vector<TensorHeader> result = {{name, DType::uint32, packed_shape(shape, *packing)},
                                      {module + ".scales", affine ? dtype : DType::uint8, scales}};
  if (affine) result.push_back({module + ".biases", dtype, scales});
  return result;
}

std::optional<DType> parse_dtype(const std::string& name) {
  if (name == "float32") return DType::float32;
  if (name == "float16") return DType::float16;
  if (name == "bfloat16") return DType::bfloat16;
  return std::nullopt;
}

/// A folder beside the destination that takes its place at the end, or vanishes.
class TemporaryFolder {
public:
  explicit TemporaryFolder(const fs::path& destination) : destination_(destination) {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(destination, ignored))) {
      fail(Errc::invalid_argument, "{}: exists already; choose another folder for the result", destination.string());
    }
    std::string pattern = destination.string() + ".XXXXXX";
    if (!::mkdtemp(pattern.data())) {
      const std::error_code error(errno, std::generic_category());
      fail(Errc::io, "{}: cannot be made: {}", destination.string(), error.message());
    }
    path_ = pattern;
    fs::permissions(path_, fs::perms(0755), ignored);
  }

  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }

  void commit() {
    std::error_code error;
    fs::rename(path_, destination_, error);
    if (error) fail(Errc::io, "{}: cannot be written: {}", destination_.string(), error.message());
    path_.clear();
  }

private:
  fs::path destination_;
  fs::path path_;
};

class Converter {
public:
  Converter(const ConvertRequest& request, const Progress& progress)
      : request_(request),
        progress_(progress),
        config_(ModelConfig::read(request.source, request.supported_types)),
        source_(ModelFolder::open(request.source)) {
    if (config_.foreign_quantization) {
      fail(Errc::unsupported, "{}: weights that are quantized as {} cannot be converted", request.source.string(),
           config_.foreign_quantization->method);
    }
    if (request.adapter) changes_.emplace(*request.adapter);
    // Whoever merges goes through floats anyway.
    if (request.quantization && config_.quantization && request.packed == PackedWeights::kept && !request.adapter) {
      fail(Errc::invalid_argument, "{}: the model is quantized already; dequantize it first", request.source.string());
    }
    if (request.quantization && request.packed == PackedWeights::dequantized) {
      fail(Errc::invalid_argument, "convert: quantize and dequantize exclude each other");
    }
    if (request.quantization) {
      if (const std::string problem = request.quantization->problem(); !problem.empty()) {
        fail(Errc::invalid_argument, "convert: {}", problem);
      }
    }
    dtype_ = parse_dtype(request.dtype.empty() ? config_.dtype : request.dtype);
    if (!request.dtype.empty() && !dtype_) {
      fail(Errc::invalid_argument, "convert: dtype {} is not one of float32, float16, bfloat16", quote(request.dtype));
    }
  }

  ConvertReport run() {
    plan();
    if (changes_) changes_->check_all_used();
    TemporaryFolder folder(request_.destination);
    write_shards(folder.path());
    write_config(folder.path());
    copy_companions(folder.path());
    folder.commit();
    return report_;
  }

private:
  static constexpr std::string_view head = "lm_head.";

  bool dropped(const std::string& name) const {
    if (name.ends_with(".rotary_emb.inv_freq")) return true;  // computed from the configuration
    return is_tied_head(name) && source_->find(output_name(name));
  }

  bool is_tied_head(const std::string& name) const {
    return config_.tie_word_embeddings.value_or(false) && name.starts_with(head);
  }

  /// A tied table that is stored as the output layer alone gets the name under which MLX looks for it.
  std::string output_name(const std::string& name) const {
    return is_tied_head(name) ? "model.embed_tokens." + name.substr(head.size()) : name;
  }

  /// The quantized weight that a tensor belongs to as "weight", "scales" or "biases"; none for others.
  std::optional<PackedView> packing_of(const std::string& weight_name) const {
    if (!weight_name.ends_with(".weight")) return std::nullopt;
    const std::string module = module_of(weight_name);
    StoredPacking stored{source_->find(weight_name), source_->find(module + ".scales"),
                         source_->find(module + ".biases")};
    const auto packing = config_.quantization_of(module);
    if (!packing || !stored.scales || !stored.weight) return std::nullopt;
    return packed_view(stored, *packing);
  }

  bool is_part_of_packing(const std::string& name) const {
    for (const std::string_view suffix : {".scales", ".biases"}) {
      if (name.ends_with(suffix) && packing_of(name.substr(0, name.size() - suffix.size()) + ".weight")) return true;
    }
    return false;
  }

  /// Whether packed weights get another form: plain, or packed otherwise.
  bool unpacks() const { return request_.packed == PackedWeights::dequantized || (request_.adapter && request_.quantization); }

  /// How floats of a weight are packed in the result; none: they are not.
  std::optional<QuantizationConfig> packing_for(const std::string& name, const Shape& shape, DType dtype) const {
    if (!request_.quantization || !name.ends_with(".weight") || (shape.size() != 2 && !(request_.adapter && shape.size() == 3))) return std::nullopt;
    return quantizing_problem(shape, dtype, *request_.quantization).empty() ? request_.quantization : std::nullopt;
  }

  /// A weight that an adapter changes, or that a packed one becomes when all of the result is packed otherwise.
  std::optional<Job> merging_job(const StoredTensor& tensor) {
    if (!changes_) return std::nullopt;
    const auto packed = packing_of(tensor.name);
    const Shape& shape = packed ? packed->shape : tensor.shape;
    auto change = changes_->find(output_name(tensor.name), shape);
    if (!change && !(packed && request_.quantization)) return std::nullopt;
    if (config_.model_type == "gpt2") {
      fail(Errc::unsupported, "{}: GPT-2 stores its weights turned round; merging into it is not supported", request_.source.string());
    }
    Job job{.tensor = &tensor, .name = output_name(tensor.name), .action = Action::merge, .dtype = *tensor.dtype, .packed = packed, .shape = shape, .change = std::move(change), .packing = {}};
    if (packed) job.dtype = is_floating(packed->scales_dtype) ? packed->scales_dtype : dtype_.value_or(DType::bfloat16);
    else if (!is_floating(job.dtype)) fail(Errc::unsupported, "{}: tensor {} is stored as {}, which no change can be merged into", tensor.file, quote(tensor.name), tensor.stored_dtype);
    if (request_.quantization) job.packing = packing_for(job.name, shape, job.dtype);
    else if (packed && request_.packed == PackedWeights::kept) job.packing = packed->config;
    return job;
  }

  /// The tensor of the model, or the whole weight of an adapter that takes its place.
  const StoredTensor& content(const StoredTensor& tensor) {
    const StoredTensor* replacement = changes_ ? changes_->replacement(tensor.name) : nullptr;
    if (!replacement) return tensor;
    if (replacement->shape != tensor.shape || !tensor.dtype || !is_floating(*tensor.dtype) || !replacement->dtype || !is_floating(*replacement->dtype)) {
      fail(Errc::corrupt, "{}: tensor {} is {} {}, that of the model {} {}: the adapter was made for another model", replacement->file, quote(replacement->name),
           replacement->stored_dtype, to_string(replacement->shape), tensor.stored_dtype, to_string(tensor.shape));
    }
    return *replacement;
  }

  Job job_for(const StoredTensor& own) {
    if (!own.dtype) {
      fail(Errc::unsupported, "{}: tensor {}: dtype {} cannot be converted", own.file, quote(own.name), own.stored_dtype);
    }
    if (auto job = merging_job(own)) return *std::move(job);
    const StoredTensor& tensor = content(own);
    Job job{.tensor = &tensor, .name = output_name(own.name), .action = Action::copy, .dtype = *tensor.dtype, .packed = {}, .shape = tensor.shape, .change = {}, .packing = {}};
    if (request_.packed == PackedWeights::dequantized) {
      if (const auto packed = packing_of(own.name)) {
        job.action = Action::dequantize;
        job.packed = *packed;
        job.shape = packed->shape;
        job.dtype = dtype_.value_or(is_floating(packed->scales_dtype) ? packed->scales_dtype : DType::bfloat16);
        return job;
      }
    }
    if (!is_floating(job.dtype)) return job;
    const DType wanted = request_.adapter ? *own.dtype : dtype_.value_or(job.dtype);  // merging keeps types
    if (wanted != job.dtype) {
      job.action = Action::cast;
      job.dtype = wanted;
    }
    job.packing = packing_for(job.name, job.shape, job.dtype);
    if (job.packing) job.action = Action::quantize;
    return job;
  }

  /// Whether scales or biases come out with their weight, because it is packed anew.
  bool is_written_with_weight(const std::string& name) {
    const std::string weight = name.substr(0, name.rfind('.')) + ".weight";
    const auto packed = changes_ ? packing_of(weight) : std::nullopt;
    return packed && changes_->find(output_name(weight), packed->shape).has_value();
  }

  void plan() {
    for (const auto& file : source_->files()) {
      for (const StoredTensor& tensor : file->tensors()) {
        if (dropped(tensor.name)) continue;
        if (is_part_of_packing(tensor.name) && (unpacks() || is_written_with_weight(tensor.name))) continue;
        jobs_.push_back(job_for(tensor));
        if (!is_part_of_packing(tensor.name)) {
          const auto packed = packing_of(tensor.name);
          report_.parameters += static_cast<std::uint64_t>(element_count(packed ? packed->shape : tensor.shape));
        }
        total_ += tensor.bytes.size();
      }
    }
  }

  /// Cuts the jobs into shards of at most 5 GiB, as mlx-lm does.
  std::vector<std::span<const Job>> shards() const {
    constexpr std::uint64_t limit = std::uint64_t{5} << 30;
    std::vector<std::span<const Job>> result;
    std::size_t begin = 0;
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      std::uint64_t bytes = 0;
      for (const TensorHeader& header : jobs_[i].headers()) bytes += header.bytes();
      if (i > begin && size + bytes > limit) {
        result.push_back(std::span(jobs_).subspan(begin, i - begin));
        begin = i;
        size = 0;
      }
      size += bytes;
    }
    result.push_back(std::span(jobs_).subspan(begin));
    return result;
  }

  void write_shards(const fs::path& folder) {
    const auto parts = shards();
    json weight_map = json::object();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::string name = parts.size() == 1 ? "model.safetensors"
                                                 : fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, parts.size());
      std::vector<TensorHeader> headers;
      for (const Job& job : parts[i]) {
        for (TensorHeader& header : job.headers()) headers.push_back(std::move(header));
      }
      SafetensorsWriter writer(folder / name, headers, {{"format", "mlx"}});
      for (const Job& job : parts[i]) write(job, writer);
      for (const auto& file : source_->files()) file->check();
      writer.commit();
      for (const TensorHeader& header : headers) {
        weight_map[header.name] = name;
        report_.bytes += header.bytes();
      }
    }
    const json index = {{"metadata", {{"total_size", report_.bytes}, {"total_parameters", report_.parameters}}},
                        {"weight_map", weight_map}};
    write_json(folder / "model.safetensors.index.json", index);
  }

  void write(const Job& job, SafetensorsWriter& writer) {
    progress_.check("converting");
    const std::span<const std::byte> bytes = job.tensor->bytes;
    switch (job.action) {
      case Action::copy: write_pieces(job, [&](auto piece) { writer.append(piece); }); return;
      case Action::cast: write_pieces(job, [&](auto piece) { writer.append(cast(piece, job)); }); return;
      case Action::dequantize: writer.append(dequantize(*job.packed, job.dtype, pool_)); break;
      case Action::merge: write_merged(job, writer); return;
      case Action::quantize: {
        const bool same = *job.tensor->dtype == job.dtype;
        const PackedTensor packed = quantize(same ? bytes : std::span<const std::byte>(cast(bytes, job)), job.dtype,
                                             job.shape, *job.packing, pool_);
        writer.append(packed.weight);
        writer.append(packed.scales);
        writer.append(packed.biases);
      }
    }
    advance(bytes.size());
  }

  /// Piece by piece: floats, changed, rounded to the weight's type, packed. Scales and biases follow the whole weight.
  void write_merged(const Job& job, SafetensorsWriter& writer) {
    constexpr std::int64_t piece_elements = std::int64_t{1} << 22;
    const std::int64_t columns = job.shape.back(), rows = element_count(job.shape) / std::max<std::int64_t>(columns, 1);
    const std::int64_t step = std::max<std::int64_t>(piece_elements / std::max<std::int64_t>(columns, 1), 1);
    std::vector<std::byte> scales, biases, rounded;
    std::vector<float> values;
    for (std::int64_t first = 0; first < rows; first += step) {
      progress_.check("merging");
      const std::int64_t count = std::min(step, rows - first);
      values.resize(static_cast<std::size_t>(count * columns));
      pool_.parallel_for(count, 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) load_row(job, first + i, std::span(values).subspan(static_cast<std::size_t>(i * columns), static_cast<std::size_t>(columns)));
      });
      if (job.change) job.change->apply(first, values, pool_);
      rounded.resize(values.size() * size_of(job.dtype));
      for (std::size_t i = 0; i < values.size(); ++i) store_float(rounded.data(), job.dtype, i, values[i]);
      if (job.packing) {
        const PackedTensor packed = quantize(rounded, job.dtype, {count, columns}, *job.packing, pool_);
        writer.append(packed.weight);
        scales.insert(scales.end(), packed.scales.begin(), packed.scales.end());
        biases.insert(biases.end(), packed.biases.begin(), packed.biases.end());
      } else {
        writer.append(rounded);
      }
      progress_(done_ + job.tensor->bytes.size() * static_cast<std::uint64_t>(first + count) / static_cast<std::uint64_t>(rows), total_);
    }
    writer.append(scales);
    writer.append(biases);
    advance(job.tensor->bytes.size());
  }

  static void load_row(const Job& job, std::int64_t row, std::span<float> values) {
    if (job.packed) return dequantize_row(*job.packed, row, values);
    const std::size_t begin = static_cast<std::size_t>(row) * values.size();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = load_float(job.tensor->bytes.data(), *job.tensor->dtype, begin + i);
  }

  template <class Append>
  void write_pieces(const Job& job, const Append& append) {
    constexpr std::size_t piece = std::size_t{32} << 20;  // a multiple of every element's size
    const std::span<const std::byte> bytes = job.tensor->bytes;
    for (std::size_t offset = 0; offset < bytes.size(); offset += piece) {
      progress_.check("converting");
      const auto part = bytes.subspan(offset, std::min(piece, bytes.size() - offset));
      append(part);
      advance(part.size());
    }
  }

  const std::vector<std::byte>& cast(std::span<const std::byte> bytes, const Job& job) {
    const DType from = *job.tensor->dtype;
    const std::size_t count = bytes.size() / size_of(from);
    cast_.resize(count * size_of(job.dtype));
    pool_.parallel_for(static_cast<std::int64_t>(count), 1 << 16, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        store_float(cast_.data(), job.dtype, i, load_float(bytes.data(), from, i));
      }
    });
    return cast_;
  }

  void advance(std::uint64_t bytes) {
    done_ += bytes;
    progress_(done_, total_);
  }

  void write_config(const fs::path& folder) const {
    json config = read_json_file(request_.source / "config.json");
    config.erase("_name_or_path");
    config.erase("vision_config");
    if (!request_.dtype.empty()) config[config.contains("dtype") ? "dtype" : "torch_dtype"] = request_.dtype;
    if (request_.packed == PackedWeights::dequantized) {
      config.erase("quantization");
      config.erase("quantization_config");
    }
    if (const auto& packing = request_.quantization) {
      config["quantization"] = {{"group_size", packing->group_size}, {"bits", packing->bits}, {"mode", packing->mode}};
      config["quantization_config"] = config["quantization"];
    }
    write_json(folder / "config.json", config);
  }

  static void write_json(const fs::path& path, const json& value) {
    FileWriter writer(path);
    writer.append(value.dump(4));
    writer.commit();
  }

  void copy_companions(const fs::path& folder) const {
    static constexpr std::array names = {"tokenizer.json",
                                         "tokenizer_config.json",
                                         "tokenizer.model",
                                         "special_tokens_map.json",
                                         "added_tokens.json",
                                         "vocab.json",
                                         "merges.txt",
                                         "chat_template.jinja",
                                         "chat_template.json",
                                         "generation_config.json",
                                         "LICENSE",
                                         "LICENSE.txt",
                                         "NOTICE"};
    for (const char* name : names) {
      std::error_code error;
      if (!fs::exists(request_.source / name, error)) continue;
      fs::copy_file(request_.source / name, folder / name, error);
      if (error) fail(Errc::io, "{}: cannot be copied: {}", (request_.source / name).string(), error.message());
      fs::permissions(folder / name, fs::perms::owner_write, fs::perm_options::add, error);
    }
  }

  const ConvertRequest& request_;
  const Progress& progress_;
  ModelConfig config_;
  std::unique_ptr<ModelFolder> source_;
  std::optional<DType> dtype_;  // none: floats stay as they are
  std::optional<AdapterChanges> changes_;
  std::vector<Job> jobs_;
  std::vector<std::byte> cast_;
  ThreadPool pool_;
  ConvertReport report_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace

ConvertReport convert(const ConvertRequest& request, const Progress& progress) {
  return Converter(request, progress).run();
}

}  // namespace etna

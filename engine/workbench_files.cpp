#include <algorithm>
#include <array>
#include <cstring>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/error.h"
#include "engine/base/thread_pool.h"
#include "engine/io/elements.h"
#include "engine/io/gguf.h"
#include "engine/io/model_config.h"
#include "engine/io/packed_modules.h"
#include "engine/io/quote.h"
#include "engine/io/safetensors.h"
#include "engine/models/stored_weight.h"
#include "engine/ops/quantized.h"
#include "engine/workbench.h"

namespace etna {

namespace {

namespace fs = std::filesystem;

bool is_gguf(const std::string& file) {
  return fs::path(file).extension() == ".gguf";
}

/// What is written to safetensors is read from safetensors.
std::shared_ptr<const SafetensorsFile> open_file(const std::string& file, const char* operation) {
  std::error_code ignored;
  if (is_gguf(file) && fs::exists(file, ignored)) {
    fail(Errc::unsupported, "{}: {} reads safetensors files only, not GGUF", file, operation);
  }
  return SafetensorsFile::open(file);
}

MetadataValue described(const GgufValue& value);

MetadataValue::List shortened(const GgufArray& array) {
  constexpr std::uint64_t longest = 64, shown = 8;
  MetadataValue::List list{.length = array.size(), .first = {}, .last = {}};
  const bool whole = array.size() <= longest;
  std::uint64_t index = 0;
  for (const GgufValue& item : array) {
    if (whole || index < shown)
      list.first.push_back(described(item));
    else if (index >= array.size() - shown)
      list.last.push_back(described(item));
    ++index;
  }
  return list;
}

MetadataValue described(const GgufValue& value) {
  return std::visit(
      [](const auto& item) -> MetadataValue {
        using Item = std::decay_t<decltype(item)>;
        if constexpr (std::is_same_v<Item, GgufArray>)
          return {shortened(item)};
        else if constexpr (std::is_same_v<Item, std::string_view>)
          return {std::string(item)};
        else
          return {item};
      },
      value);
}

/// A request's packing, complete and possible.
QuantizationConfig resolve(const Packing& packing, const char* operation) {
  QuantizationConfig result{.mode = packing.mode, .bits = 0, .group_size = 0};
  if (result.problem().starts_with("mode")) fail(Errc::invalid_argument, "{}: {}", operation, result.problem());
  result = QuantizationConfig::of_mode(packing.mode);
  result.bits = packing.bits.value_or(result.bits);
  result.group_size = packing.group_size.value_or(result.group_size);
  if (const std::string problem = result.problem(); !problem.empty()) {
    fail(Errc::invalid_argument, "{}: {}", operation, problem);
  }
  return result;
}

std::int64_t last_axis(const Shape& shape) {
  return shape.empty() ? 1 : shape.back();
}

std::int64_t row_count(const Shape& shape) {
  return shape.size() < 2 ? 1 : element_count(Shape(shape.begin(), shape.end() - 1));
}

/// Rows that a request asks for, checked against the tensor and the limit.
std::vector<std::int64_t> chosen_rows(const std::optional<std::vector<std::int64_t>>& rows, const Shape& shape,
                                      std::uint64_t limit) {
  const std::int64_t count = row_count(shape);
  const auto wanted = rows ? rows->size() : static_cast<std::size_t>(count);
  const auto columns = static_cast<std::uint64_t>(std::max<std::int64_t>(last_axis(shape), 1));
  if (wanted > limit / columns) {
    fail(Errc::invalid_argument, "tensor: {} rows of {} numbers are more than the limit of {}", wanted, columns, limit);
  }
  std::vector<std::int64_t> result;
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::int64_t row = rows ? (*rows)[i] : static_cast<std::int64_t>(i);
    if (row < 0 || row >= count) fail(Errc::invalid_argument, "tensor: row {} is outside 0 to {}", row, count - 1);
    result.push_back(row);
  }
  return result;
}

template <class T>
std::string decimal(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return std::to_string(value);
}

struct IntegerFormat {
  std::string_view name;
  std::string (*text)(const std::byte*);
};

constexpr std::array integer_formats = {
    IntegerFormat{"U8", decimal<std::uint8_t>},      IntegerFormat{"I8", decimal<std::int8_t>},
    IntegerFormat{"BOOL", decimal<std::uint8_t>},    IntegerFormat{"F8_E8M0", decimal<std::uint8_t>},
    IntegerFormat{"F8_E4M3", decimal<std::uint8_t>}, IntegerFormat{"U16", decimal<std::uint16_t>},
    IntegerFormat{"I16", decimal<std::int16_t>},     IntegerFormat{"U32", decimal<std::uint32_t>},
    IntegerFormat{"I32", decimal<std::int32_t>},     IntegerFormat{"U64", decimal<std::uint64_t>},
    IntegerFormat{"I64", decimal<std::int64_t>},
};

/// One row of a plain tensor, as floats or as integers.
void append_row(const StoredTensor& tensor, std::int64_t row, TensorRows& result) {
  const auto columns = static_cast<std::size_t>(last_axis(tensor.shape));
  // Plain types have the same names in both formats; a type that is packed has 0 here and is refused below.
  const auto size = static_cast<std::size_t>(safetensors_bits(tensor.stored_dtype)) / 8;
  const std::byte* bytes = tensor.bytes.data() + static_cast<std::size_t>(row) * columns * size;
  if (tensor.dtype && is_floating(*tensor.dtype)) {
    auto& values = result.values.emplace_back(columns);
    for (std::size_t i = 0; i < columns; ++i) values[i] = load_float(bytes, *tensor.dtype, i);
  } else if (tensor.stored_dtype == "F64") {
    auto& values = result.values.emplace_back(columns);
    for (std::size_t i = 0; i < columns; ++i) {
      double value;
      std::memcpy(&value, bytes + i * size, size);
      values[i] = static_cast<float>(value);
    }
  } else {
    const auto format = std::ranges::find(integer_formats, tensor.stored_dtype, &IntegerFormat::name);
    if (format == integer_formats.end()) {
      fail(Errc::unsupported, "{}: tensor {}: dtype {} cannot be read as numbers", tensor.file, quote(tensor.name),
           tensor.stored_dtype);
    }
    auto& values = result.integers.emplace_back(columns);
    for (std::size_t i = 0; i < columns; ++i) values[i] = format->text(bytes + i * size);
  }
}

/// Rows of a tensor that is stored in blocks, as the processor's kernels read them.
std::vector<std::vector<float>> block_rows(const StoredTensor& tensor, const PackedFormat& format,
                                           const std::vector<std::int64_t>& rows) {
  const std::int64_t columns = last_axis(tensor.shape), bytes = format.row_elements(columns);
  const auto backend = cpu::create_backend(1);
  std::vector<std::vector<float>> result;
  for (const std::int64_t row : rows) {
    const auto stored = tensor.bytes.subspan(static_cast<std::size_t>(row * bytes), static_cast<std::size_t>(bytes));
    const Array values =
        dequantize({Array::from_bytes(stored, {1, bytes}, DType::uint8)}, format, DType::float32);
    evaluate(values, *backend);
    result.push_back(values.to_floats());
  }
  return result;
}

/// How an MLX-quantized weight is packed, if it is one: U32 with scales beside it.
std::optional<PackedView> packing_beside(const SafetensorsFile& file, const StoredTensor& tensor) {
  constexpr std::string_view suffix = ".weight";
  if (tensor.dtype != DType::uint32 || !tensor.name.ends_with(suffix)) return std::nullopt;
  const std::string module = tensor.name.substr(0, tensor.name.size() - suffix.size());
  const StoredPacking stored{&tensor, file.find(module + ".scales"), file.find(module + ".biases")};
  const fs::path folder = file.path().has_parent_path() ? file.path().parent_path() : fs::path(".");
  std::error_code ignored;
  if (!stored.scales || !fs::exists(folder / "config.json", ignored)) return std::nullopt;
  const auto config = read_quantization_config(folder / "config.json").quantization_of(module);
  if (!config) return std::nullopt;
  return packed_view(stored, *config);
}

PackedView packed_in(const SafetensorsFile& file, const PackedNames& names, const QuantizationConfig& config) {
  const bool affine = config.mode == "affine";
  return packed_view({&file.at(names.weight), &file.at(names.scales), affine ? &file.at(names.biases) : nullptr},
                     config);
}

void write_tensor(const std::string& out, const TensorHeader& header, std::span<const std::byte> bytes) {
  SafetensorsWriter writer(out, {header}, {});
  writer.append(bytes);
  writer.commit();
}

const StoredTensor& floating_tensor(const SafetensorsFile& file, const std::string& name, const char* operation) {
  const StoredTensor& tensor = file.at(name);
  if (!tensor.dtype || !is_floating(*tensor.dtype)) {
    fail(Errc::invalid_argument, "{}: tensor {} has dtype {}, not F32, F16 or BF16", operation, quote(name),
         tensor.stored_dtype);
  }
  return tensor;
}

/// One row of y = x · w or x · wᵀ. Sums are float64: this is the reference that kernels are judged by.
void multiply_row(std::span<const float> x, const PackedView& w, Orientation orientation, std::span<double> y) {
  std::vector<float> row(static_cast<std::size_t>(w.columns()));
  std::ranges::fill(y, 0.0);
  for (std::int64_t i = 0; i < w.rows(); ++i) {
    dequantize_row(w, i, row);
    const auto index = static_cast<std::size_t>(i);
    for (std::size_t k = 0; k < row.size(); ++k) {
      if (orientation == Orientation::transposed)
        y[index] += double{x[k]} * row[k];
      else
        y[k] += double{x[index]} * row[k];
    }
  }
}

}  // namespace

FileDescription inspect_file(const std::string& file) {
  FileDescription result;
  const auto add = [&result](const StoredTensor& tensor) {
    result.tensors.push_back({tensor.name, tensor.shape, tensor.stored_dtype});
  };
  if (is_gguf(file)) {
    const auto opened = GgufFile::open(file);
    result.format = "gguf";
    for (const auto& [key, value] : opened->metadata().entries()) result.metadata.emplace_back(key, described(value));
    for (const GgufTensor& tensor : opened->tensors()) add(tensor);
  } else {
    const auto opened = SafetensorsFile::open(file);
    result.format = "safetensors";
    for (const auto& [key, text] : opened->metadata()) result.metadata.push_back({key, {text}});
    for (const StoredTensor& tensor : opened->tensors()) add(tensor);
  }
  return result;
}

TensorRows read_tensor(const std::string& file, const std::string& name,
                       const std::optional<std::vector<std::int64_t>>& rows, std::uint64_t limit) {
  std::shared_ptr<const GgufFile> gguf;
  std::shared_ptr<const SafetensorsFile> safetensors;
  if (is_gguf(file))
    gguf = GgufFile::open(file);
  else
    safetensors = SafetensorsFile::open(file);
  const StoredTensor& tensor = gguf ? static_cast<const StoredTensor&>(gguf->at(name)) : safetensors->at(name);
  const auto packed = safetensors ? packing_beside(*safetensors, tensor) : std::nullopt;
  TensorRows result{
      .shape = packed ? packed->shape : tensor.shape, .dtype = tensor.stored_dtype, .values = {}, .integers = {}};
  if (const auto format = block_format(tensor.stored_dtype)) {
    result.values = block_rows(tensor, *format, chosen_rows(rows, result.shape, limit));
    return result;
  }
  for (const std::int64_t row : chosen_rows(rows, result.shape, limit)) {
    if (packed)
      dequantize_row(*packed, row, result.values.emplace_back(static_cast<std::size_t>(packed->columns())));
    else
      append_row(tensor, row, result);
  }
  return result;
}

void quantize_file(const std::string& file, const std::string& tensor, const Packing& packing, const std::string& out) {
  const QuantizationConfig config = resolve(packing, "quantize");
  const auto opened = open_file(file, "quantize");
  const StoredTensor& source = floating_tensor(*opened, tensor, "quantize");
  ThreadPool pool;
  const PackedTensor packed = quantize(source.bytes, *source.dtype, source.shape, config, pool);
  const Shape scales = scales_shape(source.shape, config);
  std::vector<TensorHeader> headers = {{"weight", DType::uint32, packed_shape(source.shape, config)},
                                       {"scales", packed.scales_dtype, scales}};
  if (!packed.biases.empty() || config.mode == "affine") headers.push_back({"biases", packed.scales_dtype, scales});
  SafetensorsWriter writer(out, headers, {});
  writer.append(packed.weight);
  writer.append(packed.scales);
  writer.append(packed.biases);
  writer.commit();
}

void dequantize_file(const PackedNames& names, const std::string& dtype, const std::string& out) {
  const QuantizationConfig config = resolve(names.packing, "dequantize");
  const auto file = open_file(names.file, "dequantize");
  const PackedView packed = packed_in(*file, names, config);
  DType target = is_floating(packed.scales_dtype) ? packed.scales_dtype : DType::bfloat16;
  if (!dtype.empty()) {
    const auto asked = dtype_of_safetensors(dtype);
    if (!asked || !is_floating(*asked))
      fail(Errc::invalid_argument, "dequantize: dtype {} is not one of F32, F16, BF16", quote(dtype));
    target = *asked;
  }
  ThreadPool pool;
  write_tensor(out, {"weight", target, packed.shape}, dequantize(packed, target, pool));
}

void quantized_matmul_file(const PackedNames& names, const std::string& x_name, Orientation orientation,
                           const std::string& out) {
  const QuantizationConfig config = resolve(names.packing, "quantized_matmul");
  const auto file = open_file(names.file, "quantized_matmul");
  const PackedView w = packed_in(*file, names, config);
  const StoredTensor& x = floating_tensor(*file, x_name, "quantized_matmul");
  const auto inner = orientation == Orientation::transposed ? w.columns() : w.rows();
  if (w.shape.size() != 2 || x.shape.empty() || x.shape.back() != inner) {
    fail(Errc::invalid_argument, "quantized_matmul: x has shape {}, which does not fit a weight of {}{}",
         to_string(x.shape), to_string(w.shape), orientation == Orientation::transposed ? " transposed" : "");
  }
  Shape shape = x.shape;
  shape.back() = orientation == Orientation::transposed ? w.rows() : w.columns();
  const auto columns = static_cast<std::size_t>(shape.back());
  std::vector<std::byte> y(static_cast<std::size_t>(element_count(shape)) * size_of(*x.dtype));
  ThreadPool pool;
  pool.parallel_for(row_count(x.shape), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> input(static_cast<std::size_t>(inner));
    std::vector<double> output(columns);
    for (auto row = static_cast<std::size_t>(begin); row < static_cast<std::size_t>(end); ++row) {
      for (std::size_t i = 0; i < input.size(); ++i)
        input[i] = load_float(x.bytes.data(), *x.dtype, row * input.size() + i);
      multiply_row(input, w, orientation, output);
      for (std::size_t i = 0; i < columns; ++i) {
        store_float(y.data(), *x.dtype, row * columns + i, static_cast<float>(output[i]));
      }
    }
  });
  write_tensor(out, {"y", *x.dtype, shape}, y);
}

}  // namespace etna

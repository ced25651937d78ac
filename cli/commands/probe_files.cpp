#include <fmt/format.h>

#include <array>

#include "cli/commands/probe.h"

namespace etna::cli {

namespace {

/// mode, bits and group_size.
Packing packing(Fields& fields) {
  constexpr std::int64_t highest = 1 << 20;  // which values are possible is the engine's business
  Packing result;
  result.mode = fields.text("mode");
  result.bits = static_cast<int>(fields.integer("bits", 0, highest));
  result.group_size = static_cast<int>(fields.integer("group_size", 0, highest));
  return result;
}

PackedNames packed_names(Fields& fields) {
  PackedNames names{.file = fields.text("file"),
                    .weight = fields.text("weight"),
                    .scales = fields.text("scales"),
                    .biases = {},
                    .packing = packing(fields)};
  names.biases = names.packing.mode == "affine" ? fields.text("biases") : fields.text_or("biases", "");
  return names;
}

std::string json_of(const MetadataValue& value);

std::string json_of(const std::vector<MetadataValue>& values) {
  std::string out = "[";
  for (const MetadataValue& value : values) {
    if (out.size() > 1) out += ',';
    out += json_of(value);
  }
  return out + "]";
}

/// A number with its type's fewest digits, a long list as its length and its ends.
std::string json_of(const MetadataValue& value) {
  return std::visit(
      [](const auto& item) -> std::string {
        using Item = std::decay_t<decltype(item)>;
        if constexpr (std::is_same_v<Item, std::string>) {
          return quoted_json(item);
        } else if constexpr (std::is_same_v<Item, MetadataValue::List>) {
          if (item.last.empty()) return json_of(item.first);
          return JsonText()
              .add("length", item.length)
              .add_json("first", json_of(item.first))
              .add_json("last", json_of(item.last))
              .object();
        } else if constexpr (std::is_floating_point_v<Item>) {
          return json_number(item);
        } else {
          return fmt::format("{}", item);
        }
      },
      value.value);
}

JsonText inspect(Workbench&, Fields& fields) {
  const std::string file = fields.text("file");
  fields.finish();
  const FileDescription description = inspect_file(file);
  JsonText metadata;
  for (const auto& [key, value] : description.metadata) metadata.add_json(key, json_of(value));
  std::string tensors = "[";
  for (const TensorDescription& tensor : description.tensors) {
    if (tensors.size() > 1) tensors += ',';
    tensors += JsonText()
                   .add("name", tensor.name)
                   .add("shape", std::span<const std::int64_t>(tensor.shape))
                   .add("dtype", tensor.dtype)
                   .object();
  }
  return JsonText()
      .add("format", description.format)
      .add_json("metadata", metadata.object())
      .add_json("tensors", tensors + "]");
}

JsonText tensor(Workbench&, Fields& fields) {
  const std::string file = fields.text("file");
  const std::string name = fields.text("name");
  const auto rows = fields.indices_or_none("rows");
  fields.finish();
  const TensorRows read = read_tensor(file, name, rows, max_numbers);
  JsonText answer;
  answer.add("shape", std::span<const std::int64_t>(read.shape)).add("dtype", read.dtype);
  if (read.integers.empty()) return answer.add("values", read.values);
  std::string values = "[";
  for (const auto& row : read.integers) {
    values += values.size() > 1 ? ",[" : "[";
    for (std::size_t i = 0; i < row.size(); ++i) values += (i > 0 ? "," : "") + row[i];
    values += ']';
  }
  return answer.add_json("values", values + "]");
}

JsonText quantize(Workbench&, Fields& fields) {
  const std::string file = fields.text("file");
  const std::string name = fields.text("tensor");
  const Packing chosen = packing(fields);
  const std::string out = fields.text("out");
  fields.finish();
  quantize_file(file, name, chosen, out);
  return JsonText().add("ok", true);
}

JsonText dequantize(Workbench&, Fields& fields) {
  const PackedNames names = packed_names(fields);
  const std::string dtype = fields.text_or("dtype", "");
  const std::string out = fields.text("out");
  fields.finish();
  dequantize_file(names, dtype, out);
  return JsonText().add("ok", true);
}

JsonText quantized_matmul(Workbench&, Fields& fields) {
  const PackedNames names = packed_names(fields);
  const std::string x = fields.text("x");
  const Orientation orientation =
      fields.boolean_or("transpose", true) ? Orientation::transposed : Orientation::as_stored;
  const std::string out = fields.text("out");
  fields.finish();
  quantized_matmul_file(names, x, orientation, out);
  return JsonText().add("ok", true);
}

constexpr std::array table = {
    NamedOperation{"inspect", inspect},
    NamedOperation{"tensor", tensor},
    NamedOperation{"quantize", quantize},
    NamedOperation{"dequantize", dequantize},
    NamedOperation{"quantized_matmul", quantized_matmul},
};

}  // namespace

std::span<const NamedOperation> file_operations() {
  return table;
}

}  // namespace etna::cli

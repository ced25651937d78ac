#include "engine/training/adapter_files.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/io/elements.h"
#include "engine/io/safetensors.h"

namespace etna::training {

namespace fs = std::filesystem;

void write_arrays(const fs::path& file, std::vector<NamedArray> arrays,
                  const std::map<std::string, std::string>& metadata) {
  std::ranges::sort(arrays, {}, &NamedArray::name);
  std::vector<TensorHeader> headers;
  for (const NamedArray& array : arrays) headers.push_back({array.name, array.stored, array.value.shape()});
  SafetensorsWriter writer(file, headers, metadata);
  for (const NamedArray& array : arrays) {
    const std::vector<float> values = array.value.to_floats();
    if (array.stored == DType::float32) {
      writer.append(std::as_bytes(std::span(values)));
    } else {
      std::vector<std::byte> bytes(values.size() * size_of(array.stored));
      for (std::size_t i = 0; i < values.size(); ++i) store_float(bytes.data(), array.stored, i, values[i]);
      writer.append(bytes);
    }
  }
  writer.commit();
}

void write_adapter_tensors(const fs::path& file, const std::vector<Trainable>& trained) {
  std::vector<NamedArray> arrays;
  for (const Trainable& weight : trained) arrays.push_back({weight.name, weight.value, weight.stored});
  write_arrays(file, std::move(arrays));
}

void write_text(const fs::path& file, std::string_view text) {
  FileWriter writer(file);
  writer.append(text);
  writer.commit();
}

void write_adapter(const fs::path& folder, const std::vector<Trainable>& trained, const std::string& config) {
  std::error_code error;
  fs::create_directory(folder, error);
  if (error) fail(Errc::io, "{}: cannot be made: {}", folder.string(), error.message());
  write_text(folder / adapter_config_file, config);
  write_adapter_tensors(folder / adapter_file, trained);
}

}  // namespace etna::training

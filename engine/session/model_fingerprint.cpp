#include "engine/session/model_fingerprint.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/hash.h"
#include "engine/io/safetensors.h"

namespace etna {

namespace {

std::uint64_t hash_tensor(const StoredTensor& tensor, std::span<const std::byte> bytes, std::uint64_t hash) {
  hash = hash_text(tensor.name, hash);
  hash = hash_text(tensor.stored_dtype, hash);
  hash = hash_bytes(std::as_bytes(std::span(tensor.shape)), hash);
  return hash_bytes(bytes, hash);
}

/// Small, and all of it counts: its settings and every weight.
std::uint64_t hash_adapter(const std::filesystem::path& folder, std::uint64_t hash) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == "adapter_config.json" || name.ends_with(".safetensors")) files.push_back(entry->path());
  }
  if (error) fail(Errc::io, "{}: cannot be read: {}", folder.string(), error.message());
  std::ranges::sort(files);
  for (const std::filesystem::path& path : files) {
    if (path.extension() == ".json") {
      hash = hash_text(read_text_file(path), hash);
      continue;
    }
    const auto file = SafetensorsFile::open(path);
    for (const StoredTensor& tensor : file->tensors()) hash = hash_tensor(tensor, tensor.bytes, hash);
    file->check();
  }
  return hash;
}

}  // namespace

std::string model_fingerprint(const ModelConfig& config, const TensorSource& tensors, const std::filesystem::path& adapter) {
  // A page or two of each of some tensors: what a load reads anyway. Every layer of a fine-tuned model differs.
  constexpr std::size_t sampled_tensors = 64, sample = 64;
  std::uint64_t hash = hash_text(config.model_type);
  const std::vector<std::string> names = tensors.names();
  const std::size_t step = std::max<std::size_t>(names.size() / sampled_tensors, 1);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const StoredTensor& tensor = *tensors.find(names[i]);
    const bool sampled = i % step == 0 && !tensor.outline;
    const std::size_t count = sampled ? std::min(sample, tensor.bytes.size()) : 0;
    hash = hash_tensor(tensor, tensor.bytes.subspan((tensor.bytes.size() - count) / 2, count), hash_text(names[i], hash));
  }
  if (!adapter.empty()) hash = hash_adapter(adapter, hash);
  return hash_digits(hash);
}

}  // namespace etna

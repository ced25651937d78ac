#include "engine/session/model_fingerprint.h"

#include <algorithm>

#include "engine/base/hash.h"

namespace etna {

namespace {

std::uint64_t hash_tensor(const StoredTensor& tensor, std::span<const std::byte> bytes, std::uint64_t hash) {
  hash = hash_text(tensor.name, hash);
  hash = hash_text(tensor.stored_dtype, hash);
  hash = hash_bytes(std::as_bytes(std::span(tensor.shape)), hash);
  return hash_bytes(bytes, hash);
}

/// Small enough to take all of it: training changes every element.
std::uint64_t hash_adapter(const Adapter& adapter, std::uint64_t hash) {
  for (const AdapterModule& module : adapter.modules) {
    hash = hash_text(module.path, hash);
    hash = hash_bytes(std::as_bytes(std::span(&module.scale, 1)), hash);
    for (const HostTensor* tensor : {&module.a, &module.b}) hash = hash_bytes(std::as_bytes(std::span(tensor->values)), hash);
    if (module.magnitude) hash = hash_bytes(std::as_bytes(std::span(module.magnitude->values)), hash);
  }
  return hash;
}

}  // namespace

std::string model_fingerprint(const ModelConfig& config, const TensorSource& tensors, const Adapter* adapter) {
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
  if (adapter) hash = hash_adapter(*adapter, hash);
  return hash_digits(hash);
}

}  // namespace etna

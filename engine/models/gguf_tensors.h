#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/io/gguf.h"
#include "engine/io/tensor_source.h"
#include "engine/models/decoder.h"

namespace etna {

/// The tensors of a GGUF file under the names that the model asks for. Every family's names are found in its settings,
/// so no family needs a table of its own.
class GgufTensors : public TensorSource {
public:
  GgufTensors(std::shared_ptr<const GgufFile> file, const DecoderSettings& settings);

  const StoredTensor* find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  std::string stored_name(const std::string& name) const override;
  std::string description() const override { return file_->path().string(); }

private:
  void add(const std::string& name, const std::string& gguf_name);
  void add_module(const std::string& path, const std::string& gguf_path);
  void add_layer(const DecoderSettings& settings, std::size_t index);
  void add_experts(const DecoderSettings& settings, const std::string& path, const std::string& gguf_path);

  std::shared_ptr<const GgufFile> file_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
  std::map<std::string, std::string> gguf_names_;  // of all tensors that a model may ask for
};

}  // namespace etna

#include "engine/session/model_files.h"

#include "engine/base/error.h"
#include "engine/io/model_folder.h"
#include "engine/models/adapted_parameters.h"
#include "engine/models/gguf_config.h"
#include "engine/models/gguf_tensors.h"
#include "engine/session/gguf_tokenizer.h"

namespace etna {

namespace {

namespace fs = std::filesystem;

ModelFiles open_gguf(const fs::path& path, bool with_tokenizer) {
  const std::shared_ptr<const GgufFile> file = GgufFile::open(path);
  ModelFiles files;
  files.path = path;
  files.config = gguf_config(*file);
  files.settings = describe_model(files.config);
  files.tensors = std::make_unique<GgufTensors>(file, files.settings);
  if (with_tokenizer && file->metadata().find("tokenizer.ggml.model")) files.tokenizer = gguf_tokenizer(file->metadata());
  return files;
}

ModelFiles open_folder(const fs::path& path, bool with_tokenizer) {
  ModelFiles files;
  files.path = path;
  files.config = ModelConfig::read(path, supported_model_types());
  files.settings = describe_model(files.config);
  files.tensors = ModelFolder::open(path);
  if (!with_tokenizer) return files;
  std::error_code ignored;
  if (fs::exists(path / "tokenizer.json", ignored) || fs::exists(path / "tokenizer.model", ignored)) files.tokenizer = Tokenizer::load(path);
  return files;
}

}  // namespace

ModelFiles ModelFiles::open(const fs::path& path, WithTokenizer tokenizer) {
  const bool with_tokenizer = tokenizer == WithTokenizer::yes;
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && path.extension() == ".gguf" ? open_gguf(path, with_tokenizer) : open_folder(path, with_tokenizer);
}

void ModelFiles::apply_adapter(const fs::path& folder) {
  adapter = std::make_shared<const Adapter>(Adapter::open(folder));
  if (!adapter->replaced.empty()) tensors = std::make_unique<ReplacedTensors>(std::move(tensors), *adapter);
}

std::string ModelFiles::name() const {
  if (path.extension() == ".gguf") return path.stem().string();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

}  // namespace etna

// Which files of a repository are loaded, and in which order.
#include <algorithm>
#include <array>
#include <string_view>

#include "hub/downloads.h"

namespace etna::hub {

namespace {

bool ends_with_any(std::string_view text, std::span<const std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return text.ends_with(ending); });
}

bool is_safe_weight(std::string_view path) {
  return path.ends_with(".safetensors") || path.ends_with(".gguf");
}

bool is_pickle(std::string_view path) {
  constexpr std::array<std::string_view, 9> endings = {".bin",    ".pt",     ".pth", ".ckpt", ".pkl",
                                                       ".pickle", ".joblib", ".npy", ".npz"};
  return ends_with_any(path, endings);
}

/// Weights of other frameworks, and programs: Etna never runs what it downloads.
bool is_of_no_use(std::string_view path) {
  constexpr std::array<std::string_view, 15> endings = {".py",    ".ipynb",  ".sh",      ".h5",  ".msgpack",
                                                        ".onnx",  ".tflite", ".mlmodel", ".pb",  ".ot",
                                                        ".keras", ".png",    ".jpg",     ".mp4", ".onnx_data"};
  const auto name = path.substr(path.rfind('/') + 1);
  return ends_with_any(path, endings) || name.starts_with('.') || path.starts_with("original/") ||
         path.starts_with("onnx/") || name.starts_with("consolidated.");
}

/// What tells what the model is, then what is small, then weights.
int rank(std::string_view path) {
  if (path == "config.json") return 0;
  if (path.find("tokenizer") != path.npos) return 1;
  if (path.ends_with(".index.json")) return 2;
  return is_safe_weight(path) || is_pickle(path) ? 4 : 3;
}

}  // namespace

void sort_for_download(std::vector<RemoteFile>& files) {
  std::ranges::sort(files, {}, [](const RemoteFile& file) { return std::pair(rank(file.path), file.path); });
}

std::vector<RemoteFile> wanted_by_default(const std::vector<RemoteFile>& files) {
  const bool has_safe = std::ranges::any_of(files, [](const RemoteFile& file) { return is_safe_weight(file.path); });
  std::vector<RemoteFile> result;
  std::ranges::copy_if(files, std::back_inserter(result), [&](const RemoteFile& file) {
    return !is_of_no_use(file.path) && !(has_safe && is_pickle(file.path));
  });
  sort_for_download(result);
  return result;
}

}  // namespace etna::hub

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "hub/answer.h"
#include "hub/api_models.h"
#include "hub/headers.h"
#include "hub/names.h"
#include "hub/token.h"
#include "hub/url.h"
#include "hub/versions.h"
#include "tests/fuzz/fuzz.h"

namespace etna::hub {
namespace {

void read_listing(const nlohmann::json& value) {
  if (!value.is_array()) return;
  for (const auto& entry : value) {
    const auto model = read_summary(entry);
    if (model) fuzz::require(!wrong_with_repository_id(model->id), "a listed id is a usable one");
  }
}

void read_tree(const nlohmann::json& value) {
  Tree tree;
  read_tree_page(value, "fuzz", tree);
  finish_tree(tree);
  for (const TreeFile& file : tree.files) {
    fuzz::require(!wrong_with_file_name(file.path), "a listed name may be stored");
    fuzz::require(is_blob_name(file.etag()), "a listed hash may be a name");
    fuzz::require(tree.find(file.path) == &file, "a listed file is found");
  }
  for (const ModelVersion& version : versions_of(tree, ModelInfo()).versions) {
    for (const std::string& file : version.weight_files) fuzz::require(tree.find(file) != nullptr, "weights are files");
  }
}

void read_texts(std::string_view text) {
  static_cast<void>(redacted(text));
  static_cast<void>(escaped_name(text));
  static_cast<void>(next_link(text));
  static_cast<void>(parse_rate_limit(text));
  static_cast<void>(parse_content_range(text));
  if (const auto model = parse_pasted_model(text, "https://huggingface.co")) {
    fuzz::require(!wrong_with_repository_id(model->id), "a pasted id is a usable one");
  }
  const Url url = resolve_reference(parse_url("https://huggingface.co/a/b"), text);
  fuzz::require(parse_url(url.text()).origin() == url.origin(), "an address stays what it is");
}

/// The first byte chooses the reader.
void read(char kind, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  switch (kind) {
    case 'l': read_listing(parse_answer(text, "fuzz")); break;
    case 't': read_tree(parse_answer(text, "fuzz")); break;
    case 'm': static_cast<void>(read_model_info(parse_answer(text, "fuzz"), "fuzz")); break;
    case 's': static_cast<void>(parse_safetensors_header(text, text.size() + 100, "fuzz")); break;
    case 'g':
      if (const auto head = parse_gguf_head(bytes, text.size() + 100, "fuzz")) {
        fuzz::require(head->bytes.size() <= text.size(), "a head ends inside its bytes");
      }
      break;
    default: read_texts(text); break;
  }
}

}  // namespace
}  // namespace etna::hub

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    etna::hub::read(static_cast<char>(data[0]), text);
  } catch (const etna::Error&) {
    // refused, as it should be
  }
  return 0;
}

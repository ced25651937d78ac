#include <fmt/format.h>

#include <map>

#include "engine/base/error.h"
#include "engine/models/families.h"
#include "engine/models/model.h"

namespace etna {

namespace {

using Factory = std::unique_ptr<Model> (*)(const ModelConfig&, nn::Parameters&);

/// model_type → family.
const std::map<std::string, Factory>& families() {
  static const std::map<std::string, Factory> table{
      {"llama", create_llama},
  };
  return table;
}

}  // namespace

std::unique_ptr<Model> create_model(const ModelConfig& config, nn::Parameters& parameters) {
  const auto found = families().find(config.model_type);
  if (found == families().end()) {
    fail(Errc::unsupported, "{}: model_type '{}' is not supported; known are: {}", config.file, config.model_type,
         fmt::join(supported_model_types(), ", "));
  }
  return found->second(config, parameters);
}

std::vector<std::string> supported_model_types() {
  std::vector<std::string> types;
  for (const auto& [type, factory] : families()) types.push_back(type);
  return types;
}

bool is_supported_model_type(const std::string& model_type) { return families().contains(model_type); }

}  // namespace etna

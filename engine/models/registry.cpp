#include <fmt/format.h>

#include <map>

#include "engine/base/error.h"
#include "engine/models/families.h"
#include "engine/models/model.h"

namespace etna {

namespace {

using Family = DecoderSettings (*)(const ModelConfig&);

/// model_type → family.
const std::map<std::string, Family>& families() {
  static const std::map<std::string, Family> table{
      {"cohere", cohere},
      {"cohere2", cohere2},
      {"deepseek_v3", deepseek_v3},
      {"exaone4", exaone4},
      {"gemma", gemma},
      {"gemma2", gemma2},
      {"gemma3", gemma3_text},
      {"gemma3_text", gemma3_text},
      {"glm", glm},
      {"glm4", glm4},
      {"gpt2", gpt2},
      {"gpt_neox", gpt_neox},
      {"gpt_oss", gpt_oss},
      {"granite", granite},
      {"llama", llama},
      {"mistral", mistral},
      {"mistral3", mistral},
      {"mixtral", mixtral},
      {"olmo2", olmo2},
      {"phi", phi},
      {"phi3", phi3},
      {"qwen2", qwen2},
      {"qwen2_moe", qwen2_moe},
      {"qwen3", qwen3},
      {"qwen3_moe", qwen3_moe},
      {"smollm3", smollm3},
      {"stablelm", stablelm},
      {"starcoder2", starcoder2},
  };
  return table;
}

}  // namespace

DecoderSettings describe_model(const ModelConfig& config) {
  const auto found = families().find(config.model_type);
  if (found == families().end()) {
    fail(Errc::unsupported, "{}: model_type '{}' is not supported; known are: {}", config.file, config.model_type,
         fmt::join(supported_model_types(), ", "));
  }
  DecoderSettings settings = found->second(config);
  config.keys.check_unread();
  return settings;
}

std::unique_ptr<Model> create_model(const ModelConfig& config, nn::Parameters& parameters) {
  return create_decoder(describe_model(config), parameters);
}

std::vector<std::string> supported_model_types() {
  std::vector<std::string> types;
  for (const auto& [type, family] : families()) types.push_back(type);
  return types;
}

bool is_supported_model_type(const std::string& model_type) { return families().contains(model_type); }

}  // namespace etna

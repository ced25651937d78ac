#include <ctime>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/generation/sampler.h"
#include "engine/generation/stream_decoder.h"
#include "engine/io/gguf.h"
#include "engine/session/gguf_tokenizer.h"
#include "engine/template/chat_template.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/tokenizer_file.h"
#include "engine/tokenizer_cache.h"
#include "engine/workbench.h"

namespace etna {

std::shared_ptr<const Tokenizer> Workbench::tokenizer(const std::string& path, const char* operation) {
  return path.empty() ? model_tokenizer(operation) : tokenizers_->get(path);
}

std::vector<std::int32_t> Workbench::tokenize(const std::string& path, const std::string& text, Specials specials) {
  return tokenizer(path, "tokenize")
      ->encode(text, specials == Specials::with ? AddSpecialTokens::yes : AddSpecialTokens::no);
}

std::string Workbench::detokenize(const std::string& path, std::span<const std::int32_t> ids, Specials specials) {
  return tokenizer(path, "detokenize")
      ->decode(ids, specials == Specials::with ? SkipSpecialTokens::no : SkipSpecialTokens::yes);
}

StreamedText Workbench::detokenize_stream(const std::string& path, std::span<const std::int32_t> ids,
                                          Specials specials) {
  const auto chosen = tokenizer(path, "detokenize_stream");
  StreamDecoder decoder(chosen, specials == Specials::with ? SkipSpecialTokens::no : SkipSpecialTokens::yes);
  StreamedText result;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= chosen->vocab_size()) {
      fail(Errc::invalid_argument, "detokenize_stream: token id {} is outside 0 to {}", id, chosen->vocab_size() - 1);
    }
    result.chunks.push_back(decoder.push(id));
  }
  result.flush = decoder.finish();
  return result;
}

std::vector<TokenDescription> Workbench::describe_tokens(const std::string& path, const std::string& text,
                                                         Specials specials) {
  const auto chosen = tokenizer(path, "tokenize");
  StreamDecoder decoder(chosen, SkipSpecialTokens::no);
  std::vector<TokenDescription> tokens;
  for (const std::int32_t id : tokenize(path, text, specials)) {
    tokens.push_back({.id = id,
                      .token = std::string(chosen->token(id)),
                      .text = decoder.push(id),
                      .special = chosen->is_special(id)});
  }
  if (!tokens.empty()) tokens.back().text += decoder.finish();
  return tokens;
}

namespace {

/// "2025-03-14T09:26:53".
std::tm parse_time(const std::string& text) {
  std::tm time{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  if (!end || *end != '\0') fail(Errc::invalid_argument, "render: now is no time like 2025-03-14T09:26:53");
  time.tm_isdst = -1;
  return time;
}

/// As ChatTemplate::load, and from the metadata of a GGUF file.
ChatTemplate load_template(const std::filesystem::path& path, std::string_view name) {
  if (path.extension() != ".gguf") return ChatTemplate::load(path, name);
  std::string source = gguf_chat_template(GgufFile::open(path)->metadata(), name);
  if (source.empty()) {
    fail(Errc::not_found, "{}: no chat template: metadata key \"tokenizer.chat_template\" is missing", path.string());
  }
  return ChatTemplate::parse(std::move(source), path.filename().string());
}

/// A folder's special tokens, also where it has no tokenizer.
std::map<std::string, std::string> special_tokens_of(const std::string& path, TokenizerCache& tokenizers) {
  std::error_code ignored;
  const std::filesystem::path folder(path);
  if (std::filesystem::exists(folder / "tokenizer.json", ignored) ||
      std::filesystem::exists(folder / "tokenizer.model", ignored) || !std::filesystem::is_directory(folder, ignored)) {
    return tokenizers.get(path)->special_tokens();
  }
  TokenizerParts nothing;
  nothing.vocabulary = std::make_shared<Vocabulary>();
  return read_tokenizer_settings(folder, nothing).special_tokens;
}

}  // namespace

std::string Workbench::render(const RenderRequest& request) {
  std::string folder = request.tokenizer;
  if (folder.empty() && (request.template_file.empty() || is_loaded())) folder = model("render").path;
  const auto messages = parse_ordered_json(request.messages, "messages");
  const auto tools = parse_ordered_json(request.tools, "tools");
  const auto variables = parse_ordered_json(request.variables, "kwargs");
  const ChatTemplate chat_template = load_template(request.template_file.empty() ? folder : request.template_file,
                                                   tools.is_null() ? "default" : "tool_use");
  RenderInput input;
  input.messages = &messages;
  if (!tools.is_null()) input.tools = &tools;
  input.kwargs = &variables;
  input.generation_prompt = request.add_generation_prompt ? GenerationPrompt::yes : GenerationPrompt::no;
  input.continue_final_message = request.continue_final_message ? ContinueFinalMessage::yes : ContinueFinalMessage::no;
  if (request.special_tokens)
    input.special_tokens = *request.special_tokens;
  else if (!folder.empty())
    input.special_tokens = special_tokens_of(folder, *tokenizers_);
  if (!request.now.empty()) input.now = parse_time(request.now);
  return chat_template.render(input);
}

DistributionAnswer sample_distribution(std::span<const float> logits, std::span<const std::int32_t> context,
                                       const DistributionRequest& request) {
  SamplingParameters parameters;
  parameters.temperature = request.temp;
  parameters.top_p = request.top_p;
  parameters.min_p = request.min_p;
  parameters.min_tokens_to_keep = request.min_tokens_to_keep;
  parameters.xtc_probability = request.xtc_probability;
  parameters.xtc_threshold = request.xtc_threshold;
  parameters.xtc_special_tokens = request.xtc_special_tokens;
  parameters.top_k = request.top_k;
  parameters.logit_bias = request.logit_bias;
  parameters.repetition_penalty = request.repetition_penalty;
  parameters.presence_penalty = request.presence_penalty;
  parameters.frequency_penalty = request.frequency_penalty;
  parameters.repetition_context_size = request.repetition_context_size;
  parameters.presence_context_size = request.presence_context_size;
  parameters.frequency_context_size = request.frequency_context_size;
  Distribution result = distribution(logits, context, parameters);
  return {.ids = std::move(result.ids), .probabilities = std::move(result.probabilities)};
}

}  // namespace etna

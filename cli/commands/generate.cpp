#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/commands/commands.h"
#include "cli/commands/engine_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/prompt_text.h"
#include "cli/commands/terminal.h"
#include "engine/workbench.h"

namespace etna::cli {

namespace {

/// A model as a file names it: a folder, or a repository that is on this machine.
std::string model_path(const std::string& name) {
  if (std::filesystem::exists(name)) return name;
  for (const ModelListing& model : list_models()) {
    if (model.name == name) return model.path;
  }
  fail(Errc::not_found, "the prompt cache was made with the model {}, which is not on this machine; name its folder with --model", name);
}

/// What a prompt-cache file says of the model and its context counts (mlx-lm's rules); what contradicts it is refused.
ModelOptions with_file(ModelOptions model, const std::string& path) {
  const PromptCacheFileInfo file = Engine::describe_prompt_cache(path);
  if (model.model.empty() && !file.model.empty()) model.model = model_path(file.model);
  else if (!file.model.empty() && file.model != model.model && file.fingerprint.empty()) {
    fail(Errc::invalid_argument, "{}: was made with the model {}, not with {}", path, file.model, model.model);
  }
  KvCacheSettings& cache = model.kv_cache;
  if (file.kv_bits > 0) {
    if (cache.key_bits != 0 && cache.key_bits != file.kv_bits) {
      fail(Errc::invalid_argument, "--kv-bits {}: the context in {} is packed to {} bits", cache.key_bits, path, file.kv_bits);
    }
    if (cache.key_bits != 0 && cache.group_size != file.group_size) {
      fail(Errc::invalid_argument, "--kv-group-size {}: the context in {} is packed in groups of {}", cache.group_size, path, file.group_size);
    }
    cache.key_bits = cache.value_bits = file.kv_bits;
    cache.group_size = file.group_size;
    cache.quantized_start = 0;
  }
  if (file.keep > 0) {
    if (cache.max_size != 0 && cache.max_size != file.max_size) {
      fail(Errc::invalid_argument, "--max-kv-size {}: the context in {} remembers {} tokens", cache.max_size, path, file.max_size);
    }
    cache.max_size = file.max_size;
  }
  return model;
}

ChatRequest make_request(const GenerateOptions& options, const ModelInfo& model, std::string prompt) {
  const TemplateOptions& chat_template = options.chat_template;
  ChatRequest request;
  request.sampling = options.sampling;
  request.speculation = options.speculation;
  request.max_tokens = options.max_tokens;
  request.prompt_cache_file = options.prompt_cache_file;
  if (prompt.empty()) fail(Errc::invalid_argument, "the prompt is empty");
  const bool is_plain = options.ignore_chat_template || (!model.has_chat_template && !chat_template.use_default);
  if (is_plain && !options.system_prompt.empty()) {
    note("Warning: without a chat template the system prompt has no place and is left out.");
  }
  request.ignore_chat_template = options.ignore_chat_template;
  request.use_default_chat_template = chat_template.use_default;
  request.template_arguments = chat_template.arguments;
  request.extra_stop_tokens = chat_template.extra_eos_tokens;
  request.prefill_response = options.prefill_response;
  if (!options.system_prompt.empty()) request.messages.push_back({"system", options.system_prompt});
  request.messages.push_back({"user", std::move(prompt)});
  return request;
}

/// One prompt a line, "\\n" and "\\t" as above; empty lines are left out.
std::vector<std::string> read_prompts(const std::string& path) {
  std::ifstream in(path);
  if (!in) fail(Errc::not_found, "{}: cannot be read", path);
  std::vector<std::string> prompts;
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) prompts.push_back(unescape(line));
  }
  if (in.bad()) fail(Errc::io, "{}: reading failed", path);
  if (prompts.empty()) fail(Errc::invalid_argument, "{}: holds no prompt", path);
  return prompts;
}

/// One JSON object a line, as soon as each answer is ready; "index" counts the prompts from 0.
int generate_all(EngineClient& engine, const GenerateOptions& options, const ModelInfo& model) {
  const std::vector<std::string> prompts = read_prompts(options.prompts_file);
  std::vector<ChatRequest> requests;
  for (const std::string& prompt : prompts) requests.push_back(make_request(options, model, prompt));
  engine.chat_batch(std::move(requests), options.batch_size,
                    [&](std::size_t index, const AnswerView& answer, const RunStatistics& statistics) {
                      print(JsonText()
                                .add("index", static_cast<std::uint64_t>(index))
                                .add("prompt", prompts[index])
                                .add_json("answer", answer_json(answer, statistics))
                                .object() +
                            "\n");
                    });
  return exit_success;
}

}  // namespace

int run_generate(const GenerateOptions& options) {
  const bool guesses = !options.model.draft_model.empty() || options.speculation.prompt_lookup > 0;
  if (guesses && !options.prompts_file.empty()) {
    fail(Errc::invalid_argument, "--prompts-file answers side by side, without guessing ahead: leave out --draft-model and --prompt-lookup");
  }
  if (!options.prompt_cache_file.empty() && !options.prompts_file.empty()) {
    fail(Errc::invalid_argument, "--prompts-file and --prompt-cache-file do not go together");
  }
  EngineClient engine;
  if (options.disk_cache.enabled) engine.set_prompt_cache(options.disk_cache.settings());
  const ModelInfo model = engine.load(options.prompt_cache_file.empty() ? options.model : with_file(options.model, options.prompt_cache_file));
  if (options.verbose) introduce(model);
  if (!options.prompts_file.empty()) return generate_all(engine, options, model);
  const bool decorated = options.verbose && options.output == Output::text;
  if (decorated) print("==========\n");
  AnswerView answer(decorated ? Show::everything : options.output == Output::text ? Show::answer : Show::nothing);
  const RunStatistics statistics = engine.chat(make_request(options, model, read_prompt(options.prompt)), answer);
  if (options.output == Output::json) print(answer_json(answer, statistics) + "\n");
  if (decorated) print("==========\n" + summary(statistics));
  return exit_success;
}

}  // namespace etna::cli

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/commands/commands.h"
#include "cli/commands/engine_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"

namespace etna::cli {

namespace {

/// "\n" and "\t" as two characters become what they stand for, as in mlx-lm: shells make real ones hard to write.
std::string unescape(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 't');
    result += escape ? (text[++i] == 'n' ? '\n' : '\t') : text[i];
  }
  return result;
}

std::string read_prompt(const std::string& prompt) {
  if (prompt != "-") return unescape(prompt);
  return {std::istreambuf_iterator<char>(std::cin), {}};
}

ChatRequest make_request(const GenerateOptions& options, const ModelInfo& model, std::string prompt) {
  const TemplateOptions& chat_template = options.chat_template;
  ChatRequest request;
  request.sampling = options.sampling;
  request.speculation = options.speculation;
  request.max_tokens = options.max_tokens;
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
  EngineClient engine;
  const ModelInfo model = engine.load(options.model);
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

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <csignal>
#include <exception>
#include <map>
#include <new>
#include <sstream>
#include <stdexcept>

#include "cli/commands/commands.h"
#include "cli/commands/terminal.h"
#include "cli/hub_verbs.h"
#include "cli/training_verbs.h"

namespace etna::cli {
namespace {

void add_placement(CLI::App& verb, int& layers_on_device) {
  verb.add_option("--layers-on-device", layers_on_device,
                  "decoder layers on the graphics device, the last ones of the model; the rest runs on the processor")
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
}

void add_model_options(CLI::App& verb, ModelOptions& options) {
  verb.add_option("--model", options.model, "model folder (default: the starter model inside Etna)");
  verb.add_option("--device", options.device, "cpu or vulkan (default: the best there is)")
      ->check(CLI::IsMember({"cpu", "vulkan"}));
  verb.add_option("--adapter-path", options.adapter, "folder of an adapter (LoRA, DoRA or whole weights) that was trained for the model");
  verb.add_option("--activations", options.activations,
                  "type of activations: f32, f16 or bf16 (default: the fastest that is safe)")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}));
  add_placement(verb, options.layers_on_device);
}

/// mlx-lm's names and values.
void add_kv_cache(CLI::App& verb, KvCacheSettings& settings) {
  settings.quantized_start = 5000;
  verb.add_option("--max-kv-size", settings.max_size, "remember the first 4 tokens and so many in all (default: everything)")
      ->check(CLI::Range(std::uint64_t{5}, std::uint64_t{1} << 31));
  verb.add_option_function<int>(
          "--kv-bits", [&settings](int bits) { settings.key_bits = settings.value_bits = bits; },
          "pack the KV cache to 4 or 8 bits (default: not packed)")
      ->check(CLI::IsMember({4, 8}));
  verb.add_option("--kv-group-size", settings.group_size, "packed elements that share a scale: 32 or 64")
      ->check(CLI::IsMember({32, 64}))
      ->capture_default_str();
  verb.add_option("--quantized-kv-start", settings.quantized_start, "tokens of context before the cache is packed")
      ->capture_default_str();
}

void add_json(CLI::App& verb, Output& output) {
  verb.add_flag_callback(
      "--json", [&output] { output = Output::json; }, "answer in JSON");
}

/// "ID:BIAS" into a map.
void add_bias(std::map<std::int32_t, double>& biases, const std::string& text) {
  std::istringstream in(text);
  std::int32_t id = 0;
  std::string bias;
  char colon = 0;
  if (!(in >> id >> colon >> bias) || colon != ':') throw CLI::ValidationError("--logit-bias", text + " is not ID:BIAS");
  std::size_t used = 0;
  try {
    biases[id] = std::stod(bias, &used);
  } catch (const std::logic_error&) {
    used = 0;
  }
  if (used == 0 || used != bias.size()) throw CLI::ValidationError("--logit-bias", bias + " is not a number");
}

/// Etna's own names: mlx-lm has these in its server alone, as fields without dashes.
void add_penalties(CLI::App& verb, SamplingSettings& sampling) {
  const auto add_context = [&](const std::string& name, int& size) {
    verb.add_option(name, size, "the last tokens, prompt included, that the penalty looks at")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
  };
  verb.add_option("--repetition-penalty", sampling.repetition_penalty, "more than 1: words that were used are less likely; 0: off")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_context("--repetition-context-size", sampling.repetition_context_size);
  verb.add_option("--presence-penalty", sampling.presence_penalty, "taken once from the logits of tokens that were used")
      ->capture_default_str();
  add_context("--presence-context-size", sampling.presence_context_size);
  verb.add_option("--frequency-penalty", sampling.frequency_penalty, "taken from them for each time they were used")
      ->capture_default_str();
  add_context("--frequency-context-size", sampling.frequency_context_size);
  verb.add_option_function<std::vector<std::string>>(
          "--logit-bias", [&](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) add_bias(sampling.logit_bias, text);
          },
          "added to the logits of tokens; -inf forbids one")
      ->option_text("ID:BIAS ...");
}

void add_sampling(CLI::App& verb, SamplingSettings& sampling) {
  sampling.temperature = 0;
  verb.add_option("--temp", sampling.temperature, "temperature; 0: always the most likely token")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  verb.add_option("--top-p", sampling.top_p, "nucleus sampling; 1: off")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb.add_option("--top-k", sampling.top_k, "only the k most likely tokens; 0: off")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb.add_option("--min-p", sampling.min_p, "only tokens this likely, relative to the likeliest; 0: off")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb.add_option("--min-tokens-to-keep", sampling.min_tokens_to_keep, "so many tokens survive --min-p")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--xtc-probability", sampling.xtc_probability, "how often the likeliest tokens are left out; 0: never")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb.add_option("--xtc-threshold", sampling.xtc_threshold, "tokens likelier than this are left out, but for the last")
      ->check(CLI::Range(0.0, 0.5))
      ->capture_default_str();
  verb.add_option("--seed", sampling.seed, "same seed, same answer");
  add_penalties(verb, sampling);
}

/// mlx-lm's names.
void add_speculation(CLI::App& verb, ModelOptions& model, SpeculationSettings& speculation) {
  verb.add_option("--draft-model", model.draft_model, "folder of a small model of the same vocabulary that guesses ahead");
  verb.add_option("--num-draft-tokens", speculation.draft_tokens, "tokens guessed at a time")
      ->check(CLI::Range(1, 31))
      ->capture_default_str();
  verb.add_option_function<int>(
          "--prompt-lookup", [&speculation](int tokens) { speculation.prompt_lookup = tokens; },
          "guess from the text itself: what followed the last so many tokens before (default: 3)")
      ->expected(0, 1)
      ->default_str("3")
      ->check(CLI::Range(1, 1024));
}

void add_max_tokens(CLI::App& verb, std::uint64_t& max_tokens) {
  verb.add_option("--max-tokens,-m", max_tokens, "longest answer in tokens")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

void add_template(CLI::App& verb, TemplateOptions& options) {
  verb.add_option("--chat-template-config", options.arguments,
                  "JSON object of further variables for the chat template, such as {\"enable_thinking\": false}");
  verb.add_flag("--use-default-chat-template", options.use_default, "ChatML, where the model has no chat template");
  verb.add_option("--extra-eos-token", options.extra_eos_tokens, "further tokens that end an answer, as text or ids");
}

/// As mlx-lm reads it: everything but "false" and "f" is true.
bool is_true(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text != "false" && text != "f";
}

void add_disk_cache(CLI::App& verb, DiskCacheOptions& options) {
  verb.add_option_function<std::string>(
          "--disk-cache",
          [&options](const std::string& folder) {
            options.enabled = true;
            options.folder = folder;
          },
          "keep what the model reads on disk, so that later runs need not read it again (default folder: see 'cache where')")
      ->expected(0, 1)
      ->default_str("")
      ->option_text("[FOLDER]");
  verb.add_option("--disk-cache-bytes", options.limit_bytes, "most bytes that it may take, such as 8GB; the longest unused go (default: 8 GiB)")
      ->transform(CLI::AsSizeValue(true))
      ->option_text("BYTES");
}

void add_generate(CLI::App& app, GenerateOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("generate", "Answer one prompt");
  add_model_options(verb, options.model);
  add_kv_cache(verb, options.model.kv_cache);
  verb.add_option("--prompt,-p", options.prompt, "the prompt; - reads standard input")->capture_default_str();
  verb.add_option("--prompts-file", options.prompts_file,
                  "answer each line of a file, several at a time: one JSON object a line, in the order they are ready")
      ->excludes("--prompt");
  verb.add_option("--batch-size", options.batch_size, "prompts of the file that are answered side by side")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  verb.add_option("--prompt-cache-file", options.prompt_cache_file,
                  "a file of cache-prompt, ours or mlx-lm's: the prompt continues what it holds (the model is the file's unless given)")
      ->option_text("FILE");
  add_disk_cache(verb, options.disk_cache);
  verb.add_option("--system-prompt", options.system_prompt, "instructions before the prompt");
  verb.add_option("--prefill-response", options.prefill_response, "how the answer begins; the model continues it");
  add_template(verb, options.chat_template);
  add_max_tokens(verb, options.max_tokens);
  add_sampling(verb, options.sampling);
  add_speculation(verb, options.model, options.speculation);
  verb.add_flag("--ignore-chat-template", options.ignore_chat_template, "give the prompt to the model as it stands");
  verb.add_option_function<std::string>(
          "--verbose", [&](const std::string& text) { options.verbose = is_true(text); },
          "false: print the answer alone")
      ->default_str("true");
  add_json(verb, options.output);
  verb.callback([&] { action = [&] { return run_generate(options); }; });
}

void add_chat(CLI::App& app, ChatOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("chat", "Talk in the terminal");
  add_model_options(verb, options.model);
  add_kv_cache(verb, options.model.kv_cache);
  verb.add_option("--system-prompt", options.system_prompt, "instructions before the conversation");
  add_disk_cache(verb, options.disk_cache);
  verb.add_flag("--stats", options.statistics, "after each answer say its numbers, and how much of the prompt came from caches");
  add_template(verb, options.chat_template);
  add_max_tokens(verb, options.max_tokens);
  add_sampling(verb, options.sampling);
  add_speculation(verb, options.model, options.speculation);
  add_json(verb, options.output);
  verb.callback([&] { action = [&] { return run_chat(options); }; });
}

/// mlx-lm's names.
void add_cache_prompt(CLI::App& app, CachePromptOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("cache-prompt", "Read a prompt and save the model's context, for generate --prompt-cache-file");
  verb.alias("cache_prompt");
  add_model_options(verb, options.model);
  add_kv_cache(verb, options.model.kv_cache);
  verb.add_option("--context", options.model.context_length, "tokens of context (default: the model's own, at most 8192)")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 30));
  verb.add_option("--prompt-cache-file", options.prompt_cache_file, "the file to write")->required()->option_text("FILE");
  verb.add_option("--prompt,-p", options.prompt, "the prompt; - reads standard input")->required();
  verb.add_option("--eos-token", options.eos_token, "the token that ends answers, for whoever goes on with the file");
  verb.add_flag("--use-default-chat-template", options.use_default_template, "ChatML, where the model has no chat template");
  add_json(verb, options.output);
  verb.callback([&] { action = [&] { return run_cache_prompt(options); }; });
}

void add_cache(CLI::App& app, CacheOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("cache", "Look after the prompts that are kept on disk (--disk-cache)");
  verb.require_subcommand(1);
  const auto add = [&](const char* name, const char* what, CacheAction wanted) -> CLI::App& {
    CLI::App& sub = *verb.add_subcommand(name, what);
    sub.add_option("--folder", options.folder, "where they are (default: Etna's own folder)");
    add_json(sub, options.output);
    sub.callback([&options, &action, wanted] {
      options.action = wanted;
      action = [&options] { return run_cache(options); };
    });
    return sub;
  };
  add("ls", "List them, latest used first", CacheAction::list);
  add("rm", "Remove pieces, and what continues them", CacheAction::remove).add_option("ids", options.ids, "as 'cache ls' shows them")->required();
  add("purge", "Remove all of them", CacheAction::purge);
  add("where", "Say where they are", CacheAction::where);
}

void add_convert(CLI::App& app, ConvertOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("convert", "Write a model folder in MLX's format, quantized or not");
  verb.add_option("--hf-path,--model", options.source, "the model folder to convert")->required();
  verb.add_option("--mlx-path", options.destination, "the folder to write; it must not exist")->capture_default_str();
  auto* quantize = verb.add_flag("-q,--quantize", options.quantize, "quantize the weights");
  verb.add_flag("-d,--dequantize", options.dequantize, "turn quantized weights back into plain ones")
      ->excludes(quantize);
  verb.add_option("--q-bits", options.bits, "bits per weight (default: the mode's)");
  verb.add_option("--q-group-size", options.group_size, "weights that share a scale (default: the mode's)");
  verb.add_option("--q-mode", options.mode, "affine, mxfp4, mxfp8 or nvfp4")
      ->check(CLI::IsMember({"affine", "mxfp4", "mxfp8", "nvfp4"}))
      ->capture_default_str();
  verb.add_option("--dtype", options.dtype, "type of unquantized weights (default: the model's)")
      ->check(CLI::IsMember({"float16", "bfloat16", "float32"}));
  add_json(verb, options.output);
  verb.callback([&] { action = [&] { return run_convert(options); }; });
}

void add_load(CLI::App& app, LoadOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("load", "Load a model, try it and unload it again; or say what that would take");
  verb.add_option("model,--model", options.model.model, "model folder or .gguf file (default: the starter model inside Etna)");
  verb.add_option("--device", options.model.device, "cpu, vulkan or vulkan:N (default: the best there is)");
  verb.add_option("--adapter-path", options.model.adapter, "folder of an adapter that was trained for the model");
  verb.add_option("--activations", options.model.activations, "type of activations: f32, f16 or bf16 (default: the fastest that is safe)")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}));
  verb.add_option("--context", options.model.context_length, "tokens of context (default: the model's own, at most 8192)")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 30));
  add_kv_cache(verb, options.model.kv_cache);
  verb.add_option("--draft-model", options.model.draft_model, "folder of a small model of the same vocabulary that guesses ahead");
  add_placement(verb, options.model.layers_on_device);
  verb.add_flag("--estimate", options.estimate, "only say how much memory it would take and whether it fits");
  verb.add_flag("--force", options.model.force, "load even if it does not fit");
  add_json(verb, options.output);
  verb.callback([&] { action = [&] { return run_load(options); }; });
}

void add_bench(CLI::App& app, BenchOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("bench", "Measure speed and memory of a model");
  add_model_options(verb, options.model);
  verb.add_option("--prompt-tokens,-p", options.prompt_tokens, "length of the prompt")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  verb.add_option("--generation-tokens,-g", options.generation_tokens, "length of the answer")
      ->check(CLI::Range(2, 1 << 20))
      ->capture_default_str();
  verb.add_option("--num-trials,-n", options.trials, "how often")->check(CLI::Range(1, 1000))->capture_default_str();
  add_json(verb, options.output);
  verb.callback([&] { action = [&] { return run_bench(options); }; });
}

void add_perplexity(CLI::App& app, PerplexityOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("perplexity", "Measure how well a model predicts a text");
  add_model_options(verb, options.model);
  auto* file = verb.add_option("--file", options.file, "a text file")->option_text("TEXT");
  verb.add_option("--data-path", options.data_path, "a .txt file, or a .jsonl file of {\"text\": …}, {\"messages\": …} or {\"tokens\": …}")
      ->excludes(file);
  verb.add_option("--sequence-length", options.sequence_length, "tokens of a window of the text")
      ->check(CLI::Range(2, 1 << 20))
      ->capture_default_str();
  verb.add_option("--batch-size", options.batch_size, "windows evaluated at a time")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  verb.add_option("--num-samples", options.samples, "most windows; -1: all")
      ->check(CLI::Range(-1, 1 << 30))
      ->capture_default_str();
  verb.add_option("--seed", options.seed, "order of the records of a .jsonl file")->capture_default_str();
  add_json(verb, options.output);
  verb.callback([&] { action = [&] { return run_perplexity(options); }; });
}

void add_tokenize(CLI::App& app, TokenizeOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("tokenize", "Show the tokens of a text: one id and piece a line, or in colours");
  verb.add_option("text", options.text, "the text; - reads standard input")->capture_default_str();
  auto* model = verb.add_option("--model", options.model, "model folder (default: the starter model inside Etna)");
  verb.add_option("--tokenizer", options.tokenizer, "tokenizer file or folder instead of a model's")->excludes(model);
  verb.add_flag("--no-special", options.no_special, "leave out the special tokens that are put around a text");
  const std::map<std::string, Colour> colours = {
      {"auto", Colour::automatic}, {"always", Colour::always}, {"never", Colour::never}};
  verb.add_option("--color", options.colour, "auto, always or never (default: auto, on terminals)")
      ->transform(CLI::CheckedTransformer(colours))
      ->option_text("WHEN");
  add_json(verb, options.output);
  verb.callback([&] { action = [&] { return run_tokenize(options); }; });
}

void add_probe(CLI::App& app, ProbeOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand(
      "probe", "Direct access for scripts: requests on stdin, answers on stdout, one JSON object a line");
  verb.add_option("--device", options.device, "cpu or vulkan (default: the best there is)")
      ->check(CLI::IsMember({"cpu", "vulkan"}));
  verb.add_option("--activations", options.activations, "type of activations: f32, f16 or bf16")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}));
  add_placement(verb, options.layers_on_device);
  verb.callback([&] { action = [&] { return run_probe(options); }; });
}

/// Sentences for people begin with the program's name; the rest is the error's own text.
int report(std::string_view message, int code) {
  fmt::print(stderr, "etna-cli: {}\n", message);
  return code;
}

int run(int argc, char** argv) {
  CLI::App app("Etna: local language models", "etna-cli");
  app.set_version_flag("--version", "etna-cli " + Engine::version());
  app.require_subcommand(1);
  GenerateOptions generate;
  ChatOptions chat;
  CachePromptOptions cache_prompt;
  CacheOptions cache;
  ConvertOptions convert;
  LoadOptions load;
  HubVerbs hub_verbs;
  TrainingVerbs training_verbs;
  BenchOptions bench;
  PerplexityOptions perplexity;
  TokenizeOptions tokenize;
  ProbeOptions probe;
  Action action;
  add_generate(app, generate, action);
  add_chat(app, chat, action);
  add_cache_prompt(app, cache_prompt, action);
  add_cache(app, cache, action);
  add_convert(app, convert, action);
  add_hub_verbs(app, hub_verbs, action);
  add_training_verbs(app, training_verbs, action);
  add_load(app, load, action);
  add_bench(app, bench, action);
  add_perplexity(app, perplexity, action);
  add_tokenize(app, tokenize, action);
  add_probe(app, probe, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return app.exit(wanted);
  } catch (const CLI::ParseError& error) {
    return report(error.what(), exit_usage);
  }
  return action();
}

}  // namespace

}  // namespace etna::cli

int main(int argc, char** argv) {
  using namespace etna::cli;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is a failed write, not a sudden end
  try {
    return run(argc, argv);
  } catch (const etna::Error& error) {
    return report(error.what(), exit_code(error.code()));
  } catch (const std::bad_alloc&) {
    return report("there is not enough memory", exit_memory);
  } catch (const std::exception& error) {
    return report(error.what(), exit_other);
  }
}

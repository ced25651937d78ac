#include "cli/hub_verbs.h"

namespace etna::cli {

namespace {

void add_json(CLI::App& verb, Output& output, const char* what = "answer in JSON") {
  verb.add_flag_callback(
      "--json", [&output] { output = Output::json; }, what);
}

void add_hub(CLI::App& verb, HubOptions& options) {
  verb.add_option("--endpoint", options.endpoint, "address of a mirror (default: HF_ENDPOINT, else https://huggingface.co)")
      ->option_text("URL");
  verb.add_flag("--offline", options.offline, "ask nobody, also with HF_HUB_OFFLINE=1");
}

void add_search(CLI::App& app, SearchOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("search", "Look for models on Hugging Face");
  verb.add_option("text", options.words, "words of the name; none: the most popular models");
  verb.add_option("--format", options.format, "only models in this format")->check(CLI::IsMember({"mlx", "gguf", "safetensors"}));
  verb.add_option("--max-size", options.max_size, "parameters (8B, 500M) or bytes to download (5GB)")->option_text("SIZE");
  verb.add_option("--license", options.license, "only with this licence: apache-2.0, mit, llama3.1 …")->option_text("ID");
  verb.add_option("--capability", options.capability, "only models that can do this")
      ->check(CLI::IsMember({"chat", "vision", "tools", "reasoning", "code", "embeddings"}));
  verb.add_option("--author", options.author, "only of this publisher");
  verb.add_flag("--fits", options.fitting, "only models that fit this computer");
  verb.add_option("--sort", options.sort, "order of the answer")
      ->check(CLI::IsMember({"trending", "downloads", "newest", "updated", "likes"}))
      ->capture_default_str();
  verb.add_option("--limit", options.limit, "models on a page; a page is one request")->check(CLI::Range(1, 100))->capture_default_str();
  verb.add_option("--cursor", options.cursor, "the next page, as the one before names it");
  add_hub(verb, options.hub);
  add_json(verb, options.output);
  verb.callback([&] { action = [&] { return run_search(options); }; });
}

void add_get(CLI::App& app, GetOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("get", "Download a model from Hugging Face; goes on where it stopped");
  verb.add_option("model", options.model, "ORG/NAME, ORG/NAME:VERSION or a link")->required();
  verb.add_option("--revision", options.revision, "branch, tag or commit (default: main)");
  auto* version = verb.add_option("--version", options.version, "which version, such as Q4_K_M (default: asks; shows what fits)");
  verb.add_option("--include", options.include, "files whose names match, instead of a version: '*.json'")->excludes(version)->allow_extra_args(false)->option_text("PATTERN");
  verb.add_option("--exclude", options.exclude, "not the files whose names match")->excludes(version)->allow_extra_args(false)->option_text("PATTERN");
  verb.add_option("--local-dir", options.local_dir, "put the files into this folder instead of the shared cache")->option_text("FOLDER");
  verb.add_flag("--dry-run", options.dry_run, "only say what would be downloaded");
  verb.add_flag("-y,--yes", options.yes, "take the recommended version and ask nothing");
  verb.add_flag("--force", options.force, "download also what Etna cannot run");
  add_hub(verb, options.hub);
  add_json(verb, options.output, "progress and answer as one JSON object a line");
  verb.callback([&] { action = [&] { return run_get(options); }; });
}

void add_list(CLI::App& verb, ModelsOptions& options) {
  verb.add_flag("--memory", options.memory, "say how much memory each takes at its usual context, and whether it fits");
  verb.add_option("--device", options.device, "that --memory is about (default: the best there is)");
  add_json(verb, options.output);
}

void add_models(CLI::App& app, HubVerbs& options, Action& action) {
  CLI::App& models = *app.add_subcommand("models", "The models on this machine: list, remove, check, find");
  add_list(models, options.models);
  models.callback([&] {
    if (models.get_subcommands().empty()) action = [&] { return run_models(options.models); };
  });
  CLI::App& list = *models.add_subcommand("ls", "List them (also without a word)");
  add_list(list, options.models);
  list.callback([&] { action = [&] { return run_models(options.models); }; });

  CLI::App& remove = *models.add_subcommand("rm", "Move a model of the shared cache to the trash");
  remove.add_option("model", options.remove.model, "ORG/NAME (all of it) or ORG/NAME:VERSION")->required();
  remove.add_option("--revision", options.remove.revision, "only this branch, tag or commit");
  remove.add_flag("-y,--yes", options.remove.yes, "do not ask");
  add_json(remove, options.remove.output);
  remove.callback([&] { action = [&] { return run_models_remove(options.remove); }; });

  CLI::App& verify = *models.add_subcommand("verify", "Read models of the shared cache and compare them with their hashes");
  verify.add_option("model", options.verify.model, "ORG/NAME or ORG/NAME:VERSION (default: all)");
  verify.add_flag("--repair", options.verify.repair, "download the damaged pieces again");
  add_hub(verify, options.verify.hub);
  add_json(verify, options.verify.output);
  verify.callback([&] { action = [&] { return run_models_verify(options.verify); }; });

  CLI::App& where = *models.add_subcommand("where", "Print the folder of a model, or all folders with models");
  where.add_option("model", options.where.model, "ORG/NAME or ORG/NAME:VERSION (default: the folders with models)");
  add_json(where, options.where.output);
  where.callback([&] { action = [&] { return run_models_where(options.where); }; });
}

void add_login(CLI::App& app, LoginOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("login", "Sign in to Hugging Face with an access token, read from standard input");
  auto* token = verb.add_option("--token", options.token, "the token; other users can see it in the list of processes");
  auto* status = verb.add_flag("--status", options.status, "say who is signed in")->excludes(token);
  verb.add_flag("--logout", options.logout, "forget the token")->excludes(token)->excludes(status);
  add_hub(verb, options.hub);
  add_json(verb, options.output);
  verb.callback([&] { action = [&] { return run_login(options); }; });
}

}  // namespace

void add_hub_verbs(CLI::App& app, HubVerbs& options, Action& action) {
  add_search(app, options.search, action);
  add_get(app, options.get, action);
  add_models(app, options, action);
  add_login(app, options.login, action);
}

}  // namespace etna::cli

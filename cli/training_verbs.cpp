#include "cli/training_verbs.h"

#include "cli/commands/json_text.h"
#include "engine/training_files.h"

namespace etna::cli {

namespace {

using Action = std::function<int()>;

void add_json(CLI::App& verb, Output& output, const char* what) {
  verb.add_flag_callback(
      "--json", [&output] { output = Output::json; }, what);
}

/// Options that are keys of a recipe: "--num-layers 4" is {"num_layers": 4}.
class RecipeFlags {
public:
  RecipeFlags(CLI::App& verb, std::string& recipe) : verb_(verb), recipe_(recipe) {}

  CLI::Option* text(const std::string& flag, const char* what) {
    return add<std::string>(
        flag, what, [](JsonText& json, const std::string& key, const std::string& value) { json.add(key, value); });
  }

  CLI::Option* whole(const std::string& flag, const char* what) {
    return add<std::int64_t>(flag, what,
                             [](JsonText& json, const std::string& key, std::int64_t value) { json.add(key, value); });
  }

  CLI::Option* number(const std::string& flag, const char* what) {
    return add<double>(flag, what, [](JsonText& json, const std::string& key, double value) { json.add(key, value); });
  }

  void on(const std::string& flag, const char* what) {
    std::string& recipe = recipe_;
    verb_.add_flag_callback(
        flag, [&recipe, key = key_of(flag)] { recipe = merge_recipes(recipe, JsonText().add(key, true).object()); },
        what);
  }

private:
  template <class Value, class Add>
  CLI::Option* add(const std::string& flag, const char* what, const Add& add_value) {
    std::string& recipe = recipe_;
    return verb_.add_option_function<Value>(
        flag,
        [&recipe, key = key_of(flag), add_value](const Value& value) {
          JsonText json;
          add_value(json, key, value);
          recipe = merge_recipes(recipe, json.object());
        },
        what);
  }

  static std::string key_of(std::string flag) {
    flag = flag.substr(2, flag.find(',') - 2);
    for (char& c : flag) c = c == '-' ? '_' : c;
    return flag;
  }

  CLI::App& verb_;
  std::string& recipe_;
};

/// mlx-lm's names and meanings.
void add_lora(CLI::App& app, LoraOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("lora", "Fine-tune a model with examples (LoRA, DoRA or whole weights)");
  RecipeFlags flags(verb, options.overrides);
  verb.add_option("-c,--config", options.config,
                  "recipe: a YAML file with these options as keys, and lora_parameters, lr_schedule, optimizer_config; "
                  "what is given here comes before it")
      ->option_text("FILE");
  flags.text("--model", "model folder (default: the starter model inside Etna)");
  flags.on("--train", "train");
  flags.on("--test", "measure the loss on the test rows, after training where both are asked for");
  flags.text("--data",
             "folder with train.jsonl, valid.jsonl and test.jsonl, one file, or a downloaded data set ORG/NAME");
  flags.text("--fine-tune-type", "what is trained: lora, dora or full (default: lora)")
      ->check(CLI::IsMember({"lora", "dora", "full"}));
  flags.text("--optimizer", "adam, adamw, muon, sgd or adafactor (default: adam)")
      ->check(CLI::IsMember({"adam", "adamw", "muon", "sgd", "adafactor"}));
  flags.on("--mask-prompt", "learn only from the last answer");
  flags.whole("--num-layers", "layers that are trained, the last ones; -1: all (default: 16)");
  flags.whole("--batch-size", "rows in a batch (default: 4)")->check(CLI::PositiveNumber);
  flags.whole("--iters", "batches to train on (default: 1000)")->check(CLI::PositiveNumber);
  flags.whole("--val-batches", "batches of a check; -1: all (default: 25)");
  flags.number("--learning-rate", "how far a step goes (default: 1e-5)")->check(CLI::PositiveNumber);
  flags.whole("--steps-per-report", "steps between two lines about the loss (default: 10)")->check(CLI::PositiveNumber);
  flags.whole("--steps-per-eval", "steps between two checks (default: 200)")->check(CLI::NonNegativeNumber);
  flags.whole("--grad-accumulation-steps", "batches to an update (default: 1)")->check(CLI::PositiveNumber);
  flags.text("--resume-adapter-file", "weights of an adapter to begin with; see also --resume");
  flags.text("--adapter-path", "folder that the adapter is written to (default: adapters)");
  flags.whole("--save-every", "steps between two checkpoints (default: 100)")->check(CLI::NonNegativeNumber);
  flags.whole("--test-batches", "batches of the test; -1: all (default: 500)");
  flags.whole("--max-seq-length", "longest row in tokens; longer ones are cut (default: 2048)")
      ->check(CLI::Range(2, 1 << 24));
  flags.on("--grad-checkpoint", "compute layers twice to save memory");
  flags.whole("--clear-cache-threshold", "has no meaning here; taken for mlx-lm's sake");
  flags.whole("--seed", "same seed, same run (default: 0)")->check(CLI::NonNegativeNumber);
  flags.text("--activations", "type of activations: f32, f16 or bf16 (default: the fastest that is safe)")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}));
  flags.number("--check-share", "share of the rows kept for checking where there is no valid file, such as 0.05")
      ->check(CLI::Range(0.0, 0.9));
  verb.add_option("--device", options.device, "cpu or vulkan (default: the best there is)");
  verb.add_flag("--resume", options.resume,
                "go on from the latest checkpoint in --adapter-path, as if nothing had happened");
  verb.add_option("--sample-prompt", options.sample_prompts,
                  "is answered at each check, to see progress; several may be given")
      ->allow_extra_args(false)
      ->option_text("TEXT");
  verb.add_flag("--estimate", options.estimate, "only say how much memory and disk it would take");
  add_json(verb, options.output, "one JSON object a line");
  verb.callback([&] { action = [&] { return run_lora(options); }; });
}

/// mlx-lm's names; -q and its options as convert has them.
void add_fuse(CLI::App& app, FuseOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("fuse", "Merge an adapter into its model: a folder that needs no adapter");
  verb.add_option("--model", options.model, "model folder (default: the starter model inside Etna)");
  verb.add_option("--adapter-path", options.adapter, "folder of the adapter")->capture_default_str();
  verb.add_option("--save-path", options.destination, "the folder to write; it must not exist")->capture_default_str();
  auto* dequantize =
      verb.add_flag("--dequantize,--de-quantize", options.dequantize, "write plain weights, not quantized ones");
  auto* quantize = verb.add_flag("-q,--quantize", options.quantize,
                                 "quantize all of the result anew (default: each weight as it was)")
                       ->excludes(dequantize);
  verb.add_option("--q-bits", options.bits, "bits per weight (default: the mode's)")->needs(quantize);
  verb.add_option("--q-group-size", options.group_size, "weights that share a scale (default: the mode's)")
      ->needs(quantize);
  verb.add_option("--q-mode", options.mode, "affine, mxfp4, mxfp8 or nvfp4")
      ->check(CLI::IsMember({"affine", "mxfp4", "mxfp8", "nvfp4"}))
      ->needs(quantize)
      ->capture_default_str();
  verb.add_flag("--export-gguf", options.export_gguf, "is not supported: Etna cannot write GGUF files");
  add_json(verb, options.output, "answer in JSON");
  verb.callback([&] { action = [&] { return run_fuse(options); }; });
}

void add_adapter(CLI::App& app, AdapterOptions& options, Action& action) {
  CLI::App& verb = *app.add_subcommand("adapter", "Write an adapter in another form");
  verb.add_option("--adapter-path", options.source, "folder of the adapter, in mlx-lm's or PEFT's form")->required();
  verb.add_option("--save-path", options.destination, "the folder to write; it must not exist")->required();
  verb.add_flag("--peft", options.peft, "for PEFT and transformers (default: for mlx-lm and Etna)");
  verb.add_option("--base-model", options.base_model, "what PEFT is to call the model (default: as the adapter says)")
      ->option_text("ORG/NAME");
  add_json(verb, options.output, "answer in JSON");
  verb.callback([&] { action = [&] { return run_convert_adapter(options); }; });
}

}  // namespace

void add_training_verbs(CLI::App& app, TrainingVerbs& verbs, Action& action) {
  add_lora(app, verbs.lora, action);
  add_fuse(app, verbs.fuse, action);
  add_adapter(app, verbs.adapter, action);
}

}  // namespace etna::cli

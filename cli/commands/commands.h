#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "hub/space.h"

/// The verbs of etna-cli. Each takes its options as values and gives the exit code; what goes wrong is thrown as Error.
namespace etna::cli {

/// Exit codes by area: scripts decide by them.
enum ExitCode : int {
  exit_success = 0,
  exit_other = 1,
  exit_usage = 2,
  exit_network = 3,
  exit_disk = 4,
  exit_memory = 5,
  exit_model = 6,
  exit_training = 7,      ///< a run that became unstable
  exit_interrupted = 130,  ///< Ctrl+C, as shells count it
};

int exit_code(Errc code);

enum class Output { text, json };

struct ModelOptions {
  std::string model;        ///< folder; empty: the starter inside Etna
  std::string device;       ///< "cpu", "vulkan"; empty: the best there is
  std::string activations;  ///< "f32", "f16", "bf16"; empty: the engine's rule
  int layers_on_device = -1;  ///< the rest runs on the processor; -1: as the engine decides
  KvCacheSettings kv_cache = {};
  std::string adapter;      ///< folder; empty: none
  std::string draft_model;  ///< folder; empty: none
  std::uint64_t context_length = 0;  ///< 0: the model's own, at most 8192
  bool force = false;                ///< load even if it does not fit
};

struct LoadOptions {
  ModelOptions model;
  bool estimate = false;  ///< only say what it would take
  Output output = Output::text;
};

/// How the model hub is reached; the environment says the rest (hub/environment.h).
struct HubOptions {
  std::string endpoint;  ///< of a mirror; empty: HF_ENDPOINT, else Hugging Face
  bool offline = false;  ///< ask nobody
};

struct SearchOptions {
  HubOptions hub;
  std::vector<std::string> words;
  std::string author;
  std::string format;      ///< "mlx", "gguf", "safetensors"; empty: any
  std::string capability;  ///< "chat", "vision", "tools", "reasoning", "code", "embeddings"; empty: any that writes
  std::string license;     ///< "apache-2.0"
  std::string max_size;    ///< "8B" parameters or "5GB" to download; empty: any
  std::string sort = "trending";
  std::string cursor;  ///< of the page before
  bool fitting = false;  ///< only those that fit this computer
  int limit = 20;
  Output output = Output::text;
};

struct GetOptions {
  HubOptions hub;
  std::string model;     ///< "org/name", "org/name:VERSION", a link
  std::string revision;  ///< branch, tag or commit; empty: what the link says, else main
  std::string version;   ///< "Q4_K_M"; empty: what the name says
  std::vector<std::string> include, exclude;  ///< patterns of file names, instead of a version
  std::string local_dir;                      ///< files go there; empty: the shared cache
  bool dry_run = false;
  bool yes = false;    ///< take the recommended version, ask nothing
  bool force = false;  ///< also what Etna cannot run
  Output output = Output::text;
  hub::SpaceSource space = hub::space_at;  ///< tests give their own
};

struct ModelsOptions {
  bool memory = false;  ///< say what each takes, and whether it fits
  std::string device;
  Output output = Output::text;
};

/// One model of the cache: "org/name", "org/name:VERSION".
struct RemoveOptions {
  std::string model;
  std::string revision;  ///< branch, tag or commit (its beginning does); empty: all of them
  bool yes = false;
  Output output = Output::text;
};

struct VerifyOptions {
  HubOptions hub;
  std::string model;  ///< empty: all
  bool repair = false;
  Output output = Output::text;
};

struct WhereOptions {
  std::string model;  ///< empty: the folders that hold models
  Output output = Output::text;
};

struct LoginOptions {
  HubOptions hub;
  std::string token;  ///< given on the command line; empty: asked for, or read from standard input
  bool status = false;
  bool logout = false;
  Output output = Output::text;
};

/// How messages become a prompt, and what ends an answer.
struct TemplateOptions {
  std::string arguments;                      ///< JSON object of further variables; empty: none
  bool use_default = false;                   ///< where the model has no template
  std::vector<std::string> extra_eos_tokens;  ///< tokens or ids
};

/// Where prompts are kept on disk between runs.
struct DiskCacheOptions {
  bool enabled = false;
  std::string folder;             ///< empty: Etna's own
  std::uint64_t limit_bytes = 0;  ///< 0: the usual one

  PromptCacheSettings settings() const;
};

struct GenerateOptions {
  ModelOptions model;
  DiskCacheOptions disk_cache;
  std::string prompt_cache_file;  ///< that the prompt continues; empty: none
  TemplateOptions chat_template;
  std::string prompt = "hello";  ///< "-": standard input
  std::string system_prompt;
  std::string prefill_response;  ///< how the answer begins
  std::uint64_t max_tokens = 100;
  SamplingSettings sampling;
  SpeculationSettings speculation;
  std::string prompts_file;  ///< one prompt a line, answered side by side; empty: `prompt` alone
  int batch_size = 8;        ///< of prompts_file
  bool ignore_chat_template = false;
  bool verbose = true;  ///< false: the answer alone
  Output output = Output::text;
};

struct ChatOptions {
  ModelOptions model;
  DiskCacheOptions disk_cache;
  bool statistics = false;  ///< a line after each answer
  TemplateOptions chat_template;
  std::string system_prompt;
  std::uint64_t max_tokens = 256;
  SamplingSettings sampling;
  SpeculationSettings speculation;
  Output output = Output::text;
};

struct CachePromptOptions {
  ModelOptions model;
  std::string prompt;             ///< "-": standard input
  std::string prompt_cache_file;  ///< to write
  std::string eos_token;          ///< empty: the model's
  bool use_default_template = false;
  Output output = Output::text;
};

enum class CacheAction { list, remove, purge, where };

struct CacheOptions {
  CacheAction action = CacheAction::list;
  std::string folder;            ///< empty: Etna's own
  std::vector<std::string> ids;  ///< to remove
  Output output = Output::text;
};

struct ConvertOptions {
  std::string source;
  std::string destination = "mlx_model";
  bool quantize = false;
  bool dequantize = false;
  std::optional<int> bits;
  std::optional<int> group_size;
  std::string mode = "affine";
  std::string dtype;
  Output output = Output::text;
};

struct BenchOptions {
  ModelOptions model;
  std::int64_t prompt_tokens = 512;
  std::int64_t generation_tokens = 128;
  int trials = 5;
  Output output = Output::text;
};

struct PerplexityOptions {
  ModelOptions model;
  std::string file;       ///< plain text, whatever its name
  std::string data_path;  ///< .txt or .jsonl
  std::int64_t batch_size = 8;
  std::int64_t sequence_length = 512;
  std::int64_t samples = 256;  ///< -1: all
  std::uint64_t seed = 123;
  Output output = Output::text;
};

/// Whether text on standard output may have colours; automatic: on a terminal, unless NO_COLOR is set.
enum class Colour { automatic, always, never };

struct TokenizeOptions {
  std::string text = "-";  ///< "-": standard input
  std::string model;       ///< folder; empty: the starter inside Etna
  std::string tokenizer;   ///< tokenizer file or folder instead of a model's
  bool no_special = false;
  Colour colour = Colour::automatic;
  Output output = Output::text;
};

struct ProbeOptions {
  std::string device;
  std::string activations;
  int layers_on_device = -1;
};

int run_generate(const GenerateOptions& options);
int run_chat(const ChatOptions& options);
int run_cache_prompt(const CachePromptOptions& options);
int run_cache(const CacheOptions& options);
int run_convert(const ConvertOptions& options);
int run_search(const SearchOptions& options);
int run_get(const GetOptions& options);
int run_models(const ModelsOptions& options);
int run_models_remove(const RemoveOptions& options);
int run_models_verify(const VerifyOptions& options);
int run_models_where(const WhereOptions& options);
int run_login(const LoginOptions& options);
int run_load(const LoadOptions& options);
int run_bench(const BenchOptions& options);
int run_perplexity(const PerplexityOptions& options);
int run_tokenize(const TokenizeOptions& options);
int run_probe(const ProbeOptions& options);

}  // namespace etna::cli

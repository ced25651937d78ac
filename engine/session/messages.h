#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/generation/tool_call.h"
#include "engine/session/context_messages.h"
#include "engine/session/memory_messages.h"
#include "engine/session/prompt_cache_messages.h"

/// What the screens, the terminal and the server exchange with the engine (D8): plain values, no arrays, no pointers.
namespace etna {

/// A place where models run.
struct DeviceInfo {
  std::string id;                       ///< "cpu", "vulkan:0", …: what LoadRequest::device takes
  std::string name;                     ///< "NVIDIA H200", "AMD Ryzen 7 7840U"
  bool is_gpu = false;                  ///< false for the processor and for software Vulkan
  bool shares_system_memory = true;
  std::uint64_t memory_bytes = 0;       ///< all there is
  std::uint64_t available_bytes = 0;    ///< what a model may use now
  std::string driver;                   ///< driver or instruction sets, for details
};

/// How a model remembers its context.
struct KvCacheSettings {
  std::uint64_t max_size = 0;           ///< > 0: the first 4 tokens and so many in all, however long the context grows
  int key_bits = 0;                     ///< 4 or 8; 0: as activations
  int value_bits = 0;
  int group_size = 64;                  ///< of packed keys and values: 32 or 64
  std::uint64_t quantized_start = 0;    ///< tokens of context before they are packed
};

/// What happens to a load that does not fit.
enum class Admission {
  refuse,     ///< out_of_memory, with numbers
  make_room,  ///< idle models that are not pinned are unloaded first, longest unused first, if that is enough
  force,      ///< "load anyway": only the system's own limits stop it, and critical pressure
};

struct LoadRequest {
  std::string path;                     ///< model folder; empty: the starter model inside Etna
  std::string device;                   ///< DeviceInfo::id, "vulkan", "cpu", or empty for the best there is
  std::string activations;              ///< "f32", "f16", "bf16", or empty for the engine's rule
  std::uint64_t context_length = 0;     ///< tokens of KV cache; 0: the model's own, at most 8192
  KvCacheSettings kv_cache = {};
  std::string adapter = {};             ///< folder of a fine-tuned change (LoRA, DoRA, whole weights); empty: none
  std::string draft_model = {};         ///< a small model of the same vocabulary that guesses ahead; empty: none
  int layers_on_device = -1;            ///< the rest runs on the processor; -1: as many as fit
  Admission admission = Admission::refuse;
  ModelId replaces = 0;                 ///< unloaded before the load is admitted; 0: none
  std::optional<double> idle_unload_seconds = {};  ///< 0: never; none: as MemoryPolicy says
};

struct LoadProgress {
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};

struct ModelInfo {
  ModelId id = 0;
  std::string name;                     ///< for people: "Etna Starter", folder name, …
  std::string path;
  std::string adapter;                  ///< LoadRequest::adapter
  std::string model_type;               ///< config.json's
  std::string format;                   ///< "8-bit, groups of 64", "bfloat16", …
  std::string fingerprint;              ///< tells weights apart, wherever their files lie: digits of a hash
  std::string activations;              ///< "f32", "f16" or "bf16"
  std::string device;                   ///< DeviceInfo::name
  std::string device_id;
  std::int64_t layers = 0;
  std::int64_t layers_on_device = 0;    ///< of them; the rest runs on the processor
  std::uint64_t parameters = 0;         ///< logical weights: packed ones unpacked, tied ones once
  std::uint64_t weight_bytes = 0;
  std::uint64_t vocab_size = 0;
  std::uint64_t context_length = 0;     ///< tokens that fit the KV cache
  std::uint64_t trained_context_length = 0;
  bool is_starter = false;
  bool has_chat_template = false;
  bool thinks = false;                  ///< writes thoughts before its answers, or can
  bool can_switch_thinking = false;     ///< the template knows enable_thinking
  double load_seconds = 0;
  std::vector<std::string> warnings;    ///< what a person should know
  // The model's own suggestions (generation_config.json), where it has any.
  std::optional<double> suggested_temperature;
  std::optional<double> suggested_top_p;
  std::optional<int> suggested_top_k;
};

/// "28 of 32 layers on the graphics device"; empty where all of them are in one place, or none is.
std::string placement_text(const ModelInfo& model);

struct ChatMessage {
  std::string role;                       ///< "system", "developer", "user", "assistant" or "tool"
  std::string content;
  std::string thinking = {};              ///< of an assistant: what led to the content; not part of it
  std::vector<ToolCall> tool_calls = {};  ///< of an assistant
  std::string tool_call_id = {};          ///< of a tool: the call that this answers
  std::string name = {};                  ///< of a tool: which one
};

/// How tokens are drawn; SamplingParameters (engine/generation/sampler.h) says what each does and in which order.
struct SamplingSettings {
  double temperature = 0.7;             ///< 0: always the most likely token
  double top_p = 1.0;                   ///< 1: off
  int top_k = 0;                        ///< 0: off
  double min_p = 0.0;                   ///< 0: off
  double repetition_penalty = 0.0;      ///< 0: off
  std::optional<std::uint64_t> seed = {};  ///< none: different each time

  int min_tokens_to_keep = 1;           ///< so many survive min_p
  double xtc_probability = 0.0;         ///< how often the most likely tokens are left out; 0: off
  double xtc_threshold = 0.1;           ///< of the tokens above it all but the least likely
  double presence_penalty = 0.0;        ///< 0: off
  double frequency_penalty = 0.0;       ///< 0: off
  int repetition_context_size = 20;     ///< the last tokens, prompt included, that a penalty looks at
  int presence_context_size = 20;
  int frequency_context_size = 20;
  std::map<std::int32_t, double> logit_bias = {};  ///< token id: what is added; -infinity forbids it
};

/// Guessing ahead: several tokens are checked in the time of one. Answers are the same with and without it.
struct SpeculationSettings {
  int draft_tokens = 3;                 ///< guesses at a time, by the draft model and from the text; 1 to 31
  int prompt_lookup = 0;                ///< > 0: what followed the last so many tokens, where the text has them already
};

struct ChatRequest {
  std::vector<ChatMessage> messages;    ///< the last one is the user's
  ModelId model = 0;                    ///< who answers; 0: the model that was used last
  std::string raw_prompt;               ///< when not empty: plain text instead of messages, no template
  SamplingSettings sampling;
  std::uint64_t max_tokens = 1024;
  std::vector<std::string> stop_texts;  ///< end the answer; thoughts and tool calls are not searched

  std::string tools = {};               ///< JSON list of the functions that are offered; empty: none
  std::string documents = {};           ///< JSON list, for templates that know documents
  std::string template_arguments = {};  ///< JSON object of further variables for the template, which come last
  std::optional<bool> enable_thinking;  ///< none: as the model can
  std::string prefill_response = {};    ///< how the answer begins; the model continues it
  std::vector<std::string> extra_stop_tokens = {};  ///< each as the vocabulary spells it, or an id in digits
  bool ignore_chat_template = false;                ///< the last message is plain text to be continued
  bool use_default_chat_template = false;           ///< ChatML, for models without a template
  SpeculationSettings speculation = {};

  OverflowPolicy overflow = OverflowPolicy::stop;  ///< where the messages are longer than the context
  std::uint64_t reply_reserve = 0;      ///< tokens of it that are kept free for the answer

  PromptCaching caching = PromptCaching::keep;
  std::string conversation = {};        ///< whose earlier prompts say what changed; empty: the text alone says it
  std::string snapshot = {};            ///< id of a snapshot that the messages continue, from the first of a user on; empty: one that fits is found by itself
  std::string prompt_cache_file = {};   ///< a file that the prompt continues: only what follows it is rendered (mlx-lm's meaning)
};

/// Reads a text and keeps what the model remembers of it: a snapshot, or a file for mlx-lm and `prompt_cache_file`.
struct SaveContextRequest {
  ChatRequest prompt;                   ///< its messages end where a continuation begins; what asks for answers is not used
  std::string name = {};                ///< of a snapshot; a snapshot of that name is replaced
  std::string path = {};                ///< of a file, instead of a snapshot
  std::string model_name = {};          ///< what a file calls the model; empty: its path
};

struct SavedContext {
  SnapshotInfo snapshot;                ///< id is empty for a file
  std::uint64_t tokens = 0;
  std::uint64_t cached_tokens = 0;      ///< of them, not evaluated for it
  double seconds = 0;                   ///< evaluating
  std::uint64_t peak_memory_bytes = 0;

  double tokens_per_second() const { return seconds > 0 ? static_cast<double>(tokens - cached_tokens) / seconds : 0; }
};

enum class StopReason {
  end_of_text,      ///< the model ended its answer
  stopped,          ///< the user
  stop_text,        ///< one of ChatRequest::stop_texts
  length,           ///< max_tokens
  context_full,
  model_unloaded,
  failed,
  tool_call,        ///< the model ended its message and waits for what a tool says
};

/// The exact words the screens show: "end of text", "you stopped it", "stop text found", "length limit reached", …
const char* words(StopReason reason);

struct RunStatistics {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t cached_tokens = 0;      ///< of them, not evaluated again: cache.tokens.total()
  CacheReport cache;                    ///< where those came from, and why not more
  ContextFit context;                   ///< which messages the model was not shown, and why
  std::uint64_t generated_tokens = 0;
  std::uint64_t thinking_tokens = 0;    ///< of them, not part of the answer
  std::uint64_t tool_calls = 0;
  std::uint64_t drafted_tokens = 0;     ///< guessed ahead
  std::uint64_t accepted_tokens = 0;    ///< of them, right
  double prompt_seconds = 0;            ///< evaluating the prompt
  double decode_seconds = 0;            ///< first to last token
  double first_token_seconds = 0;       ///< request to first token
  double thinking_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
  std::optional<std::uint64_t> seed;    ///< that tokens were drawn with; none: the most likely ones were taken
  StopReason stop_reason = StopReason::end_of_text;

  double prompt_tokens_per_second() const;
  double decode_tokens_per_second() const;
};

/// A text to predict. Exactly one of the paths is given.
struct PerplexityRequest {
  std::string text_file = {};          ///< plain text, whatever its name
  std::string data_path = {};          ///< .txt: plain text; .jsonl: {"text": …}, {"messages": […]} or {"tokens": [ids]} a line
  std::int64_t batch_size = 8;         ///< windows evaluated at a time
  std::int64_t sequence_length = 512;  ///< tokens of a window; no more than the model was trained for
  std::int64_t samples = 256;          ///< most windows; -1: all
  std::uint64_t seed = 123;            ///< order of the records of a .jsonl file
};

struct PerplexityReport {
  double perplexity = 0;         ///< exp(mean negative log-likelihood)
  double standard_error = 0;     ///< perplexity · deviation of the log-likelihoods (ddof 1) / √tokens
  double mean_nll = 0;           ///< natural logarithm
  std::uint64_t tokens = 0;      ///< scored: all but the first of each window
  std::uint64_t windows = 0;
  std::uint64_t sequence_length = 0;  ///< of a window
  double seconds = 0;
  std::uint64_t peak_memory_bytes = 0;

  double tokens_per_second() const { return seconds > 0 ? static_cast<double>(windows * sequence_length) / seconds : 0; }
};

/// An error as a value.
struct Failure {
  Errc code = Errc::io;
  std::string message;
};

}  // namespace etna

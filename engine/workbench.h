#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/progress.h"
#include "engine/session/messages.h"

namespace etna {

class Tokenizer;
class TokenizerCache;

/// Direct, synchronous access to what the engine is made of, for scripts and tests (`etna-cli probe`) and for verbs
/// that work on files. Plain values in and out; every function throws Error. Not for several threads.

struct WorkbenchOptions {
  std::string device = {};             ///< "cpu", "vulkan", or empty for the best there is
  std::string activations = {};        ///< "f32", "f16", "bf16", or empty for the engine's rule
  std::int64_t layers_on_device = -1;  ///< the last ones of a model, the rest on the processor; -1: all
};

/// What the workbench's device holds.
struct MemorySummary {
  std::uint64_t live_bytes = 0;    ///< the exact sum of uses
  std::uint64_t peak_bytes = 0;
  std::uint64_t cached_bytes = 0;  ///< kept for reuse
  std::uint64_t limit_bytes = 0;
  std::vector<MemoryUse> uses;
};

/// How a quantized tensor is packed.
struct Packing {
  std::string mode = "affine";
  std::optional<int> bits;  ///< none: the mode's usual one
  std::optional<int> group_size;
};

struct TensorDescription {
  std::string name;
  std::vector<std::int64_t> shape;  ///< outermost axis first
  std::string dtype;                ///< the format's name of it
};

/// A value of a file's metadata, with the type the file gives it.
struct MetadataValue {
  /// Long lists are shortened: `last` is empty when `first` is all of it.
  struct List {
    std::uint64_t length = 0;
    std::vector<MetadataValue> first, last;
  };

  std::variant<bool, std::int64_t, std::uint64_t, float, double, std::string, List> value;
};

struct FileDescription {
  std::string format;
  std::vector<std::pair<std::string, MetadataValue>> metadata;  ///< in file order where the format has one
  std::vector<TensorDescription> tensors;                       ///< in file order
};

/// Rows of a tensor seen as [all other axes, last axis].
struct TensorRows {
  std::vector<std::int64_t> shape;  ///< of the logical tensor
  std::string dtype;
  std::vector<std::vector<float>> values;          ///< of floating and quantized tensors
  std::vector<std::vector<std::string>> integers;  ///< of integer tensors, in decimal: they may have 64 bits
};

/// Names of the parts of a quantized weight inside a safetensors file.
struct PackedNames {
  std::string file;
  std::string weight;
  std::string scales;
  std::string biases;  ///< affine only
  Packing packing;
};

enum class Orientation { as_stored, transposed };
enum class EndOfText { stops, ignored };
enum class LastLogits { omitted, wanted };
enum class Specials { without, with };  ///< special tokens: around a text, or in it

struct GreedyAnswer {
  std::vector<std::int32_t> ids;
  bool stopped_at_end_of_text = false;
  std::vector<float> last_logits;
  double prompt_seconds = 0;  ///< to the first token
  double decode_seconds = 0;  ///< from there to the last one
};

struct StreamedText {
  std::vector<std::string> chunks;  ///< one per id
  std::string flush;
};

/// One token of a text.
struct TokenDescription {
  std::int32_t id = 0;
  std::string token;     ///< as the vocabulary spells it: "Ġworld"
  std::string text;      ///< what it adds to the text when it is decoded; empty while a character is incomplete
  bool special = false;  ///< a control token; true also where it stands in the text itself
};

/// What a chat template is given; JSON as text, because the order of keys matters.
struct RenderRequest {
  std::string template_file;  ///< a Jinja file or tokenizer_config.json; empty: that of `tokenizer`
  std::string tokenizer;      ///< as below; empty: that of the loaded model
  std::string messages;
  std::string tools = "null";
  std::string variables = "{}";
  std::optional<std::map<std::string, std::string>> special_tokens;  ///< none: those of `tokenizer`
  bool add_generation_prompt = false;
  bool continue_final_message = false;
  std::string now;  ///< "2025-03-14T09:26:53"; empty: the clock
};

/// Parameters of a distribution; the names and defaults are mlx-lm's.
struct DistributionRequest {
  double temp = 0;
  double top_p = 0;
  double min_p = 0;
  std::int64_t min_tokens_to_keep = 1;
  double xtc_probability = 0;
  double xtc_threshold = 0.1;
  std::vector<std::int32_t> xtc_special_tokens;
  std::int64_t top_k = 0;
  std::map<std::int32_t, double> logit_bias;
  double repetition_penalty = 0;
  double presence_penalty = 0;
  double frequency_penalty = 0;
  std::int64_t repetition_context_size = 20;
  std::int64_t presence_context_size = 20;
  std::int64_t frequency_context_size = 20;
};

struct DistributionAnswer {
  std::vector<std::int32_t> ids;
  std::vector<double> probabilities;
};

/// A few optimizer steps on one batch, in float32, on a copy of a model.
struct TrainStepsRequest {
  /// As in TrainingOptions: "adam", "sgd", …
  struct Optimizer {
    std::string name = "adam";
    double learning_rate = 1e-5;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double eps = 1e-8;
    double weight_decay = 0;
    bool bias_correction = false;
  };

  std::string model;
  std::string adapter = {};       ///< folder of the LoRA or DoRA adapter that is trained; empty: the model's own weights
  std::int64_t layers = -1;       ///< without an adapter: the last ones; -1: all
  std::vector<std::vector<std::int32_t>> batch;                  ///< rows of one length, padded
  std::vector<std::pair<std::int64_t, std::int64_t>> lengths;    ///< of each row: target s counts when first <= s <= second
  Optimizer optimizer = {};
  std::int64_t steps = 1;
  std::string gradients_out = {};  ///< file; empty: none
  std::string adapter_out = {};    ///< folder; empty: none
};

class Workbench {
public:
  /// Throws unsupported when there is no such device.
  explicit Workbench(WorkbenchOptions options);
  ~Workbench();
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  const std::string& device() const { return device_name_; }  ///< "NVIDIA H200 (vulkan)"

  std::string activations() const;  ///< in use; "auto" as long as it depends on the model

  // Models. What needs a model throws invalid_argument, beginning with `operation`, when none is loaded.
  /// Replaces the loaded one; after a failure none is loaded. adapter: folder of one; empty: none.
  ModelInfo load(const std::string& model, const std::string& adapter = {});
  void unload();
  bool is_loaded() const;
  const ModelInfo& model(const char* operation) const;
  MemorySummary memory() const;  ///< of the device; empty as long as it was not opened
  std::vector<std::vector<float>> logits(std::span<const std::int32_t> ids, std::span<const std::int64_t> positions);
  GreedyAnswer greedy(std::span<const std::int32_t> ids, std::int64_t max_tokens, EndOfText end, LastLogits last);
  std::vector<std::vector<std::int32_t>> greedy_batch(const std::vector<std::vector<std::int32_t>>& prompts,
                                                      std::int64_t max_tokens, EndOfText end);

  /// Reads the request's text and measures how well the model predicts it.
  PerplexityReport perplexity(const PerplexityRequest& request, const Progress& progress);

  /// The losses before each step and after the last. The loaded model stays as it is.
  std::vector<float> train_steps(const TrainStepsRequest& request);

  // Text. `tokenizer` is a file or folder; empty: that of the loaded model.
  std::vector<std::int32_t> tokenize(const std::string& tokenizer, const std::string& text, Specials specials);
  std::string detokenize(const std::string& tokenizer, std::span<const std::int32_t> ids, Specials specials);
  std::vector<TokenDescription> describe_tokens(const std::string& tokenizer, const std::string& text,
                                                Specials specials);
  StreamedText detokenize_stream(const std::string& tokenizer, std::span<const std::int32_t> ids, Specials specials);
  std::string render(const RenderRequest& request);

private:
  class Models;

  Models& opened();  // with its device
  std::shared_ptr<const Tokenizer> model_tokenizer(const char* operation) const;
  std::shared_ptr<const Tokenizer> tokenizer(const std::string& path, const char* operation);

  std::string device_id_;
  std::string device_name_;
  std::string activations_;
  std::int64_t layers_on_device_;
  std::unique_ptr<Models> models_;
  std::unique_ptr<TokenizerCache> tokenizers_;
};

/// The header of a safetensors or GGUF file; a split GGUF model as one. Throws not_found, io, corrupt, unsupported.
FileDescription inspect_file(const std::string& file);

/// `rows` (none: all) of a tensor as numbers, dequantized where the config.json beside the file says how. Throws
/// not_found, corrupt, unsupported; invalid_argument for a row that does not exist or more than `limit` numbers.
TensorRows read_tensor(const std::string& file, const std::string& name,
                       const std::optional<std::vector<std::int64_t>>& rows, std::uint64_t limit);

/// Writes weight, scales and, for affine, biases of a tensor to a new safetensors file.
void quantize_file(const std::string& file, const std::string& tensor, const Packing& packing, const std::string& out);

/// Writes `weight` in `dtype` ("F32", "F16", "BF16"; empty: that of the scales, BF16 for the float modes).
void dequantize_file(const PackedNames& packed, const std::string& dtype, const std::string& out);

/// Writes `y` = x · weightᵀ (or x · weight), accumulated in float64, rounded once to the type of x.
void quantized_matmul_file(const PackedNames& packed, const std::string& x, Orientation orientation,
                           const std::string& out);

/// The distribution that the next token would be drawn from.
DistributionAnswer sample_distribution(std::span<const float> logits, std::span<const std::int32_t> context,
                                       const DistributionRequest& request);

/// What mlx-lm's convert does: a model folder into a new one. Empty dtype: the configuration's.
struct ConversionRequest {
  std::string source;
  std::string destination;
  std::optional<Packing> packing;  ///< quantize
  bool dequantize = false;
  std::string dtype;
};

struct ConversionReport {
  std::uint64_t parameters = 0;
  std::uint64_t bytes = 0;
  double bits_per_weight = 0;
};

ConversionReport convert_model(const ConversionRequest& request, const Progress& progress);

/// A model folder on this machine.
struct ModelListing {
  std::string name;
  std::string path;
  std::string model_type;
  std::string format;
  std::uint64_t bytes = 0;
  bool is_starter = false;
};

/// The starter, then what the Hugging Face cache holds and Etna can open.
std::vector<ModelListing> list_models();

}  // namespace etna

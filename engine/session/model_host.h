#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/array/backend.h"
#include "engine/base/progress.h"
#include "engine/io/adapter.h"
#include "engine/io/tensor_source.h"
#include "engine/models/model.h"
#include "engine/session/messages.h"
#include "engine/tokenizer/tokenizer.h"

namespace etna {

struct ModelHostOptions {
  std::string activations = {};       ///< "f32", "f16", "bf16", or empty for the rule (D11)
  std::uint64_t context_length = 0;   ///< tokens of KV cache; 0: the model's own, at most 8192
  KvCacheSettings kv_cache = {};
  std::string adapter = {};           ///< see LoadRequest
  std::string draft_model = {};       ///< see LoadRequest
  std::int64_t layers_on_device = -1; ///< the rest lies on `processor` (LayerPlacement); -1: all of the model on the device
  std::shared_ptr<Backend> processor = {};  ///< needed where not all is on the device
  LimitRule limits = LimitRule::hold;       ///< ignore: "load anyway"
};

enum class IgnoreEos { no, yes };
enum class WantLogits { no, yes };

/// A loaded model on a device: weights, tokenizer, KV cache. What scripts ask for directly (probe, perplexity); chats go
/// through ChatSession, which uses the same runner. One thread at a time.
class ModelHost {
public:
  /// Of a model folder or a .gguf file: reads and checks everything, rehearses the load, reserves what it takes (also for
  /// the draft model), then loads the weights. Throws what is wrong with which file, out_of_memory before anything is
  /// read, invalid_argument for a draft model of another vocabulary.
  static std::unique_ptr<ModelHost> load(const std::filesystem::path& path, std::shared_ptr<Backend> backend,
                                         const ModelHostOptions& options, const Progress& progress);

  /// The same from tensors that are not a folder's (benchmarks); no tokenizer.
  static std::unique_ptr<ModelHost> load(const ModelConfig& config, const TensorSource& tensors,
                                         std::shared_ptr<Backend> backend, const ModelHostOptions& options,
                                         const Progress& progress);
  ~ModelHost();

  const ModelInfo& info() const;
  const ModelConfig& config() const;
  Backend& backend();
  std::shared_ptr<const Tokenizer> tokenizer() const;  ///< null where the folder has none

  /// Throws io, naming the file, when weights that are used in place (or the draft model's) cannot be read any more or
  /// were written to: the model must be unloaded. Asked before each answer; while one runs, runs themselves fail.
  void check_files() const;

  /// Whether check_files() throws: what to ask after something failed with Errc::io.
  bool has_damaged_files() const;

  /// Raw logits after each of `positions` (indices into ids). Throws invalid_argument for ids outside the vocabulary,
  /// positions outside ids, more ids than the context holds; corrupt for logits that are not finite.
  std::vector<std::vector<float>> logits(std::span<const std::int32_t> ids, std::span<const std::int64_t> positions,
                                         const Progress& progress = {});

  struct GreedyResult {
    std::vector<std::int32_t> ids;    ///< an end-of-text token that stopped it is the last
    bool stopped_at_eos = false;
    std::vector<float> last_logits;   ///< those the last token was chosen of, if wanted
    double prompt_seconds = 0;        ///< to the first token; of single runs
    double decode_seconds = 0;        ///< from there to the last one
  };

  GreedyResult greedy(std::span<const std::int32_t> ids, std::uint64_t max_tokens, IgnoreEos ignore_eos,
                      WantLogits want_logits = WantLogits::no);

  /// The same for prompts of any lengths in one batch.
  std::vector<GreedyResult> greedy_batch(const std::vector<std::vector<std::int32_t>>& prompts, std::uint64_t max_tokens,
                                         IgnoreEos ignore_eos);

  struct Internals;
  Internals& internals() { return *internals_; }

private:
  ModelHost();
  static std::unique_ptr<ModelHost> load(const ModelConfig& config, const TensorSource& tensors, std::shared_ptr<const Adapter> adapter,
                                         std::shared_ptr<Backend> backend, const ModelHostOptions& options, const Progress& progress,
                                         Reservation& for_draft);

  std::unique_ptr<Internals> internals_;
};

}  // namespace etna

#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/progress.h"
#include "engine/generation/rope_tables.h"
#include "engine/models/model_part.h"
#include "engine/nn/kv_rows.h"
#include "engine/plan/plan.h"

namespace etna {

struct PlanContext;
using nn::PositionRange;
using nn::RowFormat;

/// Which positions a layer must remember.
struct LayerNeed {
  std::int64_t window = 0;  ///< a query sees so many positions at most, those it keeps included; 0: all
  std::int64_t keep = 0;    ///< the first ones, which it never forgets

  /// For a text of `length` tokens that goes on: ascending, disjoint.
  std::vector<PositionRange> of(std::int64_t length) const;
  friend bool operator==(const LayerNeed&, const LayerNeed&) = default;
};

/// How a decode step picks the next token on the device.
struct DevicePick {
  float temperature = 0;  ///< 0: the most likely token, lowest id of equals
  friend auto operator<=>(const DevicePick&, const DevicePick&) = default;
};

struct RunnerOptions {
  std::int64_t batch = 1;
  std::int64_t capacity = 4096;     ///< tokens of a row; what caches remember of them is up to windows and max_kv_size
  DType activations = DType::float32;
  std::int64_t prefill_step = 512;  ///< most tokens evaluated at a time
  std::int64_t max_kv_size = 0;     ///< > 0: layers without a window remember the first 4 tokens and so many in all
  int key_bits = 0;                 ///< 4 or 8: keys are kept packed; 0: as `activations`
  int value_bits = 0;
  int kv_group_size = 64;           ///< 32 or 64
  std::int64_t quantized_kv_start = 0;  ///< tokens a row holds before its cache is packed
  std::vector<std::vector<std::size_t>> working_sizes = {};  ///< Runner::working_sizes() of a rehearsal: taken at once, not by the first prompt

  friend bool operator==(const RunnerOptions&, const RunnerOptions&) = default;
};

/// What the options say of caches.
nn::KvCacheOptions cache_options(const RunnerOptions& options);

/// Evaluates a model over its KV caches through recorded plans (D3). Rows of the batch are independent sequences. A model
/// may lie in parts in several places: each layer is computed, and has its cache, where it lies.
///
/// Plans are kept by shape: one for decoding, a few for pieces of prompts. What changes between runs is written into
/// small arrays that the plans read: ids, offsets, positions, the seed.
class Runner {
  struct Prompt;      // plans for a piece of a prompt
  struct Step;        // plans for one token of every row
  struct DeviceStep;  // plans for a token that is picked on the device

public:
  /// Allocates the caches, each layer's where the layer lies. Throws out_of_memory, invalid_argument for cache options that
  /// do not suit the model.
  Runner(std::vector<ModelPart> parts, std::int64_t vocab_size, const RunnerOptions& options);
  Runner(const Model& model, Backend& backend, OwnerId owner, std::int64_t vocab_size, const RunnerOptions& options)
      : Runner(std::vector<ModelPart>{{&model, &backend, owner}}, vocab_size, options) {}
  ~Runner();

  /// The most bytes of KV cache that the layers of a model would take at a time.
  static std::uint64_t cache_bytes(std::span<const CacheShape> layers, const RunnerOptions& options);

  std::int64_t capacity() const { return options_.capacity; }
  std::int64_t length(std::int64_t row) const { return lengths_[static_cast<std::size_t>(row)]; }

  /// Whether what the rows hold is right for a text that grows to this length. If not (a long rope changes its factors),
  /// the text must be read again from its beginning: truncate to 0, then append everything.
  bool keeps_rows(std::int64_t text_length) const { return ropes_.keeps_rows(text_length); }

  /// Whether positions rotate otherwise in longer texts: then rows of one batch must not differ in length.
  bool rotates_by_length() const { return ropes_.longest() != nn::any_length; }

  /// Forgets all tokens of a row from `length` on and returns how many it still has: `length`, or 0 where a ring has
  /// overwritten what the next token would look back at. The caller then feeds the row from its start. The last 60
  /// tokens can always be taken back.
  std::int64_t truncate(std::int64_t row, std::int64_t length);

  // Rows of caches, for whoever keeps them and brings them back. Nothing may be running.
  std::size_t layers() const { return layers_.size(); }

  LayerNeed layer_need(std::size_t layer) const;

  /// As the caches are now; prepare_rows() comes first.
  RowFormat row_format(std::size_t layer) const;

  /// As they would be for a text of `length` tokens that was read from its beginning: they are packed from some length on.
  RowFormat row_format_at(std::size_t layer, std::int64_t length) const;

  /// Rows of texts of so many tokens are packed; 0: all are as they always are.
  std::int64_t packed_from() const { return starts_plain() ? options_.quantized_kv_start : 0; }

  /// Whether the row can be cut to `length` without being read again: what truncate() would say.
  bool can_truncate(std::int64_t row, std::int64_t length) const;

  /// Whether layers forget: only then do the ends of messages matter to who keeps rows.
  bool forgets() const;

  /// Does what the next use of the caches would do first: packs them if that is due.
  void prepare_rows() { pack_caches_if_due(); }

  /// Positions of a layer that the caches have of a row, behind those that the layer keeps, which they have, too.
  PositionRange held(std::int64_t row, std::size_t layer) const;

  /// Rows of texts whose stages differ are rotated by other factors; none: rows of this length serve no other text.
  std::optional<std::int64_t> rope_stage(std::int64_t text_length) const { return ropes_.stage(text_length); }

  /// Keys and values (kv_heads, range.size(), row) of a row that holds them.
  void read_rows(std::int64_t row, std::size_t layer, PositionRange range, std::span<std::byte> keys, std::span<std::byte> values) const;

  /// Makes the only row ready to be given its first `length` tokens' rows, for a text that grows to `text_length`. What it
  /// holds of them already (`kept`) may stay: returns how much does. Then write_rows (or store_rows), then end_restore.
  std::int64_t begin_restore(std::int64_t length, std::int64_t kept, std::int64_t text_length);
  void write_rows(std::size_t layer, PositionRange range, std::span<const std::byte> keys, std::span<const std::byte> values);
  void store_rows(std::size_t layer, PositionRange range, const Array& keys, const Array& values);  ///< nn::store_rows
  void end_restore(std::int64_t length);

  /// Tokens a second of the last whole piece of a prompt; 0: not known.
  double prompt_rate() const { return prompt_rate_; }

  /// Appends ids to a row; returns logits after each of `positions` (ascending indices into ids), vocab floats each.
  /// Throws invalid_argument when they do not fit, cancelled between pieces. A piece with more positions than fit one
  /// group of logits is evaluated once per group: whole vocabularies for every position are a lot of memory.
  std::vector<float> append_for_logits(std::int64_t row, std::span<const std::int32_t> ids,
                                       std::span<const std::int64_t> positions, const Progress& progress = {});

  /// One token for every row; returns logits (batch, vocab), valid until the next call.
  std::span<const float> step(std::span<const std::int32_t> ids);

  /// Decoding that stays on the device: feeds `id` to row 0 (batch 1), picks the next token there, feeds it, and so on.
  /// Each next() returns one token and keeps one more step in flight, so that the device never waits for the host. A model
  /// in several places is fed by the host, one step at a time; the last part picks.
  class Stream {
  public:
    ~Stream();  ///< waits; the row holds exactly the tokens that were fed and returned

    /// The token that follows; none when the cache is full, or when the text must be read again (keeps_rows).
    std::optional<std::int32_t> next();

  private:
    friend class Runner;
    Stream(Runner& runner, std::int32_t id, DevicePick pick, std::uint64_t seed);
    void open();
    void start();
    std::int64_t limit() const;

    Runner& runner_;
    DevicePick pick_;
    std::uint64_t seed_;
    std::int32_t id_;                     // the last one that was fed or returned
    DeviceStep* step_ = nullptr;
    std::int64_t first_;                  // length of the row before the first id
    std::int64_t started_ = 0;            // steps given to the device
    std::int64_t returned_ = 0;
    std::vector<std::uint64_t> tickets_;  // of steps in flight, oldest first
  };

  std::unique_ptr<Stream> stream(std::int32_t id, DevicePick pick, std::uint64_t seed);

  /// Compiles what takes most memory in a chat: the longest and the shortest usual piece of a prompt with logits, a step
  /// whose token the host picks and (batch 1) one whose token the device picks.
  void make_plans();

  /// Of the memory that all plans work in, by part.
  std::vector<std::vector<std::size_t>> working_sizes() const;

  /// Times each kernel of one decode step after what row 0 holds; the token it adds is not counted.
  std::vector<StepTime> profile_step();
  int dispatches_per_step();

private:
  PlanContext context() const;
  void fit_ropes(std::int64_t row, std::int64_t text_length);
  Prompt& prompt_plan(std::int64_t row, std::int64_t length, std::int64_t positions);
  Step& step_plan();
  DeviceStep& device_plan(DevicePick pick);
  std::int64_t next_piece() const;
  void append_piece(std::int64_t row, std::span<const std::int32_t> ids, std::span<const std::int64_t> positions, std::vector<float>& logits);
  enum class Caches { plain, final };
  void make_caches(Caches kind);
  void complete_caches();
  bool all_caches_are_plain() const;
  bool starts_plain() const;  ///< rows are kept as they are until they hold quantized_kv_start tokens
  void pack_caches_if_due();  ///< before every use of the caches
  void set_length(std::int64_t row, std::int64_t length);

  /// A layer's cache belongs where the layer lies.
  struct Layer {
    CacheShape shape;
    ModelPart part;
  };

  std::vector<ModelPart> parts_;
  std::vector<Layer> layers_;
  std::int64_t vocab_size_;
  RunnerOptions options_;
  std::vector<std::shared_ptr<WorkingMemory>> working_;  // of parts_
  std::vector<nn::KvCache> caches_;    // of layers_
  Caches kind_ = Caches::final;        // plain: until a row holds quantized_kv_start tokens
  std::vector<std::int64_t> lengths_;
  RopeTables ropes_;
  std::vector<std::int64_t> written_;  // positions of each row that caches have seen since it was empty
  std::int64_t restored_ = 0;  // row 0 was restored to this length: what rings had of earlier positions is not there
  double prompt_rate_ = 0;  // tokens a second of the last piece of a prompt; 0: not known
  std::list<std::unique_ptr<Prompt>> prompts_;  // most recently used first
  std::unique_ptr<Step> step_;
  std::map<DevicePick, std::unique_ptr<DeviceStep>> device_steps_;
};

}  // namespace etna

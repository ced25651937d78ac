#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What screens, terminal and server are told of memory, and what they may ask for (D2, D8): plain values.
namespace etna {

/// A loaded model; never used twice. 0: none, or "the one that was used last" in a request.
using ModelId = std::uint64_t;

/// How short memory is in the whole computer, from Linux pressure-stall information: rises after 3 s, falls after 10 s.
enum class MemoryPressure { calm, busy, tight, critical };

/// Who holds how much of which kind.
struct MemoryUse {
  std::string owner;                    ///< model name, chat, "engine"
  std::string tag;                      ///< weights, kv_cache, prompt_cache, activations, training, staging, other
  std::uint64_t bytes = 0;
  std::uint64_t peak_bytes = 0;
  ModelId model = 0;                    ///< 0: no model's
};

/// A source of bytes: the computer's memory, or a graphics card's own.
struct MemoryPoolStatus {
  std::string id;                       ///< "system", "gpu:0"
  std::string name;                     ///< "System memory", "NVIDIA H200"
  bool is_system = true;
  std::uint64_t total_bytes = 0;
  std::uint64_t other_bytes = 0;        ///< other programs and the system
  std::uint64_t app_bytes = 0;          ///< this program without the engine: window, libraries
  std::uint64_t live_bytes = 0;         ///< the exact sum of uses
  std::uint64_t mapped_bytes = 0;       ///< of them, pages of files, which the system can drop and read again
  std::uint64_t cached_bytes = 0;       ///< freed, kept for reuse, given back under pressure
  std::uint64_t slack_bytes = 0;        ///< taken from the system and not handed out: rests of slabs, staging
  std::uint64_t reserved_bytes = 0;     ///< promised to loads and runs that have not taken it yet
  std::uint64_t free_bytes = 0;         ///< what models may still take: limit less live and reserved
  std::uint64_t limit_bytes = 0;        ///< what Etna may use of it
  std::uint64_t peak_bytes = 0;
  std::string note;                     ///< what is not known, in a sentence: "This driver does not report …"; else empty
  std::vector<MemoryUse> uses;
};

/// Most that was live while a kind of work ran, over all pools.
struct PhasePeak {
  std::string phase;                    ///< "loading", "reading a prompt", "writing", "training"
  std::uint64_t bytes = 0;
};

enum class IdlePolicy { after_idle_time, keep };  ///< keep: pinned, only the user unloads it

struct LoadedModelStatus {
  ModelId id = 0;
  std::string name;
  std::string path;
  std::string device;
  std::string settings;                 ///< "8,192 tokens of context · f16 · 28 of 32 layers on the graphics device"
  std::uint64_t context_length = 0;
  std::uint64_t bytes = 0;              ///< all it holds now
  std::uint64_t unload_frees = 0;       ///< what unloading gives back
  double idle_seconds = 0;
  double unloads_in_seconds = -1;       ///< < 0: not on its own
  bool busy = false;
  bool pinned = false;
};

/// A mark on the time line.
struct MemoryEvent {
  enum class Kind { loaded, unloaded, evicted, cache_dropped, training, refused, out_of_memory, device_lost };
  std::uint64_t number = 0;             ///< grows by one with each event of the program
  double seconds = 0;                   ///< of the monotonic clock that MemoryStatus::seconds also is of
  Kind kind = Kind::loaded;
  std::string sentence;                 ///< "Loaded Qwen3-4B (3.9 GiB)"
};

/// How much of the computer models may take.
enum class Guardrail {
  careful,   ///< leaves max(2 GiB, 20 %) of system memory to everything else
  balanced,  ///< leaves max(1 GiB, 8 %)
  off,       ///< leaves 256 MiB
};

struct MemoryPolicy {
  Guardrail guardrail = Guardrail::balanced;
  std::uint64_t limit_bytes = 0;         ///< the user's, over all pools; 0: none
  double idle_unload_seconds = 0;        ///< 0: models stay until they are unloaded or memory gets tight
  std::uint64_t prompt_cache_bytes = std::uint64_t{1} << 30;
  std::uint64_t reuse_cache_bytes = std::uint64_t{256} << 20;  ///< freed memory kept for reuse
};

struct MemoryStatus {
  double seconds = 0;                    ///< when: monotonic
  MemoryPressure pressure = MemoryPressure::calm;
  double some_avg10 = 0;                 ///< per cent of the last 10 s in which something waited for memory
  double full_avg10 = 0;                 ///< … in which everything did
  bool pressure_known = false;           ///< else the system has no pressure-stall information: available memory decides
  std::vector<MemoryPoolStatus> pools;   ///< system first
  std::vector<LoadedModelStatus> models;
  std::vector<PhasePeak> peaks;
  std::uint64_t limit_bytes = 0;         ///< what Etna may use over all pools
  std::uint64_t recommended_limit_bytes = 0;  ///< without a limit of the user's
  std::vector<std::string> details;      ///< a line each for experts: heaps, allocator, page size, driver
  std::uint64_t last_event = 0;          ///< number of the latest event

  std::uint64_t live_bytes() const;      ///< over pools
  std::uint64_t free_bytes() const;
};

/// Parts of a load's memory in one pool.
struct PoolEstimate {
  std::string pool;                     ///< MemoryPoolStatus::id
  std::uint64_t weight_bytes = 0;
  std::uint64_t kv_cache_bytes = 0;
  std::uint64_t working_bytes = 0;      ///< intermediates, tables, parameters of plans
  std::uint64_t adapter_bytes = 0;
  std::uint64_t training_bytes = 0;     ///< gradients, optimizer state, stored activations
  std::uint64_t usable_bytes = 0;       ///< what may be used of the pool for this, with everything loaded as it is

  std::uint64_t total() const { return weight_bytes + kv_cache_bytes + working_bytes + adapter_bytes + training_bytes; }
};

enum class Fit { fits_well, tight, very_tight, too_big };  ///< ≤ 70 %, ≤ 90 %, ≤ 100 %, > 100 % of what may be used

/// What a load takes, before it starts: the one answer that hints, load sheets, admission, terminal and server use (D2).
struct LoadEstimate {
  std::vector<PoolEstimate> pools;
  std::uint64_t mapped_bytes = 0;       ///< of the weights, pages of the file itself
  std::uint64_t prompt_cache_bytes = 0; ///< the most that saved prompts may take beside it
  Fit fit = Fit::too_big;
  std::uint64_t usable_bytes = 0;       ///< over pools that the device can use
  std::uint64_t missing_bytes = 0;      ///< total() - usable_bytes, or 0
  std::uint64_t context_length = 0;     ///< that the estimate is for
  std::uint64_t longest_context = 0;    ///< that fits now, at most the model's own; 0: not even a short one
  std::uint64_t trained_context_length = 0;

  struct Room {                         ///< what makes room, in the order it is offered
    ModelId model = 0;
    std::string name;
    std::uint64_t frees_bytes = 0;
    Fit fit_after = Fit::too_big;
  };
  std::vector<Room> unloading;

  int suggested_kv_bits = 0;            ///< 8 or 4 where packing the context makes this length fit; else 0
  std::uint64_t suggested_kv_total = 0; ///< total() then

  int layers = 0;
  int layers_on_device = 0;             ///< of them; fewer than `layers`: the rest runs on the processor
  double slowdown = 1;                  ///< expected time per token relative to all layers on the device
  std::string device;                   ///< DeviceInfo::id that it is for

  std::uint64_t total() const;          ///< over pools
  std::uint64_t weight_bytes() const;
  std::uint64_t kv_cache_bytes() const;
  std::uint64_t working_bytes() const;
};

/// A model that is not on this computer, from its headers alone: what the hub's pages and ranged reads tell.
struct ModelDescription {
  struct Tensor {
    std::string name;
    std::string dtype;                  ///< the format's own word: "BF16", "U32"
    std::vector<std::int64_t> shape;
    std::uint64_t bytes = 0;
  };
  std::string name;
  std::string config_json;              ///< of safetensors repositories
  std::vector<Tensor> tensors;
  /// A GGUF file, or a part of a split one.
  struct GgufPart {
    std::vector<std::uint8_t> header;   ///< the file up to the end of its tensor table
    std::uint64_t file_bytes = 0;
  };
  std::vector<GgufPart> gguf_parts;     ///< of GGUF models instead, in order
};

}  // namespace etna

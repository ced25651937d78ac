#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/session/messages.h"
#include "engine/session/training_messages.h"

namespace etna {

/// The engine as programs see it: one worker thread that owns the model, its arrays and their evaluation (D8).
///
/// Every call returns at once; requests run one after the other in the order given. Callbacks run on the worker
/// thread: hand the values over to your own thread and return quickly. A request ends with exactly one of `done`
/// and `failed`; a cancelled load fails with Errc::cancelled, a cancelled chat is done with StopReason::stopped.
class Engine {
public:
  using RequestId = std::uint64_t;

  struct LoadCallbacks {
    std::function<void(LoadProgress)> progress;
    std::function<void(ModelInfo)> done;
    std::function<void(Failure)> failed;          ///< models that were loaded before still are, except a replaced one
  };

  struct ChatCallbacks {
    std::function<void(std::uint64_t done, std::uint64_t total)> prompt_progress;  ///< prompt tokens evaluated
    std::function<void(std::string text)> text;   ///< the next piece of the answer, whole UTF-8 characters
    std::function<void(std::string text)> thinking = {};  ///< the next piece of what the model thinks
    std::function<void(ToolCall call)> tool_call = {};    ///< a whole one, as soon as it is
    std::function<void(std::string sentence)> warning = {};  ///< for the user: what of the answer is not as it should be
    std::function<void(RunStatistics)> done;
    std::function<void(Failure)> failed;
  };

  /// Of a batch: each is told by its index in the list of requests.
  struct BatchCallbacks {
    std::function<void(std::size_t index, std::string text)> text = {};
    std::function<void(std::size_t index, std::string text)> thinking = {};
    std::function<void(std::size_t index, ToolCall call)> tool_call = {};
    std::function<void(std::size_t index, std::string sentence)> warning = {};
    std::function<void(std::size_t index, RunStatistics)> answered = {};  ///< in the order they are ready
    std::function<void()> done = {};                                     ///< all are
    std::function<void(Failure)> failed = {};
  };

  struct SaveCallbacks {
    std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};  ///< tokens read
    std::function<void(SavedContext)> done = {};
    std::function<void(Failure)> failed = {};
  };

  Engine();
  ~Engine();  ///< cancels what runs and waits for it
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Adds a model; others stay loaded (LoadRequest::replaces, LoadRequest::admission). Memory is reserved before anything
  /// is read: of two loads that fit one at a time, one is refused.
  RequestId load(LoadRequest request, LoadCallbacks callbacks);
  RequestId chat(ChatRequest request, ChatCallbacks callbacks);

  /// Answers requests side by side, `rows` at a time; others wait until one is ready. A request that is wrong fails all of
  /// them before the first is answered. Cancelled, all that are not ready end with StopReason::stopped.
  RequestId chat_batch(std::vector<ChatRequest> requests, int rows, BatchCallbacks callbacks);

  /// After what runs has ended. 0: all models. Unknown ids are done at once.
  RequestId unload(ModelId model, std::function<void()> done = {});

  /// At once; unknown ids are ignored.
  void set_idle_policy(ModelId model, IdlePolicy policy);

  /// Limits hold from now on; what is loaded already stays.
  void set_memory_policy(const MemoryPolicy& policy);
  MemoryPolicy memory_policy() const;

  /// Gives saved prompts' memory back, and freed memory that is kept for reuse. Returns what that was.
  std::uint64_t drop_caches();

  /// Where prompts are kept from now on. Entries in memory stay; a folder is looked through in the background. Throws
  /// invalid_argument or io where a folder cannot be made.
  void set_prompt_cache(const PromptCacheSettings& settings);
  PromptCacheSettings prompt_cache_settings() const;

  /// Any thread; cheap.
  PromptCacheStatus prompt_cache() const;

  /// What is kept in memory and not in use goes; returns its bytes.
  std::uint64_t clear_prompt_cache();

  /// The disk tier. Any thread, with work on disk: not on a GUI thread.
  std::vector<DiskCacheEntry> disk_cache() const;   ///< latest used first
  bool remove_from_disk_cache(const std::string& id);  ///< and what continues it; false: there is no such entry
  std::uint64_t purge_disk_cache();                 ///< all of it; returns its bytes

  /// Reads the request's text and saves the context: a snapshot or a file. Cancelled it fails with Errc::cancelled.
  RequestId save_context(SaveContextRequest request, SaveCallbacks callbacks);

  /// Snapshots, latest used first; damaged ones say what is wrong with them. Any thread, with work on disk.
  std::vector<SnapshotInfo> snapshots() const;
  SnapshotInfo rename_snapshot(const std::string& id, const std::string& name);  ///< throws not_found, invalid_argument
  void delete_snapshot(const std::string& id);                                   ///< unknown ids are ignored
  void export_snapshot(const std::string& id, const std::string& path) const;    ///< a file that mlx-lm loads, too
  SnapshotInfo import_snapshot(const std::string& path, const std::string& name = {});  ///< ours or mlx-lm's; checked first
  SnapshotFit check_snapshot(const std::string& id, ModelId model = 0) const;    ///< 0: the model used last

  /// What a prompt-cache file says of itself. Throws what is wrong with it.
  static PromptCacheFileInfo describe_prompt_cache(const std::string& path);

  /// Etna's own folders for what is kept on disk: below XDG_CACHE_HOME and XDG_DATA_HOME; empty where there is no home.
  static PromptCacheSettings usual_prompt_cache();

  // Fine-tuning (engine_training.cpp). A run gives the worker back after some steps, so that chats are answered between.
  /// What a run would take; data is read for its lengths. Any thread, with work on disk. Throws what is wrong with the
  /// model, the recipe or the data.
  TrainingEstimate estimate_training(const TrainingRequest& request) const;

  /// Ends with exactly one of `done` and `failed`; stopped runs are done. Engine's destructor stops runs where they are:
  /// what was saved last can be resumed. out_of_memory, with numbers, before anything is loaded that does not fit.
  RequestId start_training(TrainingRequest request, TrainingCallbacks callbacks);
  void pause_training(RequestId run);     ///< after the step that runs; saves a checkpoint
  void continue_training(RequestId run);
  void stop_training(RequestId run, StopTraining what);

  /// What lies in an output folder; hashes are checked. Any thread, with work on disk. Throws not_found, corrupt.
  static TrainingRunInfo describe_training(const std::string& output);

  /// Stops a request that runs or waits; unknown and finished ids are ignored.
  void cancel(RequestId id);

  /// Best device first. Found once, at the first call (this may take some hundred milliseconds: not on a GUI thread).
  static std::vector<DeviceInfo> devices();

  /// May be called from any thread at any time; cheap.
  MemoryStatus memory() const;

  /// Events after number `after`, oldest first; the last 200 are kept. Any thread.
  std::vector<MemoryEvent> memory_events(std::uint64_t after) const;

  /// What a load would take, by the rule that admits it; nothing is loaded. Any thread, also while the engine works; the
  /// first time reads the model's headers, later ones take a few milliseconds. Throws what is wrong with the model.
  LoadEstimate estimate(const LoadRequest& request) const;

  /// The same of a model elsewhere; the request's path is not used.
  LoadEstimate estimate(const ModelDescription& model, const LoadRequest& request) const;

  /// Tokens that a loaded model's tokenizer makes of a text (0: of the model used last); none where there is no such model
  /// or it has no tokenizer. May be called from any thread, also while the engine works; takes about 0.1 ms per kilobyte.
  std::optional<std::uint64_t> count_tokens(const std::string& text, ModelId model = 0) const;

  /// The starter model's folder; empty where the resources are missing.
  static std::string starter_model_path();

  static std::string version();

private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace etna

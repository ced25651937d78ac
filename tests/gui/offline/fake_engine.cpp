// A stand-in for the engine, with the same symbols: the real window runs on it in tests and for pictures, without any
// model. The name of the folder decides what a load does, so that every state of the screens can be brought about:
//   "…slow…"          takes eight seconds for 2.5 GB      "…damaged…"        fails as corrupt
//   "…unsupported…"   fails as unsupported                "…missing…"        fails as not found
//   "…toobig…"        is refused: 16 GiB of weights       "…unreadable…"     fails as an error of the disk
//   "…runsout…"       fails half-way as out of memory     "…hungry…"         loads; each reply runs out of memory
//   "…evicted…"       loads; a moment later it is unloaded because memory is short
//   "…idle…"          loads; a moment later it is unloaded because nobody used it
//   "…lost…"          loads; each reply loses the device after some words
//   "…thinking…"      loads; replies begin with thoughts, unless they are switched off
//   "…tuned…"         loads; suggests how its tokens are drawn
// Memory is made up in fake_memory.h, kept prompts in fake_prompts.h, training in
// fake_training.h. A message about the weather makes a tool call,
// one with "length limit" or "context full" ends so, one with "read again" finds nothing in the cache. Everything else
// loads in a moment and streams a canned answer, 60 tokens a second (ETNA_FAKE_RATE changes that).
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "engine/base/error.h"
#include "engine/engine.h"
#include "engine/session/context_window.h"
#include "tests/gui/offline/canned_answers.h"
#include "tests/gui/offline/fake_memory.h"
#include "tests/gui/offline/fake_prompts.h"
#include "tests/gui/offline/fake_training.h"

namespace etna {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t starter_bytes = 10'640'000;

double tokens_per_second() {
  const char* rate = std::getenv("ETNA_FAKE_RATE");
  return rate ? std::max(1.0, std::atof(rate)) : 60.0;
}

bool contains(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

/// Whole characters, a few at a time, like a tokenizer's pieces.
std::vector<std::string> pieces_of(const std::string& text) {
  std::vector<std::string> pieces;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = std::min(begin + 4, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    pieces.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return pieces;
}

/// A token for every four characters, as in English, and four around each message.
std::uint64_t tokens_of(const std::string& text) {
  return (text.size() + 3) / 4;
}

std::uint64_t length_of(const std::vector<ChatMessage>& messages) {
  std::uint64_t tokens = 0;
  for (const ChatMessage& message : messages) tokens += tokens_of(message.content) + 4;
  return tokens;
}

}  // namespace

class Engine::Worker {
public:
  Worker() : thread_([this](std::stop_token stop) { run(stop); }) {}

  ~Worker() {
    thread_.request_stop();
    cancel_all_ = true;
    changed_.notify_all();
  }

  RequestId add(std::function<void(RequestId)> work) {
    const std::lock_guard lock(mutex_);
    const RequestId id = ++last_id_;
    queue_.push_back([work = std::move(work), id] { work(id); });
    changed_.notify_all();
    return id;
  }

  void cancel(RequestId id) {
    const std::lock_guard lock(mutex_);
    cancelled_.insert(id);
    changed_.notify_all();
  }

  /// Sleeps; true if the request was cancelled meanwhile.
  bool wait(RequestId id, std::chrono::duration<double> time) {
    std::unique_lock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(time);
    return changed_.wait_until(lock, until, [&] { return cancel_all_ || cancelled_.contains(id); });
  }

  void load(RequestId id, const LoadRequest& request, const LoadCallbacks& callbacks);
  void chat(RequestId id, const ChatRequest& request, const ChatCallbacks& callbacks);

  RequestId next_id() {
    const std::lock_guard lock(mutex_);
    return ++last_id_;
  }

  FakeMemory memory;
  FakePrompts prompts;
  FakeTraining training;

private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::function<void()> work;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stop.stop_requested() || !queue_.empty(); });
        if (stop.stop_requested()) return;
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      work();
    }
  }

  std::mutex mutex_;  // guards queue_, cancelled_, last_id_
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::set<RequestId> cancelled_;
  RequestId last_id_ = 0;
  std::atomic<bool> cancel_all_ = false;
  std::jthread thread_;  // last: runs as soon as it is made
};

void Engine::Worker::load(RequestId id, const LoadRequest& request, const LoadCallbacks& callbacks) {
  const std::string& path = request.path;
  if (const auto refusal = memory.admit(request)) return callbacks.failed(*refusal);
  const bool slow = contains(path, "slow");
  const std::uint64_t bytes = fake_weights(path);
  const int steps = slow ? 80 : 5;
  for (int step = 0; step < steps; ++step) {
    if (callbacks.progress)
      callbacks.progress({bytes * static_cast<std::uint64_t>(step) / static_cast<std::uint64_t>(steps), bytes});
    if (wait(id, slow ? 100ms : 10ms)) return callbacks.failed({Errc::cancelled, "Loading was cancelled"});
    if (step == (contains(path, "runsout") ? steps - 1 : steps / 3)) {
      if (const auto failure = fake_failure(path)) return callbacks.failed(*failure);
    }
  }
  if (callbacks.progress) callbacks.progress({bytes, bytes});

  ModelInfo info;
  const bool starter = path.empty();
  info.name = fake_name(path);
  info.path = path;
  info.adapter = request.adapter;
  info.model_type = "llama";
  info.format = "8-bit, groups of 64";
  info.fingerprint = "9f86d081884c7d65";
  info.device = "AMD Radeon 780M";
  info.device_id = request.device.empty() ? "vulkan:0" : request.device;
  info.parameters = starter ? 19'931'648 : static_cast<std::uint64_t>(static_cast<double>(bytes) / 0.625);
  info.weight_bytes = bytes;
  info.vocab_size = 4096;
  info.context_length = request.context_length > 0 ? request.context_length : starter ? 1024 : 8192;
  info.trained_context_length = starter ? 1024 : 40'960;
  info.is_starter = starter;
  info.has_chat_template = true;
  info.thinks = info.can_switch_thinking = contains(path, "thinking");
  info.load_seconds = 0.1;
  if (contains(path, "tuned")) {
    info.suggested_temperature = 0.6;
    info.suggested_top_p = 0.95;
    info.suggested_top_k = 20;
  }
  info.id = memory.add(request);
  callbacks.done(info);
}

/// In use as long as this is there.
class Busy {
public:
  Busy(FakeMemory& memory, ModelId model) : memory_(memory), model_(model) { memory_.set_busy(model_, true); }

  ~Busy() { memory_.set_busy(model_, false); }

  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

private:
  FakeMemory& memory_;
  ModelId model_;
};

void Engine::Worker::chat(RequestId id, const ChatRequest& request, const ChatCallbacks& callbacks) {
  const ModelId model = request.model != 0 ? request.model : memory.last_used();
  if (!memory.has(model)) return callbacks.failed({Errc::not_found, "No model is loaded"});
  const std::string path = memory.path_of(model);
  const Busy busy(memory, model);
  const ContextFit fit = fit_context(request, memory.context_of(model), length_of(request.messages), length_of);
  if (callbacks.context) callbacks.context(fit);
  if (!fit.fits) {
    RunStatistics nothing;
    nothing.prompt_tokens = length_of(request.messages);
    nothing.context = fit;
    nothing.stop_reason = StopReason::context_full;
    return callbacks.done(nothing);
  }
  const std::string& question = request.messages.empty() ? request.raw_prompt : request.messages.back().content;
  // "[echo]": the answer tells what the engine was asked.
  const bool echo = contains(question, "[echo]");
  const std::string asked = fmt::format("seed {} adapter {} messages {}\n{}", request.sampling.seed.value_or(0),
                                        memory.adapter_of(model), request.messages.size(), question);
  const std::vector<std::string> pieces = pieces_of(echo ? asked : canned_answer(question));
  RunStatistics statistics;
  statistics.prompt_tokens = 25 + 12 * request.messages.size();
  statistics.context = fit;
  statistics.cache = prompts.read(request, fake_name(path), statistics.prompt_tokens);
  statistics.cached_tokens = statistics.cache.tokens.total();
  statistics.peak_memory_bytes = fake_weights(path) + (std::uint64_t{256} << 20);
  if (request.sampling.temperature > 0) statistics.seed = request.sampling.seed.value_or(8'327'441);
  const auto count = [&] {
    ++statistics.generated_tokens;
    if (callbacks.generated) callbacks.generated(statistics.generated_tokens);
  };
  statistics.prompt_seconds = 0.08;
  statistics.first_token_seconds = 0.11;
  const std::chrono::duration<double> pace(1.0 / tokens_per_second());

  bool stopped = wait(id, 110ms);
  if (contains(path, "thinking") && request.enable_thinking.value_or(true)) {
    for (const std::string& piece : pieces_of(canned_thoughts())) {
      if (stopped) break;
      callbacks.thinking(piece);
      count();
      ++statistics.thinking_tokens;
      stopped = wait(id, pace);
    }
    statistics.thinking_seconds = 12;
  }
  for (const std::string& piece : pieces) {
    if (stopped) break;
    if (contains(path, "hungry") && statistics.generated_tokens == 12)
      return callbacks.failed({Errc::out_of_memory, "Memory pressure was critical for 4 s"});
    if (contains(path, "lost") && statistics.generated_tokens == 12)
      return callbacks.failed({Errc::device_lost, "AMD Radeon 780M stopped answering"});
    callbacks.text(piece);
    count();
    stopped = wait(id, pace);
  }
  if (!stopped && contains(question, "weather")) {
    callbacks.tool_call({"get_weather", R"({"city":"Rome","days":3})", "call_0"});
    callbacks.warning("A tool call could not be read and is shown as text: tool call: expected a value at byte 12");
  }
  statistics.stop_reason = stopped                              ? StopReason::stopped
                           : contains(question, "length limit") ? StopReason::length
                           : contains(question, "context full") ? StopReason::context_full
                                                                : StopReason::end_of_text;
  // Round numbers rather than measured ones: pictures of two runs are the same.
  statistics.decode_seconds = static_cast<double>(std::max<std::uint64_t>(statistics.generated_tokens, 1) - 1) / 61.8;
  callbacks.done(statistics);
}

Engine::Engine() : worker_(std::make_unique<Worker>()) {}

Engine::~Engine() = default;

Engine::RequestId Engine::load(LoadRequest request, LoadCallbacks callbacks) {
  return worker_->add([this, request = std::move(request), callbacks = std::move(callbacks)](RequestId id) {
    worker_->load(id, request, callbacks);
  });
}

Engine::RequestId Engine::chat(ChatRequest request, ChatCallbacks callbacks) {
  return worker_->add([this, request = std::move(request), callbacks = std::move(callbacks)](RequestId id) {
    worker_->chat(id, request, callbacks);
  });
}

Engine::RequestId Engine::unload(ModelId model, std::function<void()> done) {
  return worker_->add([this, model, done = std::move(done)](RequestId) {
    if (model == 0) worker_->memory.remove_all();
    worker_->memory.remove(model, MemoryEvent::Kind::unloaded, "Unloaded {}");
    if (done) done();
  });
}

void Engine::set_idle_policy(ModelId model, IdlePolicy policy) {
  worker_->memory.set_pinned(model, policy == IdlePolicy::keep);
}

void Engine::set_memory_policy(const MemoryPolicy& policy) {
  worker_->memory.set_policy(policy);
}

MemoryPolicy Engine::memory_policy() const {
  return worker_->memory.policy();
}

std::uint64_t Engine::drop_caches() {
  return worker_->memory.drop_caches();
}

void Engine::set_prompt_cache(const PromptCacheSettings& settings) {
  worker_->prompts.configure(settings);
}

PromptCacheSettings Engine::prompt_cache_settings() const {
  return worker_->prompts.settings();
}

PromptCacheStatus Engine::prompt_cache() const {
  return worker_->prompts.status();
}

PromptCacheSettings Engine::usual_prompt_cache() {
  PromptCacheSettings settings;
  const char* folder = std::getenv("ETNA_FAKE_PROMPT_FOLDER");
  settings.disk_folder = folder ? folder : "/home/ada/.cache/etna/prompts";
  settings.snapshot_folder = "/home/ada/.local/share/etna/snapshots";
  return settings;
}

std::vector<KeptPrompt> Engine::kept_prompts() const {
  return worker_->prompts.kept();
}

Engine::RequestId Engine::forget_prompts(PromptSelection which, std::function<void(std::uint64_t bytes)> done) {
  return worker_->add([this, which = std::move(which), done = std::move(done)](RequestId) {
    const std::uint64_t bytes = worker_->prompts.forget(which);
    if (done) done(bytes);
  });
}

Engine::RequestId Engine::save_context(SaveContextRequest request, SaveCallbacks callbacks) {
  return worker_->add([this, request = std::move(request), callbacks = std::move(callbacks)](RequestId id) {
    constexpr std::uint64_t steps = 4;
    const std::uint64_t tokens = 24 * request.prompt.messages.size();
    for (std::uint64_t step = 1; step <= steps; ++step) {
      if (worker_->wait(id, request.name.find("slow") != std::string::npos ? 2s : 10ms))
        return callbacks.failed({Errc::cancelled, "Saving the context was stopped"});
      if (callbacks.progress) callbacks.progress(tokens * step / steps, tokens);
    }
    try {
      callbacks.done({.snapshot = worker_->prompts.save(request, tokens), .tokens = tokens});
    } catch (const Error& error) {
      callbacks.failed({error.code(), error.what()});
    }
  });
}

std::vector<SnapshotInfo> Engine::snapshots() const {
  return worker_->prompts.snapshots();
}

std::vector<ChatMessage> Engine::snapshot_messages(const std::string& id) const {
  return worker_->prompts.messages(id);
}

SnapshotInfo Engine::rename_snapshot(const std::string& id, const std::string& name) {
  return worker_->prompts.rename(id, name);
}

void Engine::delete_snapshot(const std::string& id) {
  worker_->prompts.remove(id);
}

void Engine::export_snapshot(const std::string& id, const std::string& path) const {
  worker_->prompts.export_to(id, path);
}

SnapshotInfo Engine::import_snapshot(const std::string& path, const std::string&) {
  return worker_->prompts.import_from(path);
}

SnapshotFit Engine::check_snapshot(const std::string& id, ModelId) const {
  return worker_->prompts.check(id, worker_->memory.last_used() != 0);
}

TrainingEstimate Engine::estimate_training(const TrainingRequest& request) const {
  return fake_training_estimate(request);
}

Engine::RequestId Engine::start_training(TrainingRequest request, TrainingCallbacks callbacks) {
  const RequestId id = worker_->next_id();
  worker_->training.start(id, std::move(request), std::move(callbacks));
  return id;
}

void Engine::pause_training(RequestId run) {
  worker_->training.pause(run);
}

void Engine::continue_training(RequestId run) {
  worker_->training.go_on(run);
}

void Engine::stop_training(RequestId run, StopTraining what) {
  worker_->training.stop(run, what);
}

TrainingRunInfo Engine::describe_training(const std::string& output) {
  return fake_training_info(output);
}

void Engine::cancel(RequestId id) {
  worker_->cancel(id);
}

MemoryStatus Engine::memory() const {
  return worker_->memory.status();
}

std::vector<MemoryEvent> Engine::memory_events(std::uint64_t after) const {
  return worker_->memory.events(after);
}

LoadEstimate Engine::estimate(const LoadRequest& request) const {
  return worker_->memory.estimate(request);
}

std::vector<DeviceInfo> Engine::devices() {
  DeviceInfo gpu{.id = "vulkan:0",
                 .name = "AMD Radeon 780M",
                 .is_gpu = true,
                 .shares_system_memory = true,
                 .memory_bytes = 16'642'998'272,
                 .available_bytes = 12'884'901'888,
                 .driver = "RADV"};
  DeviceInfo cpu{.id = "cpu",
                 .name = "AMD Ryzen 7 7840U",
                 .is_gpu = false,
                 .shares_system_memory = true,
                 .memory_bytes = 16'642'998'272,
                 .available_bytes = 12'884'901'888,
                 .driver = "AVX-512"};
  const char* wanted = std::getenv("ETNA_FAKE_DEVICES");
  if (wanted && std::string_view(wanted) == "processor") return {cpu};
  return {gpu, cpu};
}

std::optional<std::uint64_t> Engine::count_tokens(const std::string& text, ModelId) const {
  return tokens_of(text);
}

std::optional<ContextUse> Engine::context_use(const ChatRequest& request,
                                              const std::vector<AttachedText>& attached) const {
  const ModelId model = request.model != 0 ? request.model : worker_->memory.last_used();
  if (!worker_->memory.has(model)) return std::nullopt;
  return measure_context(request, attached, worker_->memory.context_of(model), length_of, tokens_of);
}

/// A folder of the right size, with nothing in it.
std::string Engine::starter_model_path() {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "etna-offline-starter";
  fs::create_directories(folder);
  std::ofstream(folder / "model.safetensors").close();
  fs::resize_file(folder / "model.safetensors", starter_bytes);
  return folder;
}

std::string Engine::version() {
  return "0.1.0";
}

}  // namespace etna

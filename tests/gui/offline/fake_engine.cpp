// A stand-in for the engine, with the same symbols: the real window runs on it in tests and for pictures, without any
// model. The name of the folder decides what a load does, so that every state of the screens can be brought about:
//   "…slow…"          takes eight seconds for 2.5 GB      "…damaged…"        fails as corrupt
//   "…unsupported…"   fails as unsupported                "…missing…"        fails as not found
//   "…toobig…"        fails as out of memory              "…unreadable…"     fails as an error of the disk
//   "…lost…"          loads; each reply loses the device after some words
//   "…thinking…"      loads; replies begin with thoughts, unless they are switched off
// A message about the weather makes a tool call. Everything else loads in a moment and streams a canned answer, 60
// tokens a second (ETNA_FAKE_RATE changes that).
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

#include "engine/engine.h"
#include "tests/gui/offline/canned_answers.h"

namespace etna {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t starter_bytes = 10'640'000;
constexpr std::uint64_t large_bytes = 2'500'000'000;
constexpr std::uint64_t context_bytes = 25'165'824;

double tokens_per_second() {
  const char* rate = std::getenv("ETNA_FAKE_RATE");
  return rate ? std::max(1.0, std::atof(rate)) : 60.0;
}

bool contains(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

std::optional<Failure> failure_for(const std::string& path) {
  const auto fail_with = [](Errc code, std::string message) { return Failure{code, std::move(message)}; };
  if (contains(path, "damaged"))
    return fail_with(
        Errc::corrupt,
        "model.safetensors: tensor model.layers.3.mlp.up_proj.weight ends at byte 41 943 040, the file has 39 845 888");
  if (contains(path, "unsupported"))
    return fail_with(Errc::unsupported, "config.json: model_type “mamba2” is not one that Etna knows");
  if (contains(path, "missing"))
    return fail_with(Errc::not_found, "model-00002-of-00003.safetensors is named in the index but not in the folder");
  if (contains(path, "toobig")) return fail_with(Errc::out_of_memory, "The model needs 16.5 GiB; 12.0 GiB may be used");
  if (contains(path, "unreadable")) return fail_with(Errc::io, "model.safetensors: reading failed at byte 8 388 608");
  return {};
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

  MemorySummary memory() const {
    MemorySummary summary;
    summary.limit_bytes = 12'884'901'888;
    if (const std::uint64_t weights = weights_; weights > 0) {
      summary.uses = {
          {"model", "weights", weights}, {"model", "kv_cache", context_bytes}, {"engine", "activations", 6'291'456}};
      for (const MemoryUse& use : summary.uses) summary.live_bytes += use.bytes;
      summary.cached_bytes = 4'194'304;
    }
    summary.peak_bytes = summary.live_bytes;
    return summary;
  }

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
  std::atomic<std::uint64_t> weights_ = 0;
  std::string path_;
  std::jthread thread_;  // last: runs as soon as it is made
};

void Engine::Worker::load(RequestId id, const LoadRequest& request, const LoadCallbacks& callbacks) {
  weights_ = 0;
  path_ = request.path;
  const bool slow = contains(path_, "slow");
  const std::uint64_t bytes = path_.empty() ? starter_bytes : large_bytes;
  const int steps = slow ? 80 : 5;
  for (int step = 0; step < steps; ++step) {
    if (callbacks.progress)
      callbacks.progress({bytes * static_cast<std::uint64_t>(step) / static_cast<std::uint64_t>(steps), bytes});
    if (wait(id, slow ? 100ms : 10ms)) return callbacks.failed({Errc::cancelled, "Loading was cancelled"});
    if (step == steps / 3) {
      if (const auto failure = failure_for(path_)) return callbacks.failed(*failure);
    }
  }
  if (callbacks.progress) callbacks.progress({bytes, bytes});

  ModelInfo info;
  const bool starter = path_.empty();
  info.name = starter ? "Etna Starter" : path_.substr(path_.find_last_of('/') + 1);
  info.path = path_;
  info.model_type = "llama";
  info.format = "8-bit, groups of 64";
  info.device = "AMD Radeon 780M";
  info.device_id = request.device.empty() ? "vulkan:0" : request.device;
  info.parameters = starter ? 19'931'648 : 4'020'000'000;
  info.weight_bytes = bytes;
  info.vocab_size = 4096;
  info.context_length = starter ? 1024 : 8192;
  info.trained_context_length = info.context_length;
  info.is_starter = starter;
  info.has_chat_template = true;
  info.thinks = info.can_switch_thinking = contains(path_, "thinking");
  info.load_seconds = 0.1;
  weights_ = bytes;
  callbacks.done(info);
}

void Engine::Worker::chat(RequestId id, const ChatRequest& request, const ChatCallbacks& callbacks) {
  const std::string& question = request.messages.empty() ? request.raw_prompt : request.messages.back().content;
  const std::vector<std::string> pieces = pieces_of(canned_answer(question));
  RunStatistics statistics;
  statistics.prompt_tokens = 25 + 12 * request.messages.size();
  statistics.cached_tokens = request.messages.size() > 1 ? statistics.prompt_tokens * 9 / 10 : 0;
  statistics.prompt_seconds = 0.08;
  statistics.first_token_seconds = 0.11;
  statistics.peak_memory_bytes = memory().live_bytes;
  const std::chrono::duration<double> pace(1.0 / tokens_per_second());

  bool stopped = wait(id, 110ms);
  if (contains(path_, "thinking") && request.enable_thinking.value_or(true)) {
    for (const std::string& piece : pieces_of(canned_thoughts())) {
      if (stopped) break;
      callbacks.thinking(piece);
      ++statistics.generated_tokens;
      ++statistics.thinking_tokens;
      stopped = wait(id, pace);
    }
    statistics.thinking_seconds = 12;
  }
  for (const std::string& piece : pieces) {
    if (stopped) break;
    if (contains(path_, "lost") && statistics.generated_tokens == 12)
      return callbacks.failed({Errc::device_lost, "AMD Radeon 780M stopped answering"});
    callbacks.text(piece);
    ++statistics.generated_tokens;
    stopped = wait(id, pace);
  }
  if (!stopped && contains(question, "weather")) {
    callbacks.tool_call({"get_weather", R"({"city":"Rome","days":3})", "call_0"});
    callbacks.warning("A tool call could not be read and is shown as text: tool call: expected a value at byte 12");
  }
  statistics.stop_reason = stopped ? StopReason::stopped : StopReason::end_of_text;
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

Engine::RequestId Engine::unload(std::function<void()> done) {
  return worker_->add([done = std::move(done)](RequestId) {
    if (done) done();
  });
}

void Engine::cancel(RequestId id) {
  worker_->cancel(id);
}

MemorySummary Engine::memory() const {
  return worker_->memory();
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
  return {gpu, cpu};
}

/// One for every four characters, as in English.
std::optional<std::uint64_t> Engine::count_tokens(const std::string& text) const {
  return (text.size() + 3) / 4;
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

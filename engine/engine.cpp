#include "engine/engine.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/base/log.h"
#include "engine/devices.h"
#include "engine/io/starter_model.h"
#include "engine/session/chat_batch.h"
#include "engine/session/chat_prompt.h"
#include "engine/session/chat_session.h"
#include "engine/session/memory_estimate.h"
#include "engine/session/model_host.h"
#include "engine/version.h"

namespace etna {

namespace {

constexpr const char* starter_name = "Etna Starter";

}  // namespace

/// Owns the model and the thread that computes; takes requests in order.
class Engine::Worker {
public:
  Worker() : thread_([this] { run(); }) {}

  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      quit_ = true;
      for (Job& job : jobs_) job.stop.request_stop();
      if (current_) current_->stop.request_stop();
    }
    wake_.notify_all();
  }

  /// What a request does, and what it is told when it fails or never starts.
  RequestId submit(std::function<void(std::stop_token)> work, std::function<void(Failure)> failed) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({next_id_, std::move(work), std::move(failed), {}});
    wake_.notify_all();
    return next_id_++;
  }

  void cancel(RequestId id) {
    const std::lock_guard lock(mutex_);
    if (current_ && current_->id == id) current_->stop.request_stop();
    for (Job& job : jobs_) {
      if (job.id == id) job.stop.request_stop();
    }
  }

  void load(const LoadRequest& request, const LoadCallbacks& callbacks, std::stop_token stop) {
    drop_model();
    last_load_ = request;
    const std::string starter = starter_model_path();
    const std::string path = request.path.empty() ? starter : request.path;
    if (path.empty()) fail(Errc::not_found, "the starter model that belongs to Etna is missing; install Etna again or choose a model folder");
    const std::shared_ptr<Backend> backend = device(request.device);
    const Progress progress{[&](std::uint64_t done, std::uint64_t total) {
                              if (callbacks.progress) callbacks.progress({done, total});
                            },
                            stop};
    const LimitRule limits = request.admission == Admission::force ? LimitRule::ignore : LimitRule::hold;
    host_ = ModelHost::load(path, backend, {request.activations, request.context_length, request.kv_cache, request.draft_model, limits}, progress);
    progress.check("loading the model");
    set_tokenizer(host_->tokenizer());
    ModelInfo info = host_->info();
    const DeviceInfo device_info = describe_device();
    info.device = device_info.name;
    info.device_id = device_info.id;
    info.is_starter = path == starter;
    if (info.is_starter) info.name = starter_name;
    if (host_->tokenizer()) describe_thinking(*host_->tokenizer(), info);
    if (!info.has_chat_template) info.warnings.push_back("This model has no chat template: it continues your text instead of answering.");
    if (callbacks.done) callbacks.done(std::move(info));
  }

  void chat(const ChatRequest& request, const ChatCallbacks& callbacks, std::stop_token stop) {
    if (!host_) fail(Errc::invalid_argument, "no model is loaded");
    const RunStatistics statistics = run_chat(*host_, request,
                                              {.prompt_progress = callbacks.prompt_progress,
                                               .text = callbacks.text,
                                               .thinking = callbacks.thinking,
                                               .tool_call = callbacks.tool_call,
                                               .warning = callbacks.warning},
                                              stop);
    recovered_ = false;
    if (callbacks.done) callbacks.done(statistics);
  }

  void chat_batch(std::span<const ChatRequest> requests, int rows, const BatchCallbacks& callbacks, const std::stop_token& stop) {
    if (!host_) fail(Errc::invalid_argument, "no model is loaded");
    const auto of = [](std::size_t index, const auto& callback) {
      return [index, &callback](auto value) {
        if (callback) callback(index, std::move(value));
      };
    };
    const auto sink_of = [&](std::size_t index) {
      return ChatSink{.prompt_progress = {},
                      .text = of(index, callbacks.text),
                      .thinking = of(index, callbacks.thinking),
                      .tool_call = of(index, callbacks.tool_call),
                      .warning = of(index, callbacks.warning)};
    };
    const auto answered = [&](std::size_t index, const RunStatistics& statistics) {
      if (callbacks.answered) callbacks.answered(index, statistics);
    };
    run_chat_batch(*host_, requests, rows, sink_of, answered, stop);
    recovered_ = false;
    if (callbacks.done) callbacks.done();
  }

  void unload() { drop_model(); }

  /// A lost device is opened anew and the model loaded again, once (D7): the next failure before an answer succeeds
  /// leaves it to the user to try again or to choose the processor.
  std::string after_device_loss() {
    const bool was_answering = host_ != nullptr;  // else a load failed, which is the user's to repeat
    drop_model();
    backend_.reset();
    if (!was_answering || !last_load_ || recovered_) return "If it keeps failing, the processor can be used instead.";
    recovered_ = true;
    try {
      load(*last_load_, {}, {});
      return "It has been started again and the model is loaded; please try again.";
    } catch (const Error& error) {
      drop_model();
      return std::string("Starting it again failed: ") + error.what();
    }
  }

  void drop_model() {
    host_.reset();
    set_tokenizer(nullptr);
  }

  /// On devices of its own: the worker's may be in use by the worker.
  LoadEstimate estimate(const LoadRequest& request, const ModelDescription* model) {
    LoadRequest found = request;
    if (found.path.empty()) found.path = starter_model_path();
    std::shared_ptr<Backend> backend;
    {
      const std::lock_guard lock(estimate_mutex_);
      std::shared_ptr<Backend>& known = estimate_devices_[request.device];
      if (!known) known = open_device(request.device, ledger_);
      backend = known;
    }
    const LoadSituation situation{.device = request.device};
    return model ? estimator_.estimate(*model, found, *backend, situation) : estimator_.estimate(found, *backend, situation);
  }

  std::optional<std::uint64_t> count_tokens(const std::string& text) const {
    std::shared_ptr<const Tokenizer> tokenizer;
    {
      const std::lock_guard lock(mutex_);
      tokenizer = tokenizer_;
    }
    if (!tokenizer) return std::nullopt;
    return tokenizer->encode(text, AddSpecialTokens::no).size();
  }

private:
  struct Job {
    RequestId id = 0;
    std::function<void(std::stop_token)> work;
    std::function<void(Failure)> failed;
    std::stop_source stop;
  };

  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return quit_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      current_ = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      run_current();
      lock.lock();
      current_.reset();
    }
  }

  void run_current() {
    try {
      current_->work(current_->stop.get_token());
    } catch (const Error& error) {
      report(error.code(), error.what());
    } catch (const std::bad_alloc&) {
      report(Errc::out_of_memory, "the system has no memory left");
    } catch (const std::exception& error) {
      report(Errc::io, error.what());
    }
  }

  void report(Errc code, const char* message) {
    log::warning("request {} failed: {}", current_->id, message);
    std::string sentence = message;
    if (code == Errc::device_lost) sentence += ". " + after_device_loss();
    if (current_->failed) current_->failed({code, std::move(sentence)});
  }

  /// The backend of the last load is kept: opening a device takes time.
  std::shared_ptr<Backend> device(const std::string& id) {
    if (!backend_ || id != device_request_) {
      backend_.reset();
      backend_ = open_device(id, ledger_);
      device_request_ = id;
    }
    return backend_;
  }

  /// What find_devices() says of the device that a request gets.
  DeviceInfo describe_device() const {
    const bool vulkan = backend_->is_gpu();
    for (const DeviceInfo& info : Engine::devices()) {
      const bool asked = device_request_.empty() || device_request_ == "vulkan" || device_request_ == info.id;
      if (asked && info.id.starts_with("vulkan") == vulkan) return info;
    }
    DeviceInfo unknown;
    unknown.id = device_request_;
    unknown.name = backend_->name();
    return unknown;
  }

  void set_tokenizer(std::shared_ptr<const Tokenizer> tokenizer) {
    const std::lock_guard lock(mutex_);
    tokenizer_ = std::move(tokenizer);
  }

  mutable std::mutex mutex_;  // guards jobs_, current_'s stop source, tokenizer_, quit_
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::optional<Job> current_;
  const std::shared_ptr<MemoryLedger> ledger_ = MemoryLedger::create();
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::mutex estimate_mutex_;  // guards estimate_devices_
  std::map<std::string, std::shared_ptr<Backend>> estimate_devices_;
  LoadEstimator estimator_;
  bool quit_ = false;
  RequestId next_id_ = 1;

  // The worker thread's own.
  std::shared_ptr<Backend> backend_;
  std::string device_request_;
  std::optional<LoadRequest> last_load_;
  bool recovered_ = false;  // since the last answer that ended well
  std::unique_ptr<ModelHost> host_;

  std::jthread thread_;  // last: it ends before the rest goes
};

Engine::Engine() : worker_(std::make_unique<Worker>()) {}

Engine::~Engine() = default;

Engine::RequestId Engine::load(LoadRequest request, LoadCallbacks callbacks) {
  auto failed = [worker = worker_.get(), failed = callbacks.failed](const Failure& failure) {
    worker->drop_model();
    if (failed) failed(failure);
  };
  return worker_->submit(
      [worker = worker_.get(), request = std::move(request), callbacks = std::move(callbacks)](std::stop_token stop) {
        worker->load(request, callbacks, std::move(stop));
      },
      std::move(failed));
}

Engine::RequestId Engine::chat(ChatRequest request, ChatCallbacks callbacks) {
  auto failed = callbacks.failed;
  return worker_->submit(
      [worker = worker_.get(), request = std::move(request), callbacks = std::move(callbacks)](std::stop_token stop) {
        worker->chat(request, callbacks, std::move(stop));
      },
      std::move(failed));
}

Engine::RequestId Engine::chat_batch(std::vector<ChatRequest> requests, int rows, BatchCallbacks callbacks) {
  auto failed = callbacks.failed;
  return worker_->submit(
      [worker = worker_.get(), requests = std::move(requests), rows, callbacks = std::move(callbacks)](const std::stop_token& stop) {
        worker->chat_batch(requests, rows, callbacks, stop);
      },
      std::move(failed));
}

Engine::RequestId Engine::unload(ModelId, std::function<void()> done) {
  return worker_->submit(
      [worker = worker_.get(), done = std::move(done)](const std::stop_token&) {
        worker->unload();
        if (done) done();
      },
      {});
}

void Engine::cancel(RequestId id) { worker_->cancel(id); }

LoadEstimate Engine::estimate(const LoadRequest& request) const { return worker_->estimate(request, nullptr); }

LoadEstimate Engine::estimate(const ModelDescription& model, const LoadRequest& request) const { return worker_->estimate(request, &model); }

std::vector<DeviceInfo> Engine::devices() {
  static const std::vector<DeviceInfo> devices = find_devices();
  return devices;
}

std::optional<std::uint64_t> Engine::count_tokens(const std::string& text, ModelId) const { return worker_->count_tokens(text); }

std::string Engine::starter_model_path() { return starter_model_folder().string(); }

std::string Engine::version() { return ETNA_VERSION; }

}  // namespace etna

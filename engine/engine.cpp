#include "engine/engine.h"

#include <utility>

#include "engine/devices.h"
#include "engine/engine_worker.h"
#include "engine/io/starter_model.h"
#include "engine/version.h"

namespace etna {

namespace {

/// Callbacks of a batch as a sink for each of its answers.
ChatSink sink_of(const Engine::BatchCallbacks& callbacks, std::size_t index) {
  const auto of = [index](const auto& callback) {
    return [index, &callback](auto value) {
      if (callback) callback(index, std::move(value));
    };
  };
  ChatSink sink;
  sink.text = of(callbacks.text);
  sink.thinking = of(callbacks.thinking);
  sink.tool_call = of(callbacks.tool_call);
  sink.warning = of(callbacks.warning);
  return sink;
}

}  // namespace

Engine::Engine() : worker_(std::make_unique<Engine::Worker>()) {}

Engine::~Engine() = default;

Engine::RequestId Engine::load(LoadRequest request, LoadCallbacks callbacks) {
  auto failed = callbacks.failed;
  return worker_->thread.submit(
      [&models = worker_->models, request = std::move(request), callbacks = std::move(callbacks)](const std::stop_token& stop) {
        ModelInfo info = models.load(request, callbacks.progress, stop);
        if (callbacks.done) callbacks.done(std::move(info));
      },
      std::move(failed));
}

Engine::RequestId Engine::chat(ChatRequest request, ChatCallbacks callbacks) {
  auto failed = callbacks.failed;
  auto busy = worker_->models.keep_busy(request.model);
  return worker_->thread.submit(
      [&models = worker_->models, request = std::move(request), callbacks = std::move(callbacks), busy = std::move(busy)](const std::stop_token& stop) mutable {
        const RunStatistics statistics = models.chat(request,
                                                     {.prompt_progress = callbacks.prompt_progress,
                                                      .text = callbacks.text,
                                                      .thinking = callbacks.thinking,
                                                      .tool_call = callbacks.tool_call,
                                                      .warning = callbacks.warning},
                                                     stop);
        busy.reset();
        if (callbacks.done) callbacks.done(statistics);
      },
      std::move(failed));
}

Engine::RequestId Engine::chat_batch(std::vector<ChatRequest> requests, int rows, BatchCallbacks callbacks) {
  auto failed = callbacks.failed;
  auto busy = worker_->models.keep_busy(requests.empty() ? 0 : requests.front().model);
  return worker_->thread.submit(
      [&models = worker_->models, requests = std::move(requests), rows, callbacks = std::move(callbacks), busy = std::move(busy)](const std::stop_token& stop) mutable {
        const auto answered = [&](std::size_t index, const RunStatistics& statistics) {
          if (callbacks.answered) callbacks.answered(index, statistics);
        };
        models.chat_batch(requests, rows, [&](std::size_t index) { return sink_of(callbacks, index); }, answered, stop);
        busy.reset();
        if (callbacks.done) callbacks.done();
      },
      std::move(failed));
}

Engine::RequestId Engine::unload(ModelId model, std::function<void()> done) {
  return worker_->thread.submit([&models = worker_->models, model, done = std::move(done)](const std::stop_token&) {
    models.unload(model);
    if (done) done();
  });
}

void Engine::set_idle_policy(ModelId model, IdlePolicy policy) {
  worker_->models.set_idle_policy(model, policy);
  worker_->thread.wake();
}

void Engine::set_memory_policy(const MemoryPolicy& policy) {
  worker_->models.set_memory_policy(policy);
  worker_->thread.wake();
}

MemoryPolicy Engine::memory_policy() const { return worker_->models.memory_policy(); }

std::uint64_t Engine::drop_caches() { return worker_->models.drop_caches(); }

void Engine::cancel(RequestId id) {
  worker_->training.cancel(worker_->thread, id);  // runs have many turns on the thread
  worker_->thread.cancel(id);
}

std::vector<DeviceInfo> Engine::devices() { return known_devices(); }

MemoryStatus Engine::memory() const { return worker_->models.memory(); }

std::vector<MemoryEvent> Engine::memory_events(std::uint64_t after) const { return worker_->models.memory_events(after); }

LoadEstimate Engine::estimate(const LoadRequest& request) const { return worker_->models.estimate(request); }

LoadEstimate Engine::estimate(const ModelDescription& model, const LoadRequest& request) const { return worker_->models.estimate(model, request); }

std::optional<std::uint64_t> Engine::count_tokens(const std::string& text, ModelId model) const { return worker_->models.count_tokens(text, model); }

std::string Engine::starter_model_path() { return starter_model_folder().string(); }

std::string Engine::version() { return ETNA_VERSION; }

}  // namespace etna

#pragma once

#include <future>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace etna::test {

/// Loads a model on the processor and waits. Throws what the engine reports.
inline ModelInfo load_model(Engine& engine, LoadRequest request) {
  request.device = "cpu";
  request.activations = "f32";
  std::promise<ModelInfo> info;
  engine.load(std::move(request), {.progress = {},
                                   .done = [&](ModelInfo loaded) { info.set_value(std::move(loaded)); },
                                   .failed =
                                       [&](const Failure& failure) {
                                         info.set_exception(std::make_exception_ptr(Error(failure.code, failure.message)));
                                       }});
  return info.get_future().get();
}

struct Answered {
  std::string text;
  std::vector<std::string> warnings;
  RunStatistics statistics;
  std::optional<Failure> failure;
};

inline Answered answer(Engine& engine, ChatRequest request) {
  Answered result;
  std::promise<void> over;
  engine.chat(std::move(request),
              {.prompt_progress = {},
               .text = [&](const std::string& text) { result.text += text; },
               .warning = [&](const std::string& sentence) { result.warnings.push_back(sentence); },
               .done = [&](const RunStatistics& statistics) { result.statistics = statistics, over.set_value(); },
               .failed = [&](Failure failure) { result.failure = std::move(failure), over.set_value(); }});
  over.get_future().wait();
  return result;
}

inline ChatRequest question(const std::string& text, double temperature = 0, std::uint64_t max_tokens = 1024) {
  ChatRequest request;
  request.messages = {{"user", text}};
  request.sampling.temperature = temperature;
  request.sampling.seed = 7;
  request.max_tokens = max_tokens;
  return request;
}

}  // namespace etna::test

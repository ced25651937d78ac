// Loads, unloads, chats and cancels in random order for a while, and looks after every step whether memory is as it
// should be: within the limit, the sum of its owners, and in the end as in the beginning. One line says how it went;
// exit code 1 with a sentence on what was wrong.
//
//   soak [--seconds 10] [--limit BYTES] [--device ID] [--seed 1] [--model PATH]…      (no model: the starter model)

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/engine.h"

namespace etna {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  double seconds = 10;
  std::uint64_t limit = std::uint64_t{1} << 30;
  std::string device;
  std::uint64_t seed = 1;
  std::vector<std::string> models;
};

/// Bytes of memory that the process has in use.
std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double mebibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

/// The first thing that was wrong; later ones may follow from it.
class Verdict {
public:
  void wrong(std::string sentence) {
    const std::lock_guard lock(mutex_);
    if (sentence_.empty()) sentence_ = std::move(sentence);
  }

  std::string sentence() const {
    const std::lock_guard lock(mutex_);
    return sentence_;
  }

  bool fine() const { return sentence().empty(); }

private:
  mutable std::mutex mutex_;  // guards sentence_
  std::string sentence_;
};

/// How a request ended.
struct End {
  std::optional<Failure> failure;
  ModelId model = 0;
};

class Soak {
public:
  explicit Soak(Options options) : options_(std::move(options)), random_(options_.seed) {
    if (options_.models.empty()) options_.models.emplace_back();  // the starter model
    MemoryPolicy policy = engine_.memory_policy();
    policy.limit_bytes = options_.limit;
    engine_.set_memory_policy(policy);
  }

  int run() {
    const std::uint64_t live_before = engine_.memory().live_bytes();
    const Clock::time_point end =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
    {
      const std::jthread watcher([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          check_memory("between steps");
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
      });
      while (Clock::now() < end && verdict_.fine()) step();
    }
    unload(0);
    engine_.drop_caches();
    check_memory("at the end");
    const MemoryStatus status = engine_.memory();
    if (status.live_bytes() != live_before) {
      verdict_.wrong(fmt::format("{} bytes were live at first, {} are at the end", live_before, status.live_bytes()));
    }
    if (!status.models.empty())
      verdict_.wrong(fmt::format("{} models are left after all were unloaded", status.models.size()));
    fmt::print(
        "soak: seed {}, {} steps: {} loads ({} refused, {} cancelled), {} answers ({} cancelled), {} unloads; {} "
        "samples; "
        "most live {:.1f} MiB of {:.1f}, resident {:.1f} MiB at most, {:.1f} at the end\n",
        options_.seed, steps_, loads_, refused_, cancelled_loads_, answers_, cancelled_answers_, unloads_,
        samples_.load(), mebibytes(most_live_), mebibytes(options_.limit), mebibytes(most_resident_),
        mebibytes(resident_bytes()));
    if (verdict_.fine()) return 0;
    fmt::print(stderr, "soak: step {}: {}\n", steps_, verdict_.sentence());
    return 1;
  }

private:
  std::uint64_t pick(std::uint64_t count) { return random_() % count; }

  /// One that is loaded; 0 where none is.
  ModelId pick_model() {
    const std::vector<LoadedModelStatus> models = engine_.memory().models;
    return models.empty() ? 0 : models[pick(models.size())].id;
  }

  void step() {
    ++steps_;
    const ModelId model = pick_model();
    const std::uint64_t dice = pick(10);
    if (model == 0 || dice < 2) {
      wait_for_load(start_load(), pick(4) == 0);
    } else if (dice < 7) {
      wait_for_chat(start_chat(model), pick(3) == 0);
    } else if (dice < 8) {
      unload(pick(4) == 0 ? 0 : model);
    } else if (dice < 9) {
      engine_.drop_caches();
    } else {
      burst(model);
    }
    check_memory("after a step");
  }

  struct Request {
    Engine::RequestId id = 0;
    std::future<End> end;
  };

  Request start_load() {
    LoadRequest request;
    request.path = options_.models[pick(options_.models.size())];
    request.device = options_.device;
    request.context_length = 256 << pick(5);
    request.admission = pick(2) == 0 ? Admission::refuse : Admission::make_room;
    if (pick(4) == 0) request.replaces = pick_model();
    auto end = std::make_shared<std::promise<End>>();
    Request result;
    result.end = end->get_future();
    result.id = engine_.load(std::move(request), {.progress = {},
                                                  .done =
                                                      [end](const ModelInfo& info) {
                                                        end->set_value({{}, info.id});
                                                      },
                                                  .failed =
                                                      [end](Failure failure) {
                                                        end->set_value({std::move(failure), 0});
                                                      }});
    ++loads_;
    return result;
  }

  Request start_chat(ModelId model) {
    ChatRequest request;
    request.model = model;
    request.messages = {{"user", std::string(1 + pick(400), 'a') + " tell me something."}};
    request.max_tokens = 1 + pick(40);
    request.sampling.temperature = pick(2) == 0 ? 0 : 0.8;
    request.sampling.top_k = pick(2) == 0 ? 0 : 20;
    request.sampling.seed = random_();
    auto end = std::make_shared<std::promise<End>>();
    Request result;
    result.end = end->get_future();
    result.id = engine_.chat(std::move(request), {.prompt_progress = {},
                                                  .text = {},
                                                  .done = [end](const RunStatistics&) { end->set_value({}); },
                                                  .failed =
                                                      [end](Failure failure) {
                                                        end->set_value({std::move(failure), 0});
                                                      }});
    ++answers_;
    return result;
  }

  void cancel_soon(const Request& request) {
    std::this_thread::sleep_for(std::chrono::microseconds(pick(30'000)));
    engine_.cancel(request.id);
  }

  void wait_for_load(Request request, bool cancel) {
    if (cancel) cancel_soon(request);
    const End end = request.end.get();
    if (!end.failure) return;
    const bool refused = end.failure->code == Errc::out_of_memory,
               cancelled = cancel && end.failure->code == Errc::cancelled;
    refused_ += refused;
    cancelled_loads_ += cancelled;
    if (!refused && !cancelled)
      verdict_.wrong(fmt::format("a load failed ({}): {}", name(end.failure->code), end.failure->message));
  }

  void wait_for_chat(Request request, bool cancel) {
    if (cancel) cancel_soon(request);
    cancelled_answers_ += cancel;
    const End end = request.end.get();
    if (!end.failure || end.failure->code == Errc::out_of_memory) return;
    verdict_.wrong(fmt::format("an answer failed ({}): {}", name(end.failure->code), end.failure->message));
  }

  void unload(ModelId model) {
    std::promise<void> over;
    engine_.unload(model, [&] { over.set_value(); });
    over.get_future().wait();
    ++unloads_;
  }

  Request start_unload(ModelId model) {
    auto end = std::make_shared<std::promise<End>>();
    Request result;
    result.end = end->get_future();
    result.id = engine_.unload(model, [end] { end->set_value({}); });
    ++unloads_;
    return result;
  }

  /// Many requests at once. Their order is theirs: a model may have gone before its answer begins.
  void burst(ModelId model) {
    std::vector<Request> requests;
    for (std::uint64_t i = 2 + pick(4); i > 0; --i) {
      const std::uint64_t dice = pick(4);
      if (dice == 0) {
        requests.push_back(start_load());
      } else if (dice == 1) {
        requests.push_back(start_unload(model));
      } else {
        requests.push_back(start_chat(model));
      }
    }
    for (const Request& request : requests) {
      if (pick(3) == 0) engine_.cancel(request.id);
    }
    for (Request& request : requests) {
      const End end = request.end.get();
      if (!end.failure) continue;
      const Errc code = end.failure->code;
      const bool may_be = code == Errc::out_of_memory || code == Errc::cancelled || code == Errc::not_found ||
                          code == Errc::invalid_argument;
      if (!may_be)
        verdict_.wrong(fmt::format("one of many requests failed ({}): {}", name(code), end.failure->message));
    }
  }

  /// From any thread.
  void check_memory(std::string_view when) {
    const MemoryStatus status = engine_.memory();
    ++samples_;
    std::uint64_t live = 0;
    for (const MemoryPoolStatus& pool : status.pools) {
      std::uint64_t sum = 0;
      for (const MemoryUse& use : pool.uses) sum += use.bytes;
      if (sum != pool.live_bytes) {
        verdict_.wrong(
            fmt::format("{}: owners of {} have {} bytes in all, but {} are live", when, pool.id, sum, pool.live_bytes));
      }
      live += pool.live_bytes - std::min(pool.live_bytes, pool.mapped_bytes);  // pages of files are not Etna's to limit
    }
    if (live > options_.limit)
      verdict_.wrong(fmt::format("{}: {} bytes are live, the limit is {}", when, live, options_.limit));
    const std::lock_guard lock(most_mutex_);
    most_live_ = std::max(most_live_, live);
    most_resident_ = std::max(most_resident_, resident_bytes());
  }

  Options options_;
  std::mt19937_64 random_;
  Verdict verdict_;
  std::uint64_t steps_ = 0, loads_ = 0, refused_ = 0, cancelled_loads_ = 0, answers_ = 0, cancelled_answers_ = 0,
                unloads_ = 0;
  std::atomic<std::uint64_t> samples_{0};
  std::mutex most_mutex_;  // guards the two below
  std::uint64_t most_live_ = 0, most_resident_ = 0;
  Engine engine_;
};

/// None where the words make no sense.
std::optional<Options> parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    const std::string_view key = words[i];
    if (i + 1 == count) return std::nullopt;
    const char* value = words[i + 1];
    if (key == "--seconds") {
      options.seconds = std::strtod(value, nullptr);
    } else if (key == "--limit") {
      options.limit = std::strtoull(value, nullptr, 10);
    } else if (key == "--device") {
      options.device = value;
    } else if (key == "--seed") {
      options.seed = std::strtoull(value, nullptr, 10);
    } else if (key == "--model") {
      options.models.emplace_back(value);
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace
}  // namespace etna

int main(int count, char** words) {
  const std::optional<etna::Options> options = etna::parse(count, words);
  if (!options) {
    fmt::print(stderr, "usage: soak [--seconds N] [--limit BYTES] [--device ID] [--seed N] [--model PATH]…\n");
    return 2;
  }
  return etna::Soak(*options).run();
}

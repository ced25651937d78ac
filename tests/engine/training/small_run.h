#pragma once

#include <random>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/training/trainer.h"
#include "tests/support/tiny_llama.h"

namespace etna::training::test {

/// Texts of counted numbers with a place that can be saved.
class CountedBatches : public BatchSource {
public:
  explicit CountedBatches(std::int64_t vocabulary, std::int64_t batches = 5, std::uint32_t seed = 1)
      : vocabulary_(vocabulary), batches_(batches), seed_(seed) {}

  Batch next() override {
    std::mt19937 random(seed_ + static_cast<std::uint32_t>(place_++ % batches_));
    std::vector<Example> examples(2);
    for (Example& example : examples) {
      const auto first = static_cast<std::int64_t>(random() % 1000), step = static_cast<std::int64_t>(1 + random() % 3);
      const auto length = static_cast<std::int64_t>(9 + random() % 3);
      for (std::int64_t i = 0; i < length; ++i)
        example.tokens.push_back(static_cast<std::int32_t>((first + i * step) % vocabulary_));
    }
    return make_batch(examples, 64);
  }

  std::int64_t batches() const override { return batches_; }

  void rewind() override { place_ = 0; }

  std::string position() const override { return std::to_string(place_); }

  void seek(const std::string& position) override { place_ = std::stoll(position); }

  std::string fingerprint() const override { return "counted " + std::to_string(seed_); }

  std::vector<BatchShape> shapes() const override { return {{2, 32}}; }

private:
  std::int64_t vocabulary_, batches_;
  std::uint32_t seed_;
  std::int64_t place_ = 0;
};

inline TrainingOptions small_options(Method method = Method::lora) {
  TrainingOptions options;
  options.method = method;
  options.lora = {.rank = 4, .scale = 2, .dropout = 0, .keys = {"self_attn.q_proj", "mlp.down_proj"}};
  options.layers = -1;
  options.schedule.initial = 2e-3;
  options.iterations = 6;
  options.steps_per_save = 0;
  options.steps_per_check = 0;
  return options;
}

/// A small model, what is trained of it, and its batches.
class SmallRun {
public:
  explicit SmallRun(TrainingOptions options, std::shared_ptr<Backend> backend = cpu::create_backend(1))
      : options_(std::move(options)),
        learner_({.config = model_.config(), .tensors = model_, .options = options_}, std::move(backend), {}),
        batches_(model_.config().vocab_size) {}

  const TrainingOptions& options() const { return options_; }

  Learner& learner() { return learner_; }

  CountedBatches& batches() { return batches_; }

  Trainer trainer(const std::filesystem::path& output = {}, Observer observer = {}, BatchSource* checks = nullptr) {
    return Trainer(learner_, batches_, checks, options_, output, std::move(observer));
  }

  /// All that is trained, one after the other.
  std::vector<float> weights() const {
    std::vector<float> all;
    for (const Trainable& weight : learner_.trained()) {
      const std::vector<float> values = weight.value.to_vector<float>();
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }

private:
  etna::test::TinyLlama model_;
  TrainingOptions options_;
  Learner learner_;
  CountedBatches batches_;
};

}  // namespace etna::training::test

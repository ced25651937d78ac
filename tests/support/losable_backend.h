#pragma once

#include <memory>
#include <utility>

#include "engine/array/backend.h"
#include "engine/base/error.h"

namespace etna::test {

/// A backend that can be told to lose its device: every program that starts from then on throws device_lost.
class LosableBackend : public Backend {
public:
  LosableBackend(std::shared_ptr<Backend> real, std::shared_ptr<bool> lost) : real_(std::move(real)), lost_(std::move(lost)) {}

  const std::string& name() const override { return real_->name(); }
  bool is_gpu() const override { return real_->is_gpu(); }
  const std::shared_ptr<Allocator>& allocator() const override { return real_->allocator(); }
  bool supports(const Op& op, std::span<const Array> inputs, const Shape& output_shape, DType output) const override {
    return real_->supports(op, inputs, output_shape, output);
  }
  bool reads_strided(const Op& op, int index) const override { return real_->reads_strided(op, index); }
  std::unique_ptr<Backend> rehearsal() const override { return real_->rehearsal(); }
  std::unique_ptr<Executable> prepare(Program program) override { return std::make_unique<Losable>(real_->prepare(std::move(program)), lost_); }

private:
  class Losable : public Executable {
  public:
    Losable(std::unique_ptr<Executable> real, std::shared_ptr<bool> lost) : real_(std::move(real)), lost_(std::move(lost)) {}
    std::uint64_t start() override {
      if (*lost_) fail(Errc::device_lost, "the device stopped answering");
      return real_->start();
    }
    void wait(std::uint64_t ticket) override { real_->wait(ticket); }
    std::vector<StepTime> profile() override { return real_->profile(); }
    int dispatch_count() const override { return real_->dispatch_count(); }

  private:
    std::unique_ptr<Executable> real_;
    std::shared_ptr<bool> lost_;
  };

  std::shared_ptr<Backend> real_;
  std::shared_ptr<bool> lost_;
};

}  // namespace etna::test

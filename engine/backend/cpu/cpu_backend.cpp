#include "engine/backend/cpu/cpu_backend.h"

#include <chrono>
#include <fstream>
#include <map>

#include "engine/backend/cpu/blas.h"
#include "engine/backend/cpu/heap.h"
#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/simd/simd.h"
#include "engine/base/error.h"
#include "engine/memory/rehearsal_heap.h"

namespace etna::cpu {

namespace {

using Clock = std::chrono::steady_clock;

const KernelTable& kernels() {
  static const KernelTable table = [] {
    KernelTable filled;
    register_all(filled);
    return filled;
  }();
  return table;
}

bool has_kernel(const Op& op, std::span<const Array> inputs, const Shape& output_shape, DType output) {
  const Kernel* kernel = kernels().find(op.type());
  return kernel && (!kernel->supports || kernel->supports(op, inputs, output_shape, output));
}

bool has_strided_input(const Op& op, int index) {
  const Kernel* kernel = kernels().find(op.type());
  return kernel && (kernel->strided_inputs >> index & 1) != 0;
}

/// What a program's kernels work in.
class ProgramScratch {
public:
  ProgramScratch(const Program& program, Allocator& allocator, int threads) {
    ScratchNeeds& needs = space_.sizes;
    for (const Step& step : program.steps) {
      if (const auto scratch = kernels().find(step.op->type())->scratch) needs.include(scratch(step, threads));
    }
    std::size_t piece = 1;
    const auto take = [&](std::size_t floats) -> float* {
      const std::size_t number = piece++, bytes = floats * sizeof(float);
      if (bytes == 0) return nullptr;
      buffers_.push_back(program.working ? program.working->piece(number, bytes)
                                         : allocator.allocate(bytes, Placement::device, MemoryTag::activations, program.owner));
      return reinterpret_cast<float*>(buffers_.back()->host());
    };
    space_.shared = take(needs.shared);
    for (std::size_t i = 0; i < scratch_pieces; ++i) {
      space_.of_thread[i] = take(ScratchSpace::share(needs.of_thread[i]) * static_cast<std::size_t>(threads));
    }
  }

  const ScratchSpace& space() const { return space_; }

private:
  ScratchSpace space_;
  std::vector<Buffer> buffers_;
};

/// A flat list of kernel calls.
class CallList : public Executable {
public:
  CallList(Program program, Allocator& allocator, Context& context)
      : program_(std::move(program)), scratch_(program_, allocator, context.pool.size()), context_(context) {
    for (const Step& step : program_.steps) kernels_.push_back(kernels().find(step.op->type())->run);
  }

  std::uint64_t start() override {
    context_.use(scratch_.space());
    for (std::size_t i = 0; i < kernels_.size(); ++i) kernels_[i](program_.steps[i], context_);
    return ++runs_;
  }

  /// start() returns when all is done.
  void wait(std::uint64_t) override { check_files(program_); }

  std::vector<StepTime> profile() override {
    std::map<std::string, StepTime> times;
    context_.use(scratch_.space());
    for (std::size_t i = 0; i < kernels_.size(); ++i) {
      const Step& step = program_.steps[i];
      const auto begin = Clock::now();
      kernels_[i](step, context_);
      StepTime& time = times[step.op->name()];
      time.seconds += std::chrono::duration<double>(Clock::now() - begin).count();
      const Work work = step.op->work(step.inputs, step.output);
      time.work.bytes += work.bytes;
      time.work.flops += work.flops;
      ++time.count;
    }
    std::vector<StepTime> result;
    for (auto& [name, time] : times) {
      time.name = name;
      result.push_back(time);
    }
    return result;
  }

  int dispatch_count() const override { return static_cast<int>(kernels_.size()); }

private:
  Program program_;
  ProgramScratch scratch_;
  Context& context_;
  std::vector<void (*)(const Step&, Context&)> kernels_;
  std::uint64_t runs_ = 0;
};

/// Keeps a program's memory and does nothing.
class RehearsedProgram final : public Executable {
public:
  RehearsedProgram(Program program, Allocator& allocator, int threads)
      : program_(std::move(program)), scratch_(program_, allocator, threads) {}

  std::uint64_t start() override { return ++runs_; }
  void wait(std::uint64_t) override {}
  std::vector<StepTime> profile() override { return {}; }
  int dispatch_count() const override { return static_cast<int>(program_.steps.size()); }

private:
  Program program_;
  ProgramScratch scratch_;
  std::uint64_t runs_ = 0;
};

/// See Backend::rehearsal. Mapped files are used as they are, as by the real heap.
class CpuRehearsal final : public Backend {
public:
  CpuRehearsal(std::string name, int threads)
      : name_(std::move(name)),
        allocator_(Allocator::create(std::make_unique<RehearsalHeap>(name_, [](std::span<const std::byte>) { return true; }))),
        threads_(threads) {
    allocator_->set_cache_limit(0);
  }

  const std::string& name() const override { return name_; }
  bool is_gpu() const override { return false; }
  const std::shared_ptr<Allocator>& allocator() const override { return allocator_; }

  bool supports(const Op& op, std::span<const Array> inputs, const Shape& output_shape, DType output) const override {
    return has_kernel(op, inputs, output_shape, output);
  }

  bool reads_strided(const Op& op, int index) const override { return has_strided_input(op, index); }

  std::unique_ptr<Executable> prepare(Program program) override {
    return std::make_unique<RehearsedProgram>(std::move(program), *allocator_, threads_);
  }

private:
  std::string name_;
  std::shared_ptr<Allocator> allocator_;
  int threads_;
};

class CpuBackend : public Backend {
public:
  CpuBackend(int threads, std::shared_ptr<MemoryLedger> ledger)
      : name_(processor_name() + " (cpu)"),
        allocator_(Allocator::create(create_heap(), std::move(ledger))),
        pool_(threads > 0 ? threads : available_cores()),
        context_(pool_) {
    prepare_blas();
  }

  const std::string& name() const override { return name_; }
  bool is_gpu() const override { return false; }
  const std::shared_ptr<Allocator>& allocator() const override { return allocator_; }

  bool supports(const Op& op, std::span<const Array> inputs, const Shape& output_shape, DType output) const override {
    return has_kernel(op, inputs, output_shape, output);
  }

  bool reads_strided(const Op& op, int index) const override { return has_strided_input(op, index); }

  std::unique_ptr<Executable> prepare(Program program) override {
    return std::make_unique<CallList>(std::move(program), *allocator_, context_);
  }

  std::unique_ptr<Backend> rehearsal() const override { return std::make_unique<CpuRehearsal>(name_, pool_.size()); }

private:
  std::string name_;
  std::shared_ptr<Allocator> allocator_;
  ThreadPool pool_;
  Context context_;
};

}  // namespace

std::unique_ptr<Backend> create_backend(int threads, std::shared_ptr<MemoryLedger> ledger) {
  return std::make_unique<CpuBackend>(threads, std::move(ledger));
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("model name")) continue;
    if (const auto colon = line.find(": "); colon != line.npos) return line.substr(colon + 2);
  }
  return "processor";
}

std::string instruction_sets() { return simd::target_name(); }

}  // namespace etna::cpu

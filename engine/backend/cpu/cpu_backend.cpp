#include "engine/backend/cpu/cpu_backend.h"

#include <chrono>
#include <fstream>
#include <map>

#include "engine/backend/cpu/blas.h"
#include "engine/backend/cpu/heap.h"
#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/simd/simd.h"
#include "engine/base/error.h"

namespace etna::cpu {

namespace {

using Clock = std::chrono::steady_clock;

/// A flat list of kernel calls.
class CallList : public Executable {
public:
  CallList(Program program, const KernelTable& table, Context& context) : program_(std::move(program)), context_(context) {
    for (const Step& step : program_.steps) kernels_.push_back(table.find(step.op->type())->run);
  }

  std::uint64_t start() override {
    for (std::size_t i = 0; i < kernels_.size(); ++i) kernels_[i](program_.steps[i], context_);
    return ++runs_;
  }

  /// start() returns when all is done.
  void wait(std::uint64_t) override { check_files(program_); }

  std::vector<StepTime> profile() override {
    std::map<std::string, StepTime> times;
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
  Context& context_;
  std::vector<void (*)(const Step&, Context&)> kernels_;
  std::uint64_t runs_ = 0;
};

class CpuBackend : public Backend {
public:
  CpuBackend(int threads, std::shared_ptr<MemoryLedger> ledger)
      : name_(processor_name() + " (cpu)"),
        allocator_(Allocator::create(create_heap(), std::move(ledger))),
        pool_(threads > 0 ? threads : available_cores()),
        context_(pool_) {
    register_all(table_);
    prepare_blas();
  }

  const std::string& name() const override { return name_; }
  bool is_gpu() const override { return false; }
  const std::shared_ptr<Allocator>& allocator() const override { return allocator_; }

  bool supports(const Op& op, std::span<const Array> inputs, const Shape& output_shape, DType output) const override {
    const Kernel* kernel = table_.find(op.type());
    return kernel && (!kernel->supports || kernel->supports(op, inputs, output_shape, output));
  }

  bool reads_strided(const Op& op, int index) const override {
    const Kernel* kernel = table_.find(op.type());
    return kernel && (kernel->strided_inputs >> index & 1) != 0;
  }

  std::unique_ptr<Executable> prepare(Program program) override {
    return std::make_unique<CallList>(std::move(program), table_, context_);
  }

private:
  std::string name_;
  std::shared_ptr<Allocator> allocator_;
  ThreadPool pool_;
  Context context_;
  KernelTable table_;
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

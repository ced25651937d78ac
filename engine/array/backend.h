#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/array/op.h"

namespace etna {

/// One kernel call: an operation, where it reads, where it writes.
struct Step {
  std::shared_ptr<const Op> op;
  std::vector<View> inputs;
  View output;
};

/// A graph in order of execution with all memory decided. Steps may share memory; in-place steps write their first input.
struct Program {
  std::vector<Step> steps;
  std::vector<View> outputs;
  std::vector<Buffer> buffers;  ///< everything the steps name, kept alive
  OwnerId owner = 0;            ///< of memory that the program needs beside
};

/// Throws io if a program computed with pages of a mapped file that could not be read: for the end of every run. Costs
/// nothing while all files are well.
void check_files(const Program& program);

/// Time of one kernel family in a profiled run.
struct StepTime {
  std::string name;
  double seconds = 0;
  Work work;
  int count = 0;  ///< dispatches
};

/// A program made ready to run, any number of times: recorded command buffers on a GPU, a flat list of calls on the
/// processor (D3). Not thread-safe.
class Executable {
public:
  virtual ~Executable() = default;

  /// Starts it; returns a ticket that grows by one with each call. At most a few may be in flight. Work is ordered: a
  /// run sees everything earlier runs of the backend wrote.
  virtual std::uint64_t start() = 0;

  /// Waits until a started run is over. Throws what went wrong in it (device_lost, out_of_memory, io where weights in a
  /// mapped file could not be read): then what it computed means nothing.
  virtual void wait(std::uint64_t ticket) = 0;

  /// Runs once, timing each kernel (names as in kernel_name()).
  virtual std::vector<StepTime> profile() = 0;

  virtual int dispatch_count() const = 0;

  void run() { wait(start()); }
};

/// A place that computes. One engine thread uses it.
class Backend {
public:
  virtual ~Backend() = default;

  /// "AMD EPYC (cpu)", "NVIDIA H200 (vulkan)".
  virtual const std::string& name() const = 0;
  virtual bool is_gpu() const = 0;
  virtual const std::shared_ptr<Allocator>& allocator() const = 0;

  /// Whether a kernel exists for this operation on arrays of these shapes and dtypes (strides are not known yet).
  /// What has none is expanded into its definition.
  virtual bool supports(const Op& op, std::span<const Array> inputs, const Shape& output_shape, DType output) const = 0;

  /// Whether the kernel reads input `index` with any strides; otherwise the scheduler hands it a contiguous copy.
  virtual bool reads_strided(const Op& op, int index) const = 0;

  virtual std::unique_ptr<Executable> prepare(Program program) = 0;
};

}  // namespace etna

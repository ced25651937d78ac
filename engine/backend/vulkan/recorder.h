#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "engine/array/backend.h"
#include "engine/backend/vulkan/hazards.h"
#include "engine/backend/vulkan/pipeline.h"

namespace etna::vulkan {

/// Workgroups of one dispatch.
struct Groups {
  std::uint32_t x = 1;
  std::uint32_t y = 1;
  std::uint32_t z = 1;
};

/// One call of a shader, as plain data: encoded once for replays, and again with timestamps for profiles.
struct Dispatch {
  std::string name;
  VkPipeline pipeline = VK_NULL_HANDLE;
  Groups groups;
  std::array<std::byte, argument_bytes_limit> arguments{};
  std::uint32_t argument_bytes = 0;
  bool barrier_before = false;
  Work work;
};

/// What a kernel says about a call.
struct Call {
  std::string name;  ///< as kernel_name() composes it
  const Shader& shader;
  Constants constants;
  Groups groups;
  std::vector<ByteRange> reads;
  std::vector<ByteRange> writes;
  Work work;
};

/// Memory for the time of one step.
struct Scratch {
  Buffer buffer;

  std::uint64_t address() const { return buffer->address(); }

  ByteRange range() const { return {buffer->address(), buffer->address() + buffer->bytes()}; }
};

/// Turns the kernel calls of a program into dispatches, ordered by what they need of each other.
class Recorder {
public:
  /// `pipelines`: null in a rehearsal, which makes none. `owner`: of the scratch memory, which comes from `working` where
  /// that is not null.
  Recorder(PipelineLibrary* pipelines, std::shared_ptr<Allocator> allocator, OwnerId owner, std::shared_ptr<WorkingMemory> working,
           const DeviceCaps& caps)
      : pipelines_(pipelines), allocator_(std::move(allocator)), owner_(owner), working_(std::move(working)), caps_(caps) {}

  /// `Args` is a struct of args/: what the shader's push constants are.
  template <class Args>
  void dispatch(Call call, const Args& args) {
    static_assert(sizeof(Args) <= argument_bytes_limit);
    add(std::move(call), &args, sizeof(Args));
  }

  /// Memory until the step ends; later steps get the same memory again.
  Scratch scratch(std::size_t bytes);
  void end_step();

  const DeviceCaps& caps() const { return caps_; }

  /// Groups for `items` at `per_group` each, within the device's limit: shaders loop over what remains.
  Groups groups_for(std::int64_t items, std::int64_t per_group) const;

  /// In an order that needs few barriers: what does not depend on each other stands together.
  std::vector<Dispatch> take_dispatches();

  /// All scratch memory: to be kept as long as the dispatches.
  std::vector<Buffer> take_buffers();

private:
  void add(Call call, const void* args, std::size_t bytes);

  PipelineLibrary* pipelines_;
  std::shared_ptr<Allocator> allocator_;
  OwnerId owner_;
  std::shared_ptr<WorkingMemory> working_;
  std::size_t next_piece_ = 1;  // of working_; 0 is the scheduler's
  const DeviceCaps& caps_;
  std::vector<Dispatch> dispatches_;
  std::vector<Accesses> accesses_;  // of dispatches_
  std::vector<Buffer> free_;
  std::vector<Buffer> used_;  // by the current step
};

}  // namespace etna::vulkan

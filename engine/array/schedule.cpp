#include "engine/array/schedule.h"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>

#include "engine/array/copy.h"
#include "engine/array/graph_access.h"
#include "engine/base/error.h"

namespace etna {

namespace {

// Kernels may load 16 bytes at a time from what they are promised to be contiguous.
constexpr std::size_t alignment = 16;

// A freed range is not reused at once: on a GPU, neighbouring steps that share no bytes run at the same time.
constexpr std::size_t reuse_delay = 6;

std::size_t align_up(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

/// Replaces operations without a kernel by their definitions.
class Lowering {
public:
  explicit Lowering(Backend& backend) : backend_(backend) {}

  Array lower(const Array& root) {
    std::vector<Array> stack{root};
    while (!stack.empty()) {
      const Array array = stack.back();
      if (lowered_.contains(array.id())) {
        stack.pop_back();
        continue;
      }
      const std::size_t depth = stack.size();
      for (const Array& input : array.inputs()) {
        if (!lowered_.contains(input.id())) stack.push_back(input);
      }
      if (stack.size() > depth) continue;
      stack.pop_back();
      if (std::optional<Array> ready = lower_node(array)) {
        remember(array, *ready);
      } else {
        // The definition is a graph of its own; come back when it is lowered.
        const Array definition = definitions_.at(array.id());
        stack.push_back(array);
        stack.push_back(definition);
      }
    }
    return lowered_.at(root.id());
  }

private:
  std::optional<Array> lower_node(const Array& array) {
    if (!array.op()) return array;
    if (const auto found = definitions_.find(array.id()); found != definitions_.end()) {
      return lowered_.at(found->second.id());
    }
    std::vector<Array> inputs;
    bool changed = false;
    for (const Array& input : array.inputs()) {
      inputs.push_back(lowered_.at(input.id()));
      changed |= inputs.back().id() != input.id();
    }
    if (array.op()->is_view() || backend_.supports(*array.op(), inputs, array.shape(), array.dtype())) {
      return changed ? Array(array.shape(), array.dtype(), array.op(), std::move(inputs)) : array;
    }
    std::optional<Array> definition = array.op()->definition(inputs);
    if (!definition) {
      fail(Errc::unsupported, "{}: no kernel for {} on {}", array.op()->name(), name(array.dtype()), backend_.name());
    }
    if (definition->shape() != array.shape() || definition->dtype() != array.dtype()) {
      fail(Errc::unsupported, "{}: the definition gives {} {} where the operation gives {} {}", array.op()->name(),
           name(definition->dtype()), to_string(definition->shape()), name(array.dtype()), to_string(array.shape()));
    }
    definitions_.emplace(array.id(), *definition);
    keep_.push_back(*definition);
    return std::nullopt;
  }

  void remember(const Array& array, const Array& lowered) {
    lowered_.emplace(array.id(), lowered);
    keep_.push_back(array);
  }

  Backend& backend_;
  std::unordered_map<const void*, Array> lowered_;
  std::unordered_map<const void*, Array> definitions_;
  std::vector<Array> keep_;  // ids are addresses: nodes must outlive the maps
};

/// Offsets in one arena for values with lifetimes.
class Arena {
public:
  std::size_t take(std::size_t bytes, std::size_t step) {
    release_old(step);
    bytes = align_up(std::max<std::size_t>(bytes, 1));
    for (auto it = free_.begin(); it != free_.end(); ++it) {
      if (it->second < bytes) continue;
      const std::size_t offset = it->first, rest = it->second - bytes;
      free_.erase(it);
      if (rest > 0) free_.emplace(offset + bytes, rest);
      return offset;
    }
    const std::size_t offset = size_;
    size_ += bytes;
    return offset;
  }

  void give_back(std::size_t offset, std::size_t bytes, std::size_t step) {
    resting_.push_back({offset, align_up(std::max<std::size_t>(bytes, 1)), step});
  }

  std::size_t size() const { return size_; }

private:
  struct Resting {
    std::size_t offset, bytes, since;
  };

  void release_old(std::size_t step) {
    for (; !resting_.empty() && resting_.front().since + reuse_delay <= step; resting_.pop_front()) {
      auto it = free_.emplace(resting_.front().offset, resting_.front().bytes).first;
      if (const auto next = std::next(it); next != free_.end() && it->first + it->second == next->first) {
        it->second += next->second;
        free_.erase(next);
      }
      if (it != free_.begin()) {
        if (const auto previous = std::prev(it); previous->first + previous->second == it->first) {
          previous->second += it->second;
          free_.erase(it);
        }
      }
    }
  }

  std::deque<Resting> resting_;              // freed too recently, oldest first
  std::map<std::size_t, std::size_t> free_;  // offset → bytes
  std::size_t size_ = 0;
};

/// A place that a step writes: in the arena until the arena exists.
struct Slot {
  std::size_t bytes = 0;
  std::size_t first_step = 0;
  std::size_t last_step = 0;
  bool own_buffer = false;
};

constexpr int no_slot = -1;

/// A view whose buffer may still be a slot.
struct Place {
  View view;
  int slot = no_slot;
};

struct Draft {
  std::shared_ptr<const Op> op;
  std::vector<Place> inputs;
  Place output;
};

class Scheduler {
public:
  Scheduler(Backend& backend, OwnerId owner, std::shared_ptr<WorkingMemory> working)
      : backend_(backend), owner_(owner), working_(std::move(working)) {}

  Program run(std::span<const Array> outputs) {
    Lowering lowering(backend_);
    std::vector<Array> roots;
    for (const Array& output : outputs) roots.push_back(lowering.lower(output));
    std::vector<Place> results;
    for (const Array& root : roots) results.push_back(visit(root));
    for (const Place& result : results) {
      if (result.slot != no_slot) slots_[static_cast<std::size_t>(result.slot)].own_buffer = true;
    }
    return finish(results);
  }

private:
  const Place& visit(const Array& root) {
    std::vector<Array> stack{root};
    while (!stack.empty()) {
      const Array array = stack.back();
      if (places_.contains(array.id())) {
        stack.pop_back();
        continue;
      }
      const std::size_t depth = stack.size();
      for (std::size_t i = array.inputs().size(); i-- > 0;) {
        if (!places_.contains(array.inputs()[i].id())) stack.push_back(array.inputs()[i]);
      }
      if (stack.size() > depth) continue;
      stack.pop_back();
      keep_.push_back(array);
      places_.emplace(array.id(), place(array));
    }
    return places_.at(root.id());
  }

  Place place(const Array& array) {
    if (!array.op()) return {leaf(array), no_slot};
    const Op& op = *array.op();
    if (op.is_view()) {
      Place input = places_.at(array.inputs().back().id());
      std::optional<View> view = op.alias(input.view, array.shape());
      if (!view) {
        input = add_step(copy_op(), {input}, input.view.shape, input.view.dtype);
        view = op.alias(input.view, array.shape());
      }
      return {*view, input.slot};
    }
    std::vector<Place> inputs;
    for (std::size_t i = 0; i < array.inputs().size(); ++i) {
      Place input = places_.at(array.inputs()[i].id());
      const bool target = op.in_place() && i == 0;
      const bool fits = input.view.contiguous() && input.view.offset % alignment == 0;
      if (!target && !fits && !backend_.reads_strided(op, static_cast<int>(i))) {
        input = add_step(copy_op(), {input}, input.view.shape, input.view.dtype);
      }
      inputs.push_back(std::move(input));
    }
    if (op.in_place()) {
      const Place target = inputs[0];
      add_draft(array.op(), std::move(inputs), target);
      return target;
    }
    return add_step(array.op(), std::move(inputs), array.shape(), array.dtype());
  }

  Place add_step(std::shared_ptr<const Op> op, std::vector<Place> inputs, const Shape& shape, DType dtype) {
    Place output{{nullptr, 0, shape, contiguous_strides(shape), dtype}, static_cast<int>(slots_.size())};
    slots_.push_back({.bytes = output.view.bytes(), .first_step = drafts_.size(), .last_step = drafts_.size()});
    add_draft(std::move(op), std::move(inputs), output);
    return output;
  }

  void add_draft(std::shared_ptr<const Op> op, std::vector<Place> inputs, Place output) {
    const std::size_t step = drafts_.size();
    for (const Place& input : inputs) touch(input, step);
    touch(output, step);
    drafts_.push_back({std::move(op), std::move(inputs), std::move(output)});
  }

  void touch(const Place& place, std::size_t step) {
    if (place.slot != no_slot) slots_[static_cast<std::size_t>(place.slot)].last_step = step;
  }

  /// Memory of a leaf on this backend; host elements and other backends' memory are copied here once.
  View leaf(const Array& array) {
    const auto& allocator = backend_.allocator();
    if (array.evaluated() && &array.view().buffer->allocator() == allocator.get()) return array.view();
    View view{nullptr, 0, array.shape(), contiguous_strides(array.shape()), array.dtype()};
    view.buffer = allocator->allocate(std::max<std::size_t>(view.bytes(), 1), Placement::device, MemoryTag::other, owner_);
    if (const std::vector<std::byte>* host = GraphAccess::host_bytes(array)) {
      view.buffer->write(0, *host);
    } else {
      const std::vector<std::uint8_t> bytes = array.to_bytes();  // through the host, from another backend
      view.buffer->write(0, std::as_bytes(std::span(bytes)));
    }
    GraphAccess::set_view(array, view);
    return view;
  }

  Program finish(const std::vector<Place>& results) {
    assign_slots();
    Program program;
    program.owner = owner_;
    program.working = working_;
    Buffer arena;
    if (arena_.size() > 0) {
      arena = working_ ? working_->piece(0, arena_.size())
                       : backend_.allocator()->allocate(arena_.size(), Placement::device, MemoryTag::activations, owner_);
      program.buffers.push_back(arena);
    }
    std::vector<Buffer> own(slots_.size());
    const auto resolve = [&](const Place& place) {
      View view = place.view;
      if (place.slot == no_slot) return view;
      const auto index = static_cast<std::size_t>(place.slot);
      if (!slots_[index].own_buffer) {
        view.buffer = arena;
        view.offset += offsets_[index];
        return view;
      }
      if (!own[index]) {
        own[index] = backend_.allocator()->allocate(std::max<std::size_t>(slots_[index].bytes, 1), Placement::device,
                                                    MemoryTag::activations, owner_);
      }
      view.buffer = own[index];
      return view;
    };
    for (Draft& draft : drafts_) {
      Step step{std::move(draft.op), {}, resolve(draft.output)};
      for (const Place& input : draft.inputs) step.inputs.push_back(resolve(input));
      program.steps.push_back(std::move(step));
    }
    for (const Place& result : results) program.outputs.push_back(resolve(result));
    return program;
  }

  void assign_slots() {
    offsets_.resize(slots_.size());
    std::vector<std::vector<std::size_t>> ending(drafts_.size() + 1);
    std::size_t next = 0;
    for (std::size_t step = 0; step < drafts_.size(); ++step) {
      for (; next < slots_.size() && slots_[next].first_step == step; ++next) {
        if (slots_[next].own_buffer) continue;
        offsets_[next] = arena_.take(slots_[next].bytes, step);
        ending[slots_[next].last_step].push_back(next);
      }
      for (const std::size_t slot : ending[step]) arena_.give_back(offsets_[slot], slots_[slot].bytes, step);
    }
  }

  static std::shared_ptr<const Op> copy_op() {
    static const auto op = std::make_shared<Copy>();
    return op;
  }

  Backend& backend_;
  OwnerId owner_;
  std::shared_ptr<WorkingMemory> working_;
  std::unordered_map<const void*, Place> places_;
  std::vector<Array> keep_;
  std::vector<Draft> drafts_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> offsets_;
  Arena arena_;
};

}  // namespace

Program schedule(std::span<const Array> outputs, Backend& backend, OwnerId owner, std::shared_ptr<WorkingMemory> working) {
  return Scheduler(backend, owner, std::move(working)).run(outputs);
}

}  // namespace etna

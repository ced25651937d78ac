#include "engine/generation/runner.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "engine/base/error.h"
#include "engine/generation/runner_plans.h"

namespace etna {

namespace {

// Plans for pieces of prompts: whole pieces, the last piece of the last few prompts.
constexpr std::size_t kept_prompt_plans = 6;

// A prompt is read in pieces that take about this long: a user who presses Stop does not wait for more, and progress
// moves. Lengths are powers of two, so that few plans are made.
constexpr double piece_seconds = 0.5;
constexpr std::int64_t shortest_piece = 64;

template <class T>
void write(const Array& array, std::span<const T> values, std::int64_t first = 0) {
  array.view().buffer->write(array.view().offset + static_cast<std::size_t>(first) * sizeof(T), std::as_bytes(values));
}

nn::KvCacheOptions cache_options(const RunnerOptions& options) {
  return {.batch = options.batch,
          .capacity = options.capacity,
          .piece = options.prefill_step,
          .max_size = options.max_kv_size,
          .key_bits = options.key_bits,
          .value_bits = options.value_bits,
          .group_size = options.kv_group_size,
          .dtype = options.activations};
}

}  // namespace

Runner::Runner(const Model& model, Backend& backend, OwnerId owner, std::int64_t vocab_size, const RunnerOptions& options)
    : model_(model), backend_(backend), owner_(owner), vocab_size_(vocab_size), options_(options), lengths_(static_cast<std::size_t>(options.batch), 0),
      ropes_(model.ropes(), backend, owner) {
  for (const CacheShape& shape : model.cache_shapes()) caches_.push_back(nn::KvCache::create(backend, owner, shape, cache_options(options)));
}

Runner::~Runner() = default;

std::uint64_t Runner::cache_bytes(const Model& model, const RunnerOptions& options) {
  std::uint64_t bytes = 0;
  for (const CacheShape& shape : model.cache_shapes()) {
    bytes += nn::KvCache::bytes(shape, cache_options(options));
  }
  return bytes;
}

void Runner::truncate(std::int64_t row, std::int64_t length) {
  std::int64_t& current = lengths_[static_cast<std::size_t>(row)];
  current = std::min(current, length);
}

std::vector<float> Runner::append_for_logits(std::int64_t row, std::span<const std::int32_t> ids,
                                             std::span<const std::int64_t> positions, const Progress& progress) {
  const auto count = static_cast<std::int64_t>(ids.size());
  if (length(row) + count > capacity()) {
    fail(Errc::invalid_argument, "{} tokens after {} do not fit the context of {}", count, length(row), capacity());
  }
  fit_ropes(row, length(row) + count);
  std::vector<float> logits;
  std::size_t taken = 0;
  for (std::int64_t begin = 0, end = 0; begin < count; begin = end) {
    progress.check("reading the prompt");
    end = std::min(begin + next_piece(), count);
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::int64_t> here;
    for (; taken < positions.size() && positions[taken] < end; ++taken) here.push_back(positions[taken] - begin);
    append_piece(row, ids.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)), here, logits);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (end - begin >= shortest_piece) prompt_rate_ = static_cast<double>(end - begin) / seconds;
    progress(static_cast<std::uint64_t>(end), static_cast<std::uint64_t>(count));
  }
  return logits;
}

void Runner::fit_ropes(std::int64_t row, std::int64_t text_length) {
  if (length(row) > 0 && !keeps_rows(text_length)) {
    fail(Errc::invalid_argument, "a text that grows from {} to {} tokens must be read again: its positions rotate by other factors", length(row), text_length);
  }
  if (length(row) == 0 || text_length > ropes_.longest()) ropes_.fit(text_length);
}

std::int64_t Runner::next_piece() const {
  std::int64_t piece = shortest_piece;
  while (2 * piece <= options_.prefill_step && static_cast<double>(2 * piece) <= prompt_rate_ * piece_seconds) piece *= 2;
  return std::min(piece, options_.prefill_step);
}

void Runner::append_piece(std::int64_t row, std::span<const std::int32_t> ids, std::span<const std::int64_t> positions, std::vector<float>& logits) {
  // Logits of many positions are taken in groups: a vocabulary of 128k floats each adds up.
  constexpr std::size_t group = 32;
  std::int64_t& length = lengths_[static_cast<std::size_t>(row)];
  std::size_t done = 0;
  do {
    const std::size_t count = std::min(group, positions.size() - done);
    Prompt& plan = prompt_plan(row, static_cast<std::int64_t>(ids.size()), static_cast<std::int64_t>(count));
    write(plan.ids, ids);
    write_offset(plan.offsets, 0, length);
    if (count > 0) {
      std::vector<std::int32_t> indices;
      for (std::size_t i = 0; i < count; ++i) indices.push_back(static_cast<std::int32_t>(positions[done + i]));
      write<std::int32_t>(*plan.positions, indices);
    }
    plan.plan->run();
    if (count > 0) {
      const std::size_t size = count * static_cast<std::size_t>(vocab_size_);
      logits.resize(logits.size() + size);
      plan.logits->view().buffer->read(0, std::as_writable_bytes(std::span(logits).last(size)));
    }
    done += count;
  } while (done < positions.size());
  length += static_cast<std::int64_t>(ids.size());
}

std::span<const float> Runner::step(std::span<const std::int32_t> ids) {
  Step& plan = step_plan();
  for (std::size_t row = 0; row < lengths_.size(); ++row) {
    if (lengths_[row] >= capacity()) fail(Errc::invalid_argument, "the context of {} tokens is full", capacity());
    write_offset(plan.offsets, static_cast<std::int64_t>(row), lengths_[row]);
    fit_ropes(static_cast<std::int64_t>(row), lengths_[row] + 1);
  }
  write(plan.ids, ids);
  plan.plan->run();
  for (std::int64_t& length : lengths_) ++length;
  plan.host_logits.resize(static_cast<std::size_t>(options_.batch * vocab_size_));
  plan.logits.view().buffer->read(0, std::as_writable_bytes(std::span(plan.host_logits)));
  return plan.host_logits;
}

void Runner::write_offset(const Array& offsets, std::int64_t index, std::int64_t value) {
  const auto narrow = static_cast<std::int32_t>(value);
  write(offsets, std::span(&narrow, 1), index);
}

PlanContext Runner::context() const { return {model_, backend_, owner_, vocab_size_, options_.activations, ropes_.frequencies()}; }

Runner::Prompt& Runner::prompt_plan(std::int64_t row, std::int64_t length, std::int64_t positions) {
  const auto found = std::ranges::find_if(prompts_, [&](const auto& plan) {
    return plan->row == row && plan->length == length && plan->position_count == positions;
  });
  if (found != prompts_.end()) {
    prompts_.splice(prompts_.begin(), prompts_, found);
  } else {
    while (prompts_.size() >= kept_prompt_plans) prompts_.pop_back();
    std::vector<nn::KvCache> caches;
    for (const nn::KvCache& cache : caches_) caches.push_back(options_.batch == 1 ? cache : cache.row(row));
    prompts_.push_front(std::make_unique<Prompt>(context(), caches, row, length, positions));
  }
  return *prompts_.front();
}

Runner::Step& Runner::step_plan() {
  if (!step_) step_ = std::make_unique<Step>(context(), caches_, options_.batch);
  return *step_;
}

Runner::DeviceStep& Runner::device_plan(DevicePick pick) {
  auto& plan = device_steps_[pick];
  if (!plan) plan = std::make_unique<DeviceStep>(context(), caches_, pick);
  return *plan;
}

std::unique_ptr<Runner::Stream> Runner::stream(std::int32_t id, DevicePick pick, std::uint64_t seed) {
  return std::unique_ptr<Stream>(new Stream(*this, id, pick, seed));
}

Runner::Stream::Stream(Runner& runner, std::int32_t id, DevicePick pick, std::uint64_t seed)
    : runner_(runner), plan_(*runner.device_plan(pick).plan), first_(runner.length(0)) {
  DeviceStep& step = runner.device_plan(pick);
  write(step.token, std::span<const std::int32_t>(&id, 1));
  runner.write_offset(step.offset, 0, first_);
  if (step.seed) {
    const std::uint32_t words[2] = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
    write(*step.seed, std::span<const std::uint32_t>(words));
  }
  ring_ = &step.ring;
}

Runner::Stream::~Stream() {
  try {
    for (const std::uint64_t ticket : tickets_) plan_.wait(ticket);
  } catch (const Error&) {
    // The next use of the backend reports it.
  }
  // A step in flight has written one row too many: rows beyond the length are never read.
  runner_.lengths_[0] = first_ + returned_;
}

std::optional<std::int32_t> Runner::Stream::next() {
  constexpr std::int64_t in_flight = 2;
  while (started_ < returned_ + in_flight && first_ + started_ < runner_.capacity()) {
    const std::int64_t text_length = first_ + started_ + 1;
    if (text_length > runner_.ropes_.longest()) {
      if (started_ > returned_ || !runner_.keeps_rows(text_length)) break;  // nothing may run while tables change
      runner_.ropes_.fit(text_length);
    }
    tickets_.push_back(plan_.start());
    ++started_;
  }
  if (returned_ == started_) return std::nullopt;
  plan_.wait(tickets_.front());
  tickets_.erase(tickets_.begin());
  std::int32_t id = 0;
  const auto slot = static_cast<std::size_t>((first_ + returned_) % ring_->size());
  // In place: Allocation::read would wait for the step in flight as well. The ring is in memory that the host caches.
  std::memcpy(&id, ring_->view().host() + slot * sizeof id, sizeof id);
  ++returned_;
  return id;
}

std::vector<StepTime> Runner::profile_step() {
  DeviceStep& step = device_plan({});
  write_offset(step.offset, 0, lengths_[0]);
  return step.plan->profile();
}

int Runner::dispatches_per_step() { return device_plan({}).plan->dispatch_count(); }

}  // namespace etna

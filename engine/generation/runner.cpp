#include "engine/generation/runner.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "engine/base/error.h"
#include "engine/generation/runner_plans.h"

namespace etna {

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

namespace {

// Plans for pieces of prompts: whole pieces, the last piece of the last few prompts.
constexpr std::size_t kept_prompt_plans = 6;

// A prompt is read in pieces that take about this long: a user who presses Stop does not wait for more, and progress
// moves. Lengths are powers of two, so that few plans are made.
constexpr double piece_seconds = 0.5;
constexpr std::int64_t shortest_piece = 64;

/// Whether rows are kept as they are until they hold quantized_kv_start tokens.
bool starts_plain(const RunnerOptions& options) {
  const bool packed = options.key_bits != 0 || options.value_bits != 0;
  return packed && options.quantized_kv_start > 0 && options.quantized_kv_start < options.capacity;
}

/// Caches of that time: no row grows further than the piece that ends it.
nn::KvCacheOptions plain_cache_options(const RunnerOptions& options) {
  nn::KvCacheOptions plain = cache_options(options);
  plain.key_bits = plain.value_bits = 0;
  plain.capacity = std::min(options.capacity, options.quantized_kv_start + options.prefill_step);
  return plain;
}

}  // namespace

Runner::Runner(std::vector<ModelPart> parts, std::int64_t vocab_size, const RunnerOptions& options)
    : parts_(std::move(parts)),
      vocab_size_(vocab_size),
      options_(options),
      lengths_(static_cast<std::size_t>(options.batch), 0),
      ropes_(parts_),
      written_(lengths_) {
  for (const ModelPart& part : parts_) {
    for (const CacheShape& shape : part.model->cache_shapes()) layers_.push_back({shape, part});
  }
  make_caches(etna::starts_plain(options) ? Caches::plain : Caches::final);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    working_.push_back(std::make_shared<WorkingMemory>(parts_[i].backend->allocator(), parts_[i].owner));
    if (i < options.working_sizes.size()) working_[i]->reserve(options.working_sizes[i]);
  }
}

std::vector<std::vector<std::size_t>> Runner::working_sizes() const {
  std::vector<std::vector<std::size_t>> sizes;
  for (const auto& working : working_) sizes.push_back(working->sizes());
  return sizes;
}

Runner::~Runner() = default;

std::uint64_t Runner::cache_bytes(std::span<const CacheShape> layers, const RunnerOptions& options) {
  const auto total = [&](const nn::KvCacheOptions& cache) {
    std::uint64_t bytes = 0;
    for (const CacheShape& layer : layers) bytes += nn::KvCache::bytes(layer, cache);
    return bytes;
  };
  if (!etna::starts_plain(options)) return total(cache_options(options));
  // Layers are packed one after the other, each with both caches in memory.
  std::uint64_t live = total(plain_cache_options(options)), most = live;
  for (const CacheShape& layer : layers) {
    live += nn::KvCache::bytes(layer, cache_options(options));
    most = std::max(most, live);
    live -= nn::KvCache::bytes(layer, plain_cache_options(options));
  }
  return most;
}

void Runner::make_caches(Caches kind) {
  prompts_.clear();
  step_.reset();
  device_steps_.clear();
  caches_.clear();
  kind_ = kind;
  complete_caches();
}

/// Makes those that are missing: all at first, later what memory did not suffice for.
void Runner::complete_caches() {
  const nn::KvCacheOptions options = kind_ == Caches::plain ? plain_cache_options(options_) : cache_options(options_);
  while (caches_.size() < layers_.size()) {
    const auto& [shape, part] = layers_[caches_.size()];
    caches_.push_back(nn::KvCache::create(*part.backend, part.owner, shape, options));
  }
}

bool Runner::starts_plain() const { return etna::starts_plain(options_); }

bool Runner::all_caches_are_plain() const {
  const auto is_packed = [](const nn::KvCache& cache) { return cache.key_layout.packed() || cache.value_layout.packed(); };
  return kind_ == Caches::plain && std::ranges::none_of(caches_, is_packed);
}

void Runner::pack_caches_if_due() {
  complete_caches();
  if (kind_ == Caches::final || *std::ranges::max_element(lengths_) < options_.quantized_kv_start) return;
  prompts_.clear();  // they name the old caches
  step_.reset();
  device_steps_.clear();
  const std::int64_t written = *std::ranges::max_element(written_);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (caches_[i].key_layout.packed() || caches_[i].value_layout.packed()) continue;  // memory ran out behind it, last time
    const auto& [shape, part] = layers_[i];
    const nn::KvCache packed = nn::KvCache::create(*part.backend, part.owner, shape, cache_options(options_));
    packed.copy_from(caches_[i], std::min(written, caches_[i].places()), *part.backend);
    caches_[i] = packed;
  }
  kind_ = Caches::final;
}

std::int64_t Runner::truncate(std::int64_t row, std::int64_t length) {
  const auto index = static_cast<std::size_t>(row);
  if (length >= lengths_[index]) return lengths_[index];
  lengths_[index] = can_truncate(row, length) ? length : 0;
  if (lengths_[index] == 0) written_[index] = 0;
  if (row == 0) restored_ = std::min(restored_, lengths_[index]);
  // What follows must not depend on what was there before.
  const bool empty = std::ranges::all_of(lengths_, [](std::int64_t rest) { return rest == 0; });
  if (empty && starts_plain() && !all_caches_are_plain()) make_caches(Caches::plain);
  return lengths_[index];
}

bool Runner::forgets() const {
  return std::ranges::any_of(caches_, [](const nn::KvCache& cache) { return cache.key_layout.ring; });
}

bool Runner::can_truncate(std::int64_t row, std::int64_t length) const {
  const auto index = static_cast<std::size_t>(row);
  if (length >= lengths_[index]) return true;
  if (row == 0 && length < restored_ && forgets()) return false;
  return std::ranges::all_of(caches_, [&](const nn::KvCache& cache) { return cache.holds(length, written_[index]); });
}

void Runner::set_length(std::int64_t row, std::int64_t length) {
  const auto index = static_cast<std::size_t>(row);
  lengths_[index] = length;
  written_[index] = std::max(written_[index], length);
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
  pack_caches_if_due();
  const std::int64_t length = this->length(row);
  std::size_t done = 0;
  do {
    const std::size_t count = std::min(group, positions.size() - done);
    Prompt& plan = prompt_plan(row, static_cast<std::int64_t>(ids.size()), static_cast<std::int64_t>(count));
    plan.relay.write_ids(ids);
    plan.relay.write_offset(0, length);
    if (count > 0) {
      std::vector<std::int32_t> indices;
      for (std::size_t i = 0; i < count; ++i) indices.push_back(static_cast<std::int32_t>(positions[done + i]));
      write_elements<std::int32_t>(*plan.positions, indices);
    }
    plan.relay.run();
    if (count > 0) {
      const std::size_t size = count * static_cast<std::size_t>(vocab_size_);
      logits.resize(logits.size() + size);
      plan.logits->view().buffer->read(0, std::as_writable_bytes(std::span(logits).last(size)));
    }
    done += count;
  } while (done < positions.size());
  set_length(row, length + static_cast<std::int64_t>(ids.size()));
}

std::span<const float> Runner::step(std::span<const std::int32_t> ids) {
  pack_caches_if_due();
  Step& plan = step_plan();
  for (std::size_t row = 0; row < lengths_.size(); ++row) {
    if (lengths_[row] >= capacity()) fail(Errc::invalid_argument, "the context of {} tokens is full", capacity());
    plan.relay.write_offset(static_cast<std::int64_t>(row), lengths_[row]);
    fit_ropes(static_cast<std::int64_t>(row), lengths_[row] + 1);
  }
  plan.relay.write_ids(ids);
  plan.relay.run();
  for (std::int64_t row = 0; row < options_.batch; ++row) set_length(row, length(row) + 1);
  plan.host_logits.resize(static_cast<std::size_t>(options_.batch * vocab_size_));
  plan.logits.view().buffer->read(0, std::as_writable_bytes(std::span(plan.host_logits)));
  return plan.host_logits;
}

PlanContext Runner::context() const { return {parts_, ropes_, vocab_size_, options_.activations, working_}; }

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
    : runner_(runner), pick_(pick), seed_(seed), id_(id), first_(runner.length(0)) {
  open();
}

/// Makes the device's plan ready to feed id_ behind what row 0 holds.
void Runner::Stream::open() {
  runner_.pack_caches_if_due();
  step_ = &runner_.device_plan(pick_);
  step_->relay.write_ids(std::span(&id_, 1));
  step_->relay.write_offset(0, runner_.length(0));
  if (step_->seed) {
    const std::uint32_t words[2] = {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)};
    write_elements(*step_->seed, std::span<const std::uint32_t>(words));
  }
}

/// One more step, of the id that the one before it picks or has picked.
void Runner::Stream::start() {
  if (!step_->feeds_itself()) {
    step_->relay.write_ids(std::span(&id_, 1));
    step_->relay.write_offset(0, first_ + started_);
  }
  tickets_.push_back(step_->relay.start());
  ++started_;
}

/// How many tokens the row may hold with the caches as they are.
std::int64_t Runner::Stream::limit() const {
  return runner_.kind_ == Caches::plain ? runner_.options_.quantized_kv_start : runner_.capacity();
}

Runner::Stream::~Stream() {
  try {
    for (const std::uint64_t ticket : tickets_) step_->relay.wait(ticket);
  } catch (const std::exception&) {
    // The next use of the backend reports it.
  }
  // A step in flight has written one row too many: rows beyond the length are never read.
  runner_.set_length(0, first_ + started_);
  runner_.lengths_[0] = first_ + returned_;
}

std::optional<std::int32_t> Runner::Stream::next() {
  const std::int64_t in_flight = step_->feeds_itself() ? 2 : 1;
  if (returned_ == started_ && started_ > 0 && first_ + started_ == limit() && limit() < runner_.capacity()) {
    runner_.set_length(0, first_ + returned_);
    open();
  }
  while (started_ < returned_ + in_flight && first_ + started_ < limit()) {
    const std::int64_t text_length = first_ + started_ + 1;
    if (text_length > runner_.ropes_.longest()) {
      if (started_ > returned_ || !runner_.keeps_rows(text_length)) break;  // nothing may run while tables change
      runner_.ropes_.fit(text_length);
    }
    start();
  }
  if (returned_ == started_) return std::nullopt;
  step_->relay.wait(tickets_.front());
  tickets_.erase(tickets_.begin());
  const Array& ring = step_->ring;
  const auto slot = static_cast<std::size_t>((first_ + returned_) % ring.size());
  // In place: Allocation::read would wait for the step in flight as well. The ring is in memory that the host caches.
  std::memcpy(&id_, ring.view().host() + slot * sizeof id_, sizeof id_);
  ++returned_;
  return id_;
}

void Runner::make_plans() {
  constexpr float usual_temperature = 0.7F;
  const std::int64_t longest = std::min(options_.prefill_step, options_.capacity);
  prompt_plan(0, longest, 1);
  // The first piece of every prompt: attention over few queries is shared by more workgroups, whose sums need room.
  prompt_plan(0, std::min(shortest_piece, longest), 1);
  step_plan();
  if (options_.batch == 1) device_plan({usual_temperature});
}

std::vector<StepTime> Runner::profile_step() {
  pack_caches_if_due();
  DeviceStep& step = device_plan({});
  step.relay.write_offset(0, lengths_[0]);
  written_[0] = std::max(written_[0], lengths_[0] + 1);
  return step.relay.profile();
}

int Runner::dispatches_per_step() { return device_plan({}).relay.dispatch_count(); }

}  // namespace etna

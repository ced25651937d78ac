#include "engine/session/prompt_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/log.h"

namespace etna {

namespace {

constexpr OwnerId engine_owner = 0;      // kept prompts outlive their models
constexpr std::int64_t piece_tokens = 512;  // of a node: what is given up and written at a time
constexpr std::int64_t fewest_tokens = 16;  // that are worth a node, or a sentence
constexpr std::int64_t slack = 16;       // positions of a window kept beyond need: prompts are cut a token or two before a checkpoint
constexpr double worth_reading = 0.7;    // of the time that evaluating would take

using Clock = std::chrono::steady_clock;

const char* dtype_text(DType dtype) {
  return dtype == DType::float16 ? "f16" : dtype == DType::bfloat16 ? "bf16" : "f32";
}

std::string key_of(const std::string& fingerprint, const std::vector<RowFormat>& formats, const std::vector<LayerNeed>& needs, std::int64_t stage) {
  std::string key = fmt::format("{} {}", fingerprint, stage);
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const RowFormat& f = formats[i];
    key += fmt::format(";{}x{}/{} {} {}/{}/{} {}/{}", f.kv_heads, f.key_size, f.value_size, dtype_text(f.dtype), f.key_bits, f.value_bits,
                       f.key_bits + f.value_bits > 0 ? f.group_size : 0, needs[i].window, needs[i].keep);
  }
  return key;
}

std::vector<LayerNeed> needs_of(const Runner& runner) {
  std::vector<LayerNeed> needs;
  for (std::size_t i = 0; i < runner.layers(); ++i) needs.push_back(runner.layer_need(i));
  return needs;
}

std::vector<RowFormat> formats_at(const Runner& runner, std::int64_t length) {
  std::vector<RowFormat> formats;
  for (std::size_t i = 0; i < runner.layers(); ++i) formats.push_back(runner.row_format_at(i, length));
  return formats;
}

/// Reads a layer's cover into a segment.
void fill(const Runner& runner, CacheSegment& segment, std::size_t layer) {
  using Part = CacheSegment::Part;
  const LayerCover& cover = segment.cover(layer);
  const RowFormat& format = segment.format(layer);
  for (const PositionRange& range : {cover.kept, cover.rows}) {
    if (range.empty()) continue;
    const auto count = static_cast<std::size_t>(range.size());
    std::vector<std::byte> keys(static_cast<std::size_t>(format.kv_heads) * count * format.key_bytes());
    std::vector<std::byte> values(static_cast<std::size_t>(format.kv_heads) * count * format.value_bytes());
    runner.read_rows(0, layer, range, keys, values);
    for (std::int64_t head = 0; head < format.kv_heads; ++head) {
      const auto copy = [&](Part part, const std::vector<std::byte>& all) {
        const std::span<std::byte> to = segment.rows(layer, part, head, range.begin, range.size());
        std::memcpy(to.data(), all.data() + static_cast<std::size_t>(head) * to.size(), to.size());
      };
      copy(Part::keys, keys);
      copy(Part::values, values);
    }
  }
}

/// Of a layer, (kv_heads, range.size(), row).
std::vector<std::byte> gathered(const CacheSegment& segment, std::size_t layer, CacheSegment::Part part, PositionRange range) {
  std::vector<std::byte> all;
  for (std::int64_t head = 0; head < segment.format(layer).kv_heads; ++head) {
    const auto rows = segment.rows(layer, part, head, range.begin, range.size());
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace

std::string context_settings_text(const std::vector<RowFormat>& formats, const std::vector<LayerNeed>& needs) {
  if (formats.empty()) return {};
  const RowFormat& format = formats.front();
  std::string text = dtype_text(format.dtype);
  if (format.key_bits != 0 && format.key_bits == format.value_bits) text = fmt::format("{}-bit keys and values in groups of {}", format.key_bits, format.group_size);
  else if (format.key_bits != 0 || format.value_bits != 0) text += fmt::format(", {}-bit keys, {}-bit values", format.key_bits, format.value_bits);
  for (const LayerNeed& need : needs) {
    if (need.keep > 0) return text + fmt::format(", at most {} tokens", need.window);
  }
  return text;
}

PromptStore::PromptStore(Parts parts) : parts_(std::move(parts)) {}

PromptStore::~PromptStore() = default;

/// Holds the lock, and says who does.
struct PromptStore::Work {
  explicit Work(PromptStore& of) : store(of), lock(of.mutex_) { store.worker_ = std::this_thread::get_id(); }
  ~Work() { store.worker_ = std::thread::id(); }

  PromptStore& store;
  std::lock_guard<std::mutex> lock;
};

PromptStore::Contexts* PromptStore::contexts_of(const CachedModel& model, std::vector<RowFormat> formats, std::int64_t length) {
  const std::optional<std::int64_t> stage = model.runner.rope_stage(length);
  if (!stage) return nullptr;
  std::vector<LayerNeed> needs = needs_of(model.runner);
  const std::string key = key_of(model.fingerprint, formats, needs, *stage);
  auto& contexts = contexts_[key];
  if (!contexts) {
    contexts = std::make_unique<Contexts>(needs);
    contexts->settings = context_settings_text(formats, needs);
    contexts->formats = std::move(formats);
    contexts->key = key;
    contexts->fingerprint = model.fingerprint;
    contexts->model = model.name;
  }
  look_at_disk(*contexts);
  return contexts.get();
}

PromptStore::Contexts* PromptStore::contexts_for(const CachedModel& model, std::int64_t length) {
  return contexts_of(model, formats_at(model.runner, length), length);
}

void PromptStore::look_at_disk(Contexts& contexts) {
  const std::shared_ptr<PromptDisk> disk = this->disk();
  if (!disk || std::exchange(contexts.looked_at_disk, true)) return;
  std::map<std::string, PrefixNode*> nodes;
  contexts.tree.for_each([&](PrefixNode& node) {
    if (!node.file.empty()) nodes[node.file] = &node;
  });
  for (DiskPrefix& piece : disk->entries(contexts.key)) {
    if (nodes.contains(piece.id) || piece.covers.size() != contexts.formats.size()) continue;
    PrefixNode* parent = piece.parent.empty() ? nullptr : nodes[piece.parent];
    const bool fits = parent ? piece.begin >= parent->begin && piece.begin <= parent->end() : piece.parent.empty() && piece.begin == 0;
    if (!fits) continue;
    PrefixNode& node = contexts.tree.add({parent, piece.begin}, std::move(piece.tokens), std::move(piece.covers));
    node.file = piece.id;
    node.conversation = std::move(piece.conversation);
    nodes[piece.id] = &node;
  }
}

PromptStore::Found PromptStore::find(const CachedModel& model, std::span<const std::int32_t> prompt, Reading& reading) {
  const auto most = static_cast<std::int64_t>(prompt.size()) - 1;
  const std::int64_t packed_from = model.runner.packed_from();
  const RowsAre where = reading.slower ? RowsAre::in_memory : RowsAre::anywhere;
  Found best;
  std::int64_t known = 0;
  const auto look = [&](Contexts* contexts, std::int64_t least, std::int64_t limit) {
    if (!contexts || limit < least) return;
    const PrefixTree::Match match = contexts->tree.find(prompt, limit, where);
    known = std::max(known, std::min(contexts->tree.follow(prompt).length, limit));
    if (match.node && match.length >= least && match.length > best.match.length) best = {contexts, match};
  };
  if (packed_from == 0 || most >= packed_from) look(contexts_for(model, static_cast<std::int64_t>(prompt.size())), packed_from, most);
  if (packed_from > 0) look(contexts_for(model, 0), 1, std::min(most, packed_from - 1));
  reading.window = known > best.match.length + fewest_tokens;
  return best;
}

/// Makes the rows of a match be in memory. False: not all are, or it is not worth it; find() then says what is left.
bool PromptStore::load_rows(Contexts& contexts, const PrefixTree::Match& match, const Runner& runner, std::int64_t live, Reading& reading) {
  std::vector<PrefixNode*> missing;
  std::uint64_t bytes = 0;
  for (std::size_t layer = 0; layer < runner.layers(); ++layer) {
    for (const PrefixTree::Piece& piece : contexts.tree.pieces(match, layer)) {
      if (piece.node->segment || std::ranges::find(missing, piece.node) != missing.end()) continue;
      missing.push_back(piece.node);
      bytes += CacheSegment::bytes_of(contexts.formats, piece.node->covers);
    }
  }
  if (missing.empty()) return true;
  const std::shared_ptr<PromptDisk> disk = this->disk();
  const double rate = runner.prompt_rate();
  const double evaluating = rate > 0 ? static_cast<double>(match.length - live) / rate : 1e9;
  reading.slower = !disk || static_cast<double>(bytes) / disk->read_rate() > worth_reading * evaluating;
  if (reading.slower) return false;
  for (PrefixNode* node : missing) {
    const std::uint64_t size = CacheSegment::bytes_of(contexts.formats, node->covers);
    std::shared_ptr<const CacheSegment> segment;
    if (make_room(size)) segment = disk->load(node->file, node->covers, contexts.formats, *parts_.allocator(), engine_owner);
    else reading.slower = true;
    if (!segment) {
      if (!reading.slower) node->file.clear(), reading.damaged = true;
      return false;
    }
    node->segment = std::move(segment);
    bytes_ += size;
    ++entries_;
    const std::int64_t end = std::min(node->end(), match.length);
    reading.tokens.disk += static_cast<std::uint64_t>(std::max<std::int64_t>(end - std::max(node->begin, live), 0));
  }
  return true;
}

void PromptStore::write_rows(const CachedModel& model, const Found& found, std::int64_t kept) {
  for (std::size_t layer = 0; layer < model.runner.layers(); ++layer) {
    const bool whole = found.contexts->tree.layers()[layer].window == 0;  // what is there of it may stay
    for (const PrefixTree::Piece& piece : found.contexts->tree.pieces(found.match, layer)) {
      const PositionRange range = whole ? intersect(piece.range, PositionRange{kept, found.match.length}) : piece.range;
      if (range.empty()) continue;
      const CacheSegment& segment = *piece.node->segment;
      model.runner.write_rows(layer, range, gathered(segment, layer, CacheSegment::Part::keys, range), gathered(segment, layer, CacheSegment::Part::values, range));
    }
  }
}

PromptStore::Reading PromptStore::restore(const CachedModel& model, std::span<const std::int32_t> prompt, std::int64_t live) {
  const auto begin = Clock::now();
  const Work work(*this);
  Reading reading;
  reading.positions = !model.runner.rope_stage(static_cast<std::int64_t>(prompt.size()));
  Found found;
  ++uses_;
  const bool known = settings().enabled && std::ranges::all_of(prompt, [](std::int32_t id) { return id >= 0; });
  for (bool again = known; again;) {
    reading.tokens = {};
    found = find(model, prompt, reading);
    if (!found.match.node || found.match.length < live + fewest_tokens) {
      found = {};
      break;
    }
    touch(found.match.node);
    try {
      again = !load_rows(*found.contexts, found.match, model.runner, live, reading);
    } catch (const Error& error) {
      if (error.code() != Errc::out_of_memory) throw;
      reading.slower = true;  // there is no room for it
    }
  }
  if (!found.match.node) {
    reading.length = model.runner.truncate(0, live);
    reading.tokens = {.context = static_cast<std::uint64_t>(reading.length)};
    return reading;
  }
  const std::int64_t kept = model.runner.begin_restore(found.match.length, live, static_cast<std::int64_t>(prompt.size()));
  write_rows(model, found, kept);
  model.runner.end_restore(found.match.length);
  reading.length = found.match.length;
  reading.tokens.context = static_cast<std::uint64_t>(kept);
  reading.tokens.disk = std::min(reading.tokens.disk, static_cast<std::uint64_t>(reading.length - kept));
  reading.tokens.memory = static_cast<std::uint64_t>(reading.length - kept) - reading.tokens.disk;
  reading.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return reading;
}

/// What a piece `at.length` … `end` of a text that the runner holds to `length` has of each layer.
std::vector<LayerCover> PromptStore::covers(const Contexts& contexts, const Runner& runner, const PrefixTree::Match& at, std::int64_t end,
                                            std::int64_t length) const {
  std::vector<LayerCover> covers;
  for (std::size_t layer = 0; layer < runner.layers(); ++layer) {
    const LayerNeed& need = contexts.tree.layers()[layer];
    LayerCover cover{.kept = {}, .rows = {at.length, end}};
    const PositionRange held = runner.held(0, layer);
    if (need.window > 0 && held.begin > need.keep) {
      const std::int64_t first = std::max(held.begin, length - (need.window - need.keep) - slack);
      const bool has_older = contexts.tree.has(at, layer, {first, at.length});
      cover.rows = {std::max(first, has_older ? at.length : 0), end};
      if (cover.rows.empty()) cover.rows = {end, end};
      cover.kept = intersect(PositionRange{at.length, end}, PositionRange{0, std::min(need.keep, cover.rows.begin)});
      if (cover.kept.empty()) cover.kept = {};
    }
    covers.push_back(cover);
  }
  return covers;
}

std::shared_ptr<CacheSegment> PromptStore::allocate(const Contexts& contexts, const std::vector<LayerCover>& covers) {
  const std::uint64_t bytes = CacheSegment::bytes_of(contexts.formats, covers);
  while (make_room(bytes)) {
    try {
      return std::make_shared<CacheSegment>(*parts_.allocator(), engine_owner, contexts.formats, covers);
    } catch (const Error& error) {
      if (error.code() != Errc::out_of_memory || !evict_one()) return nullptr;  // it is a cache: doing without is no failure
    }
  }
  return nullptr;
}

void PromptStore::keep(const CachedModel& model, std::span<const std::int32_t> tokens, PromptCaching caching, const std::string& conversation) {
  const Work work(*this);
  Runner& runner = model.runner;
  const auto length = static_cast<std::int64_t>(tokens.size());
  const bool known = std::ranges::all_of(tokens, [](std::int32_t id) { return id >= 0; });  // else it follows a file without ids
  if (!settings().enabled || caching == PromptCaching::off || limit_ == 0 || !known || length == 0 || length != runner.length(0)) return;
  if (parts_.may_grow && !parts_.may_grow()) return;
  runner.prepare_rows();
  std::vector<RowFormat> formats = formats_at(runner, length);
  for (std::size_t i = 0; i < runner.layers(); ++i) {
    if (runner.row_format(i) != formats[i]) return;  // packed when the text was longer: reading it again would give other rows
  }
  Contexts* contexts = contexts_of(model, std::move(formats), length);
  if (!contexts) return;
  ++uses_;
  PrefixTree& tree = contexts->tree;
  PrefixTree::Match at = tree.follow(tokens);
  touch(at.node);
  const bool is_there = at.node && tree.suffices(at);
  if (is_there && length - at.length < fewest_tokens) return;
  const std::shared_ptr<PromptDisk> disk = caching == PromptCaching::keep ? this->disk() : nullptr;
  do {
    const std::int64_t end = std::min(at.length + piece_tokens, length);
    std::vector<LayerCover> wanted = covers(*contexts, runner, at, end, length);
    const std::shared_ptr<CacheSegment> segment = allocate(*contexts, wanted);
    if (!segment) break;
    for (std::size_t layer = 0; layer < runner.layers(); ++layer) fill(runner, *segment, layer);
    const auto piece = tokens.subspan(static_cast<std::size_t>(at.length), static_cast<std::size_t>(end - at.length));
    const std::string parent = at.node ? at.node->file : std::string();
    const bool can_be_found = !at.node || !parent.empty();
    PrefixNode& node = tree.add(at, {piece.begin(), piece.end()}, std::move(wanted));
    node.segment = segment;
    bytes_ += segment->bytes().size();
    ++entries_;
    if (disk && can_be_found) {
      DiskPrefix entry{.id = {}, .key = contexts->key, .model = model.name, .settings = contexts->settings, .conversation = conversation, .parent = parent, .begin = node.begin, .tokens = node.tokens, .covers = node.covers};
      node.file = entry.id = entry.make_id();
      disk->write(std::move(entry), segment);
    }
    node.used = uses_;
    node.conversation = conversation;
    at = {&node, end};
  } while (at.length < length);
  touch(at.node);  // after the writes: what is continued is younger than what continues it, and goes later
}

void PromptStore::touch(PrefixNode* node) {
  std::vector<std::string> files;
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  for (; node && node->parent; node = node->parent) {  // without the root
    node->used = uses_;
    node->used_at = now;
    if (!node->file.empty()) files.push_back(node->file);
  }
  if (const auto disk = files.empty() ? nullptr : this->disk()) disk->touch(std::move(files));
}

bool PromptStore::make_room(std::uint64_t bytes) {
  if (bytes > limit_) return false;
  while (bytes_ + bytes > limit_) {
    if (!evict_one()) return false;
    last_drop_ = "evicted to make room for other prompts";
  }
  return true;
}

/// Gives up what was unused longest of what nothing in memory continues; not what is in use now.
bool PromptStore::evict_one() {
  PrefixNode* oldest = nullptr;
  Contexts* of = nullptr;
  for (auto& [key, contexts] : contexts_) {
    contexts->tree.for_each([&](PrefixNode& node) {
      const bool continued = std::ranges::any_of(node.children, [](const auto& child) { return child->segment != nullptr; });
      if (!node.segment || continued || node.used >= uses_ || (oldest && node.used >= oldest->used)) return;
      oldest = &node;
      of = contexts.get();
    });
  }
  if (!oldest) return false;
  bytes_ -= oldest->segment->bytes().size();
  --entries_;
  oldest->segment.reset();
  while (oldest && oldest->parent && !oldest->segment && oldest->file.empty() && oldest->children.empty()) {
    PrefixNode* parent = oldest->parent;
    of->tree.remove(*oldest);
    oldest = parent;
  }
  return true;
}

std::uint64_t PromptStore::drop_all() {
  const std::uint64_t before = bytes_;
  ++uses_;  // nothing is in use
  while (evict_one()) {
  }
  if (before > bytes_) last_drop_ = "given back because memory was short, or on request";
  if (const auto disk = this->disk()) disk->forget_waiting();
  return before - bytes_;
}

std::uint64_t PromptStore::drop() {
  const std::lock_guard lock(mutex_);
  return drop_all();
}

std::uint64_t PromptStore::try_drop() {
  if (worker_ == std::this_thread::get_id()) return 0;  // it asks for memory itself
  const std::unique_lock lock(mutex_, std::try_to_lock);
  return lock.owns_lock() ? drop_all() : 0;
}

}  // namespace etna

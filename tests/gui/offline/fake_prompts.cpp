#include "tests/gui/offline/fake_prompts.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "engine/base/error.h"

namespace etna {
namespace {

constexpr std::uint64_t token_bytes = 128 * 1024;
constexpr std::int64_t day = 86'400;

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool contains(const std::string& text, const char* word) {
  return text.find(word) != std::string::npos;
}

KeptPrompt made_up(const char* conversation, const char* model, std::uint64_t tokens, bool in_memory) {
  return {.conversation = conversation,
          .model = model,
          .settings = "f16",
          .tokens = tokens,
          .memory_bytes = in_memory ? tokens * token_bytes : 0,
          .disk_bytes = tokens * token_bytes,
          .last_used = now()};
}

}  // namespace

FakePrompts::FakePrompts() {
  status_.memory_limit_bytes = std::uint64_t{1} << 30;
  const char* story = std::getenv("ETNA_FAKE_PROMPTS");
  if (!story || *story != '1') return;
  kept_ = {made_up("", "Qwen3-8B", 2312, true), made_up("chat 7", "Qwen3-8B", 412, false),
           made_up("", "Etna Starter", 96, true)};
  status_.prompts = 9;
  status_.prompt_tokens = 12'400;
  status_.cached_tokens.memory = 10'800;
  add("Codebase rules", "Qwen3-8B", 2312,
      {{"system", "You keep to the rules of the code base."},
       {"user", "These are the rules."},
       {"assistant", "I have read them."}});
  add("A book, first half", "mlx-community/Qwen3-8B-4bit", 31'840, {});
  for (Snapshot& snapshot : snapshots_) snapshot.info.file.last_used = now();
}

void FakePrompts::configure(const PromptCacheSettings& settings) {
  const std::lock_guard lock(mutex_);
  if (contains(settings.disk_folder, "unwritable"))
    fail(Errc::io, "{}: prompts cannot be kept there", settings.disk_folder);
  settings_ = settings;
}

PromptCacheSettings FakePrompts::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

PromptCacheStatus FakePrompts::status() const {
  const std::lock_guard lock(mutex_);
  PromptCacheStatus status = status_;
  for (const KeptPrompt& kept : kept_) {
    status.memory_bytes += kept.memory_bytes;
    status.disk_bytes += kept.disk_bytes;
  }
  status.disk_limit_bytes = settings_.disk_bytes;
  return status;
}

std::vector<KeptPrompt> FakePrompts::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

std::uint64_t FakePrompts::forget(const PromptSelection& which) {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  std::erase_if(kept_, [&](const KeptPrompt& kept) {
    if (!which.means(kept.conversation, kept.model)) return false;
    bytes += kept.memory_bytes + kept.disk_bytes;
    return true;
  });
  return bytes;
}

std::uint64_t FakePrompts::clear() {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (KeptPrompt& kept : kept_) bytes += std::exchange(kept.memory_bytes, 0);
  std::erase_if(kept_, [](const KeptPrompt& kept) { return kept.disk_bytes == 0; });
  return bytes;
}

CacheReport FakePrompts::read(const ChatRequest& request, const std::string& model, std::uint64_t tokens) {
  const std::lock_guard lock(mutex_);
  CacheReport report;
  const std::string& question = request.messages.empty() ? request.raw_prompt : request.messages.back().content;
  if (request.messages.size() > 1) report.tokens.memory = tokens * 9 / 10;
  if (contains(question, "read again")) {
    report = {};
    report.miss = CacheMiss::text_changed;
    report.missed_tokens = 40;
    report.changed_message = 1;
    report.sentence = "the text changed at message 2";
  } else if (report.tokens.memory == 0) {
    report.miss = status_.prompts == 0 ? CacheMiss::first_use : CacheMiss::new_text;
    report.sentence = status_.prompts == 0 ? "first use of this model" : "no earlier prompt begins like this one";
  }
  ++status_.prompts;
  status_.prompt_tokens += tokens;
  status_.cached_tokens.memory += report.tokens.memory;
  if (request.caching == PromptCaching::off) return report;
  std::erase_if(
      kept_, [&](const KeptPrompt& kept) { return kept.conversation == request.conversation && kept.model == model; });
  const bool on_disk = request.caching == PromptCaching::keep && !settings_.disk_folder.empty();
  kept_.insert(kept_.begin(), {.conversation = request.conversation,
                               .model = model,
                               .settings = "f16",
                               .tokens = tokens,
                               .memory_bytes = tokens * token_bytes,
                               .disk_bytes = on_disk ? tokens * token_bytes : 0,
                               .last_used = now()});
  return report;
}

SnapshotInfo FakePrompts::add(const std::string& name, const std::string& model, std::uint64_t tokens,
                              std::vector<ChatMessage> messages) {
  std::erase_if(snapshots_, [&](const Snapshot& old) { return old.info.file.name == name; });
  Snapshot snapshot;
  snapshot.info.id = "snapshot" + std::to_string(++last_id_);
  snapshot.info.file.path = "/home/ada/.local/share/etna/snapshots/" + snapshot.info.id + ".safetensors";
  snapshot.info.file.name = name;
  snapshot.info.file.model = model;
  snapshot.info.file.tokens = tokens;
  snapshot.info.file.bytes = tokens * token_bytes;
  snapshot.info.file.has_messages = !messages.empty();
  snapshot.info.file.has_ids = !messages.empty();
  snapshot.info.file.last_used = now();
  snapshot.messages = std::move(messages);
  snapshots_.insert(snapshots_.begin(), snapshot);
  return snapshot.info;
}

const FakePrompts::Snapshot& FakePrompts::find(const std::string& id) const {
  const auto found = std::ranges::find(snapshots_, id, [](const Snapshot& snapshot) { return snapshot.info.id; });
  if (found == snapshots_.end()) fail(Errc::not_found, "there is no snapshot {} any more", id);
  return *found;
}

std::vector<SnapshotInfo> FakePrompts::snapshots() const {
  const std::lock_guard lock(mutex_);
  std::vector<SnapshotInfo> infos;
  for (const Snapshot& snapshot : snapshots_) infos.push_back(snapshot.info);
  return infos;
}

std::vector<ChatMessage> FakePrompts::messages(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return find(id).messages;
}

SnapshotInfo FakePrompts::save(const SaveContextRequest& request, std::uint64_t tokens) {
  const std::lock_guard lock(mutex_);
  if (contains(request.name, "broken")) fail(Errc::io, "No space left on device");
  return add(request.name, request.model_name, tokens, request.prompt.messages);
}

SnapshotInfo FakePrompts::rename(const std::string& id, const std::string& name) {
  const std::lock_guard lock(mutex_);
  for (Snapshot& snapshot : snapshots_) {
    if (snapshot.info.id != id && snapshot.info.file.name == name)
      fail(Errc::invalid_argument, "there is a snapshot called {} already", name);
  }
  Snapshot& snapshot = const_cast<Snapshot&>(find(id));
  snapshot.info.file.name = name;
  return snapshot.info;
}

void FakePrompts::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(snapshots_, [&](const Snapshot& snapshot) { return snapshot.info.id == id; });
}

void FakePrompts::export_to(const std::string& id, const std::string& path) const {
  const std::lock_guard lock(mutex_);
  std::ofstream file(path);
  file << find(id).info.file.name;
  if (!file.flush()) fail(Errc::io, "{}: cannot be written", path);
}

SnapshotInfo FakePrompts::import_from(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (contains(path, "damaged")) fail(Errc::corrupt, "{}: is no prompt cache", path);
  const std::string name = std::filesystem::path(path).stem();
  std::vector<ChatMessage> messages{{"user", "What is in the file?"}};
  if (contains(path, "foreign") || contains(path, "misfit")) messages.clear();
  return add(name, contains(path, "misfit") ? "Another-1B" : "Qwen3-8B", 512, std::move(messages));
}

SnapshotFit FakePrompts::check(const std::string& id, bool loaded) const {
  const std::lock_guard lock(mutex_);
  const SnapshotInfo& info = find(id).info;
  if (!loaded) return {false, "No model is loaded."};
  if (contains(info.file.name, "misfit")) return {false, "It was made with another model: Another-1B."};
  if (!info.file.has_messages) return {true, "It does not say which weights made it."};
  return {true, {}};
}

}  // namespace etna

#include "engine/session/prompt_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <set>
#include <system_error>
#include <utility>

#include "engine/base/amount.h"
#include "engine/base/error.h"
#include "engine/base/hash.h"
#include "engine/io/safetensors.h"

namespace etna {

namespace fs = std::filesystem;

namespace {

constexpr const char* suffix = ".safetensors";
constexpr const char* version = "1";
constexpr std::size_t written_at_once = std::size_t{4} << 20;
constexpr std::int64_t most_tokens = std::int64_t{1} << 24;
constexpr std::chrono::seconds last_writes{20};   // when the program ends: one that answers once has everything left to write
constexpr std::chrono::hours forgotten_after{1};  // half-written files of programs that died
constexpr std::int64_t second_ns = 1'000'000'000;

std::string covers_text(const std::vector<LayerCover>& covers) {
  std::string text;
  for (const LayerCover& cover : covers) text += fmt::format("{} {} {} {};", cover.kept.begin, cover.kept.end, cover.rows.begin, cover.rows.end);
  return text;
}

/// None where it is no such text, or says what cannot be.
std::optional<std::vector<LayerCover>> parse_covers(const std::string& text) {
  std::vector<LayerCover> covers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::int64_t numbers[4] = {};
    for (int i = 0; i < 4; ++i) {
      const auto [next, error] = std::from_chars(at, end, numbers[i]);
      if (error != std::errc() || next == end || *next != (i < 3 ? ' ' : ';') || numbers[i] < 0 || numbers[i] > most_tokens) return std::nullopt;
      at = next + 1;
    }
    covers.push_back({{numbers[0], numbers[1]}, {numbers[2], numbers[3]}});
    if (numbers[0] > numbers[1] || numbers[2] > numbers[3] || covers.size() > 4096) return std::nullopt;
  }
  return covers;
}

std::int64_t time_of(const struct stat& status) { return status.st_mtim.tv_sec * second_ns + status.st_mtim.tv_nsec; }

std::string value_of(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? std::string() : found->second;
}

/// "0123456789abcdef/0123456789abcdef": ids come from users, too, and become paths.
bool is_id(const std::string& id) {
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (id.size() != 33 || id[16] != '/') return false;
  return std::ranges::all_of(id.substr(0, 16), digit) && std::ranges::all_of(id.substr(17), digit);
}

}  // namespace

std::string DiskPrefix::make_id() const {
  std::uint64_t hash = hash_text(parent, static_cast<std::uint64_t>(begin));
  hash = hash_bytes(std::as_bytes(std::span(tokens)), hash);
  hash = hash_text(covers_text(covers), hash);
  return hash_digits(hash_text(key)) + "/" + hash_digits(hash);
}

PromptDisk::PromptDisk(fs::path folder, std::uint64_t limit, std::function<void(std::string)> note)
    : folder_(std::move(folder)), note_(std::move(note)), limit_(limit) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) fail(Errc::io, "{}: prompts cannot be kept there: {}", folder_.string(), error.message());
  fs::permissions(folder_, fs::perms::owner_all, error);  // what people wrote is nobody else's; best effort
  scan();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

PromptDisk::~PromptDisk() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, last_writes, [this] { return jobs_.empty() && !current_; });
  }
  thread_.request_stop();
  changed_.notify_all();
}

fs::path PromptDisk::path_of(const std::string& id) const { return folder_ / (id + suffix); }

void PromptDisk::scan() {
  std::error_code error;
  std::map<std::string, File> files;
  std::uint64_t bytes = 0;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator model(folder_, error), end; !error && model != end; model.increment(error)) {
    std::error_code inner;
    for (fs::directory_iterator file(model->path(), inner); !inner && file != end; file.increment(inner)) {
      std::error_code ignored;
      if (!file->is_regular_file(ignored)) continue;
      const std::string name = file->path().filename().string();
      const std::string id = model->path().filename().string() + "/" + file->path().stem().string();
      if (!name.ends_with(suffix)) {  // half of a file, of another program that writes now or of one that died
        if (name.find(suffix) != name.npos && now - file->last_write_time(ignored) > forgotten_after) fs::remove(file->path(), ignored);
        continue;
      }
      struct stat status {};
      if (!is_id(id) || ::stat(file->path().c_str(), &status) != 0) continue;
      files[id] = {static_cast<std::uint64_t>(status.st_size), time_of(status)};
      bytes += files[id].bytes;
    }
  }
  const std::lock_guard lock(mutex_);
  files_ = std::move(files);
  bytes_ = bytes;
}

void PromptDisk::set_limit(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  limit_ = bytes;
  make_room(0);
}

/// Removes what was unused longest until so many more bytes fit. The lock is held. False: they never do.
bool PromptDisk::make_room(std::uint64_t bytes) {
  if (bytes > limit_) return false;
  while (bytes_ + bytes > limit_ && !files_.empty()) {
    const auto oldest = std::ranges::min_element(files_, {}, [](const auto& file) { return file.second.used_ns; });
    erase(std::string(oldest->first));
  }
  return true;
}

/// The lock is held.
void PromptDisk::erase(const std::string& id) {
  const auto found = files_.find(id);
  if (found == files_.end()) return;
  bytes_ -= found->second.bytes;
  files_.erase(found);
  std::error_code ignored;
  fs::remove(path_of(id), ignored);
  fs::remove(path_of(id).parent_path(), ignored);  // if it is empty
}

std::optional<DiskPrefix> PromptDisk::read_header(const std::string& id, std::uint64_t* checksum) const {
  const auto file = SafetensorsFile::open(path_of(id));
  const std::string where = path_of(id).string();
  if (value_of(*file, "etna_prefix") != version) fail(Errc::corrupt, "{}: is no piece of a prompt", where);
  DiskPrefix piece;
  piece.id = id;
  piece.key = value_of(*file, "key");
  piece.model = value_of(*file, "model");
  piece.settings = value_of(*file, "settings");
  piece.conversation = value_of(*file, "conversation");
  piece.parent = value_of(*file, "parent");
  const std::string begin = value_of(*file, "begin"), sum = value_of(*file, "checksum");
  std::from_chars(begin.data(), begin.data() + begin.size(), piece.begin);
  const auto covers = parse_covers(value_of(*file, "covers"));
  const StoredTensor &tokens = file->at("tokens"), &rows = file->at("rows");
  const bool fits = covers && piece.begin >= 0 && piece.begin < most_tokens && tokens.dtype == DType::int32 && tokens.shape.size() == 1 &&
                    rows.dtype == DType::uint8 && rows.shape.size() == 1;
  if (!fits) fail(Errc::corrupt, "{}: its description is damaged", where);
  piece.covers = *covers;
  piece.tokens.resize(tokens.bytes.size() / sizeof(std::int32_t));
  std::memcpy(piece.tokens.data(), tokens.bytes.data(), tokens.bytes.size());
  check_mapped_file(tokens.bytes.data());  // lost pages; its time changes whenever it is used
  if (piece.make_id() != id) fail(Errc::corrupt, "{}: its tokens are not those that its name stands for", where);
  if (checksum) std::from_chars(sum.data(), sum.data() + sum.size(), *checksum, 16);
  return piece;
}

std::vector<DiskPrefix> PromptDisk::entries(const std::string& key) {
  const std::string folder = hash_digits(hash_text(key)) + "/";
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, file] : files_) {
      if (id.starts_with(folder)) ids.push_back(id);
    }
  }
  std::map<std::string, DiskPrefix> found;
  for (const std::string& id : ids) {
    try {
      DiskPrefix piece = *read_header(id, nullptr);
      if (piece.key == key) found[id] = std::move(piece);
    } catch (const Error& error) {
      if (error.code() != Errc::not_found) note_(fmt::format("A kept prompt was damaged and is gone: {}", error.what()));
      const std::lock_guard lock(mutex_);
      erase(id);
    }
  }
  std::vector<DiskPrefix> sorted;  // parents first; what continues nothing that is there is left out
  std::set<std::string> there;
  for (std::size_t before = 1; sorted.size() != before;) {
    before = sorted.size();
    for (auto& [id, piece] : found) {
      if (there.contains(id) || (!piece.parent.empty() && !there.contains(piece.parent))) continue;
      there.insert(id);
      sorted.push_back(piece);
    }
    if (sorted.size() == before) break;
  }
  return sorted;
}

std::shared_ptr<const CacheSegment> PromptDisk::load(const std::string& id, const std::vector<LayerCover>& covers, std::vector<RowFormat> formats,
                                                     Allocator& allocator, OwnerId owner) {
  {
    const std::lock_guard lock(mutex_);  // not written yet
    if (current_ && current_->piece.id == id) return current_->segment;
    const auto job = std::ranges::find(jobs_, id, [](const Job& each) { return each.piece.id; });
    if (job != jobs_.end()) return job->segment;
  }
  const auto begin = std::chrono::steady_clock::now();
  try {
    std::uint64_t checksum = 0;
    const DiskPrefix header = *read_header(id, &checksum);
    const auto file = SafetensorsFile::open(path_of(id));
    const std::span<const std::byte> rows = file->at("rows").bytes;
    if (header.covers != covers || header.covers.size() != formats.size() || rows.size() != CacheSegment::bytes_of(formats, header.covers)) {
      fail(Errc::corrupt, "{}: {} bytes of rows are not what its layers take", path_of(id).string(), rows.size());
    }
    auto segment = std::make_shared<CacheSegment>(allocator, owner, std::move(formats), header.covers);
    std::ranges::copy(rows, segment->bytes().begin());
    check_mapped_file(rows.data());
    if (hash_bytes(segment->bytes()) != checksum) fail(Errc::corrupt, "{}: its rows are damaged", path_of(id).string());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (rows.size() >= written_at_once && seconds > 0) read_rate_ = static_cast<double>(rows.size()) / seconds;
    return segment;
  } catch (const Error& error) {
    if (error.code() == Errc::out_of_memory) throw;
    if (error.code() != Errc::not_found) note_(fmt::format("A kept prompt cannot be used and is gone: {}", error.what()));
    const std::lock_guard lock(mutex_);
    erase(id);
    return nullptr;
  }
}

void PromptDisk::write(DiskPrefix piece, std::shared_ptr<const CacheSegment> segment) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({std::move(piece), std::move(segment), {}});
  changed_.notify_all();
}

void PromptDisk::touch(std::vector<std::string> ids) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({{}, nullptr, std::move(ids)});
  changed_.notify_all();
}

std::shared_ptr<void> PromptDisk::pause() {
  const std::lock_guard lock(mutex_);
  ++pauses_;
  return {this, [disk = shared_from_this()](PromptDisk*) {
            const std::lock_guard inner(disk->mutex_);
            --disk->pauses_;
            disk->changed_.notify_all();
          }};
}

void PromptDisk::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty() && !current_; });
}

std::uint64_t PromptDisk::forget_waiting() {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const Job& job : jobs_) bytes += job.segment ? job.segment->bytes().size() : 0;
  jobs_.clear();
  changed_.notify_all();
  return bytes;
}

void PromptDisk::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !jobs_.empty() && pauses_ == 0; })) {
    current_ = std::move(jobs_.front());
    jobs_.pop_front();
    const Job& job = *current_;  // only this thread changes it
    lock.unlock();
    try {
      if (job.segment) write_now(job, stop);
      else touch_now(job.touched);
    } catch (const Error& error) {
      if (error.code() != Errc::cancelled) note_(fmt::format("A prompt could not be kept on disk: {}", error.what()));
    }
    lock.lock();
    current_.reset();
    current_is_forgotten_ = false;
    changed_.notify_all();
  }
}

void PromptDisk::write_now(const Job& job, const std::stop_token& stop) {
  const DiskPrefix& piece = job.piece;
  const std::span<const std::byte> rows = job.segment->bytes();
  const std::uint64_t about = rows.size() + piece.tokens.size() * sizeof(std::int32_t) + 8192;
  {
    const std::lock_guard lock(mutex_);
    if (files_.contains(piece.id) || !make_room(about)) return;
    if (!piece.parent.empty() && !files_.contains(piece.parent)) return;  // nothing would ever find it
  }
  const fs::path path = path_of(piece.id);
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  const std::vector<TensorHeader> tensors = {{"tokens", DType::int32, {static_cast<std::int64_t>(piece.tokens.size())}},
                                             {"rows", DType::uint8, {static_cast<std::int64_t>(rows.size())}}};
  SafetensorsWriter writer(path, tensors,
                           {{"etna_prefix", version},
                            {"key", piece.key},
                            {"model", piece.model},
                            {"settings", piece.settings},
                            {"conversation", piece.conversation},
                            {"parent", piece.parent},
                            {"begin", std::to_string(piece.begin)},
                            {"covers", covers_text(piece.covers)},
                            {"checksum", hash_digits(hash_bytes(rows))}});
  writer.append(std::as_bytes(std::span(piece.tokens)));
  for (std::size_t begin = 0; begin < rows.size(); begin += written_at_once) {
    {
      std::unique_lock lock(mutex_);  // somebody computes: the disk and the memory are theirs
      if (!changed_.wait(lock, stop, [this] { return pauses_ == 0; })) fail(Errc::cancelled, "the program ends");
    }
    writer.append(rows.subspan(begin, std::min(written_at_once, rows.size() - begin)));
  }
  writer.commit();
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  {
    const std::lock_guard lock(mutex_);
    bytes_ += static_cast<std::uint64_t>(status.st_size);
    files_[piece.id] = {static_cast<std::uint64_t>(status.st_size), time_of(status)};
    if (std::exchange(current_is_forgotten_, false)) return erase(piece.id);
  }
  set_used(piece.id);
}

void PromptDisk::touch_now(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) set_used(id);
}

/// Gives a file a time later than all before it: clocks of files tick in milliseconds.
void PromptDisk::set_used(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(id);
  if (found == files_.end()) return;
  const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  last_time_ns_ = std::max(now, last_time_ns_ + 1);
  const timespec time{last_time_ns_ / second_ns, last_time_ns_ % second_ns};
  const timespec both[] = {time, time};
  ::utimensat(AT_FDCWD, path_of(id).c_str(), both, 0);
  found->second.used_ns = last_time_ns_;
}

std::vector<DiskCacheEntry> PromptDisk::list() const {
  std::map<std::string, File> files;
  {
    const std::lock_guard lock(mutex_);
    files = files_;
  }
  std::vector<DiskCacheEntry> entries;
  for (const auto& [id, file] : files) {
    DiskCacheEntry entry{.id = id, .model = {}, .settings = {}, .conversation = {}, .begin = 0, .end = 0, .bytes = file.bytes, .last_used = file.used_ns / second_ns};
    try {
      const DiskPrefix piece = *read_header(id, nullptr);
      entry.model = piece.model;
      entry.settings = piece.settings;
      entry.conversation = piece.conversation;
      entry.begin = static_cast<std::uint64_t>(piece.begin);
      entry.end = entry.begin + piece.tokens.size();
    } catch (const Error&) {
      entry.model = "(damaged)";  // goes when its model is used next
    }
    entries.push_back(std::move(entry));
  }
  std::ranges::stable_sort(entries, std::ranges::greater{}, &DiskCacheEntry::last_used);
  return entries;
}

bool PromptDisk::remove(const std::string& id) {
  if (!is_id(id)) return false;
  std::vector<std::string> gone{id};
  std::string key;
  try {
    key = read_header(id, nullptr)->key;
  } catch (const Error&) {
    // Nothing can continue what is damaged or not there.
  }
  if (!key.empty()) {
    for (const DiskPrefix& piece : entries(key)) {  // parents come first
      if (std::ranges::find(gone, piece.parent) != gone.end()) gone.push_back(piece.id);
    }
  }
  const std::lock_guard lock(mutex_);
  const bool there = files_.contains(id);
  for (const std::string& each : gone) erase(each);
  return there;
}

std::uint64_t PromptDisk::purge() {
  forget_waiting();
  scan();  // what other programs have written, too
  const std::lock_guard lock(mutex_);
  const std::uint64_t bytes = bytes_;
  while (!files_.empty()) erase(std::string(files_.begin()->first));
  return bytes;
}

PromptDisk::Forgotten PromptDisk::forget(const PromptSelection& which) {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, file] : files_) ids.push_back(id);
  }
  Forgotten forgotten;
  std::map<std::string, std::string> others;  // what they continue
  for (const std::string& id : ids) {
    try {
      const DiskPrefix piece = *read_header(id, nullptr);
      if (which.means(piece.conversation, piece.model)) forgotten.ids.insert(id);
      else others[id] = piece.parent;
    } catch (const Error&) {
      forgotten.ids.insert(id);  // whose it was cannot be seen any more, and nobody can use it
    }
  }
  while (std::erase_if(others, [&](const auto& other) { return forgotten.ids.contains(other.second) && forgotten.ids.insert(other.first).second; }) > 0) {
  }
  const std::lock_guard lock(mutex_);
  const auto is_meant = [&](const DiskPrefix& piece) { return which.means(piece.conversation, piece.model) || forgotten.ids.contains(piece.parent); };
  if (current_ && current_->segment && is_meant(current_->piece)) {
    current_is_forgotten_ = true;
    forgotten.ids.insert(current_->piece.id);
  }
  std::erase_if(jobs_, [&](const Job& job) { return job.segment && is_meant(job.piece) && (forgotten.ids.insert(job.piece.id), true); });
  const std::uint64_t before = bytes_;
  for (const std::string& id : forgotten.ids) erase(id);
  forgotten.bytes = before - bytes_;
  changed_.notify_all();
  return forgotten;
}

std::uint64_t PromptDisk::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::uint64_t PromptDisk::entries_count() const {
  const std::lock_guard lock(mutex_);
  return files_.size();
}

std::uint64_t PromptDisk::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

std::uint64_t PromptDisk::waiting_bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const Job& job : jobs_) bytes += job.segment ? job.segment->bytes().size() : 0;
  return bytes;
}

}  // namespace etna

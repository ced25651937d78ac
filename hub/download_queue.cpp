#include "hub/download_queue.h"

#include <algorithm>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/log.h"
#include "hub/cache_scan.h"
#include "hub/names.h"

namespace etna::hub {

namespace fs = std::filesystem;

namespace {

constexpr auto progress_interval = std::chrono::milliseconds(200);

fs::path saved_queue(const DownloadQueue::Options& options) {
  return options.data_folder / "downloads.json";
}

}  // namespace

DownloadQueue::State::State(Options options)
    : options_(std::move(options)),
      cache_(options_.cache_root, options_.links),
      records_(options_.data_folder.empty() ? fs::path() : options_.data_folder / "checked-files"),
      clock_(options_.clock_speed),
      connections_(options_.connections),
      speed_(clock_) {
  speed_.set(options_.speed_limit);
  if (!options_.data_folder.empty()) load();
}

DownloadQueue::State::~State() {
  {
    // Threads first, and under the lock: one that is through with a row that stops must not take it up again.
    const std::scoped_lock lock(mutex_);
    for (std::jthread& thread : threads_) thread.request_stop();
    for (DownloadRow& entry : rows_) entry.stop.request_stop();
  }
  threads_.clear();
  if (is_saved()) save(rows_to_json(rows_));
}

void DownloadQueue::State::load() {
  std::error_code error;
  fs::create_directories(options_.data_folder, error);
  lock_ = BlobLock::try_take(options_.data_folder / "downloads.lock");
  if (!lock_ && options_.may_be_unsaved) return;
  if (!lock_) fail(Errc::io, "{}: another program has these downloads open", options_.data_folder.string());
  const fs::path file = saved_queue(options_);
  try {
    SavedRows saved = rows_from_json(read_text_file(file, std::size_t{64} << 20), file.string());
    rows_ = std::move(saved.rows);
    next_id_ = saved.next_id;
    if (saved.refused > 0) log::warning("{}: {} downloads could not be read", file.string(), saved.refused);
  } catch (const Error& failure) {
    if (failure.code() == Errc::not_found) return;
    log::warning("the saved downloads are put aside: {}", failure.what());
    disk::rename(file, fs::path(file) += ".damaged");
  }
}

void DownloadQueue::State::save(const std::string& text) {
  try {
    const fs::path file = saved_queue(options_);
    disk::write_whole(file, text, fs::path(file) += "-new");
  } catch (const Error& failure) {
    // The next change tries again; parts and journals do not depend on it.
    log::warning("the downloads are not saved: {}", failure.what());
  }
}

void DownloadQueue::State::start() {
  if (!threads_.empty()) return;
  threads_.emplace_back([this](const std::stop_token& stop) { tell(stop); });
  for (int i = 0; i < options_.files_at_once; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

DownloadRow* DownloadQueue::State::row(DownloadId id) {
  const auto found =
      std::ranges::find_if(rows_, [&](const DownloadRow& entry) { return entry.id == id && !entry.cancelled; });
  return found == rows_.end() ? nullptr : &*found;
}

void DownloadQueue::State::changed() {
  poked_ = must_save_ = true;
  work_news_.notify_all();
  changes_.notify_all();
}

DownloadId DownloadQueue::State::add(DownloadRequest request) {
  if (const auto wrong = wrong_with_repository_id(request.repository)) {
    fail(Errc::invalid_argument, "download: \"{}\" {}", escaped_name(request.repository), *wrong);
  }
  if (const auto wrong = wrong_with_revision(request.revision)) {
    fail(Errc::invalid_argument, "download: the revision \"{}\" {}", escaped_name(request.revision), *wrong);
  }
  if (request.title.empty()) request.title = request.repository;
  const std::scoped_lock lock(mutex_);
  for (DownloadRow& entry : rows_) {
    const bool same = entry.request.repository == request.repository && entry.request.revision == request.revision &&
                      entry.request.files == request.files && !entry.cancelled;
    if (!same) continue;
    if (entry.state == DownloadState::done) {
      // Perhaps the model was removed meanwhile, or the branch has moved on.
      entry.commit.clear();
      entry.files.clear();
    }
    if (!is_active(entry.state) || entry.state == DownloadState::done) resume_row(entry);
    entry.added = true;
    changed();
    return entry.id;
  }
  DownloadRow& entry = rows_.emplace_back();
  entry.id = next_id_++;
  entry.request = std::move(request);
  entry.added = true;
  changed();
  return entry.id;
}

void DownloadQueue::State::pause(DownloadId id) {
  const std::scoped_lock lock(mutex_);
  DownloadRow* entry = row(id);
  if (!entry || !is_active(entry->state)) return;
  entry->stop.request_stop();
  entry->state = DownloadState::paused;
  entry->problem = {};
  entry->waits_for_folder = false;
  changed();
}

void DownloadQueue::State::resume_row(DownloadRow& entry) {
  for (const DownloadRowFile& file : entry.files) {
    if (file.running) file.running->retry_now();
  }
  entry.next_try = {};
  if (is_active(entry.state) && entry.state != DownloadState::out_of_space) return;
  if (entry.state == DownloadState::out_of_space) entry.ignores_space = true;
  entry.state = DownloadState::queued;
  entry.problem = {};
  entry.missing_space = 0;
  entry.waits_for_folder = false;
  entry.prepared = false;
  entry.retries = 0;
  entry.relists = 0;
}

void DownloadQueue::State::resume(DownloadId id) {
  const std::scoped_lock lock(mutex_);
  DownloadRow* entry = row(id);
  if (!entry || entry->state == DownloadState::done) return;
  resume_row(*entry);
  changed();
}

void DownloadQueue::State::for_all(void (State::*action)(DownloadId)) {
  std::vector<DownloadId> ids;
  {
    const std::scoped_lock lock(mutex_);
    for (const DownloadRow& entry : rows_) ids.push_back(entry.id);
  }
  for (const DownloadId id : ids) (this->*action)(id);
}

void DownloadQueue::State::cancel(DownloadId id, CancelledFiles files) {
  const std::scoped_lock lock(mutex_);
  DownloadRow* entry = row(id);
  if (!entry) return;
  // What is done is a model of the library: it is removed there.
  entry->cancelled = entry->state == DownloadState::done ? CancelledFiles::keep : files;
  entry->stop.request_stop();
  changed();
}

void DownloadQueue::State::move(DownloadId id, std::size_t index) {
  const std::scoped_lock lock(mutex_);
  const auto from = std::ranges::find(rows_, id, &DownloadRow::id);
  if (from == rows_.end()) return;
  const auto to = rows_.begin() + static_cast<std::ptrdiff_t>(std::min(index, rows_.size() - 1));
  if (from < to)
    std::rotate(from, from + 1, to + 1);
  else
    std::rotate(to, from, from + 1);
  order_changed_ = true;
  changed();
}

std::vector<DownloadStatus> DownloadQueue::State::statuses() const {
  std::vector<DownloadStatus> result;
  int position = 0;
  for (DownloadRow& entry : rows_) {
    if (entry.cancelled) continue;
    const bool waits = entry.state == DownloadState::queued;
    result.push_back(entry.status(clock_.now(), waits ? ++position : 0));
    const Cache& cache = cache_of(entry);
    result.back().root = cache.root();
    if (entry.state == DownloadState::done) result.back().folder = cache.snapshot(entry.repository, entry.commit);
  }
  return result;
}

std::vector<DownloadStatus> DownloadQueue::State::list() const {
  const std::scoped_lock lock(mutex_);
  return statuses();
}

std::optional<DownloadStatus> DownloadQueue::State::find(DownloadId id) const {
  for (DownloadStatus& status : list()) {
    if (status.id == id) return std::move(status);
  }
  return std::nullopt;
}

std::optional<DownloadStatus> DownloadQueue::State::wait(DownloadId id, const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  std::optional<DownloadStatus> result;
  changes_.wait(lock, stop, [&] {
    result.reset();
    for (DownloadStatus& status : statuses()) {
      if (status.id == id) result = std::move(status);
    }
    return !result ||
           (!is_active(result->state) && (result->state != DownloadState::paused || result->problem.code.empty()));
  });
  return result;
}

void DownloadQueue::State::tell(const std::stop_token& stop) {
  std::map<DownloadId, DownloadStatus> told;
  while (!stop.stop_requested()) {
    std::vector<DownloadStatus> now;
    std::vector<DownloadRow> gone;
    std::string text;
    bool order_changed = false;
    {
      std::unique_lock lock(mutex_);
      changes_.wait_for(lock, stop, progress_interval, [&] { return poked_; });
      poked_ = false;
      now = statuses();
      for (const DownloadStatus& status : now) {
        const auto before = told.find(status.id);
        if (before != told.end() && before->second.state != status.state) must_save_ = true;
      }
      const auto rest = std::stable_partition(
          rows_.begin(), rows_.end(), [](const DownloadRow& entry) { return !entry.cancelled || entry.jobs > 0; });
      std::move(rest, rows_.end(), std::back_inserter(gone));
      rows_.erase(rest, rows_.end());
      if (must_save_ && is_saved()) text = rows_to_json(rows_);
      must_save_ = false;
      order_changed = std::exchange(order_changed_, false);
      changes_.notify_all();
    }
    if (!text.empty()) save(text);
    std::vector<DownloadId> order;
    for (DownloadStatus& status : now) {
      order.push_back(status.id);
      const auto [before, is_new] = told.try_emplace(status.id, status);
      if (!is_new && before->second == status) continue;
      before->second = status;
      if (listener_.changed) listener_.changed(status);
    }
    for (DownloadRow& entry : gone) {
      remove_files(entry);
      // What was brought to another cache and not taken over there.
      if (const fs::path there = std::exchange(entry.moving_to, {}); !there.empty()) {
        entry.root = there;
        entry.cancelled = CancelledFiles::remove;
        remove_files(entry);
      }
      told.erase(entry.id);
      if (listener_.removed) listener_.removed(entry.id);
    }
    if (order_changed && listener_.reordered) listener_.reordered(order);
  }
}

/// What has not arrived of a part that stays for later takes no room.
void DownloadQueue::State::release_space(const DownloadRow& entry, const RemoteFile& file) {
  const Cache& cache = cache_of(entry);
  const fs::path part = cache.part(entry.repository, file.blob);
  std::error_code error;
  if (!fs::exists(part, error)) return;
  PartFile(part, cache.journal(entry.repository, file.blob), {.blob = file.blob, .size = file.size},
           {.allocate = false})
      .release_holes();
}

void DownloadQueue::State::remove_files(const DownloadRow& entry) {
  if (entry.repository.empty()) return;
  const Cache& cache = cache_of(entry);
  try {
    for (const DownloadRowFile& file : entry.files) {
      const auto lock = cache.try_lock(entry.repository, file.file.blob);
      if (!lock) continue;  // another program, or another row, is loading it
      if (*entry.cancelled == CancelledFiles::keep) {
        release_space(entry, file.file);
        continue;
      }
      const fs::path journal = cache.journal(entry.repository, file.file.blob);
      disk::remove_file(cache.part(entry.repository, file.file.blob));
      disk::remove_file(journal);
      disk::remove_file(Journal::temporary_name(journal));
    }
    if (*entry.cancelled == CancelledFiles::keep) return;
    // Small files serve every version of the model: they go when no weights are left beside them.
    remove_fetched(entry, [](const RemoteFile& file) { return file.size > chunk_bytes; });
    const auto repository = scan_repository(cache, entry.repository);
    const bool others_remain = repository && std::ranges::any_of(repository->snapshots, [&](const auto& snapshot) {
                                 return snapshot.commit == entry.commit && snapshot.has_weights;
                               });
    if (!others_remain) remove_fetched(entry, [](const RemoteFile& file) { return file.size <= chunk_bytes; });
  } catch (const Error& failure) {
    log::warning("files of a cancelled download stay: {}", failure.what());
  }
}

/// Files that the row has loaded and no other row wants.
void DownloadQueue::State::remove_fetched(const DownloadRow& entry, bool (*of_kind)(const RemoteFile&)) {
  const auto is_wanted_by_others = [&](const RemoteFile& file) {
    const std::scoped_lock lock(mutex_);
    return std::ranges::any_of(rows_, [&](const DownloadRow& other) {
      return other.id != entry.id && other.repository == entry.repository && other.root == entry.root &&
             !other.cancelled &&
             std::ranges::any_of(other.files, [&](const auto& own) { return own.file.blob == file.blob; });
    });
  };
  const Cache& cache = cache_of(entry);
  for (const DownloadRowFile& file : entry.files) {
    if (!file.done || !file.fetched || !of_kind(file.file) || is_wanted_by_others(file.file)) continue;
    const auto lock = cache.try_lock(entry.repository, file.file.blob);
    if (!lock) continue;
    cache.unlink(entry.repository, entry.commit, file.file.path);
    if (!cache.is_used(entry.repository, file.file.blob)) {
      disk::remove_file(cache.blob(entry.repository, file.file.blob));
    }
  }
}

DownloadQueue::DownloadQueue(Options options) : state_(std::make_unique<State>(std::move(options))) {}

DownloadQueue::~DownloadQueue() = default;

bool DownloadQueue::is_saved() const {
  return state_->is_saved();
}

void DownloadQueue::set_listener(DownloadListener listener) {
  state_->set_listener(std::move(listener));
}

void DownloadQueue::start() {
  state_->start();
}

DownloadId DownloadQueue::add(DownloadRequest request) {
  return state_->add(std::move(request));
}

void DownloadQueue::pause(DownloadId id) {
  state_->pause(id);
}

void DownloadQueue::resume(DownloadId id) {
  state_->resume(id);
}

void DownloadQueue::pause_all() {
  state_->for_all(&State::pause);
}

void DownloadQueue::resume_all() {
  state_->for_all(&State::resume);
}

void DownloadQueue::cancel(DownloadId id, CancelledFiles files) {
  state_->cancel(id, files);
}

void DownloadQueue::relocate(DownloadId id, std::filesystem::path root) {
  state_->relocate(id, std::move(root));
}

void DownloadQueue::move(DownloadId id, std::size_t index) {
  state_->move(id, index);
}

void DownloadQueue::set_speed_limit(std::uint64_t bytes_per_second) {
  state_->set_speed_limit(bytes_per_second);
}

std::vector<DownloadStatus> DownloadQueue::list() const {
  return state_->list();
}

std::optional<DownloadStatus> DownloadQueue::find(DownloadId id) const {
  return state_->find(id);
}

std::optional<DownloadStatus> DownloadQueue::wait(DownloadId id, const std::stop_token& stop) const {
  return state_->wait(id, stop);
}

bool DownloadQueue::State::is_working() const {
  return std::ranges::any_of(list(), [](const DownloadStatus& status) {
    switch (status.state) {
      case DownloadState::preparing:
      case DownloadState::downloading:
      case DownloadState::verifying:
      case DownloadState::repairing:
      case DownloadState::finishing: return true;
      default: return false;
    }
  });
}

bool DownloadQueue::is_working() const {
  return state_->is_working();
}

VerifyRecords& DownloadQueue::records() {
  return state_->records();
}

}  // namespace etna::hub

#include "gui/chat/store/chat_worker.h"

#include <algorithm>

namespace etna::chats {
namespace {

constexpr std::size_t most_changes = 256;  // in one commit
constexpr int most_repairs = 2;            // while the program runs: then the disk is beyond help

Failure failure_of(const Error& error) {
  return {error.code(), error.what()};
}

bool can_be_retried(const store::SqliteError& error) {
  return error.disk_full() || error.disk_failed();
}

std::string sentence_for(const store::SqliteError& error) {
  return error.disk_full()
             ? "Not saved: the disk is full. What you write is kept in the window and saved as soon as there is room."
             : "Not saved: the disk reported an error. What you write is kept in the window, and Etna tries again.";
}

}  // namespace

ChatStore::Worker::Worker(Options options, std::shared_ptr<Ids> ids)
    : options_(std::move(options)),
      ids_(std::move(ids)),
      backups_(backups_of(options_)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

ChatStore::Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    thread_.request_stop();
  }
  changed_.notify_all();
  thread_.join();
}

void ChatStore::Worker::open(Answer<Opened> answer) {
  const std::lock_guard lock(mutex_);
  open_answer_ = std::move(answer);
  open_wanted_ = true;
  closed_ = false;
  changed_.notify_all();
}

void ChatStore::Worker::add(Request request) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      queue_.push_back(std::move(request));
      return changed_.notify_all();
    }
  }
  const Failure failure{Errc::io, "The chats are not open"};
  request.answer(&failure);
}

void ChatStore::Worker::append(MessageId reply, std::string_view text, std::string_view thinking) {
  const std::lock_guard lock(mutex_);
  Growing& growing = growing_[reply];
  const bool first = growing.bytes() == 0;
  if (first) growing.since = Clock::now();
  growing.text += text;
  growing.thinking += thinking;
  if (first || growing.bytes() >= options_.journal_bytes) changed_.notify_all();
}

void ChatStore::Worker::flush_reply(MessageId reply) {
  const std::lock_guard lock(mutex_);
  const auto found = growing_.find(reply);
  if (found == growing_.end()) return;
  queue_pieces(reply, found->second);
  growing_.erase(found);
}

void ChatStore::Worker::flush_all() {
  const std::lock_guard lock(mutex_);
  queue_due_pieces(true);
}

void ChatStore::Worker::try_again() {
  const std::lock_guard lock(mutex_);
  if (retry_at_) retry_at_ = Clock::now();
  changed_.notify_all();
}

/// The mutex is held.
void ChatStore::Worker::queue_pieces(MessageId id, Growing& growing) {
  if (growing.bytes() == 0) return;
  queue_.push_back({.writes = true,
                    .work = [id, number = growing.next_piece++, text = std::move(growing.text),
                             thinking = std::move(growing.thinking)](
                                ChatDatabase& chats) { chats.append_piece(id, number, text, thinking); },
                    .answer = [](const Failure*) {}});
  growing.text.clear();
  growing.thinking.clear();
}

/// The mutex is held.
void ChatStore::Worker::queue_due_pieces(bool all) {
  const auto now = Clock::now();
  for (auto& [id, growing] : growing_) {
    if (all || growing.bytes() >= options_.journal_bytes || now - growing.since >= options_.journal)
      queue_pieces(id, growing);
  }
}

/// The mutex is held.
std::optional<ChatStore::Worker::Clock::time_point> ChatStore::Worker::next_journal() const {
  std::optional<Clock::time_point> next;
  for (const auto& [id, growing] : growing_) {
    if (growing.bytes() == 0) continue;
    const auto due = growing.bytes() >= options_.journal_bytes ? growing.since : growing.since + options_.journal;
    if (!next || due < *next) next = due;
  }
  return next;
}

void ChatStore::Worker::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) take_step(next_step(stop));
  // What waits has one more chance; then the replies that still grow.
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    open_wanted_ = damage_found_ = false;
    retry_at_.reset();
    queue_due_pieces(true);
  }
  for (Step step = next_step(stop); step != Step::none; step = next_step(stop)) take_step(step);
  end_care();
  database_.reset();
}

/// Waits until there is something to do, except at the end.
ChatStore::Worker::Step ChatStore::Worker::next_step(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    const Step step = choose_step();
    if (step != Step::none || ending_ || stop.stop_requested()) return step;
    wait(lock);
  }
}

/// The mutex is held.
ChatStore::Worker::Step ChatStore::Worker::choose_step() {
  const bool disk_takes = !retry_at_ || Clock::now() >= *retry_at_;
  if (!database_) return open_wanted_ && disk_takes ? Step::open : Step::none;
  if (damage_found_) return Step::repair;
  if (!disk_takes) return take_read(true) ? Step::read : Step::none;
  queue_due_pieces(ending_);
  if (batch_.empty()) {
    while (!queue_.empty() && queue_.front().writes && batch_.size() < most_changes) {
      batch_.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    tried_ = false;
    if (!batch_.empty()) batch_id_ = ids_->next();
  }
  if (!batch_.empty()) return Step::commit;
  return take_read(false) ? Step::read : Step::none;
}

/// The mutex is held. What is read holds the changes asked for before, unless the disk does not take those.
bool ChatStore::Worker::take_read(bool past_changes) {
  const auto found = past_changes ? std::ranges::find(queue_, false, &Request::writes) : queue_.begin();
  if (found == queue_.end() || found->writes) return false;
  read_ = std::move(*found);
  queue_.erase(found);
  return true;
}

/// The mutex is held.
void ChatStore::Worker::wait(std::unique_lock<std::mutex>& lock) {
  const auto wake = retry_at_ ? retry_at_ : database_ ? next_journal() : std::nullopt;
  if (wake)
    changed_.wait_until(lock, *wake);
  else
    changed_.wait(lock);
}

void ChatStore::Worker::take_step(Step step) {
  switch (step) {
    case Step::none: return;
    case Step::open: return do_open();
    case Step::commit: return do_changes();
    case Step::read: return do_read(*std::exchange(read_, {}));
    case Step::repair: {
      {
        const std::lock_guard lock(mutex_);
        damage_found_ = false;
      }
      take_damage();
    }
  }
}

void ChatStore::Worker::do_read(const Request& request) {
  for (int attempt = 0;; ++attempt) {
    try {
      ChatDatabase chats(*database_);
      request.work(chats);
      return request.answer(nullptr);
    } catch (const store::SqliteError& error) {
      if (error.damaged() && attempt == 0 && !options_.read_only && take_damage()) continue;
      const Failure failure = failure_of(error);
      return request.answer(&failure);
    } catch (const Error& error) {
      const Failure failure = failure_of(error);
      return request.answer(&failure);
    } catch (const std::exception& error) {
      const Failure failure{Errc::io, error.what()};
      return request.answer(&failure);
    }
  }
}

/// Commits the batch, or leaves it for the next try.
void ChatStore::Worker::do_changes() {
  if (options_.read_only) {
    const Failure failure{Errc::unsupported, "The chats are open for reading only"};
    for (const Request& request : std::exchange(batch_, {})) request.answer(&failure);
    return;
  }
  std::vector<std::optional<Failure>> failures(batch_.size());
  try {
    reopen_if_needed();
    // A commit that failed may have reached the disk all the same: then everything is done.
    if (!(tried_ && was_committed())) apply(failures);
  } catch (const store::SqliteError& error) {
    tried_ = true;
    if (error.damaged())
      take_damage();
    else
      take_disk_error(error);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    retry_at_.reset();
  }
  const std::vector<Request> done = std::exchange(batch_, {});
  for (std::size_t i = 0; i < done.size(); ++i) done[i].answer(failures[i] ? &*failures[i] : nullptr);
  if (status_.state != StoreStatus::State::ready)
    report({.state = StoreStatus::State::ready, .code = {}, .sentence = {}});
}

bool ChatStore::Worker::was_committed() {
  return database_->value("SELECT last FROM batch") == batch_id_;
}

void ChatStore::Worker::apply(std::vector<std::optional<Failure>>& failures) {
  ChatDatabase chats(*database_);
  store::Transaction transaction(*database_);
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    store::Savepoint part(*database_);
    try {
      batch_[i].work(chats);
      part.keep();
      failures[i].reset();
    } catch (const store::SqliteError& error) {
      // What is wrong with the disk concerns everything, what is wrong with a request only that.
      if (can_be_retried(error) || error.damaged()) throw;
      failures[i] = failure_of(error);
    } catch (const Error& error) {
      failures[i] = failure_of(error);
    } catch (const std::exception& error) {
      failures[i] = Failure{Errc::io, error.what()};
    }
  }
  database_->prepare("UPDATE batch SET last = ?").with(batch_id_).run();
  transaction.commit();
}

void ChatStore::Worker::reopen_if_needed() {
  if (!must_reopen_) return;
  // After an error of the disk nobody knows what the old connection believes.
  database_.reset();
  database_.emplace(connect(options_, store::Database::Mode::create));
  must_reopen_ = false;
}

void ChatStore::Worker::take_disk_error(const store::SqliteError& error) {
  must_reopen_ = must_reopen_ || !error.disk_full();
  {
    const std::lock_guard lock(mutex_);
    retry_at_ = Clock::now() + options_.retry;
  }
  report({.state = StoreStatus::State::not_saving,
          .disk_full = error.disk_full(),
          .code = error.disk_full() ? "E-DSK-01" : "E-DSK-03",
          .sentence = sentence_for(error)});
}

/// False: it could not be repaired.
bool ChatStore::Worker::take_damage() {
  if (options_.read_only || ++repairs_ > most_repairs) {
    drop_everything({Errc::corrupt, "The file with your chats was damaged again and again; the disk may be failing."},
                    "E-DB-03");
    return false;
  }
  end_care();
  database_.reset();
  try {
    OpenedDatabase opened = repair(options_, backups_);
    database_.emplace(std::move(opened.database));
    ids_->raise(ChatDatabase(*database_).highest_id());
    if (options_.repaired) deliver([told = options_.repaired, report = opened.report] { told(report); });
    start_care();
    return true;
  } catch (const std::exception& error) {
    drop_everything({Errc::corrupt, error.what()}, "E-DB-03");
    return false;
  }
}

void ChatStore::Worker::drop_everything(const Failure& why, const std::string& code) {
  end_care();
  database_.reset();
  std::vector<Request> dropped = std::exchange(batch_, {});
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    open_wanted_ = false;
    retry_at_.reset();
    std::ranges::move(queue_, std::back_inserter(dropped));
    queue_.clear();
    growing_.clear();
  }
  for (const Request& request : dropped) request.answer(&why);
  report({.state = StoreStatus::State::closed, .code = code, .sentence = why.message});
}

void ChatStore::Worker::report(StoreStatus status) {
  {
    const std::lock_guard lock(mutex_);
    status.waiting = batch_.size() + static_cast<std::size_t>(std::ranges::count(queue_, true, &Request::writes));
  }
  if (status == status_) return;
  status_ = status;
  if (options_.status) deliver([told = options_.status, status] { told(status); });
}

}  // namespace etna::chats

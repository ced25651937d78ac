// Opening the store, and what is done for it while nobody waits.
#include "gui/chat/store/chat_worker.h"

namespace etna::chats {
namespace {

constexpr auto care_delay = std::chrono::seconds(3);
constexpr auto care_interval = std::chrono::hours(1);

}  // namespace

void ChatStore::Worker::do_open() {
  Answer<Opened> answer;
  {
    const std::lock_guard lock(mutex_);
    answer = open_answer_;
  }
  const auto refuse = [&](Errc code, const std::string& catalogue_code, const std::string& sentence) {
    drop_everything({code, sentence}, catalogue_code);
    if (answer) deliver([answer, failure = Failure{code, sentence}] { answer(failure); });
  };
  try {
    std::filesystem::create_directories(options_.file.parent_path());
    if (!options_.read_only && !lock_) {
      std::filesystem::path path = options_.file;
      lock_ = store::FileLock::take(path += ".lock");
      if (!lock_) return refuse(Errc::invalid_argument, "E-APP-01", "Another Etna has these chats open.");
    }
    OpenedDatabase opened = open_chats(options_, backups_);
    ChatDatabase chats(opened.database);
    ids_->raise(chats.highest_id());
    Opened value{.report = opened.report, .chats = chats.chats(), .folders = chats.folders()};
    database_.emplace(std::move(opened.database));
    {
      const std::lock_guard lock(mutex_);
      open_wanted_ = false;
      retry_at_.reset();
    }
    report({.state = options_.read_only ? StoreStatus::State::read_only : StoreStatus::State::ready,
            .code = {},
            .sentence = {}});
    if (answer) deliver([answer, value = std::move(value)] { answer(value); });
    start_care();
  } catch (const NewerStore& error) {
    lock_.reset();
    refuse(error.code(), "E-DB-01", error.what());
  } catch (const store::SqliteError& error) {
    if (!error.disk_full() && !error.disk_failed()) return refuse(error.code(), "E-DB-03", error.what());
    take_disk_error(error);  // and opened later
  } catch (const Error& error) {
    refuse(error.code(), "E-DB-03", error.what());
  } catch (const std::exception& error) {
    refuse(Errc::io, "E-DSK-02", error.what());
  }
}

void ChatStore::Worker::start_care() {
  if (!options_.keep_backups || options_.read_only) return;
  care_ = std::jthread([this](const std::stop_token& stop) { care(stop); });
}

void ChatStore::Worker::end_care() {
  care_.request_stop();
  if (care_.joinable()) care_.join();
  for (Apart& apart : apart_) apart.thread.request_stop();
  apart_.clear();
}

void ChatStore::Worker::begin_apart(std::function<void(const std::stop_token&)> work) {
  std::erase_if(apart_, [](const Apart& apart) { return apart.done->load(); });
  auto done = std::make_shared<std::atomic<bool>>(false);
  apart_.push_back({done, std::jthread([done, work = std::move(work)](const std::stop_token& stop) {
                      work(stop);
                      *done = true;
                    })});
}

/// Reads on a connection of its own, beside the store's thread.
void ChatStore::Worker::care(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  const auto pause = [&](auto time) {
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
  };
  if (!pause(care_delay)) return;
  bool checked = false;
  do {
    try {
      store::Database database = connect(options_, store::Database::Mode::read_only);
      // A state that stands still while others write.
      database.run("BEGIN");
      if (!checked && !database.quick_check().empty()) {
        const std::lock_guard lock(mutex_);
        damage_found_ = true;
        changed_.notify_all();
        return;
      }
      checked = true;
      if (backups_.is_due()) backups_.make(database, "daily", stop);
    } catch (const std::exception&) {
      // Tried again in an hour: a disk that is full or fails is noticed, and told, by the store itself.
    }
  } while (pause(care_interval));
}

}  // namespace etna::chats

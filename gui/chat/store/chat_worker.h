#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <unordered_map>

#include "gui/chat/store/chat_opening.h"
#include "gui/chat/store/chat_store.h"
#include "gui/store/file_lock.h"

namespace etna::chats {

/// The store's thread. Requests wait in a queue; those that change something are committed together.
class ChatStore::Worker {
public:
  /// One thing to do. It may be done again after a disk error, so it keeps nothing from one time to the next.
  struct Request {
    bool writes = false;
    std::function<void(ChatDatabase&)> work;
    std::function<void(const Failure*)> answer;  ///< null: it is done
  };

  Worker(Options options, std::shared_ptr<Ids> ids);
  ~Worker();

  void open(Answer<Opened> answer);
  void append(MessageId reply, std::string_view text, std::string_view thinking);
  void flush_reply(MessageId reply);  ///< what it has grown by joins the queue
  void flush_all();
  void try_again();

  /// Queues something whose answer is what `work` returns.
  template <class T, class Work>
  void read(Work work, Answer<T> answer) {
    add(request<T>(false, std::move(work), std::move(answer)));
  }

  template <class T, class Work>
  void change_and_read(Work work, Answer<T> answer) {
    add(request<T>(true, std::move(work), std::move(answer)));
  }

  /// Like read(), but on a thread and a connection of its own: what takes long keeps nobody waiting.
  template <class T, class Work>
  void read_apart(Work work, Answer<T> answer, LongWork long_work) {
    start_apart<T>(
        [this, work = std::move(work)](const LongWork& stoppable) {
          store::Database database = connect(options_, store::Database::Mode::read_only);
          database.run("BEGIN");  // a state that stands still while others write
          ChatDatabase chats(database);
          return work(chats, stoppable);
        },
        [this, answer](Outcome<T> outcome) { hand_over(answer, std::move(outcome)); }, std::move(long_work));
  }

  /// What `prepare` makes on a thread of its own is kept by `work` in its turn.
  template <class T, class Prepare, class Work>
  void prepare_and_change(Prepare prepare, Work work, Answer<T> answer, LongWork long_work) {
    using Prepared = decltype(prepare(long_work));
    start_apart<Prepared>(
        std::move(prepare),
        [this, answer, work = std::move(work)](Outcome<Prepared> outcome) {
          if (!outcome) return hand_over<T>(answer, outcome.failure());
          auto prepared = std::make_shared<Prepared>(std::move(*outcome));
          change_and_read([work, prepared](ChatDatabase& chats) { return work(chats, *prepared); }, answer);
        },
        std::move(long_work));
  }

  template <class Work>
  void change(Work work, Answer<Saved> answer) {
    const auto saved = [work = std::move(work)](ChatDatabase& chats) {
      work(chats);
      return Saved{};
    };
    add(request<Saved>(true, saved, std::move(answer)));
  }

  store::Backups& backups() { return backups_; }

private:
  using Clock = std::chrono::steady_clock;

  enum class Step { none, open, repair, commit, read };

  /// A reply's text on its way into the journal.
  struct Growing {
    std::string text, thinking;
    Clock::time_point since;  ///< of the oldest that is not in the queue; meaningless where there is none
    std::int64_t next_piece = 0;

    std::size_t bytes() const { return text.size() + thinking.size(); }
  };

  template <class T, class Work>
  Request request(bool writes, Work work, Answer<T> answer) {
    auto result = std::make_shared<std::optional<T>>();
    return {.writes = writes,
            .work = [result, work = std::move(work)](ChatDatabase& chats) { result->emplace(work(chats)); },
            .answer =
                [this, result, answer = std::move(answer)](const Failure* failure) {
                  hand_over(answer, failure ? Outcome<T>(*failure) : Outcome<T>(std::move(**result)));
                }};
  }

  template <class T>
  void hand_over(const Answer<T>& answer, Outcome<T> outcome) {
    if (answer) deliver([answer, outcome = std::move(outcome)]() mutable { answer(std::move(outcome)); });
  }

  /// When its turn comes, `work` begins on a thread of its own; `done` is called there.
  template <class T, class Work, class Done>
  void start_apart(Work work, Done done, LongWork long_work) {
    const auto run = [work = std::move(work), done, long_work = std::move(long_work)](const std::stop_token& ending) {
      // Stopped by a person, or by the end of the program.
      std::stop_source stop;
      const std::stop_callback by_person(long_work.stop, [&stop] { stop.request_stop(); });
      const std::stop_callback by_end(ending, [&stop] { stop.request_stop(); });
      LongWork stoppable = long_work;
      stoppable.stop = stop.get_token();
      try {
        done(Outcome<T>(work(stoppable)));
      } catch (const Error& error) {
        done(Outcome<T>(Failure{error.code(), error.what()}));
      } catch (const std::exception& error) {
        done(Outcome<T>(Failure{Errc::io, error.what()}));
      }
    };
    add({.writes = false,
         .work = [this, run](ChatDatabase&) { begin_apart(run); },
         .answer =
             [done](const Failure* failure) {
               if (failure) done(Outcome<T>(*failure));
             }});
  }

  void deliver(std::function<void()> function) { options_.deliver(std::move(function)); }

  void add(Request request);
  void run(const std::stop_token& stop);
  Step next_step(const std::stop_token& stop);
  Step choose_step();
  bool take_read(bool past_changes);
  void wait(std::unique_lock<std::mutex>& lock);
  void take_step(Step step);

  void do_open();
  void do_read(const Request& request);
  void do_changes();
  void apply(std::vector<std::optional<Failure>>& failures);
  bool was_committed();
  void take_disk_error(const store::SqliteError& error);
  bool take_damage();
  void reopen_if_needed();
  void drop_everything(const Failure& why, const std::string& code);
  void queue_pieces(MessageId id, Growing& growing);
  void queue_due_pieces(bool all);
  std::optional<Clock::time_point> next_journal() const;
  void report(StoreStatus status);
  void care(const std::stop_token& stop);
  void start_care();
  void end_care();  ///< and what runs apart: nobody else has the file open
  void begin_apart(std::function<void(const std::stop_token&)> work);

  const Options options_;
  const std::shared_ptr<Ids> ids_;
  store::Backups backups_;

  // Only used by the store's thread.
  std::optional<store::FileLock> lock_;
  std::optional<store::Database> database_;
  bool must_reopen_ = false;
  std::vector<Request> batch_;  ///< changes that are being committed, or could not be
  std::int64_t batch_id_ = 0;
  bool tried_ = false;  ///< the batch was committed once, and failed
  int repairs_ = 0;
  StoreStatus status_;
  std::optional<Request> read_;  ///< the next one

  struct Apart {
    std::shared_ptr<std::atomic<bool>> done;
    std::jthread thread;
  };

  std::vector<Apart> apart_;

  mutable std::mutex mutex_;  // guards what follows
  Answer<Opened> open_answer_;
  std::condition_variable_any changed_;
  std::deque<Request> queue_;
  std::unordered_map<MessageId, Growing> growing_;
  std::optional<Clock::time_point> retry_at_;  ///< the disk refuses changes; they wait until then
  bool open_wanted_ = false;
  bool closed_ = false;  ///< could not be opened: requests are refused
  bool damage_found_ = false;
  bool ending_ = false;  ///< nothing is waited for any more

  std::jthread care_;    ///< checks and backups, on a connection of its own
  std::jthread thread_;  // last: runs as soon as it is made
};

}  // namespace etna::chats

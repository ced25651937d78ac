#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <functional>
#include <mutex>

#include "gui/chat/store/chat_store.h"
#include "tests/gui/store/temporary_folder.h"

namespace etna::chats {

using namespace std::chrono_literals;

/// Answers on their way to the thread of a test.
class Inbox {
public:
  void put(std::function<void()> function) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(function));
    changed_.notify_all();
  }

  /// Runs answers until something is so. False: it did not become so.
  template <class Condition>
  bool becomes(Condition condition, std::chrono::milliseconds patience = 20s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      std::function<void()> function;
      {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, 10ms, [this] { return !waiting_.empty(); })) {
          if (std::chrono::steady_clock::now() >= end) return false;
          continue;
        }
        function = std::move(waiting_.front());
        waiting_.pop_front();
      }
      function();
    }
    return true;
  }

private:
  std::mutex mutex_;  // guards waiting_
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
};

/// A store in a folder of its own, and calls that wait for their answers.
class StoreTest : public testing::Test {
protected:
  virtual ChatStore::Options options() {
    ChatStore::Options options;
    options.file = folder_ / "chats.db";
    options.deliver = [this](std::function<void()> function) { inbox_.put(std::move(function)); };
    options.status = [this](const StoreStatus& status) { statuses_.push_back(status); };
    options.repaired = [this](const OpenReport& report) { repairs_.push_back(report); };
    options.retry = 50ms;
    options.keep_backups = false;
    return options;
  }

  /// Opens; what went wrong is in `opening_`.
  bool start(ChatStore::Options chosen) {
    opening_.reset();
    store_ = std::make_unique<ChatStore>(std::move(chosen));
    store_->open([this](Outcome<Opened> outcome) { opening_ = std::move(outcome); });
    EXPECT_TRUE(inbox_.becomes([this] { return opening_.has_value(); }));
    return opening_ && *opening_;
  }

  void start() { ASSERT_TRUE(start(options())) << opening_->failure().message; }

  void restart() {
    store_.reset();
    start();
  }

  template <class T, class Call>
  Outcome<T> wait(Call call) {
    std::optional<Outcome<T>> answer;
    call([&answer](Outcome<T> outcome) { answer = std::move(outcome); });
    if (!inbox_.becomes([&answer] { return answer.has_value(); })) return Failure{Errc::cancelled, "no answer came"};
    return *answer;
  }

  Outcome<Saved> flush() {
    return wait<Saved>([this](auto answer) { store_->flush(answer); });
  }

  ChatId new_chat(const std::string& title = "Chat") {
    NewChat chat;
    chat.id = store_->new_id();
    chat.title = title;
    store_->create_chat(chat, [](const Outcome<Saved>& saved) { EXPECT_TRUE(saved) << saved.failure().message; });
    return chat.id;
  }

  Message make(Role role, const std::string& text, MessageId parent = 0) {
    Message message;
    message.id = store_->new_id();
    message.parent = parent;
    message.role = role;
    message.text = text;
    return message;
  }

  /// Adds a message and waits until it is on the disk.
  MessageId add(ChatId chat, Role role, const std::string& text, MessageId parent = 0) {
    const Message message = make(role, text, parent);
    const auto saved = wait<Saved>([&](auto answer) { store_->add_message(chat, message, answer); });
    EXPECT_TRUE(saved) << saved.failure().message;
    return message.id;
  }

  Transcript load(ChatId chat) {
    const auto transcript = wait<Transcript>([&](auto answer) { store_->load(chat, answer); });
    EXPECT_TRUE(transcript) << transcript.failure().message;
    return transcript ? *transcript : Transcript{};
  }

  std::vector<std::string> texts(ChatId chat) {
    std::vector<std::string> found;
    for (const Message& message : load(chat).messages) found.push_back(message.text);
    return found;
  }

  const test::TemporaryFolder folder_;
  Inbox inbox_;
  std::vector<StoreStatus> statuses_;
  std::vector<OpenReport> repairs_;
  std::optional<Outcome<Opened>> opening_;
  std::unique_ptr<ChatStore> store_;
};

}  // namespace etna::chats

// A program that chats without end and may be killed at any moment: chat_store_child FOLDER TOKENS_PER_SECOND
// It says on its output what was saved ("Q chat id": a question; "E id tokens": a whole reply) and, before it hands it
// to the store, what a fake engine wrote ("B chat id": a reply begins; "T id number milliseconds": a token).
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include "gui/chat/store/chat_store.h"
#include "tests/gui/chat/store/stream_text.h"

namespace {

using namespace etna;
using namespace etna::chats;
using Clock = std::chrono::steady_clock;

std::mutex mutex;  // guards waiting
std::condition_variable changed;
std::deque<std::function<void()>> waiting;

/// One line, in one piece: whoever reads it never sees half of it from a program that was killed.
void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(3);
}

template <class T, class Call>
Outcome<T> wait(Call call) {
  std::optional<Outcome<T>> answer;
  call([&answer](Outcome<T> outcome) { answer = std::move(outcome); });
  while (!answer) {
    std::function<void()> function;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [] { return !waiting.empty(); });
      function = std::move(waiting.front());
      waiting.pop_front();
    }
    function();
  }
  return *answer;
}

long milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
}

void write_reply(ChatStore& store, ChatId chat, MessageId parent, double rate) {
  Message reply;
  reply.id = store.new_id();
  reply.parent = parent;
  store.begin_reply(chat, reply, [chat, id = reply.id](const Outcome<Saved>& saved) {
    if (saved) say("B " + std::to_string(chat) + ' ' + std::to_string(id) + '\n');
  });
  const int tokens = 20 + static_cast<int>(reply.id % 400);
  auto next = Clock::now();
  for (int number = 0; number < tokens; ++number) {
    std::this_thread::sleep_until(next += std::chrono::microseconds(static_cast<long>(1e6 / rate)));
    say("T " + std::to_string(reply.id) + ' ' + std::to_string(number) + ' ' + std::to_string(milliseconds()) + '\n');
    store.append_reply(reply.id, stream::token(reply.id, number));
  }
  const auto ended = wait<Saved>([&](auto answer) { store.end_reply(chat, reply.id, {}, answer); });
  if (ended) say("E " + std::to_string(reply.id) + ' ' + std::to_string(tokens) + '\n');
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  ChatStore::Options options;
  options.file = std::filesystem::path(arguments[1]) / "chats.db";
  options.deliver = [](std::function<void()> function) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(function));
    changed.notify_all();
  };
  ChatStore store(options);
  if (!wait<Opened>([&](auto answer) { store.open(answer); })) return 1;
  const double rate = std::atof(arguments[2]);
  while (true) {
    NewChat chat;
    chat.id = store.new_id();
    store.create_chat(chat);
    MessageId parent = 0;
    for (int turn = 0; turn < 3; ++turn) {
      Message question;
      question.id = store.new_id();
      question.parent = parent;
      question.text = stream::question(question.id);
      if (!wait<Saved>([&](auto answer) { store.add_message(chat.id, question, answer); })) return 1;
      say("Q " + std::to_string(chat.id) + ' ' + std::to_string(question.id) + '\n');
      write_reply(store, chat.id, question.id, rate);
      parent = question.id;
    }
  }
}

// How quick the chat store is: full-text search, opening a long chat, saving.
//   chat_store [--messages N] [--folder DIR]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <mutex>
#include <random>

#include "gui/chat/store/chat_store.h"

namespace {

using namespace etna;
using namespace etna::chats;
using Clock = std::chrono::steady_clock;

std::mutex mutex;  // guards waiting
std::condition_variable changed;
std::deque<std::function<void()>> waiting;

template <class T, class Call>
T wait(Call call) {
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
  if (!*answer) throw Error(answer->failure().code, answer->failure().message);
  return std::move(**answer);
}

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// `bound`: milliseconds that the p95 is to stay below; 0: none.
void print_percentiles(const std::string& what, std::vector<double> times, double bound = 0) {
  std::ranges::sort(times);
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  fmt::print("{:<52} p50 {:8.2f} ms   p95 {:8.2f} ms   max {:8.2f} ms", what, at(0.5), at(0.95), at(1.0));
  if (bound > 0) fmt::print("   {:3.0f} % of {:.0f} ms{}", 100 * at(0.95) / bound, bound, at(0.95) > bound ? ": MISSED" : "");
  fmt::print("\n");
}

/// Words as frequent as in a language: the first ones very, the last ones hardly.
class Words {
public:
  std::string sentence(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += word() + (i % 12 == 11 ? ". " : " ");
    return text;
  }

  std::string word() {
    const double draw = std::uniform_real_distribution<double>(0, 1)(random_);
    return name(static_cast<int>(std::pow(20'000.0, draw)));
  }

  static std::string name(int rank) {
    std::string text;
    for (int rest = rank + 20; rest > 0; rest /= 20)
      text += std::string(1, "bcdfghklmnprstvwxzjq"[rest % 20]) + "aeiou"[rest % 5];
    return text;
  }

private:
  std::mt19937 random_{42};
};

constexpr int long_chat = 2000;
constexpr double search_bound = 50;  // milliseconds, with 100,000 messages
constexpr double open_bound = 100;   // to text on the screen; the store has a share of it

ChatId fill(ChatStore& store, int messages) {
  Words words;
  ChatId longest = 0;
  int left = messages;
  const auto begin = Clock::now();
  while (left > 0) {
    NewChat chat;
    chat.id = store.new_id();
    chat.title = words.sentence(4);
    store.create_chat(chat);
    const int here = std::min(left, longest == 0 ? long_chat : 40);
    if (longest == 0) longest = chat.id;
    MessageId last = 0;
    for (int i = 0; i < here; ++i) {
      Message message;
      message.id = store.new_id();
      message.parent = last;
      message.role = i % 2 ? Role::assistant : Role::user;
      message.text = words.sentence(i % 2 ? 120 : 20);
      last = message.id;
      store.add_message(chat.id, message, {});
    }
    left -= here;
    wait<Saved>([&](auto answer) { store.flush(answer); });
  }
  const double took = milliseconds_since(begin);
  fmt::print("{} messages kept in {:.1f} s, many in a commit: {:.0f} a second\n", messages, took / 1000,
             messages / took * 1000);
  return longest;
}

void measure_search(ChatStore& store) {
  Words words;
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"search: a word that nearly every message has", Words::name(1)},
      {"search: a common word", Words::name(50)},
      {"search: a rare word", Words::name(19'000)},
      {"search: two common words", Words::name(30) + ' ' + Words::name(40)},
      {"search: the beginning of words", Words::name(50).substr(0, 2)},
      {"search: three words in a row", '"' + Words::name(1) + ' ' + Words::name(2) + ' ' + Words::name(1) + '"'},
      {"search: nothing is found", "qqqqqqqq"}};
  for (const auto& [what, typed] : kinds) {
    std::vector<double> times;
    std::size_t found = 0;
    for (int i = 0; i < 20; ++i) {
      const auto begin = Clock::now();
      SearchRequest request;
      request.text = typed;
      found = wait<SearchResults>([&](auto answer) { store.search(request, answer); }).messages;
      times.push_back(milliseconds_since(begin));
    }
    print_percentiles(fmt::format("{} ({})", what, found), times, search_bound);
  }
}

void measure_saving(ChatStore& store, ChatId chat) {
  std::vector<double> times;
  MessageId last = wait<Transcript>([&](auto answer) { store.load(chat, answer); }).messages.back().id;
  for (int i = 0; i < 100; ++i) {
    Message message;
    message.id = store.new_id();
    message.parent = last;
    message.text = "A message of a usual length, which is saved before the engine sees it.";
    last = message.id;
    const auto begin = Clock::now();
    wait<Saved>([&](auto answer) { store.add_message(chat, message, answer); });
    times.push_back(milliseconds_since(begin));
  }
  print_percentiles("one message, one commit", times);

  for (const std::size_t bytes : {std::size_t{1} << 18, std::size_t{1} << 20, std::size_t{1} << 22}) {
    Message reply;
    reply.id = store.new_id();
    reply.parent = last;
    const auto begin = Clock::now();
    store.begin_reply(chat, reply);
    for (std::size_t written = 0; written < bytes; written += 1024) {
      store.append_reply(reply.id, std::string(1024, 'x'));
      if (written % 16384 == 0) wait<Saved>([&](auto answer) { store.flush(answer); });
    }
    wait<Saved>([&](auto answer) { store.end_reply(chat, reply.id, {}, answer); });
    const double took = milliseconds_since(begin);
    fmt::print("a reply of {:>4} KiB, journalled each 16 KiB      {:8.1f} ms: {:.2f} ms for each 16 KiB\n", bytes >> 10,
               took, took / static_cast<double>(bytes >> 14));
    wait<Transcript>([&](auto answer) { store.delete_message(chat, reply.id, answer); });
  }
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App program("Times the chat store");
  int messages = 100'000;
  std::string folder = (std::filesystem::temp_directory_path() / "etna-chat-store-bench").string();
  program.add_option("--messages", messages, "How many are stored");
  program.add_option("--folder", folder, "Where; it is removed first");
  CLI11_PARSE(program, count, arguments);
  std::filesystem::remove_all(folder);

  ChatStore::Options options;
  options.file = folder + "/chats.db";
  options.deliver = [](std::function<void()> function) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(function));
    changed.notify_all();
  };
  options.keep_backups = false;
  ChatId longest = 0;
  {
    ChatStore store(options);
    wait<Opened>([&](auto answer) { store.open(answer); });
    longest = fill(store, messages);
  }
  const auto begin = Clock::now();
  ChatStore store(options);
  const Opened opened = wait<Opened>([&](auto answer) { store.open(answer); });
  fmt::print("opened: {} chats, {:.0f} MB, {:.1f} ms\n", opened.chats.size(),
             static_cast<double>(std::filesystem::file_size(options.file)) / 1e6, milliseconds_since(begin));
  std::vector<double> times;
  std::size_t size = 0;
  for (int i = 0; i < 20; ++i) {
    const auto start = Clock::now();
    size = wait<Transcript>([&](auto answer) { store.load(longest, answer); }).messages.size();
    times.push_back(milliseconds_since(start));
  }
  print_percentiles(fmt::format("open a chat of {} messages", size), times, open_bound);
  measure_search(store);
  measure_saving(store, longest);
  std::filesystem::remove_all(folder);
}

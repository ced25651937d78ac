// C1, C2: a program that streams 200 tokens a second is killed again and again; what it said was saved is there, and of
// the reply that was being written all but what came after the last journal entry.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "gui/chat/store/chat_database.h"
#include "gui/chat/store/chat_opening.h"
#include "tests/gui/chat/store/store_fixture.h"
#include "tests/gui/chat/store/stream_text.h"

extern char** environ;

namespace etna::chats {
namespace {

using Clock = std::chrono::steady_clock;

long milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
}

/// What the program said before it died.
struct Said {
  struct Reply {
    ChatId chat = 0;
    std::vector<long> tokens;  ///< when each was written, milliseconds
    bool begun = false, ended = false;
  };

  std::map<MessageId, ChatId> questions;
  std::map<MessageId, Reply> replies;
  long killed = 0;
};

class Kill : public testing::Test {
protected:
  Said run_and_kill(int after_ms) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    std::string program = ETNA_STORE_CHILD, folder = folder_.path().string(), rate = "200";
    char* arguments[] = {program.data(), folder.data(), rate.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    pid_t child = 0;
    EXPECT_EQ(::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));
    Said said;
    said.killed = milliseconds();
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself with " << WEXITSTATUS(status);
    read(ends[0], said);
    ::close(ends[0]);
    return said;
  }

  static void read(int end, Said& said) {
    std::string text;
    char buffer[65536];
    for (ssize_t bytes = 0; (bytes = ::read(end, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(bytes));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      char kind = 0;
      std::int64_t first = 0, second = 0;
      long when = 0;
      words >> kind >> first >> second >> when;
      if (kind == 'Q') said.questions[second] = first;
      if (kind == 'B') said.replies[second].begun = true;
      if (kind == 'T') said.replies[first].tokens.push_back(when);
      if (kind == 'E') said.replies[first].ended = true;
    }
  }

  void check(const Said& said) {
    ChatStore::Options options;
    options.file = folder_ / "chats.db";
    if (said.questions.empty() && !std::filesystem::exists(options.file)) return;
    store::Backups backups = backups_of(options);
    OpenedDatabase opened = open_chats(options, backups);
    ASSERT_NE(opened.report.kind, OpenReport::Kind::repaired);
    EXPECT_LE(opened.report.interrupted_replies, 1u);
    EXPECT_EQ(opened.database.quick_check(), "");
    EXPECT_NO_THROW(
        opened.database.run("INSERT INTO message_words(message_words, rank) VALUES ('integrity-check', 1)"));
    store::Statement find = opened.database.prepare("SELECT text, state FROM message WHERE id = ?");
    for (const auto& [id, chat] : said.questions) {
      ASSERT_TRUE(find.with(id).step()) << "an acknowledged question is gone";
      EXPECT_EQ(find.text(0), stream::question(id));
      find.reset();
      ++questions_;
    }
    for (const auto& [id, reply] : said.replies) check_reply(find, id, reply, said.killed);
  }

  void check_reply(store::Statement& find, MessageId id, const Said::Reply& reply, long killed) {
    const bool there = find.with(id).step();
    EXPECT_TRUE(there || (!reply.begun && !reply.ended));
    const std::string text = there ? find.text(0) : std::string();
    const std::string state = there ? find.text(1) : std::string();
    find.reset();
    std::string whole;
    std::size_t kept = 0;
    while (kept < reply.tokens.size() && whole.size() < text.size())
      whole += stream::token(id, static_cast<int>(kept++));
    EXPECT_EQ(whole, text) << "what is there is how the reply began";
    if (reply.ended) {
      EXPECT_EQ(kept, reply.tokens.size());
      EXPECT_EQ(state, "done");
      return;
    }
    if (there) EXPECT_TRUE(state == "interrupted" || (state == "done" && kept == reply.tokens.size())) << state;
    if (kept < reply.tokens.size()) longest_loss_ms_ = std::max(longest_loss_ms_, killed - reply.tokens[kept]);
    ++interrupted_;
  }

  const test::TemporaryFolder folder_;
  std::mt19937 random_{42};
  long longest_loss_ms_ = 0;
  int questions_ = 0, interrupted_ = 0;
};

TEST_F(Kill, at_random_moments_loses_nothing_acknowledged_and_at_most_the_last_second_of_a_reply) {
  const char* wanted = std::getenv("ETNA_KILL_ROUNDS");
  const int rounds = wanted ? std::atoi(wanted) : 40;
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    // Now and then during its start, else while it streams.
    const int after_ms = static_cast<int>(round % 8 == 7 ? random_() % 60 : 100 + random_() % 900);
    SCOPED_TRACE(round);
    check(run_and_kill(after_ms));
  }
  std::printf("%d rounds: %d questions kept, %d replies cut off, %ld ms lost at most\n", rounds, questions_,
              interrupted_, longest_loss_ms_);
  EXPECT_GT(questions_, 0);
  EXPECT_GT(interrupted_, 0);
  // A second of the journal, and the time a busy disk takes for a commit.
  EXPECT_LE(longest_loss_ms_, 3000);
}

}  // namespace
}  // namespace etna::chats

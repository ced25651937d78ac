// Export and import.
#include <nlohmann/json.hpp>

#include <atomic>

#include "tests/gui/chat/store/store_fixture.h"

namespace etna::chats {
namespace {

using Texts = std::vector<std::string>;

class FilesTest : public StoreTest {
protected:
  void SetUp() override { start(); }

  void write(const std::string& text) { std::ofstream(file_, std::ios::binary) << text; }

  Outcome<ImportReport> import() {
    return wait<ImportReport>([this](auto answer) { store_->import_file(file_, answer); });
  }

  std::size_t chat_count() {
    return wait<std::vector<ChatSummary>>([&](auto answer) { store_->chats(false, answer); })->size();
  }

  const std::filesystem::path file_ = folder_ / "chats.jsonl";
  static constexpr const char* header = "{\"format\":\"etna.chats\",\"version\":1}\n";
};

TEST_F(FilesTest, everything_comes_back_from_an_exported_file) {
  const ChatId chat = new_chat("Plans");
  const Folder folder{.id = store_->new_id(), .name = "Work", .position = 0};
  store_->save_folder(folder);
  store_->set_folder(chat, folder.id);
  ChatSettings settings;
  settings.system_prompt = "Be brief.";
  settings.top_k = 20;
  store_->set_settings(chat, settings);
  const MessageId question = add(chat, Role::user, "q");
  Message reply = make(Role::assistant, "a1", question);
  reply.thinking = "hm";
  reply.tool_calls = {{"f", "{\"x\":1}", "id"}};
  reply.problem = ReplyProblem{"E-GPU-02", "lost"};
  reply.state = MessageState::failed;
  reply.run.emplace().statistics.emplace().prompt_tokens = 12;
  reply.run->sampling.temperature = 0.125;
  reply.run->stop_texts = {"END"};
  reply.run->overflow = Overflow::drop_middle;
  reply.run->statistics->context = {
      .size = 64, .needed = 90, .left_out = {.first = 2, .messages = 4, .turns = 2}, .fits = true};
  reply.attachments = {{.name = "b", .media_type = "x/y", .bytes = std::string("\0\xff\x01z", 4), .hash = {}},
                       {.name = "t", .media_type = "text/plain", .bytes = "text ä", .hash = {}}};
  store_->add_message(chat, reply, {});
  const MessageId second = add(chat, Role::assistant, "a2", question);
  ASSERT_TRUE(wait<Transcript>([&](auto answer) { store_->show_version(chat, reply.id, answer); }));
  ASSERT_TRUE(wait<Saved>([&](auto answer) { store_->export_to({}, file_, answer); }));
  store_->erase(chat);

  const auto report = import();
  ASSERT_TRUE(report) << report.failure().message;
  ASSERT_EQ(report->chats.size(), 1u);
  EXPECT_EQ(report->messages, 3u);
  const Transcript transcript = load(report->chats[0].id);
  EXPECT_EQ(transcript.chat.title, "Plans");
  EXPECT_EQ(transcript.chat.folder, folder.id);
  EXPECT_EQ(transcript.chat.settings, settings);
  ASSERT_EQ(transcript.messages.size(), 2u);
  const Message& back = transcript.messages[1];
  EXPECT_NE(back.id, second);
  EXPECT_EQ(back.versions, 2);
  EXPECT_EQ(back.version, 1);
  EXPECT_EQ(back.thinking, "hm");
  EXPECT_EQ(back.tool_calls, reply.tool_calls);
  EXPECT_EQ(back.problem, reply.problem);
  EXPECT_EQ(back.state, MessageState::failed);
  EXPECT_EQ(back.run->statistics->prompt_tokens, 12u);
  EXPECT_EQ(back.run->sampling.temperature, 0.125);
  EXPECT_EQ(back.run->stop_texts, Texts{"END"});
  EXPECT_EQ(back.run->overflow, Overflow::drop_middle);
  EXPECT_EQ(back.run->statistics->context, reply.run->statistics->context);
  ASSERT_EQ(back.attachments.size(), 2u);
  EXPECT_EQ(back.attachments[0].bytes, reply.attachments[0].bytes);
  EXPECT_EQ(back.attachments[1].bytes, reply.attachments[1].bytes);
}

TEST_F(FilesTest, a_wrong_line_keeps_the_whole_file_out_and_is_named) {
  write(
      std::string(header) + R"({"title":"good","messages":[{"id":1,"parent":null,"role":"user","text":"hi"}]})" + "\n" +
      R"({"title":"bad","messages":[{"id":1,"parent":2,"role":"user","text":"hi"},{"id":2,"parent":1,"role":"user"}]})");
  const auto report = import();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.failure().code, Errc::corrupt);
  EXPECT_NE(report.failure().message.find("line 3"), std::string::npos) << report.failure().message;
  EXPECT_EQ(chat_count(), 0u);
}

TEST_F(FilesTest, chats_from_the_trash_come_back_into_the_trash) {
  const ChatId thrown = new_chat("thrown");
  add(thrown, Role::user, "x");
  store_->trash(thrown);
  const ChatId kept = new_chat("kept");
  add(kept, Role::user, "y");
  ASSERT_TRUE(wait<Saved>([&](auto answer) { store_->export_to({}, file_, answer); }));
  store_->erase(thrown);
  store_->erase(kept);
  const auto report = import();
  ASSERT_TRUE(report) << report.failure().message;
  ASSERT_EQ(report->chats.size(), 1u);
  EXPECT_EQ(report->chats[0].title, "kept");
  EXPECT_EQ(report->trashed_chats, 1u);
  const auto trash = wait<std::vector<ChatSummary>>([&](auto answer) { store_->chats(true, answer); });
  ASSERT_EQ(trash->size(), 1u);
  EXPECT_EQ(trash->front().title, "thrown");
}

TEST_F(FilesTest, chats_go_out_as_markdown_one_after_the_other_without_the_trash) {
  for (const char* title : {"One", "Two", "Thrown"}) {
    const ChatId chat = new_chat(title);
    add(chat, Role::user, std::string("about ") + title);
    if (title == std::string("Thrown")) store_->trash(chat);
  }
  ASSERT_TRUE(wait<Saved>([&](auto answer) { store_->export_to({}, file_, answer, ExportFormat::markdown); }));
  std::ifstream in(file_);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_NE(text.find("# One\n\n## You\n\nabout One\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n---\n\n# "), std::string::npos) << text;
  EXPECT_EQ(text.find("Thrown"), std::string::npos);
}

TEST_F(FilesTest, what_is_stopped_leaves_nothing_and_says_so) {
  const ChatId chat = new_chat("Plans");
  add(chat, Role::user, "x");
  ASSERT_TRUE(wait<Saved>([&](auto answer) { store_->export_to({}, file_, answer); }));
  std::stop_source stop;
  stop.request_stop();
  const LongWork stopped{.stop = stop.get_token(), .progress = {}};
  const auto other = folder_ / "other.jsonl";
  const auto saved = wait<Saved>(
      [&](auto answer) { store_->export_to({}, other, answer, ExportFormat::json, stopped); });
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.failure().code, Errc::cancelled);
  EXPECT_FALSE(std::filesystem::exists(other));
  const auto report = wait<ImportReport>([&](auto answer) { store_->import_file(file_, answer, stopped); });
  ASSERT_FALSE(report);
  EXPECT_EQ(report.failure().code, Errc::cancelled);
  EXPECT_EQ(chat_count(), 1u);
}

TEST_F(FilesTest, an_import_that_is_stopped_while_it_is_kept_keeps_nothing) {
  write(std::string(header) + R"({"title":"a","messages":[{"id":1,"role":"user","text":"x"}]})" + "\n" +
        R"({"title":"b","messages":[{"id":1,"role":"user","text":"y"}]})" + "\n");
  std::stop_source stop;
  // The second half of the progress is the keeping: stopped after its first chat.
  const LongWork work{.stop = stop.get_token(), .progress = [&stop](double done) {
                        if (done > 0.5) stop.request_stop();
                      }};
  const auto report = wait<ImportReport>([&](auto answer) { store_->import_file(file_, answer, work); });
  EXPECT_EQ(report ? Errc::io : report.failure().code, report ? Errc::io : Errc::cancelled);
  EXPECT_EQ(chat_count(), report ? 2u : 0u) << "all or nothing";
}

TEST_F(FilesTest, saving_goes_on_while_a_file_is_written) {
  const ChatId chat = new_chat("Plans");
  const MessageId first = add(chat, Role::user, "x");
  std::mutex held;
  held.lock();
  std::atomic<bool> writing = false;
  const LongWork slow{.stop = {}, .progress = [&](double) {
                        writing = true;
                        const std::lock_guard wait_here(held);
                      }};
  std::optional<Outcome<Saved>> exported;
  store_->export_to({}, file_, [&](Outcome<Saved> outcome) { exported = std::move(outcome); }, ExportFormat::json, slow);
  ASSERT_TRUE(inbox_.becomes([&] { return writing.load(); }));
  add(chat, Role::assistant, "saved meanwhile", first);
  EXPECT_TRUE(flush());
  EXPECT_FALSE(exported);
  held.unlock();
  ASSERT_TRUE(inbox_.becomes([&] { return exported.has_value(); }));
  EXPECT_TRUE(*exported);
  std::ifstream in(file_);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(text.find("saved meanwhile"), std::string::npos) << "the state when it began";
}

TEST_F(FilesTest, hostile_files_are_refused) {
  const std::string deep(100'000, '[');
  const std::string chat_begin = R"({"title":"t","messages":[)";
  for (const std::string& text :
       {std::string(),
        std::string("x"),
        std::string("{}"),
        std::string("[]"),
        deep,
        std::string("\xff\xfe{"),
        std::string("{\"format\":\"etna.chats\",\"version\":2}\n"),
        std::string("{\"format\":\"etna.chats\",\"version\":-1}\n"),
        header + deep,
        std::string(header) + "null",
        std::string(header) + "{\"title\":\"no messages\"}",
        std::string(header) + "{\"title\":7,\"messages\":[]}",
        header + chat_begin + "{\"id\":1,\"role\":\"wizard\"}]}",
        header + chat_begin + "{\"id\":1,\"role\":\"user\",\"created\":1e99}]}",
        header + chat_begin + "{\"id\":1,\"role\":\"user\",\"created\":18446744073709551615}]}",
        header + chat_begin + "{\"id\":1,\"role\":\"user\"},{\"id\":1,\"role\":\"user\"}]}",
        header + chat_begin + "{\"id\":1,\"parent\":1,\"role\":\"user\"}]}",
        header + chat_begin + "{\"id\":1,\"role\":\"user\",\"text\":\"\xff\"}]}",
        header + chat_begin + "{\"id\":1,\"role\":\"user\",\"run\":{\"statistics\":{\"prompt_tokens\":-5}}}]}",
        header + chat_begin + "{\"id\":1,\"role\":\"user\",\"attachments\":[{\"base64\":\"***\"}]}]}",
        header + chat_begin + "{\"id\":1,\"role\":\"user\"}],\"shown\":9}"}) {
    write(text);
    const auto report = import();
    EXPECT_FALSE(report) << text.substr(0, 100);
    if (report) continue;
    EXPECT_TRUE(report.failure().code == Errc::corrupt || report.failure().code == Errc::unsupported)
        << report.failure().message;
  }
  EXPECT_FALSE(wait<ImportReport>([this](auto answer) { store_->import_file(folder_ / "none", answer); }));
  EXPECT_EQ(chat_count(), 0u);
}

TEST_F(FilesTest, sizes_are_limited) {
  write(std::string(header) + R"({"messages":[{"id":1,"role":"user","text":"0123456789"}]})" + "\n");
  EXPECT_THROW(read_chats(file_, {.bytes = 20}), Error);
  EXPECT_THROW(read_chats(file_, {.chats = 0}), Error);
  EXPECT_THROW(read_chats(file_, {.messages_per_chat = 0}), Error);
  EXPECT_THROW(read_chats(file_, {.message_bytes = 9}), Error);
  EXPECT_EQ(read_chats(file_, {.message_bytes = 10}).chats.size(), 1u);
}

TEST_F(FilesTest, markdown_holds_the_branch_that_is_shown) {
  const ChatId chat = new_chat("Plans");
  const MessageId question = add(chat, Role::user, "Why?");
  add(chat, Role::assistant, "old", question);
  Message reply = make(Role::assistant, "```cpp\nint x;\n```", question);
  reply.model_name = "Qwen3 4B";
  store_->add_message(chat, reply, {});
  const auto text = wait<std::string>([&](auto answer) { store_->markdown(chat, answer); });
  EXPECT_EQ(*text, "# Plans\n\n## You\n\nWhy?\n\n## Qwen3 4B\n\n```cpp\nint x;\n```\n");
}

}  // namespace
}  // namespace etna::chats

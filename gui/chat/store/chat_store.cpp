#include "gui/chat/store/chat_store.h"

#include <algorithm>

#include "gui/chat/store/chat_words.h"
#include "gui/chat/store/chat_worker.h"

namespace etna::chats {

ChatStore::ChatStore(Options options) : worker_(std::make_unique<Worker>(std::move(options), ids_)) {}

ChatStore::~ChatStore() = default;

void ChatStore::open(Answer<Opened> answer) {
  worker_->open(std::move(answer));
}

void ChatStore::chats(bool trash, Answer<std::vector<ChatSummary>> answer) {
  worker_->read([trash](ChatDatabase& chats) { return chats.chats(trash); }, std::move(answer));
}

void ChatStore::load(ChatId chat, Answer<Transcript> answer) {
  worker_->read([chat](ChatDatabase& chats) { return chats.transcript(chat); }, std::move(answer));
}

void ChatStore::search(SearchRequest request, Answer<SearchResults> answer) {
  worker_->read([request = std::move(request)](ChatDatabase& chats) { return chats.search(request); },
                std::move(answer));
}

void ChatStore::markdown(ChatId chat, Answer<std::string> answer) {
  worker_->read([chat](ChatDatabase& chats) { return markdown_of(chats.transcript(chat)); }, std::move(answer));
}

void ChatStore::export_to(std::vector<ChatId> ids, std::filesystem::path file, Answer<Saved> answer) {
  worker_->read(
      [ids = std::move(ids), file = std::move(file)](ChatDatabase& chats) {
        export_json(chats, ids, file);
        return Saved{};
      },
      std::move(answer));
}

void ChatStore::create_chat(NewChat chat, Answer<Saved> answer) {
  if (chat.created == 0) chat.created = now();
  worker_->change([chat = std::move(chat)](ChatDatabase& chats) { chats.create_chat(chat); }, std::move(answer));
}

void ChatStore::rename(ChatId chat, std::string title, TitleSource source, Answer<Saved> answer) {
  worker_->change(
      [chat, title = std::move(title), source](ChatDatabase& chats) { chats.set_title(chat, title, source); },
      std::move(answer));
}

void ChatStore::set_pinned(ChatId chat, bool pinned, Answer<Saved> answer) {
  const auto since = pinned ? std::optional(now()) : std::nullopt;
  worker_->change([chat, since](ChatDatabase& chats) { chats.set_pinned(chat, since); }, std::move(answer));
}

void ChatStore::set_folder(ChatId chat, FolderId folder, Answer<Saved> answer) {
  worker_->change([chat, folder](ChatDatabase& chats) { chats.set_folder(chat, folder); }, std::move(answer));
}

void ChatStore::set_settings(ChatId chat, ChatSettings settings, Answer<Saved> answer) {
  worker_->change([chat, settings = std::move(settings)](ChatDatabase& chats) { chats.set_settings(chat, settings); },
                  std::move(answer));
}

void ChatStore::save_draft(ChatId chat, std::string text, Answer<Saved> answer) {
  worker_->change([chat, text = std::move(text)](ChatDatabase& chats) { chats.save_draft(chat, text); },
                  std::move(answer));
}

void ChatStore::save_drafts(ChatId chat, Drafts drafts, Answer<Saved> answer) {
  worker_->change([chat, drafts = std::move(drafts)](ChatDatabase& chats) { chats.save_drafts(chat, drafts); },
                  std::move(answer));
}

void ChatStore::load_drafts(ChatId chat, Answer<Drafts> answer) {
  worker_->read([chat](ChatDatabase& chats) { return chats.drafts(chat); }, std::move(answer));
}

void ChatStore::trash(ChatId chat, Answer<Saved> answer) {
  worker_->change([chat, since = now()](ChatDatabase& chats) { chats.set_trashed(chat, since); }, std::move(answer));
}

void ChatStore::restore(ChatId chat, Answer<ChatSummary> answer) {
  worker_->change_and_read(
      [chat](ChatDatabase& chats) {
        chats.set_trashed(chat, {});
        return chats.chat(chat);
      },
      std::move(answer));
}

void ChatStore::erase(ChatId chat, Answer<Saved> answer) {
  worker_->change([chat](ChatDatabase& chats) { chats.erase_chat(chat); }, std::move(answer));
}

void ChatStore::empty_trash(Answer<Saved> answer) {
  worker_->change([before = now() + 1](ChatDatabase& chats) { chats.empty_trash(before); }, std::move(answer));
}

void ChatStore::branch(ChatId from, MessageId last, NewChat made, Answer<Transcript> answer) {
  if (made.created == 0) made.created = now();
  worker_->change_and_read(
      [from, last, made = std::move(made)](ChatDatabase& chats) {
        chats.branch(from, last, made);
        return chats.transcript(made.id);
      },
      std::move(answer));
}

void ChatStore::import_file(std::filesystem::path file, Answer<ImportReport> answer) {
  // All of the file is read and checked before the first of it is kept.
  worker_->change_and_read(
      [file = std::move(file), ids = ids_](ChatDatabase& chats) {
        return keep(chats, read_chats(file), [&ids] { return ids->next(); });
      },
      std::move(answer));
}

void ChatStore::save_folder(Folder folder, Answer<Saved> answer) {
  worker_->change([folder = std::move(folder)](ChatDatabase& chats) { chats.save_folder(folder); }, std::move(answer));
}

void ChatStore::remove_folder(FolderId folder, Answer<Saved> answer) {
  worker_->change([folder](ChatDatabase& chats) { chats.remove_folder(folder); }, std::move(answer));
}

void ChatStore::add_message(ChatId chat, Message message, Answer<Saved> answer) {
  if (message.created == 0) message.created = now();
  worker_->change([chat, message = std::move(message)](ChatDatabase& chats) { chats.add_message(chat, message); },
                  std::move(answer));
}

void ChatStore::send_message(ChatId chat, Message message, Drafts rest, Answer<Saved> answer) {
  if (message.created == 0) message.created = now();
  worker_->change(
      [chat, message = std::move(message), rest = std::move(rest)](ChatDatabase& chats) {
        chats.add_message(chat, message);
        chats.save_drafts(chat, rest);
      },
      std::move(answer));
}

void ChatStore::begin_reply(ChatId chat, Message reply, Answer<Saved> answer) {
  reply.role = Role::assistant;
  reply.state = MessageState::streaming;
  if (reply.run && reply.run->started == 0) reply.run->started = now();
  add_message(chat, std::move(reply), std::move(answer));
}

void ChatStore::continue_reply(ChatId chat, MessageId reply, Run run, Answer<Saved> answer) {
  if (run.started == 0) run.started = now();
  worker_->change([chat, reply, run = std::move(run)](ChatDatabase& chats) { chats.continue_reply(chat, reply, run); },
                  std::move(answer));
}

void ChatStore::append_reply(MessageId reply, std::string_view text, std::string_view thinking) {
  if (!text.empty() || !thinking.empty()) worker_->append(reply, text, thinking);
}

void ChatStore::end_reply(ChatId chat, MessageId reply, ReplyEnd end, Answer<Saved> answer) {
  worker_->flush_reply(reply);
  worker_->change([chat, reply, end = std::move(end),
                   ended = now()](ChatDatabase& chats) { chats.end_reply(chat, reply, end, ended); },
                  std::move(answer));
}

void ChatStore::show_version(ChatId chat, MessageId message, Answer<Transcript> answer) {
  worker_->change_and_read(
      [chat, message](ChatDatabase& chats) {
        chats.show_version(chat, message);
        return chats.transcript(chat);
      },
      std::move(answer));
}

void ChatStore::switch_version(ChatId chat, MessageId message, int step, Answer<Transcript> answer) {
  worker_->change_and_read(
      [chat, message, step](ChatDatabase& chats) {
        const std::vector<MessageId> versions = chats.versions(chat, message);
        const auto found = std::ranges::find(versions, message);
        if (found == versions.end()) fail(Errc::not_found, "chat store: chat {} has no message {}", chat, message);
        const auto place = std::clamp<std::ptrdiff_t>(found - versions.begin() + step, 0, std::ssize(versions) - 1);
        chats.show_version(chat, versions.at(static_cast<std::size_t>(place)));
        return chats.transcript(chat);
      },
      std::move(answer));
}

void ChatStore::delete_message(ChatId chat, MessageId message, Answer<Transcript> answer) {
  worker_->change_and_read(
      [chat, message, since = now()](ChatDatabase& chats) {
        chats.set_deleted(chat, message, since);
        return chats.transcript(chat);
      },
      std::move(answer));
}

void ChatStore::undelete_message(ChatId chat, MessageId message, Answer<Transcript> answer) {
  worker_->change_and_read(
      [chat, message](ChatDatabase& chats) {
        chats.set_deleted(chat, message, {});
        return chats.transcript(chat);
      },
      std::move(answer));
}

void ChatStore::try_again() {
  worker_->try_again();
}

void ChatStore::back_up(Answer<std::string> answer) {
  worker_->read([backups = &worker_->backups()](
                    ChatDatabase& chats) { return backups->make(chats.database(), "daily").path.string(); },
                std::move(answer));
}

void ChatStore::flush(Answer<Saved> answer) {
  worker_->flush_all();
  worker_->change([](ChatDatabase&) {}, std::move(answer));
}

}  // namespace etna::chats

#include <openssl/evp.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/base/files.h"
#include "engine/base/utf8.h"
#include "gui/chat/store/chat_files.h"
#include "gui/chat/store/chat_words.h"

namespace etna::chats {
namespace {

using nlohmann::json;

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

json run_json(const Run& run) {
  json object = {{"model_name", run.model_name},
                 {"model_path", run.model_path},
                 {"model_hash", run.model_hash},
                 {"device", run.device},
                 {"started", run.started},
                 {"ended", run.ended},
                 {"settings", run_settings_json(run)}};
  if (!run.statistics) return object;
  const RunStatistics& s = *run.statistics;
  object["statistics"] = {{"stop_reason", word(s.stop_reason)},
                          {"prompt_tokens", s.prompt_tokens},
                          {"cached_tokens", s.cached_tokens},
                          {"generated_tokens", s.generated_tokens},
                          {"thinking_tokens", s.thinking_tokens},
                          {"tool_calls", s.tool_calls},
                          {"drafted_tokens", s.drafted_tokens},
                          {"accepted_tokens", s.accepted_tokens},
                          {"prompt_seconds", s.prompt_seconds},
                          {"decode_seconds", s.decode_seconds},
                          {"first_token_seconds", s.first_token_seconds},
                          {"thinking_seconds", s.thinking_seconds},
                          {"peak_memory_bytes", s.peak_memory_bytes}};
  return object;
}

json attachment_json(const Attachment& attachment) {
  json object = {{"name", attachment.name}, {"media_type", attachment.media_type}};
  if (utf8::is_valid(attachment.bytes))
    object["text"] = attachment.bytes;
  else
    object["base64"] = base64(attachment.bytes);
  return object;
}

json message_json(const Message& message) {
  json object = {
      {"id", message.id}, {"role", word(message.role)}, {"text", message.text}, {"created", message.created}};
  object["parent"] = message.parent == 0 ? json() : json(message.parent);
  // A reply that grows now is, in a file, one that was not finished.
  const bool open = message.state == MessageState::streaming || message.state == MessageState::unreadable;
  object["state"] = word(open ? MessageState::interrupted : message.state);
  if (!message.thinking.empty()) object["thinking"] = message.thinking;
  if (message.thinking_seconds > 0) object["thinking_seconds"] = message.thinking_seconds;
  if (!message.tool_calls.empty()) object["tool_calls"] = to_json(message.tool_calls);
  if (!message.notice.empty()) object["notice"] = message.notice;
  if (message.problem) object["problem"] = {{"code", message.problem->code}, {"sentence", message.problem->sentence}};
  if (!message.model_name.empty()) object["model"] = message.model_name;
  if (message.run) object["run"] = run_json(*message.run);
  for (const Attachment& attachment : message.attachments) object["attachments"].push_back(attachment_json(attachment));
  return object;
}

json chat_json(ChatDatabase& chats, const ChatSummary& chat, const std::string& folder) {
  json object = {{"title", chat.title},     {"title_source", word(chat.title_source)}, {"created", chat.created},
                 {"changed", chat.changed}, {"settings", to_json(chat.settings)},      {"messages", json::array()}};
  if (chat.pinned) object["pinned"] = *chat.pinned;
  if (chat.trashed) object["trashed"] = *chat.trashed;
  if (!folder.empty()) object["folder"] = folder;
  const Drafts drafts = chats.drafts(chat.id);
  if (!drafts.writing.text.empty()) object["draft"] = drafts.writing.text;
  for (const Attachment& attachment : drafts.writing.attachments)
    object["draft_attachments"].push_back(attachment_json(attachment));
  for (const Draft& draft : drafts.queue) {
    json waiting = {{"text", draft.text}};
    for (const Attachment& attachment : draft.attachments) waiting["attachments"].push_back(attachment_json(attachment));
    object["queue"].push_back(std::move(waiting));
  }
  const Transcript transcript = chats.transcript(chat.id);
  if (!transcript.messages.empty()) object["shown"] = transcript.messages.back().id;
  for (const Message& message : chats.tree(chat.id)) object["messages"].push_back(message_json(message));
  return object;
}

/// A fence that the text does not hold, for what must be shown as it is.
std::string fence_for(const std::string& text) {
  std::string fence = "```";
  while (text.find(fence) != std::string::npos) fence += '`';
  return fence;
}

}  // namespace

void export_json(ChatDatabase& chats, const std::vector<ChatId>& ids, const std::filesystem::path& file,
                 const std::stop_token& stop) {
  std::vector<ChatSummary> chosen;
  if (ids.empty()) {
    chosen = chats.chats();
    for (ChatSummary& chat : chats.chats(true)) chosen.push_back(std::move(chat));
  }
  for (const ChatId id : ids) chosen.push_back(chats.chat(id));
  const std::vector<Folder> folders = chats.folders();

  FileWriter writer(file);
  writer.append(column_text({{"format", "etna.chats"}, {"version", 1}, {"exported", now()}, {"chats", chosen.size()}}) +
                "\n");
  for (const ChatSummary& chat : chosen) {
    if (stop.stop_requested()) fail(Errc::cancelled, "The export was stopped");
    const auto found = std::ranges::find(folders, chat.folder, &Folder::id);
    writer.append(column_text(chat_json(chats, chat, found == folders.end() ? std::string() : found->name)) + "\n");
  }
  writer.commit();
}

std::string markdown_of(const Transcript& transcript) {
  std::string text = "# " + (transcript.chat.title.empty() ? std::string("New chat") : transcript.chat.title) + "\n";
  if (const std::string& prompt = transcript.chat.settings.system_prompt; !prompt.empty())
    text += "\n## System prompt\n\n" + prompt + "\n";
  for (const Message& message : transcript.messages) {
    const bool mine = message.role == Role::user;
    text += "\n## " +
            (mine                         ? std::string("You")
             : message.model_name.empty() ? std::string(word(message.role))
                                          : message.model_name) +
            "\n";
    if (!message.thinking.empty())
      text += "\n<details>\n<summary>Thoughts</summary>\n\n" + message.thinking + "\n\n</details>\n";
    if (!message.text.empty()) text += "\n" + message.text + "\n";
    for (const ToolCall& call : message.tool_calls)
      text += "\n```json\n" + call.name + " " + call.arguments + "\n```\n";
    for (const Attachment& attachment : message.attachments) {
      text += "\n**" + attachment.name + "**\n";
      if (!utf8::is_valid(attachment.bytes)) continue;
      const std::string fence = fence_for(attachment.bytes);
      text += "\n" + fence + "\n" + attachment.bytes + "\n" + fence + "\n";
    }
  }
  return text;
}

}  // namespace etna::chats

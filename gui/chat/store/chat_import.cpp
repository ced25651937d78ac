#include <openssl/evp.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "gui/chat/store/chat_files.h"
#include "gui/chat/store/chat_words.h"

namespace etna::chats {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int most_depth = 32;
constexpr std::size_t longest_title = 1000;                // bytes
constexpr std::size_t most_attachments = 100;              // of a message
constexpr Time latest_time = Time{1} << 50;                // in the year 37 000: later ones would not fit anywhere
constexpr std::size_t most_header = std::size_t{1} << 16;  // bytes of the first line

/// One line of a file, read with the limits in mind.
class Lines {
public:
  Lines(const fs::path& path, const ImportLimits& limits)
      : name_(path.filename().string()), limits_(limits), in_(path, std::ios::binary) {
    if (!in_) fail(Errc::not_found, "{}: the file can't be opened", name_);
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error) fail(Errc::io, "{}: {}", name_, error.message());
    bytes_ = bytes;
    if (bytes > limits.bytes)
      fail(Errc::unsupported, "{}: {} bytes are more than the {} that can be imported", name_, bytes, limits.bytes);
  }

  bool next() {
    ++number_;
    if (std::getline(in_, line_)) return true;
    if (in_.bad()) fail(Errc::io, "{}: reading line {} failed", name_, number_);
    return false;
  }

  const std::string& line() const { return line_; }

  std::string where() const { return fmt::format("{}, line {}", name_, number_); }

  const ImportLimits& limits() const { return limits_; }

  /// How much of the file was read, 0 to 1.
  double done() {
    const auto at = in_.tellg();
    return at < 0 || bytes_ == 0 ? 1 : static_cast<double>(at) / static_cast<double>(bytes_);
  }

private:
  std::string name_;
  ImportLimits limits_;
  std::uintmax_t bytes_ = 0;
  std::ifstream in_;
  std::string line_;
  std::size_t number_ = 0;
};

/// Reads members, naming the place where one is wrong.
class Object {
public:
  Object(const json& value, std::string where) : value_(value), where_(std::move(where)) {
    if (!value.is_object()) wrong("an object is wanted here");
  }

  [[noreturn]] void wrong(const std::string& what) const { fail(Errc::corrupt, "{}: {}", where_, what); }

  const json* find(const char* key) const {
    const auto found = value_.find(key);
    return found == value_.end() || found->is_null() ? nullptr : &*found;
  }

  std::string text(const char* key, std::size_t most) const {
    const json* found = find(key);
    if (!found) return {};
    if (!found->is_string()) wrong(fmt::format("“{}” is not a text", key));
    auto value = found->get<std::string>();
    if (value.size() > most) wrong(fmt::format("“{}” has {} bytes, {} are allowed", key, value.size(), most));
    return value;
  }

  Time time(const char* key) const {
    const json* found = find(key);
    if (!found) return 0;
    if (!found->is_number_integer()) wrong(fmt::format("“{}” is not a time", key));
    const auto value = found->get<std::int64_t>();
    if (value < 0 || value > latest_time ||
        (found->is_number_unsigned() && found->get<std::uint64_t>() > static_cast<std::uint64_t>(latest_time)))
      wrong(fmt::format("“{}” is no time that could be", key));
    return value;
  }

  double seconds(const char* key) const {
    const json* found = find(key);
    if (!found) return 0;
    if (!found->is_number() || found->get<double>() < 0) wrong(fmt::format("“{}” is not a duration", key));
    return found->get<double>();
  }

  std::uint64_t count(const char* key) const {
    const json* found = find(key);
    if (!found) return 0;
    // More would not fit into a column.
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > (std::uint64_t{1} << 62))
      wrong(fmt::format("“{}” is not a count", key));
    return found->get<std::uint64_t>();
  }

  std::optional<MessageId> id(const char* key) const {
    const json* found = find(key);
    if (!found) return {};
    if (!found->is_number_integer()) wrong(fmt::format("“{}” is not an id", key));
    return found->get<std::int64_t>();
  }

  template <class Value>
  Value choice(const char* key, std::optional<Value> (*parse)(std::string_view), Value usual) const {
    const std::string spelled = text(key, 100);
    if (spelled.empty()) return usual;
    const auto value = parse(spelled);
    if (!value) wrong(fmt::format("“{}” is “{}”, which this Etna does not know", key, spelled));
    return *value;
  }

  const std::string& where() const { return where_; }

private:
  const json& value_;
  std::string where_;
};

std::string from_base64(const Object& object, const std::string& text) {
  std::string bytes(3 * (text.size() / 4), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) object.wrong("“base64” is not valid");
  // The decoder counts the padding.
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<std::size_t>(size) - std::min(padding, static_cast<std::size_t>(size)));
  return bytes;
}

Run read_run(const Object& object) {
  Run run;
  run.model_name = object.text("model_name", longest_title);
  run.model_path = object.text("model_path", 4096);
  run.model_hash = object.text("model_hash", 256);
  run.device = object.text("device", longest_title);
  run.started = object.time("started");
  run.ended = object.time("ended");
  if (const json* settings = object.find("settings")) read_run_settings(*settings, run);
  const json* found = object.find("statistics");
  if (!found) return run;
  const Object statistics(*found, object.where());
  RunStatistics& s = run.statistics.emplace();
  s.stop_reason = statistics.choice("stop_reason", stop_reason_of, StopReason::end_of_text);
  s.prompt_tokens = statistics.count("prompt_tokens");
  s.cached_tokens = statistics.count("cached_tokens");
  s.generated_tokens = statistics.count("generated_tokens");
  s.thinking_tokens = statistics.count("thinking_tokens");
  s.tool_calls = statistics.count("tool_calls");
  s.drafted_tokens = statistics.count("drafted_tokens");
  s.accepted_tokens = statistics.count("accepted_tokens");
  s.prompt_seconds = statistics.seconds("prompt_seconds");
  s.decode_seconds = statistics.seconds("decode_seconds");
  s.first_token_seconds = statistics.seconds("first_token_seconds");
  s.thinking_seconds = statistics.seconds("thinking_seconds");
  s.peak_memory_bytes = statistics.count("peak_memory_bytes");
  if (const json* context = statistics.find("context")) s.context = context_from_json(*context);
  if (const json* settings = object.find("settings")) read_outcome(*settings, s);
  return run;
}

Attachment read_attachment(const Object& object, const ImportLimits& limits) {
  Attachment attachment{.name = object.text("name", longest_title),
                        .media_type = object.text("media_type", 256),
                        .bytes = {},
                        .hash = {}};
  attachment.bytes = object.text("text", limits.message_bytes);
  if (attachment.bytes.empty()) attachment.bytes = from_base64(object, object.text("base64", 2 * limits.message_bytes));
  return attachment;
}

Message read_message(const Object& object, const ImportLimits& limits) {
  Message message;
  message.role = object.choice("role", role_of, Role::user);
  message.state = object.choice("state", state_of, MessageState::done);
  if (message.state == MessageState::streaming) message.state = MessageState::interrupted;
  message.text = object.text("text", limits.message_bytes);
  message.thinking = object.text("thinking", limits.message_bytes);
  message.thinking_seconds = object.seconds("thinking_seconds");
  message.notice = object.text("notice", limits.message_bytes);
  message.model_name = object.text("model", longest_title);
  message.created = object.time("created");
  if (const json* calls = object.find("tool_calls")) message.tool_calls = tool_calls_from_json(*calls);
  if (const json* problem = object.find("problem")) {
    const Object inner(*problem, object.where());
    message.problem = ReplyProblem{inner.text("code", 100), inner.text("sentence", limits.message_bytes)};
  }
  if (const json* run = object.find("run")) message.run = read_run(Object(*run, object.where()));
  if (const json* attached = object.find("attachments")) {
    if (!attached->is_array() || attached->size() > most_attachments)
      object.wrong("“attachments” is not a list, or too long");
    for (const json& entry : *attached)
      message.attachments.push_back(read_attachment(Object(entry, object.where()), limits));
  }
  return message;
}

/// Messages come after their parents: so there can be no loops and no unknown parents.
void read_messages(const Object& object, const json& list, const ImportLimits& limits, ReadChat& chat) {
  if (!list.is_array()) object.wrong("“messages” is not a list");
  if (list.size() > limits.messages_per_chat)
    object.wrong(
        fmt::format("{} messages are more than the {} that a chat can have", list.size(), limits.messages_per_chat));
  std::unordered_map<MessageId, MessageId> known;
  for (const json& entry : list) {
    const auto number = static_cast<MessageId>(chat.messages.size()) + 1;
    const Object inner(entry, fmt::format("{}, message {}", object.where(), number));
    Message message = read_message(inner, limits);
    message.id = number;
    if (const auto parent = inner.id("parent")) {
      const auto found = known.find(*parent);
      if (found == known.end()) inner.wrong(fmt::format("its parent {} does not come before it", *parent));
      message.parent = found->second;
    }
    const auto id = inner.id("id");
    if (!id || !known.emplace(*id, number).second) inner.wrong("“id” is missing or not the only one");
    chat.messages.push_back(std::move(message));
  }
  const auto shown = object.id("shown");
  if (!shown) return;
  const auto found = known.find(*shown);
  if (found == known.end()) object.wrong("“shown” is none of its messages");
  chat.shown_last = found->second;
}

ReadChat read_chat(const json& line, const std::string& where, const ImportLimits& limits) {
  const Object object(line, where);
  ReadChat chat;
  chat.chat.title = object.text("title", longest_title);
  chat.chat.title_source = object.choice("title_source", title_source_of, TitleSource::person);
  chat.chat.created = object.time("created");
  chat.folder = object.text("folder", longest_title);
  if (const Time pinned = object.time("pinned")) chat.pinned = pinned;
  chat.trashed = object.time("trashed") != 0;
  if (const json* settings = object.find("settings")) chat.chat.settings = settings_from_json(*settings);
  const json* messages = object.find("messages");
  if (!messages) object.wrong("it has no “messages”");
  read_messages(object, *messages, limits, chat);
  return chat;
}

void read_header(const Lines& lines) {
  const json line = parse_json(lines.line().substr(0, most_header), lines.where(), most_depth);
  const Object header(line, lines.where());
  if (header.text("format", 100) != "etna.chats")
    fail(Errc::unsupported,
         "{}: this is no file of chats that Etna can read; it must begin with {{\"format\": \"etna.chats\"",
         lines.where());
  if (const auto version = header.count("version"); version != 1)
    fail(Errc::unsupported, "{}: version {} of the format; this Etna reads version 1", lines.where(), version);
}

void tell_progress(const LongWork& work, double done) {
  if (work.progress) work.progress(done);
  if (work.stop.stop_requested()) fail(Errc::cancelled, "The import was stopped");
}

}  // namespace

ReadFile read_chats(const fs::path& file, const ImportLimits& limits, const LongWork& work) {
  Lines lines(file, limits);
  if (!lines.next()) fail(Errc::corrupt, "{}: the file is empty", file.filename().string());
  read_header(lines);
  ReadFile read;
  while (lines.next()) {
    tell_progress(work, lines.done());
    if (lines.line().empty()) continue;
    if (read.chats.size() == limits.chats)
      fail(Errc::unsupported, "{}: more than {} chats", lines.where(), limits.chats);
    ReadChat chat = read_chat(parse_json(lines.line(), lines.where(), most_depth), lines.where(), limits);
    if (chat.messages.empty())
      ++read.skipped_chats;
    else
      read.chats.push_back(std::move(chat));
  }
  return read;
}

ImportReport keep(ChatDatabase& chats, const ReadFile& file, const std::function<std::int64_t()>& new_id,
                  const LongWork& work) {
  ImportReport report;
  report.skipped_chats = file.skipped_chats;
  report.notes = file.notes;
  std::map<std::string, FolderId> folders;
  for (const Folder& folder : chats.folders()) folders.emplace(folder.name, folder.id);
  double done = 0;
  for (const ReadChat& read : file.chats) {
    tell_progress(work, done++ / static_cast<double>(file.chats.size()));
    NewChat chat = read.chat;
    chat.id = new_id();
    if (!read.folder.empty()) {
      FolderId& folder = folders[read.folder];
      if (folder == 0)
        chats.save_folder({.id = folder = new_id(), .name = read.folder, .position = static_cast<int>(folders.size())});
      chat.folder = folder;
    }
    chats.create_chat(chat);
    if (read.pinned) chats.set_pinned(chat.id, read.pinned);
    std::vector<MessageId> ids{0};
    for (Message message : read.messages) {
      message.id = new_id();
      message.parent = ids.at(static_cast<std::size_t>(message.parent));
      ids.push_back(message.id);
      chats.add_message(chat.id, message);
    }
    if (read.shown_last != 0) chats.show_version(chat.id, ids.at(static_cast<std::size_t>(read.shown_last)));
    report.messages += read.messages.size();
    if (read.trashed) {
      chats.set_trashed(chat.id, now());
      ++report.trashed_chats;
    } else {
      report.chats.push_back(chats.chat(chat.id));
    }
  }
  report.folders = chats.folders();
  return report;
}

}  // namespace etna::chats

// The messages of a chat: reading a branch, writing, versions.
#include <fmt/format.h>

#include <map>
#include <unordered_map>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "gui/chat/store/chat_database.h"
#include "gui/chat/store/chat_words.h"

namespace etna::chats {
namespace {

using store::Statement;

constexpr std::string_view message_columns =
    "m.id, n.parent, m.role, m.state, m.text, m.thinking, m.thinking_seconds, m.tool_calls, m.notice, "
    "m.problem_code, m.problem_sentence, m.model_name, m.created";

/// The shown branch of chat ?1, first message first. Each step goes from a node to a child of its own, so a damaged
/// tree cannot lead round in a circle.
constexpr std::string_view shown_path =
    "WITH RECURSIVE path(message, parent, shown, deleted) AS ("
    " SELECT n.message, n.parent, n.shown, n.deleted FROM chat c JOIN node n ON n.chat = c.id AND n.message = c.shown"
    "  WHERE c.id = ?1 AND n.parent IS NULL"
    " UNION ALL SELECT n.message, n.parent, n.shown, n.deleted FROM path p"
    "  JOIN node n ON n.chat = ?1 AND n.message = p.shown AND n.parent = p.message) ";

Message read_row(const Statement& row) {
  Message message;
  message.id = row.integer(0);
  message.parent = row.integer(1);
  const auto role = role_of(row.text(2));
  const auto state = state_of(row.text(3));
  message.role = role.value_or(Role::assistant);
  message.state = role && state ? *state : MessageState::unreadable;
  message.text = row.text(4);
  message.thinking = row.text(5);
  message.thinking_seconds = row.real(6);
  message.tool_calls = tool_calls_from_json(json_of_column(row.text(7)));
  message.notice = row.text(8);
  if (ReplyProblem problem{row.text(9), row.text(10)}; !problem.code.empty()) message.problem = std::move(problem);
  message.model_name = row.text(11);
  message.created = row.integer(12);
  return message;
}

constexpr std::string_view run_columns =
    "message, model_name, model_path, model_hash, device, settings, started, ended, stop_reason, prompt_tokens, "
    "cached_tokens, generated_tokens, thinking_tokens, tool_calls, drafted_tokens, accepted_tokens, prompt_seconds, "
    "decode_seconds, first_token_seconds, thinking_seconds, peak_memory_bytes";

Run read_run(const Statement& row) {
  Run run;
  run.model_name = row.text(1);
  run.model_path = row.text(2);
  run.model_hash = row.text(3);
  run.device = row.text(4);
  read_run_settings(json_of_column(row.text(5)), run);
  run.started = row.integer(6);
  run.ended = row.integer(7);
  const auto reason = stop_reason_of(row.text(8));
  if (!reason) return run;
  RunStatistics& statistics = run.statistics.emplace();
  const auto count = [&](int column) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(column), 0));
  };
  statistics.stop_reason = *reason;
  statistics.prompt_tokens = count(9);
  statistics.cached_tokens = count(10);
  statistics.generated_tokens = count(11);
  statistics.thinking_tokens = count(12);
  statistics.tool_calls = count(13);
  statistics.drafted_tokens = count(14);
  statistics.accepted_tokens = count(15);
  statistics.prompt_seconds = row.real(16);
  statistics.decode_seconds = row.real(17);
  statistics.first_token_seconds = row.real(18);
  statistics.thinking_seconds = row.real(19);
  statistics.peak_memory_bytes = count(20);
  return run;
}

}  // namespace

Transcript ChatDatabase::transcript(ChatId id) {
  Transcript result;
  result.chat = chat(id);
  const std::string path(shown_path);
  std::unordered_map<MessageId, std::size_t> place;
  {
    Statement rows = database_.prepare(path + "SELECT " + std::string(message_columns) +
                                       " FROM path n JOIN message m ON m.id = n.message WHERE n.deleted IS NULL");
    rows.with(id);
    while (rows.step()) {
      place[rows.integer(0)] = result.messages.size();
      result.messages.push_back(read_row(rows));
    }
  }
  Statement runs = database_.prepare(path + "SELECT " + std::string(run_columns) +
                                     " FROM run WHERE message IN (SELECT message FROM path) ORDER BY id");
  runs.with(id);
  while (runs.step()) {
    const auto found = place.find(runs.integer(0));
    if (found != place.end()) result.messages[found->second].run = read_run(runs);
  }
  Statement attached = database_.prepare(
      path + "SELECT DISTINCT message FROM message_attachment WHERE message IN (SELECT message FROM path)");
  attached.with(id);
  while (attached.step()) {
    const auto found = place.find(attached.integer(0));
    if (found != place.end()) result.messages[found->second].attachments = attachments(found->first);
  }
  for (Message& message : result.messages) {
    // A reply that grows while its chat is opened.
    if (message.state != MessageState::streaming) continue;
    Statement pieces = database_.prepare("SELECT text, thinking FROM piece WHERE message = ? ORDER BY number");
    pieces.with(message.id);
    while (pieces.step()) {
      message.text += pieces.text(0);
      message.thinking += pieces.text(1);
    }
  }
  read_versions(id, result.messages);
  return result;
}

void ChatDatabase::read_versions(ChatId chat, std::vector<Message>& messages) {
  std::unordered_map<MessageId, int> number;
  std::unordered_map<MessageId, int> counts;
  Statement rows =
      database_.prepare("SELECT parent, message FROM node WHERE chat = ? AND deleted IS NULL ORDER BY message");
  rows.with(chat);
  while (rows.step()) number[rows.integer(1)] = ++counts[rows.integer(0)];
  for (Message& message : messages) {
    message.version = number[message.id];
    message.versions = counts[message.parent];
  }
}

Message ChatDatabase::message(ChatId chat, MessageId id) {
  Statement row =
      database_.prepare("SELECT " + std::string(message_columns) +
                        " FROM node n JOIN message m ON m.id = n.message WHERE n.chat = ? AND n.message = ?");
  if (!row.with(chat, id).step()) fail(Errc::not_found, "chat store: chat {} has no message {}", chat, id);
  std::vector<Message> one{read_row(row)};
  one[0].attachments = attachments(id);
  Statement run =
      database_.prepare("SELECT " + std::string(run_columns) + " FROM run WHERE message = ? ORDER BY id DESC LIMIT 1");
  if (run.with(id).step()) one[0].run = read_run(run);
  read_versions(chat, one);
  return one[0];
}

void ChatDatabase::add_message(ChatId chat, const Message& message) {
  require(chat, message.parent);
  const Time created = message.created != 0 ? message.created : now();
  const ReplyProblem problem = message.problem.value_or(ReplyProblem{});
  Statement insert = database_.prepare(
      "INSERT INTO message(id, role, state, text, thinking, thinking_seconds, tool_calls, notice, problem_code, "
      "problem_sentence, model_name, created) VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO NOTHING");
  insert
      .with(message.id, word(message.role), word(message.state), message.text, message.thinking,
            message.thinking_seconds,
            message.tool_calls.empty() ? std::string() : column_text(to_json(message.tool_calls)), message.notice,
            problem.code, problem.sentence, message.model_name, created)
      .run();
  const bool is_new = database_.changes() > 0;
  const auto parent = message.parent == 0 ? std::nullopt : std::optional(message.parent);
  database_.prepare("INSERT INTO node(chat, message, parent) VALUES (?,?,?) ON CONFLICT(chat, message) DO NOTHING")
      .with(chat, message.id, parent)
      .run();
  show(chat, message.parent, message.id);
  database_.prepare("UPDATE chat SET changed = max(changed, ?2) WHERE id = ?1").with(chat, created).run();
  if (!is_new) return;
  if (message.run) write_run(message.id, *message.run);
  save_attachments(message);
}

void ChatDatabase::write_run(MessageId message, const Run& run) {
  std::string names = "message, model_name, model_path, model_hash, device, settings, started, ended";
  if (!run.statistics) {
    return database_.prepare("INSERT INTO run(" + names + ") VALUES (?,?,?,?,?,?,?,?)")
        .with(message, run.model_name, run.model_path, run.model_hash, run.device, column_text(run_settings_json(run)),
              run.started != 0 ? run.started : now(), run.ended == 0 ? std::nullopt : std::optional(run.ended))
        .run();
  }
  const RunStatistics& s = *run.statistics;
  database_
      .prepare("INSERT INTO run(" + std::string(run_columns) + ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
      .with(message, run.model_name, run.model_path, run.model_hash, run.device, column_text(run_settings_json(run)),
            run.started != 0 ? run.started : now(), run.ended == 0 ? std::nullopt : std::optional(run.ended),
            word(s.stop_reason), s.prompt_tokens, s.cached_tokens, s.generated_tokens, s.thinking_tokens, s.tool_calls,
            s.drafted_tokens, s.accepted_tokens, s.prompt_seconds, s.decode_seconds, s.first_token_seconds,
            s.thinking_seconds, s.peak_memory_bytes)
      .run();
}

void ChatDatabase::append_piece(MessageId id, std::int64_t number, std::string_view text, std::string_view thinking) {
  // A reply that was erased, or has ended, takes no more.
  database_
      .prepare(
          "INSERT OR REPLACE INTO piece(message, number, text, thinking) SELECT ?1, ?2, ?3, ?4 "
          "WHERE EXISTS (SELECT 1 FROM message WHERE id = ?1 AND state = 'streaming')")
      .with(id, number, text, thinking)
      .run();
}

void ChatDatabase::fold_pieces(MessageId id) {
  std::string text, thinking;
  {
    Statement pieces = database_.prepare("SELECT text, thinking FROM piece WHERE message = ? ORDER BY number");
    pieces.with(id);
    while (pieces.step()) {
      text += pieces.text(0);
      thinking += pieces.text(1);
    }
  }
  if (!text.empty() || !thinking.empty())
    database_.prepare("UPDATE message SET text = text || ?2, thinking = thinking || ?3 WHERE id = ?1")
        .with(id, text, thinking)
        .run();
  database_.prepare("DELETE FROM piece WHERE message = ?").with(id).run();
}

void ChatDatabase::end_reply(ChatId chat, MessageId id, const ReplyEnd& end, Time ended) {
  require(chat, id);
  fold_pieces(id);
  const ReplyProblem problem = end.problem.value_or(ReplyProblem{});
  database_
      .prepare(
          "UPDATE message SET state = ?2, thinking_seconds = ?3, tool_calls = ?4, notice = ?5, problem_code = ?6, "
          "problem_sentence = ?7 WHERE id = ?1")
      .with(id, word(end.state), end.thinking_seconds,
            end.tool_calls.empty() ? std::string() : column_text(to_json(end.tool_calls)), end.notice, problem.code,
            problem.sentence)
      .run();
  const std::string last_run = "id = (SELECT max(id) FROM run WHERE message = ?1)";
  database_.prepare("UPDATE run SET ended = ?2 WHERE " + last_run).with(id, ended).run();
  database_.prepare("UPDATE chat SET changed = max(changed, ?2) WHERE id = ?1").with(chat, ended).run();
  if (!end.statistics) return;
  const RunStatistics& s = *end.statistics;
  database_
      .prepare(
          "UPDATE run SET stop_reason = ?2, prompt_tokens = ?3, cached_tokens = ?4, generated_tokens = ?5, "
          "thinking_tokens = ?6, tool_calls = ?7, drafted_tokens = ?8, accepted_tokens = ?9, prompt_seconds = ?10, "
          "decode_seconds = ?11, first_token_seconds = ?12, thinking_seconds = ?13, peak_memory_bytes = ?14 WHERE " +
          last_run)
      .with(id, word(s.stop_reason), s.prompt_tokens, s.cached_tokens, s.generated_tokens, s.thinking_tokens,
            s.tool_calls, s.drafted_tokens, s.accepted_tokens, s.prompt_seconds, s.decode_seconds,
            s.first_token_seconds, s.thinking_seconds, s.peak_memory_bytes)
      .run();
}

void ChatDatabase::continue_reply(ChatId chat, MessageId id, const Run& run) {
  require(chat, id);
  database_.prepare("UPDATE message SET state = 'streaming', problem_code = '', problem_sentence = '' WHERE id = ?")
      .with(id)
      .run();
  write_run(id, run);
}

void ChatDatabase::show(ChatId chat, MessageId parent, std::optional<MessageId> child) {
  if (parent == 0)
    database_.prepare("UPDATE chat SET shown = ?2 WHERE id = ?1").with(chat, child).run();
  else
    database_.prepare("UPDATE node SET shown = ?3 WHERE chat = ?1 AND message = ?2").with(chat, parent, child).run();
}

void ChatDatabase::show_version(ChatId chat, MessageId id) {
  std::unordered_set<MessageId> seen;
  Statement up = database_.prepare("SELECT parent FROM node WHERE chat = ? AND message = ?");
  while (id != 0) {
    if (!up.with(chat, id).step()) fail(Errc::not_found, "chat store: chat {} has no message {}", chat, id);
    if (!seen.insert(id).second)
      fail(Errc::corrupt, "chat store: the messages of chat {} lead round in a circle", chat);
    const MessageId parent = up.integer(0);
    up.reset();
    show(chat, parent, id);
    id = parent;
  }
}

void ChatDatabase::set_deleted(ChatId chat, MessageId id, std::optional<Time> since) {
  require(chat, id);
  database_.prepare("UPDATE node SET deleted = ?3 WHERE chat = ?1 AND message = ?2").with(chat, id, since).run();
  if (!since) return show_version(chat, id);
  // Another version takes its place, where there is one. Without one, what follows it stays.
  const std::vector<MessageId> others = versions(chat, id);
  if (!others.empty()) show_version(chat, others.back());
}

std::vector<MessageId> ChatDatabase::versions(ChatId chat, MessageId id) {
  std::vector<MessageId> found;
  Statement rows = database_.prepare(
      "SELECT message FROM node WHERE chat = ?1 AND deleted IS NULL AND parent IS "
      "(SELECT parent FROM node WHERE chat = ?1 AND message = ?2) ORDER BY message");
  rows.with(chat, id);
  while (rows.step()) found.push_back(rows.integer(0));
  return found;
}

std::vector<Message> ChatDatabase::tree(ChatId id) {
  std::map<MessageId, std::vector<Message>> children;
  {
    Statement rows = database_.prepare("SELECT " + std::string(message_columns) +
                                       " FROM node n JOIN message m ON m.id = n.message "
                                       "WHERE n.chat = ? AND n.deleted IS NULL ORDER BY m.id");
    rows.with(id);
    while (rows.step()) {
      Message message = read_row(rows);
      children[message.parent].push_back(std::move(message));
    }
  }
  // The parent of what followed a deleted message is what came before it.
  Statement deleted = database_.prepare(
      "SELECT message, parent FROM node WHERE chat = ? AND deleted IS NOT NULL ORDER BY message DESC");
  deleted.with(id);
  while (deleted.step()) {
    auto orphans = children.extract(deleted.integer(0));
    if (orphans.empty()) continue;
    for (Message& message : orphans.mapped()) {
      message.parent = deleted.integer(1);
      children[message.parent].push_back(std::move(message));
    }
  }
  std::vector<Message> ordered;
  std::vector<MessageId> waiting{0};
  for (std::size_t next = 0; next < waiting.size(); ++next) {
    auto group = children.extract(waiting[next]);
    if (group.empty()) continue;
    for (Message& message : group.mapped()) {
      waiting.push_back(message.id);
      ordered.push_back(std::move(message));
    }
  }
  Statement run =
      database_.prepare("SELECT " + std::string(run_columns) + " FROM run WHERE message = ? ORDER BY id DESC LIMIT 1");
  for (Message& message : ordered) {
    if (run.with(message.id).step()) message.run = read_run(run);
    run.reset();
    message.attachments = attachments(message.id);
  }
  return ordered;
}

std::uint64_t ChatDatabase::interrupt_streaming() {
  std::vector<MessageId> open;
  Statement rows = database_.prepare("SELECT id FROM message WHERE state = 'streaming'");
  while (rows.step()) open.push_back(rows.integer(0));
  for (const MessageId id : open) {
    fold_pieces(id);
    database_.prepare("UPDATE message SET state = 'interrupted' WHERE id = ?").with(id).run();
  }
  return open.size();
}

}  // namespace etna::chats

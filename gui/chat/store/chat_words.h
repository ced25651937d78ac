#pragma once

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "gui/chat/store/chat_records.h"

/// How values are spelled in the database and in exported files. Only included by .cpp files.
namespace etna::chats {

std::string_view word(Role role);
std::string_view word(MessageState state);
std::string_view word(TitleSource source);
std::string_view word(StopReason reason);

std::optional<Role> role_of(std::string_view word);
std::optional<MessageState> state_of(std::string_view word);
std::optional<TitleSource> title_source_of(std::string_view word);
std::optional<StopReason> stop_reason_of(std::string_view word);

nlohmann::json to_json(const ChatSettings& settings);
nlohmann::json to_json(const std::vector<ToolCall>& calls);
nlohmann::json run_settings_json(const Run& run);
nlohmann::json to_json(const ContextFit& context);

/// What of a reply's figures has no column: the seed that was drawn, where its prompt came from, and why not more.
nlohmann::json outcome_json(const RunStatistics& statistics);

// What is absent or of another kind is left at its default.
ChatSettings settings_from_json(const nlohmann::json& json);
ContextFit context_from_json(const nlohmann::json& json);
std::vector<ToolCall> tool_calls_from_json(const nlohmann::json& json);
void read_run_settings(const nlohmann::json& json, Run& run);
void read_outcome(const nlohmann::json& run_settings, RunStatistics& statistics);

// The texts of columns. Broken ones are empty.
std::string column_text(const nlohmann::json& json);
nlohmann::json json_of_column(const std::string& text);

Time now();

}  // namespace etna::chats

#include "engine/training/data/format.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/error.h"

namespace etna::training {

namespace {

constexpr std::array<std::pair<const char*, ColumnRole>, 7> role_names = {{{"ignore", ColumnRole::ignore},
                                                                           {"prompt", ColumnRole::prompt},
                                                                           {"answer", ColumnRole::answer},
                                                                           {"system", ColumnRole::system},
                                                                           {"text", ColumnRole::text},
                                                                           {"messages", ColumnRole::messages},
                                                                           {"tools", ColumnRole::tools}}};

/// What published data sets call their columns, in small letters. Several columns may be parts of a prompt.
constexpr std::pair<std::string_view, ColumnRole> usual_names[] = {
    {"prompt", ColumnRole::prompt},     {"instruction", ColumnRole::prompt},     {"question", ColumnRole::prompt},
    {"query", ColumnRole::prompt},      {"input", ColumnRole::prompt},           {"context", ColumnRole::prompt},
    {"user", ColumnRole::prompt},       {"completion", ColumnRole::answer},      {"answer", ColumnRole::answer},
    {"output", ColumnRole::answer},     {"response", ColumnRole::answer},        {"assistant", ColumnRole::answer},
    {"system", ColumnRole::system},     {"system_prompt", ColumnRole::system},   {"text", ColumnRole::text},
    {"content", ColumnRole::text},      {"conversations", ColumnRole::messages}, {"conversation", ColumnRole::messages},
    {"messages", ColumnRole::messages}, {"dialog", ColumnRole::messages},        {"dialogue", ColumnRole::messages},
    {"tools", ColumnRole::tools}};

const ColumnSample* find(const std::vector<ColumnSample>& columns, std::string_view name) {
  const auto found = std::ranges::find(columns, name, &ColumnSample::name);
  return found == columns.end() ? nullptr : &*found;
}

std::string in_small_letters(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// A form that the columns have, whether or not their names say so; the columns that do not belong to it are ignored.
ColumnMapping guess(const std::vector<ColumnSample>& columns) {
  ColumnMapping all;
  for (const ColumnSample& column : columns) {
    const std::string name = in_small_letters(column.name);
    const auto usual = std::ranges::find(usual_names, name, &std::pair<std::string_view, ColumnRole>::first);
    ColumnRole role = usual == std::end(usual_names) ? ColumnRole::ignore : usual->second;
    const bool is_messages = role == ColumnRole::messages;
    if (column.is_dialog)
      role = ColumnRole::messages;
    else if (is_messages || (role != ColumnRole::tools && !column.is_text))
      role = ColumnRole::ignore;
    if (role == ColumnRole::messages && all.has(role)) role = ColumnRole::ignore;
    all.columns.push_back({column.name, role});
  }
  const auto keep = [&](std::initializer_list<ColumnRole> roles) {
    for (ColumnMapping::Column& column : all.columns) {
      if (std::ranges::find(roles, column.role) == roles.end()) column.role = ColumnRole::ignore;
    }
  };
  if (all.has(ColumnRole::messages))
    keep({ColumnRole::messages, ColumnRole::tools});
  else if (all.has(ColumnRole::prompt) && all.has(ColumnRole::answer))
    keep({ColumnRole::prompt, ColumnRole::answer, ColumnRole::system, ColumnRole::tools});
  else if (all.has(ColumnRole::text))
    keep({ColumnRole::text});
  return all;
}

}  // namespace

const char* name(ColumnRole role) {
  return role_names[static_cast<std::size_t>(role)].first;
}

ColumnRole role_named(std::string_view name) {
  for (const auto& [known, role] : role_names) {
    if (name == known) return role;
  }
  fail(Errc::invalid_argument,
       "columns: '{}' is not known; known are ignore, prompt, answer, system, text, messages and tools", name);
}

bool ColumnMapping::has(ColumnRole role) const {
  return std::ranges::find(columns, role, &Column::role) != columns.end();
}

DataKind ColumnMapping::kind() const {
  if (has(ColumnRole::messages)) return has(ColumnRole::tools) ? DataKind::tools : DataKind::chat;
  if (has(ColumnRole::prompt) && has(ColumnRole::answer)) return DataKind::completions;
  return has(ColumnRole::text) ? DataKind::text : DataKind::unclear;
}

const char* words(DataKind kind) {
  switch (kind) {
    case DataKind::chat: return "Chat messages (role and content)";
    case DataKind::tools: return "Chat messages with tools (role, content and functions)";
    case DataKind::completions: return "Prompts and answers";
    case DataKind::text: return "Plain text";
    case DataKind::unclear: return "Unclear: say which column holds what";
  }
  return "";
}

DataFormat detect_format(std::vector<ColumnSample> columns) {
  DataFormat format;
  const ColumnSample *prompt = find(columns, "prompt"), *completion = find(columns, "completion"),
                     *text = find(columns, "text");
  const ColumnSample *messages = find(columns, "messages"), *tools = find(columns, "tools");
  if (prompt && completion && prompt->is_text && completion->is_text) {
    format.mapping.columns = {{"prompt", ColumnRole::prompt}, {"completion", ColumnRole::answer}};
  } else if (messages && messages->is_dialog) {
    format.mapping.columns = {{"messages", ColumnRole::messages}};
  } else if (text && text->is_text) {
    format.mapping.columns = {{"text", ColumnRole::text}};
  }
  if (format.mapping.columns.empty()) {
    format.mapping = guess(columns);
  } else {
    if (tools && format.mapping.columns[0].role != ColumnRole::text)
      format.mapping.columns.push_back({"tools", ColumnRole::tools});
    format.kind = format.mapping.kind();
  }
  format.words = words(format.kind);
  format.columns = std::move(columns);
  return format;
}

}  // namespace etna::training

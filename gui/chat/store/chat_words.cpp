#include "gui/chat/store/chat_words.h"

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/json.h"
#include "gui/chat/store/chat_database.h"

namespace etna::chats {
namespace {

using nlohmann::json;

template <class Value, std::size_t n>
using Words = std::array<std::pair<Value, std::string_view>, n>;

constexpr Words<Role, 4> roles = {
    {{Role::user, "user"}, {Role::assistant, "assistant"}, {Role::system, "system"}, {Role::tool, "tool"}}};

// No word for "unreadable": it is never written.
constexpr Words<MessageState, 4> states = {{{MessageState::done, "done"},
                                            {MessageState::streaming, "streaming"},
                                            {MessageState::interrupted, "interrupted"},
                                            {MessageState::failed, "failed"}}};

constexpr Words<TitleSource, 3> title_sources = {
    {{TitleSource::first_words, "first_words"}, {TitleSource::model, "model"}, {TitleSource::person, "person"}}};

constexpr Words<StopReason, 8> stop_reasons = {{{StopReason::end_of_text, "end_of_text"},
                                                {StopReason::stopped, "stopped"},
                                                {StopReason::stop_text, "stop_text"},
                                                {StopReason::length, "length"},
                                                {StopReason::context_full, "context_full"},
                                                {StopReason::model_unloaded, "model_unloaded"},
                                                {StopReason::failed, "failed"},
                                                {StopReason::tool_call, "tool_call"}}};

constexpr Words<Overflow, 3> overflows = {
    {{Overflow::ask, "ask"}, {Overflow::drop_oldest, "drop_oldest"}, {Overflow::drop_middle, "drop_middle"}}};

template <class Value, std::size_t n>
std::string_view spell(const Words<Value, n>& words, Value value) {
  for (const auto& [known, spelled] : words) {
    if (known == value) return spelled;
  }
  fail(Errc::invalid_argument, "chat store: a value that has no name");
}

template <class Value, std::size_t n>
std::optional<Value> find(const Words<Value, n>& words, std::string_view spelled) {
  for (const auto& [value, known] : words) {
    if (known == spelled) return value;
  }
  return {};
}

template <class T>
void put(json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

const json* member(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

void take(const json& object, const char* key, std::string& value) {
  if (const json* found = member(object, key); found && found->is_string()) value = found->get<std::string>();
}

void take(const json& object, const char* key, double& value) {
  if (const json* found = member(object, key); found && found->is_number()) value = found->get<double>();
}

void take(const json& object, const char* key, std::uint64_t& value) {
  if (const json* found = member(object, key); found && found->is_number_unsigned())
    value = found->get<std::uint64_t>();
}

void take(const json& object, const char* key, int& value) {
  const json* found = member(object, key);
  if (!found || !found->is_number_integer()) return;
  const auto number = found->get<std::int64_t>();
  if (std::in_range<int>(number)) value = static_cast<int>(number);
}

void take(const json& object, const char* key, bool& value) {
  if (const json* found = member(object, key); found && found->is_boolean()) value = found->get<bool>();
}

void take(const json& object, const char* key, std::vector<std::string>& values) {
  const json* found = member(object, key);
  if (!found || !found->is_array()) return;
  for (const json& value : *found) {
    if (value.is_string()) values.push_back(value.get<std::string>());
  }
}

void take(const json& object, const char* key, Overflow& value) {
  std::string spelled;
  take(object, key, spelled);
  value = find(overflows, spelled).value_or(Overflow::ask);
}

template <class T>
void take(const json& object, const char* key, std::optional<T>& value) {
  if (!member(object, key)) return;
  // A value of the wrong kind leaves the default's mark.
  T known{};
  const json* found = member(object, key);
  const bool fits = std::is_same_v<T, bool> ? found->is_boolean() : found->is_number();
  if (!fits) return;
  take(object, key, known);
  value = known;
}

}  // namespace

std::string_view word(Role role) {
  return spell(roles, role);
}

std::string_view word(MessageState state) {
  return spell(states, state);
}

std::string_view word(TitleSource source) {
  return spell(title_sources, source);
}

std::string_view word(StopReason reason) {
  return spell(stop_reasons, reason);
}

std::optional<Role> role_of(std::string_view word) {
  return find(roles, word);
}

std::optional<MessageState> state_of(std::string_view word) {
  return find(states, word);
}

std::optional<TitleSource> title_source_of(std::string_view word) {
  return find(title_sources, word);
}

std::optional<StopReason> stop_reason_of(std::string_view word) {
  return find(stop_reasons, word);
}

json to_json(const ChatSettings& settings) {
  json object = json::object();
  if (!settings.system_prompt.empty()) object["system_prompt"] = settings.system_prompt;
  if (!settings.model.empty()) object["model"] = settings.model;
  if (!settings.snapshot.empty()) object["snapshot"] = settings.snapshot;
  put(object, "thinks", settings.thinks);
  put(object, "temperature", settings.temperature);
  put(object, "top_p", settings.top_p);
  put(object, "min_p", settings.min_p);
  put(object, "repetition_penalty", settings.repetition_penalty);
  put(object, "top_k", settings.top_k);
  put(object, "max_tokens", settings.max_tokens);
  put(object, "seed", settings.seed);
  put(object, "context_length", settings.context_length);
  if (!settings.stop_texts.empty()) object["stop_texts"] = settings.stop_texts;
  if (settings.overflow != Overflow::ask) object["overflow"] = spell(overflows, settings.overflow);
  return object;
}

ChatSettings settings_from_json(const json& object) {
  ChatSettings settings;
  take(object, "system_prompt", settings.system_prompt);
  take(object, "model", settings.model);
  take(object, "snapshot", settings.snapshot);
  take(object, "thinks", settings.thinks);
  take(object, "temperature", settings.temperature);
  take(object, "top_p", settings.top_p);
  take(object, "min_p", settings.min_p);
  take(object, "repetition_penalty", settings.repetition_penalty);
  take(object, "top_k", settings.top_k);
  take(object, "max_tokens", settings.max_tokens);
  take(object, "seed", settings.seed);
  take(object, "context_length", settings.context_length);
  take(object, "stop_texts", settings.stop_texts);
  take(object, "overflow", settings.overflow);
  return settings;
}

json to_json(const std::vector<ToolCall>& calls) {
  json list = json::array();
  for (const ToolCall& call : calls)
    list.push_back({{"name", call.name}, {"arguments", call.arguments}, {"id", call.id}});
  return list;
}

std::vector<ToolCall> tool_calls_from_json(const json& list) {
  std::vector<ToolCall> calls;
  if (!list.is_array()) return calls;
  for (const json& entry : list) {
    ToolCall call;
    take(entry, "name", call.name);
    take(entry, "arguments", call.arguments);
    take(entry, "id", call.id);
    calls.push_back(std::move(call));
  }
  return calls;
}

json run_settings_json(const Run& run) {
  const SamplingSettings& sampling = run.sampling;
  json object = {{"temperature", sampling.temperature},
                 {"top_p", sampling.top_p},
                 {"top_k", sampling.top_k},
                 {"min_p", sampling.min_p},
                 {"repetition_penalty", sampling.repetition_penalty},
                 {"max_tokens", run.max_tokens}};
  put(object, "seed", sampling.seed);
  put(object, "thinking_enabled", run.thinking_enabled);
  if (sampling.xtc_probability > 0) {
    object["xtc_probability"] = sampling.xtc_probability;
    object["xtc_threshold"] = sampling.xtc_threshold;
  }
  if (!run.stop_texts.empty()) object["stop_texts"] = run.stop_texts;
  if (run.overflow != Overflow::ask) object["overflow"] = spell(overflows, run.overflow);
  if (sampling.presence_penalty != 0) object["presence_penalty"] = sampling.presence_penalty;
  if (sampling.frequency_penalty != 0) object["frequency_penalty"] = sampling.frequency_penalty;
  if (run.statistics) object["outcome"] = outcome_json(*run.statistics);
  return object;
}

json outcome_json(const RunStatistics& statistics) {
  const CacheReport& cache = statistics.cache;
  json object = json::object();
  put(object, "seed", statistics.seed);
  const auto put_count = [&](const char* key, std::uint64_t count) {
    if (count > 0) object[key] = count;
  };
  put_count("from_context", cache.tokens.context);
  put_count("from_memory", cache.tokens.memory);
  put_count("from_disk", cache.tokens.disk);
  put_count("from_snapshot", cache.tokens.snapshot);
  put_count("missed_tokens", cache.missed_tokens);
  if (!cache.sentence.empty()) object["miss"] = cache.sentence;
  return object;
}

void read_outcome(const json& run_settings, RunStatistics& statistics) {
  const json* outcome = member(run_settings, "outcome");
  if (!outcome) return;
  CacheReport& cache = statistics.cache;
  take(*outcome, "seed", statistics.seed);
  take(*outcome, "from_context", cache.tokens.context);
  take(*outcome, "from_memory", cache.tokens.memory);
  take(*outcome, "from_disk", cache.tokens.disk);
  take(*outcome, "from_snapshot", cache.tokens.snapshot);
  take(*outcome, "missed_tokens", cache.missed_tokens);
  take(*outcome, "miss", cache.sentence);
}

void read_run_settings(const json& object, Run& run) {
  SamplingSettings& sampling = run.sampling;
  take(object, "temperature", sampling.temperature);
  take(object, "top_p", sampling.top_p);
  take(object, "top_k", sampling.top_k);
  take(object, "min_p", sampling.min_p);
  take(object, "repetition_penalty", sampling.repetition_penalty);
  take(object, "max_tokens", run.max_tokens);
  take(object, "seed", sampling.seed);
  take(object, "thinking_enabled", run.thinking_enabled);
  take(object, "xtc_probability", sampling.xtc_probability);
  take(object, "xtc_threshold", sampling.xtc_threshold);
  take(object, "presence_penalty", sampling.presence_penalty);
  take(object, "frequency_penalty", sampling.frequency_penalty);
  take(object, "stop_texts", run.stop_texts);
  take(object, "overflow", run.overflow);
}

json to_json(const ContextFit& context) {
  json object = {{"size", context.size}, {"needed", context.needed}, {"fits", context.fits}};
  if (context.left_out.messages > 0) {
    object["left_out"] = {
        {"first", context.left_out.first}, {"messages", context.left_out.messages}, {"turns", context.left_out.turns}};
  }
  return object;
}

ContextFit context_from_json(const json& object) {
  ContextFit context;
  take(object, "size", context.size);
  take(object, "needed", context.needed);
  take(object, "fits", context.fits);
  if (const json* left_out = member(object, "left_out")) {
    take(*left_out, "first", context.left_out.first);
    take(*left_out, "messages", context.left_out.messages);
    take(*left_out, "turns", context.left_out.turns);
  }
  return context;
}

std::string column_text(const json& value) {
  // A model's arguments may hold broken UTF-8: never a reason not to keep a reply.
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json json_of_column(const std::string& text) {
  if (text.empty()) return {};
  try {
    return parse_json(text, "chat store", 64);
  } catch (const Error&) {
    return {};
  }
}

Time now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string settings_text(const ChatSettings& settings) {
  return column_text(to_json(settings));
}

ChatSettings settings_from(const std::string& text) {
  return settings_from_json(json_of_column(text));
}

}  // namespace etna::chats

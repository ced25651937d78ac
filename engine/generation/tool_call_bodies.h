#pragma once

#include <string_view>
#include <vector>

#include "engine/generation/tool_calls.h"

/// One function for each notation of tool calls; see ToolCallFormat::parse.
namespace etna::tool_call_bodies {

/// {"name": "f", "arguments": {…}}, a list of them, or several one after the other, with ";" between them or nothing.
/// "parameters" may stand for "arguments", "function" for a nested object or the name.
std::vector<ToolCall> json(std::string_view body, const ToolSchemas& schemas);

/// f[ARGS]{…} or f[CALL_ID]id[ARGS]{…}; or the JSON list of older models.
std::vector<ToolCall> mistral(std::string_view body, const ToolSchemas& schemas);

/// <|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{…}<|tool_call_end|>, several of them.
std::vector<ToolCall> kimi_k2(std::string_view body, const ToolSchemas& schemas);

/// f<arg_key>k</arg_key><arg_value>v</arg_value>…; or JSON; or f k=v k=v.
std::vector<ToolCall> glm47(std::string_view body, const ToolSchemas& schemas);

/// The same with <longcat_arg_key> and <longcat_arg_value>.
std::vector<ToolCall> longcat(std::string_view body, const ToolSchemas& schemas);

/// <function=f><parameter=k>v</parameter>…</function>, several of them.
std::vector<ToolCall> qwen3_coder(std::string_view body, const ToolSchemas& schemas);

/// <invoke name="f"><parameter name="k">v</parameter>…</invoke>, several of them.
std::vector<ToolCall> minimax_m2(std::string_view body, const ToolSchemas& schemas);

/// call:f{k:<|"|>v<|"|>,n:1,o:{…},l:[…]}, several of them.
std::vector<ToolCall> gemma4(std::string_view body, const ToolSchemas& schemas);

/// The same with <escape> around texts.
std::vector<ToolCall> function_gemma(std::string_view body, const ToolSchemas& schemas);

/// [f(a=1, b="x"), g()]: Python.
std::vector<ToolCall> pythonic(std::string_view body, const ToolSchemas& schemas);

/// The header of a message and its text, with <|message|> between them: the recipient "to=functions.f" names the
/// function, the text is JSON.
std::vector<ToolCall> harmony(std::string_view body, const ToolSchemas& schemas);

}  // namespace etna::tool_call_bodies

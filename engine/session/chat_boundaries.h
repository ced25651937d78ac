#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/session/messages.h"
#include "engine/session/model_host.h"

namespace etna {

/// Where in the tokens of a prompt another prompt may part from it: behind the instructions, before the last message, behind
/// it. Ascending, inside the prompt; what a template refuses to render is left out.
std::vector<std::int64_t> message_boundaries(const ModelHost& host, const ChatRequest& request, std::span<const std::int32_t> prompt);

/// Which message (an index into ChatRequest::messages) the token at `position` of the prompt belongs to; -1 where that
/// cannot be said.
int message_at(const ModelHost& host, const ChatRequest& request, std::span<const std::int32_t> prompt, std::int64_t position);

}  // namespace etna

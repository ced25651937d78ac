#pragma once

#include "engine/base/progress.h"
#include "engine/session/messages.h"
#include "engine/session/model_host.h"
#include "engine/session/prompt_reader.h"

namespace etna {

/// Reads a request's text with a loaded model and saves what its context is then. A snapshot of instructions alone ends where
/// a user begins to speak, so that every chat with these instructions begins with it; other snapshots end behind the last
/// message; a file ends where the last message's content does, as mlx-lm's.
///
/// Throws what read_chat_request throws; invalid_argument for a text that does not fit the context; io, cancelled.
SavedContext save_context(ModelHost& host, const SaveContextRequest& request, const PromptCaches& caches, const Progress& progress);

}  // namespace etna

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/session/model_files.h"
#include "engine/training/learner.h"

namespace etna {

/// Answers of a model as it is trained right now, so that people see what it learns: the most likely text, the same
/// prompts each time. Throws as Runner (out_of_memory) and make_chat_prompt.
std::vector<std::string> sample_answers(const training::Learner& learner, const ModelFiles& files,
                                        const std::vector<std::string>& prompts, std::uint64_t max_tokens,
                                        const std::stop_token& stop);

}  // namespace etna

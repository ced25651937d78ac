#include "engine/session/prompt_history.h"

#include <algorithm>
#include <utility>

namespace etna {

namespace {

std::size_t same_tokens(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

void PromptHistory::add(const std::string& model, PastPrompt prompt) {
  std::deque<PastPrompt>& prompts = prompts_[model];
  std::erase_if(prompts, [&](const PastPrompt& old) {
    const bool continued = same_tokens(old.tokens, prompt.tokens) == old.tokens.size();
    return continued || (!prompt.conversation.empty() && old.conversation == prompt.conversation);
  });
  prompts.push_front(std::move(prompt));
  if (prompts.size() > most) prompts.pop_back();
}

void PromptHistory::forget(const PromptSelection& which) {
  for (auto& [fingerprint, prompts] : prompts_) std::erase_if(prompts, [&](const PastPrompt& prompt) { return which.means(prompt.conversation, prompt.model); });
}

PromptHistory::Match PromptHistory::closest(const std::string& model, std::span<const std::int32_t> tokens, const std::string& conversation) const {
  Match best;
  const auto found = prompts_.find(model);
  if (found == prompts_.end()) return best;
  for (const PastPrompt& prompt : found->second) {
    const std::size_t same = same_tokens(prompt.tokens, tokens);
    const bool own = !conversation.empty() && prompt.conversation == conversation;
    if (own) return {&prompt, same};
    if (same > 0 && (!best.prompt || same > best.same)) best = {&prompt, same};
  }
  return best;
}

}  // namespace etna

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/session/prompt_cache_messages.h"

namespace etna {

/// A prompt that was read, with the answer to it.
struct PastPrompt {
  std::vector<std::int32_t> tokens;
  std::string conversation;
  std::string settings;  ///< of the context that read it
  std::string model;     ///< its name
};

/// What models have read lately: why a cache has nothing for a prompt is seen by what went before. One thread.
class PromptHistory {
public:
  static constexpr std::size_t most = 24;  ///< prompts of a model

  /// `model`: its fingerprint. Replaces what it continues, and the conversation's last one.
  void add(const std::string& model, PastPrompt prompt);

  void forget(const PromptSelection& which);

  bool knows(const std::string& model) const { return prompts_.contains(model); }

  /// The one that shares most tokens with `tokens` (of the conversation, if that is given and has one) and how many.
  struct Match {
    const PastPrompt* prompt = nullptr;
    std::size_t same = 0;
  };
  Match closest(const std::string& model, std::span<const std::int32_t> tokens, const std::string& conversation) const;

private:
  std::map<std::string, std::deque<PastPrompt>> prompts_;  // latest first
};

}  // namespace etna

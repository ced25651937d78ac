#include "engine/training_samples.h"

#include <algorithm>
#include <cmath>

#include "engine/generation/runner.h"
#include "engine/generation/stop_tokens.h"
#include "engine/session/chat_prompt.h"

namespace etna {

namespace {

std::int32_t most_likely(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin());
}

}  // namespace

std::vector<std::string> sample_answers(const training::Learner& learner, const ModelFiles& files,
                                        const std::vector<std::string>& prompts, std::uint64_t max_tokens,
                                        const std::stop_token& stop) {
  std::vector<std::string> answers;
  if (!files.tokenizer) return answers;
  const std::vector<std::int32_t> ends = stop_tokens(files.config.eos_token_ids, files.tokenizer.get());
  for (const std::string& prompt : prompts) {
    ChatRequest request;
    if (files.tokenizer->chat_template().empty())
      request.raw_prompt = prompt;
    else
      request.messages = {{.role = "user", .content = prompt}};
    const std::vector<std::int32_t> ids = make_chat_prompt(*files.tokenizer, files.path, request).ids;
    RunnerOptions options{.batch = 1,
                          .capacity = static_cast<std::int64_t>(ids.size() + max_tokens),
                          .activations = learner.activations()};
    Runner runner(learner.model(), learner.backend(), learner.owner(), files.config.vocab_size, options);
    const auto last = static_cast<std::int64_t>(ids.size()) - 1;
    const std::vector<float> logits = runner.append_for_logits(0, ids, std::span(&last, 1), {{}, stop});
    std::vector<std::int32_t> answer{most_likely(logits)};
    while (answer.size() < max_tokens && std::ranges::find(ends, answer.back()) == ends.end() &&
           !stop.stop_requested()) {
      answer.push_back(most_likely(runner.step(std::span(&answer.back(), 1))));
    }
    answers.push_back(files.tokenizer->decode(answer, SkipSpecialTokens::yes));
  }
  return answers;
}

}  // namespace etna

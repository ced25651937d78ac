#include <unistd.h>

#include <iostream>

#include "cli/commands/commands.h"
#include "cli/commands/engine_client.h"
#include "cli/commands/terminal.h"

namespace etna::cli {

namespace {

constexpr const char* help =
    "The command list:\n- 'q' to exit\n- 'r' to reset the chat\n- 'h' to display these commands\nCtrl+C stops an "
    "answer.";

/// A conversation in memory.
class Conversation {
public:
  Conversation(EngineClient& engine, const ChatOptions& options) : engine_(engine), options_(options) { reset(); }

  void reset() {
    messages_.clear();
    if (!options_.system_prompt.empty()) messages_.push_back({"system", options_.system_prompt});
  }

  void ask(const std::string& text) {
    messages_.push_back({"user", text});
    ChatRequest request;
    request.messages = messages_;
    request.sampling = options_.sampling;
    request.speculation = options_.speculation;
    request.max_tokens = options_.max_tokens;
    request.use_default_chat_template = options_.chat_template.use_default;
    request.template_arguments = options_.chat_template.arguments;
    request.extra_stop_tokens = options_.chat_template.extra_eos_tokens;
    request.conversation = "terminal";
    AnswerView answer(options_.output == Output::text ? Show::everything : Show::nothing);
    const RunStatistics statistics = engine_.chat(std::move(request), answer);
    if (options_.output == Output::json) print(answer_json(answer, statistics) + "\n");
    if (options_.statistics) note(summary(statistics));
    if (statistics.stop_reason != StopReason::end_of_text) note(std::string("(") + words(statistics.stop_reason) + ")");
    // No tools are offered here: a call that a model makes up has no answer and would end the conversation.
    messages_.push_back({"assistant", answer.text(), answer.thinking()});
  }

private:
  EngineClient& engine_;
  const ChatOptions& options_;
  std::vector<ChatMessage> messages_;
};

}  // namespace

int run_chat(const ChatOptions& options) {
  EngineClient engine;
  if (options.disk_cache.enabled) engine.set_prompt_cache(options.disk_cache.settings());
  const ModelInfo model = engine.load(options.model);
  introduce(model);
  if (!model.has_chat_template && !options.chat_template.use_default) {
    fail(Errc::unsupported, "{} has no chat template; use generate, or --use-default-chat-template", model.name);
  }
  const bool interactive = ::isatty(STDIN_FILENO) == 1 && options.output == Output::text;
  if (interactive) note("Chatting with " + model.name + " on " + model.device + ".\n" + help);
  Conversation conversation(engine, options);
  std::string line;
  while (true) {
    if (interactive) print(">> ");
    if (!std::getline(std::cin, line) || line == "q") break;
    if (line == "r")
      conversation.reset();
    else if (line == "h")
      note(help);
    else if (!line.empty())
      conversation.ask(line);
  }
  if (interactive) print("\n");
  return exit_success;
}

}  // namespace etna::cli

#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "cli/commands/hub_client.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/base/error.h"
#include "hub/token.h"

namespace etna::cli {

namespace {

/// While it lives, what is typed is not shown.
class NoEcho {
public:
  NoEcho() : has_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!has_terminal_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }

  ~NoEcho() {
    if (has_terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

private:
  termios before_{};
  bool has_terminal_;
};

/// From the option, else standard input: typed unseen, or piped.
std::string ask_token(const LoginOptions& options) {
  std::string token = options.token;
  if (!token.empty()) {
    note("Other users of this computer may have seen the token in the list of processes. Better: etna-cli login < FILE");
  } else if (is_interactive()) {
    fmt::print(stderr, "Access token (made at https://huggingface.co/settings/tokens; nothing is shown): ");
    std::fflush(stderr);
    const CatchInterrupt interrupt;  // the terminal must show again what is typed
    const NoEcho silent;
    token = read_line().value_or("");
    note("");
    if (interrupt.caught()) fail(Errc::cancelled, "login was stopped; nothing was changed");
  } else {
    token = read_line().value_or("");
  }
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!token.empty() && is_space(token.back())) token.pop_back();
  token.erase(0, static_cast<std::size_t>(std::ranges::find_if_not(token, is_space) - token.begin()));
  if (token.empty()) fail(Errc::invalid_argument, "login: no token was given");
  const bool plain = std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!plain || token.size() > 4096)
    fail(Errc::invalid_argument, "login: that is no access token: a token is one word of printable characters");
  return token;
}

JsonText account_json(const hub::Account& account) {
  JsonText text;
  text.add("user", account.name)
      .add("full_name", account.full_name)
      .add("token_name", account.token_name)
      .add("token_role", account.token_role)
      .add("can_write", account.can_write())
      .add("organizations", std::span<const std::string>(account.organizations));
  return text;
}

std::string account_text(const hub::Account& account) {
  const std::string rights = account.token_role.empty() ? "" : fmt::format(" (token with the role “{}”)", account.token_role);
  return account.name + rights;
}

int sign_in(const LoginOptions& options) {
  const std::string token = ask_token(options);
  const HubClient client(options.hub, token);
  const hub::Account account = client.api().who_am_i();
  hub::FileTokenStore store(client.environment().token_file);
  store.write(token);
  if (options.output == Output::json)
    print(account_json(account).add("signed_in", true).add("token_file", store.place()).object() + "\n");
  else
    print(fmt::format("Signed in as {}. The token is kept in {}, where other Hugging Face programs find it.\n",
                      account_text(account), store.place()));
  if (!HubClient(options.hub).sends_token())
    note(fmt::format("It is sent to Hugging Face only. For {} set HF_TOKEN.", client.environment().endpoint));
  if (!client.environment().token.empty()) note("HF_TOKEN is set and goes before the token that was kept now.");
  return exit_success;
}

int sign_out(const LoginOptions& options) {
  const hub::HubEnvironment environment = HubClient(options.hub, "").environment();
  hub::FileTokenStore store(environment.token_file);
  const bool was_there = store.read().has_value();
  store.erase();
  const bool remains = !environment.token.empty();
  if (options.output == Output::json)
    print(JsonText().add("signed_in", remains).add("removed", was_there).add("token_file", store.place()).object() + "\n");
  else
    print(was_there ? fmt::format("Signed out. {} is removed.\n", store.place()) : std::string("Nobody was signed in.\n"));
  if (remains) note("HF_TOKEN is still set: unset it to be signed out.");
  if (was_there) note("The token itself stays valid until it is revoked at https://huggingface.co/settings/tokens.");
  return exit_success;
}

int show_status(const LoginOptions& options) {
  const HubClient client(options.hub);
  if (!client.token()) {
    if (options.output == Output::json)
      print(JsonText().add("signed_in", false).add("token_file", client.environment().token_file.string()).object() + "\n");
    else
      print("Nobody is signed in. Sign in with: etna-cli login\n");
    return exit_other;  // as grep does: the answer is no
  }
  if (!client.sends_token()) {
    fail(Errc::invalid_argument, "the token of {} is sent to Hugging Face only; for {} set HF_TOKEN", client.token()->place,
         client.environment().endpoint);
  }
  const hub::Account account = client.api().who_am_i();
  if (options.output == Output::json)
    print(account_json(account).add("signed_in", true).add("token_place", client.token()->place).object() + "\n");
  else
    print(fmt::format("Signed in as {}. The token comes from {}.\n", account_text(account), client.token()->place));
  return exit_success;
}

}  // namespace

int run_login(const LoginOptions& options) {
  return report_hub_problems(options.output, options.hub, {}, [&] {
    if (options.logout) return sign_out(options);
    return options.status ? show_status(options) : sign_in(options);
  });
}

}  // namespace etna::cli

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "cli/commands/commands.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/workbench.h"

namespace etna::cli {

namespace {

/// Text as a terminal may see it: what would move the cursor or change its colours is written as an escape.
std::string harmless(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == '\n') {
      result += "\\n";
    } else if (byte == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {  // U+0080 to U+009F
      result += fmt::format("\\x{:02x}", next);
      ++i;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// Black on a light ground that differs from its neighbours'; line breaks are shown and made outside of it, so that no
/// terminal paints the rest of the line.
std::string painted(std::size_t index, std::string_view text) {
  constexpr std::array grounds = {153, 157, 223, 218, 189};  // of the 256-colour palette
  return fmt::format("\033[30;48;5;{}m{}\033[0m", grounds[index % grounds.size()], harmless(text));
}

std::string coloured_view(const std::vector<TokenDescription>& tokens) {
  std::string texts, ids;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const TokenDescription& token = tokens[i];
    if (!token.text.empty()) texts += painted(i, token.text);
    if (token.text.find('\n') != token.text.npos) texts += '\n';
    ids += painted(i, fmt::format("{}", token.id)) + " ";
  }
  if (!texts.ends_with('\n')) texts += '\n';
  return texts + "\n" + ids + fmt::format("\n\n{} token{}\n", tokens.size(), tokens.size() == 1 ? "" : "s");
}

std::string plain_view(const std::vector<TokenDescription>& tokens) {
  std::string lines;
  for (const TokenDescription& token : tokens) lines += fmt::format("{}\t{}\n", token.id, harmless(token.token));
  return lines;
}

std::string as_json(const std::vector<TokenDescription>& tokens) {
  std::vector<std::int32_t> ids;
  std::string list = "[";
  for (const TokenDescription& token : tokens) {
    ids.push_back(token.id);
    if (list.size() > 1) list += ",";
    list += JsonText()
                .add("id", token.id)
                .add("token", token.token)
                .add("text", token.text)
                .add("special", token.special)
                .object();
  }
  return JsonText().add("ids", std::span<const std::int32_t>(ids)).add_json("tokens", list + "]").object() + "\n";
}

bool wants_colour(Colour colour) {
  if (colour != Colour::automatic) return colour == Colour::always;
  const char* refused = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (refused == nullptr || *refused == '\0');
}

std::string tokenizer_of(const TokenizeOptions& options) {
  if (!options.tokenizer.empty()) return options.tokenizer;
  const std::string model = options.model.empty() ? Engine::starter_model_path() : options.model;
  if (model.empty())
    fail(Errc::not_found, "the starter model is missing; name a tokenizer with --model or --tokenizer");
  return model;
}

}  // namespace

int run_tokenize(const TokenizeOptions& options) {
  const std::string tokenizer = tokenizer_of(options);
  const std::string text =
      options.text == "-" ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : options.text;
  Workbench bench({.device = "cpu"});
  const std::vector<TokenDescription> tokens =
      bench.describe_tokens(tokenizer, text, options.no_special ? Specials::without : Specials::with);
  if (options.output == Output::json)
    print(as_json(tokens));
  else
    print(wants_colour(options.colour) ? coloured_view(tokens) : plain_view(tokens));
  return exit_success;
}

}  // namespace etna::cli

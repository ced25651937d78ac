#include "hub/problem.h"

#include <fmt/format.h>

#include <iterator>

namespace etna::hub {

namespace {

struct CatalogueLine {
  Trouble trouble;
  std::string_view code;
  std::string_view title;
  Errc errc;
};

constexpr CatalogueLine catalogue[] = {
    {Trouble::no_network, "E-NET-01", "No network connection", Errc::network},
    {Trouble::unknown_host, "E-NET-02", "", Errc::network},
    {Trouble::untrusted, "E-NET-03", "The connection isn't trusted", Errc::network},
    {Trouble::proxy_password, "E-NET-04", "The proxy asks for a password", Errc::network},
    {Trouble::rate_limited, "E-NET-05", "Hugging Face asks us to wait", Errc::network},
    {Trouble::server, "E-NET-06", "Hugging Face has a problem", Errc::network},
    {Trouble::gated, "E-HUB-01", "This model needs your consent", Errc::network},
    {Trouble::token_refused, "E-HUB-02", "The token was not accepted", Errc::network},
    {Trouble::not_found, "E-HUB-03", "Not found on Hugging Face", Errc::not_found},
    {Trouble::changed, "E-HUB-04", "The file changed while downloading", Errc::corrupt},
};

const CatalogueLine& line_of(Trouble trouble) {
  for (const CatalogueLine& line : catalogue) {
    if (line.trouble == trouble) return line;
  }
  return catalogue[5];
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
  return seconds < 120 ? fmt::format("{} s", seconds) : fmt::format("{} min", (seconds + 59) / 60);
}

std::string gate_text(Gate gate) {
  switch (gate) {
    case Gate::waiting: return "You asked for access; its authors have not answered yet.";
    case Gate::rejected: return "Its authors have declined your request for access.";
    case Gate::reset: return "Its authors ask you to request access anew on Hugging Face.";
    case Gate::sign_in: return "Its authors ask you to sign in and to accept a licence on Hugging Face first.";
    case Gate::none:
    case Gate::ask: break;
  }
  return "Its authors ask you to accept a licence on Hugging Face first.";
}

std::string text_without_message(const Problem& problem) {
  const bool given = !problem.reason.empty();
  switch (problem.trouble) {
    case Trouble::no_network:
      return given ? problem.reason : std::string("Etna will go on when the network is back.");
    case Trouble::unknown_host:
      return "The name can't be resolved. Check the network or the proxy setting.";
    case Trouble::untrusted:
      return fmt::format("The certificate of {} was not accepted: {}. A company network may need its own certificate.",
                         problem.host, problem.reason);
    case Trouble::proxy_password: return fmt::format("{} answered 407.", problem.host);
    case Trouble::rate_limited:
      return fmt::format("Too many requests. Trying again in {}.", seconds_text(problem.retry_after));
    case Trouble::server:
      if (given) return fmt::format("{}: {}.", problem.host, problem.reason);
      return fmt::format("{} answered {}.", problem.host, problem.status);
    case Trouble::gated: return gate_text(problem.gate);
    case Trouble::token_refused: return "It may be expired or lack read rights.";
    case Trouble::not_found:
      return fmt::format("“{}” was renamed, removed or is private.", problem.reason);
    case Trouble::changed:
      return given ? problem.reason : std::string("The authors published a new version.");
  }
  return {};
}

}  // namespace

std::string_view Problem::code() const { return line_of(trouble).code; }

std::string Problem::title() const {
  if (trouble == Trouble::unknown_host) return fmt::format("{} can't be found", host);
  return std::string(line_of(trouble).title);
}

std::string Problem::text() const {
  std::string text = text_without_message(*this);
  if (!server_message.empty() && trouble != Trouble::rate_limited) {
    fmt::format_to(std::back_inserter(text), " {} says: {}", host, server_message);
  }
  return text;
}

HubError::HubError(Problem problem)
    : Error(line_of(problem.trouble).errc, fmt::format("{}: {}", problem.title(), problem.text())),
      problem_(std::move(problem)) {}

}  // namespace etna::hub

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/error.h"

/// What can go wrong between Etna and a model hub, as a value: screens, terminal and the download queue decide by it.
namespace etna::hub {

/// The kinds; each has one code of the catalogue ("E-NET-05"), a title and the buttons that go with it.
enum class Trouble {
  no_network,        ///< E-NET-01  this computer has no network, or Etna was told to stay offline
  unknown_host,      ///< E-NET-02  the name can't be resolved
  untrusted,         ///< E-NET-03  certificate or TLS refused; also answers that are too strange to be trusted
  proxy_password,    ///< E-NET-04  407
  rate_limited,      ///< E-NET-05  429
  server,            ///< E-NET-06  5xx, a broken, stalled or refused connection, nonsense instead of an answer
  gated,             ///< E-HUB-01  the authors want consent first; `gate` says how far that has come
  token_refused,     ///< E-HUB-02  401 with a token, or a right that the token lacks
  not_found,         ///< E-HUB-03  no such repository, or private; `missing` says what is missing
  changed,           ///< E-HUB-04  commit, ETag or size is not what it was
};

/// How a caller may go on without the user.
enum class Retry {
  never,             ///< only the user can change something
  with_backoff,      ///< the same request again after Backoff's next delay
  after_delay,       ///< not before `retry_after`
};

/// How far consent has come at a gated repository (hub.md §1.8); the server's own sentence is in `server_message`.
enum class Gate { none, sign_in, ask, waiting, rejected, reset };

/// What a 404 (or 401) says is not there.
enum class Missing { nothing, repository, revision, file };

struct Problem {
  Trouble trouble = Trouble::server;
  Retry retry = Retry::never;
  std::chrono::milliseconds retry_after{0};  ///< with Retry::after_delay
  Gate gate = Gate::none;
  Missing missing = Missing::nothing;
  int status = 0;                            ///< of HTTP; 0: there was no answer
  std::string host = {};
  std::string reason = {};                   ///< untrusted, server: why, in words that fit a sentence ("the certificate
                                             ///< has expired"); not_found: what was asked for ("org/name"); no_network,
                                             ///< changed: a sentence instead of the catalogue's
  std::string server_message = {};           ///< the server's own sentence, redacted, at most 500 bytes; may be empty
  std::string request_id = {};               ///< for bug reports

  /// "E-NET-05".
  std::string_view code() const;

  /// "Hugging Face asks us to wait": the catalogue's title; E-NET-02 names the host.
  std::string title() const;

  /// The catalogue's second line with host, status and seconds filled in.
  std::string text() const;
};

/// The exception for everything that a hub or the way to it refuses: an etna::Error (its message is "title: text",
/// its code is network, not_found, cancelled … so that callers who know only Error still do right) with the value.
/// Thrown by everything in hub/ that talks to a server. A request stopped by its stop_token is a plain Error with
/// Errc::cancelled instead; hostile or broken *content* (JSON, names, headers) is a plain Error with Errc::corrupt.
class HubError : public Error {
public:
  explicit HubError(Problem problem);

  const Problem& problem() const { return problem_; }

private:
  Problem problem_;
};

}  // namespace etna::hub

#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hub/environment.h"

namespace etna::hub {

/// Where Etna keeps a token of its own: a desktop's secret service, or FileTokenStore.
class TokenStore {
public:
  virtual ~TokenStore() = default;
  virtual std::optional<std::string> read() = 0;  ///< none if there is none; throws io
  virtual void write(const std::string& token) = 0;
  virtual void erase() = 0;               ///< nothing happens if there is none
  virtual std::string place() const = 0;  ///< for people: "the desktop's password store", a path
};

/// One line in a file with mode 0600, made in a folder with mode 0700: huggingface_hub's `token` file. A file that
/// others may read is still read; written ones never are readable by others, not even for a moment.
class FileTokenStore : public TokenStore {
public:
  explicit FileTokenStore(std::filesystem::path path) : path_(std::move(path)) {}

  std::optional<std::string> read() override;
  void write(const std::string& token) override;
  void erase() override;

  std::string place() const override { return path_.string(); }

private:
  std::filesystem::path path_;
};

enum class TokenOrigin { environment, file, store };

struct Token {
  std::string value;  ///< a secret: never log, show or put it into a URL
  TokenOrigin origin = TokenOrigin::environment;
  std::string place;  ///< "the environment variable HF_TOKEN", a path, the store's place
};

/// Environment, Etna's store, huggingface_hub's token file: what was given to Etna itself goes before what other
/// programs left. None if nobody has one, or if the environment forbids sending one that was not asked for (then only
/// the store is looked at).
/// A token that could not be a header's value (spaces inside, control characters, over 4096 bytes) is an Error{corrupt}
/// that names its place and not the token.
std::optional<Token> find_token(const HubEnvironment& environment, TokenStore* store);

/// A pasted token without the space around it. Throws invalid_argument where it could not be a header's value, without
/// showing it.
std::string clean_token(std::string_view pasted);

/// "hf_ab…yz": enough to recognise one's own token by; short ones become "…".
std::string masked_token(std::string_view token);

/// Removes what could be a secret: "Bearer …", hf_… tokens, passwords in URLs, signatures and X-Amz-… of signed URLs,
/// cookies. For everything that goes to a log or an error text.
std::string redacted(std::string_view text);

}  // namespace etna::hub

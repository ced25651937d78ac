#include "hub/token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "engine/base/error.h"
#include "engine/base/files.h"

namespace etna::hub {

namespace {

constexpr std::size_t longest_token = 4096;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return std::string(text);
}

/// It becomes the value of a header: nothing that could end it or start another one.
Token checked(std::string value, TokenOrigin origin, std::string place) {
  const bool plain = std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!plain || value.size() > longest_token) {
    fail(Errc::corrupt, "{}: what it holds is no access token: a token is one word of up to {} printable characters",
         place, longest_token);
  }
  return {std::move(value), origin, std::move(place)};
}

[[noreturn]] void fail_with_errno(const std::filesystem::path& path, std::string_view what) {
  fail(Errc::io, "{}: {}: {}", path.string(), what, std::strerror(errno));
}

/// Closes on every way out.
struct Descriptor {
  int number = -1;

  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether text at `at` begins with `word`, in any case.
bool begins(std::string_view text, std::size_t at, std::string_view word) {
  return text.size() - at >= word.size() && std::ranges::equal(text.substr(at, word.size()), word, {}, lower, lower);
}

/// End of a secret in running text or a URL.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  return std::min(text.find_first_of(" \t\r\n&\"'<>;,", at), text.size());
}

}  // namespace

std::optional<std::string> FileTokenStore::read() {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path_, ignored)) return std::nullopt;
  std::string token = trimmed(read_text_file(path_, std::size_t{64} << 10));
  if (token.empty()) return std::nullopt;
  return token;
}

void FileTokenStore::write(const std::string& token) {
  const Token wanted = checked(trimmed(token), TokenOrigin::store, "the given token");
  if (wanted.value.empty()) fail(Errc::invalid_argument, "the given token is empty");
  const std::filesystem::path folder = path_.parent_path();
  if (!folder.empty() && !std::filesystem::exists(folder)) {
    std::error_code error;
    if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail_with_errno(folder, "cannot be made");
  }
  const std::filesystem::path temporary = path_.string() + "." + std::to_string(::getpid());
  ::unlink(temporary.c_str());
  Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (file.number < 0) fail_with_errno(path_, "cannot be written");
  const ssize_t written = ::write(file.number, wanted.value.data(), wanted.value.size());
  if (written != static_cast<ssize_t>(wanted.value.size()) || ::fsync(file.number) != 0 ||
      ::rename(temporary.c_str(), path_.c_str()) != 0) {
    const int code = errno;
    ::unlink(temporary.c_str());
    errno = code;
    fail_with_errno(path_, "cannot be written");
  }
}

void FileTokenStore::erase() {
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) fail_with_errno(path_, "cannot be removed");
}

std::optional<Token> find_token(const HubEnvironment& environment, TokenStore* store) {
  if (environment.implicit_token && !environment.token.empty()) {
    return checked(environment.token, TokenOrigin::environment, "the environment variable HF_TOKEN");
  }
  if (store != nullptr) {
    if (auto token = store->read()) return checked(trimmed(*token), TokenOrigin::store, store->place());
  }
  if (environment.implicit_token) {
    FileTokenStore file(environment.token_file);
    if (auto token = file.read()) return checked(std::move(*token), TokenOrigin::file, file.place());
  }
  return std::nullopt;
}

std::string clean_token(std::string_view pasted) {
  std::string token = trimmed(pasted);
  if (token.empty()) fail(Errc::invalid_argument, "The token is empty.");
  const bool plain = std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!plain || token.size() > longest_token) {
    fail(Errc::invalid_argument, "This is no access token: a token is one word that begins with hf_.");
  }
  return token;
}

std::string masked_token(std::string_view token) {
  if (token.size() < 12) return "…";
  return std::string(token.substr(0, 5)) + "…" + std::string(token.substr(token.size() - 2));
}

namespace {

/// Behind other letters only what is long enough for one.
bool is_token(std::string_view text, std::size_t at, bool word_begins) {
  constexpr std::size_t shortest = 8;
  if (word_begins && begins(text, at, "api_org_")) return true;
  if (!begins(text, at, "hf_")) return false;
  const std::string_view rest = text.substr(at + 3, shortest);
  return word_begins || (rest.size() == shortest && std::ranges::all_of(rest, is_word));
}

}  // namespace

std::string redacted(std::string_view text) {
  constexpr std::string_view hidden = "<redacted>";
  constexpr std::array values = {std::string_view("bearer "),       std::string_view("signature="),
                                 std::string_view("policy="),       std::string_view("key-pair-id="),
                                 std::string_view("cookie: "),      std::string_view("access_token="),
                                 std::string_view("refresh_token=")};
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const bool word_begins = at == 0 || !is_word(text[at - 1]);
    const auto value = std::ranges::find_if(values, [&](std::string_view word) { return begins(text, at, word); });
    if (value != values.end()) {
      out += text.substr(at, value->size());
      out += hidden;
      at = end_of_value(text, at + value->size());
    } else if (begins(text, at, "x-amz-")) {
      const std::size_t equals = std::min(text.find_first_of("=:& \n", at), text.size());
      out += text.substr(at, equals - at);
      at = equals;
      if (at < text.size() && (text[at] == '=' || text[at] == ':')) {
        out += text[at];
        out += hidden;
        at = end_of_value(text, at + (text.substr(at + 1).starts_with(' ') ? 2 : 1));
      }
    } else if (is_token(text, at, word_begins)) {
      out += hidden;
      while (at < text.size() && is_word(text[at])) ++at;
    } else if (begins(text, at, "://")) {
      // user:password@ in front of a host
      const std::size_t end = std::min(text.find_first_of("/ \t\r\n\"'", at + 3), text.size());
      const std::size_t user_end = text.substr(0, end).rfind('@');
      out += "://";
      at += 3;
      if (user_end != text.npos && user_end >= at) {
        out += hidden;
        at = user_end;
      }
    } else {
      out += text[at++];
    }
  }
  return out;
}

}  // namespace etna::hub

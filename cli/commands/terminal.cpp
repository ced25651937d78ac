#include "cli/commands/terminal.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>

namespace etna::cli {

namespace {

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) {
  interrupted = 1;
}

}  // namespace

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void note(std::string_view text) {
  fmt::print(stderr, "{}\n", text);
}

std::string format_bytes(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes >= 1'000'000'000) return fmt::format("{:.1f} GB", value / 1e9);
  if (bytes >= 1'000'000) return fmt::format("{:.0f} MB", value / 1e6);
  if (bytes >= 1'000) return fmt::format("{:.0f} kB", value / 1e3);
  return fmt::format("{} B", bytes);
}

ProgressLine::ProgressLine(std::string label) : label_(std::move(label)), visible_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (shown_percent_ >= 0) fmt::print(stderr, "\r\033[K");
}

void ProgressLine::show(std::uint64_t done, std::uint64_t total) {
  if (!visible_ || total == 0) return;
  const int percent = static_cast<int>(static_cast<double>(done) / static_cast<double>(total) * 100);
  if (percent == shown_percent_) return;
  shown_percent_ = percent;
  constexpr int width = 30;
  const std::string bar(static_cast<std::size_t>(percent * width / 100), '#');
  fmt::print(stderr, "\r{} [{:<{}}] {:3} %", label_, bar, width, percent);
  std::fflush(stderr);
}

bool is_interactive() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

std::string shell_quoted(std::string_view text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,";
  if (!text.empty() && text.find_first_not_of(plain) == text.npos) return std::string(text);
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::optional<std::string> read_line() {
  constexpr std::size_t longest = std::size_t{64} << 10;
  std::string line;
  char c = 0;
  while (line.size() < longest) {
    const ssize_t count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) return std::nullopt;  // Ctrl+C
    if (count <= 0) return line.empty() ? std::nullopt : std::optional(line);
    if (c == '\n') return line;
    line += c;
  }
  return line;
}

bool ask_yes(std::string_view question) {
  fmt::print(stderr, "{} [y/N] ", question);
  std::fflush(stderr);
  std::string answer = read_line().value_or("");
  std::ranges::transform(answer, answer.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return answer == "y" || answer == "yes";
}

ProgressBar::ProgressBar() : on_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
}

void ProgressBar::show(std::string_view state, std::uint64_t done, std::uint64_t total, std::string_view words) {
  const double share = total == 0 ? 0 : static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  if (!on_terminal_) {
    const int tenth = static_cast<int>(share * 10);
    if (state == state_ && tenth == tenth_) return;
    state_ = state;
    tenth_ = tenth;
    return note(words);
  }
  winsize size{};
  const std::size_t columns = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  constexpr std::size_t bar_width = 24;
  std::string line(words);
  if (total > 0 && columns > bar_width + 20) {
    const auto filled = static_cast<std::size_t>(share * bar_width);
    line = fmt::format("[{:<{}}] {:3} %  {}", std::string(filled, '#'), bar_width, static_cast<int>(share * 100), words);
  }
  // A line that wraps could not be taken away again.
  std::size_t characters = 0, end = 0;
  for (; end < line.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(line[end]) & 0xC0) != 0x80;
    if (begins && ++characters >= columns) break;
  }
  fmt::print(stderr, "\r{}\033[K", line.substr(0, end));
  std::fflush(stderr);
  drawn_ = true;
}

CatchInterrupt::CatchInterrupt() {
  interrupted = 0;

  struct sigaction action {};

  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, &before_);
}

CatchInterrupt::~CatchInterrupt() {
  ::sigaction(SIGINT, &before_, nullptr);
}

bool CatchInterrupt::caught() const {
  return interrupted != 0;
}

}  // namespace etna::cli

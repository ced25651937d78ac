#include "cli/commands/terminal.h"

#include <fmt/core.h>
#include <unistd.h>

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

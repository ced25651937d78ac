#pragma once

#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>

namespace etna::cli {

/// Writes to stdout and flushes, so that streamed text appears at once.
void print(std::string_view text);

/// Writes a line to stderr.
void note(std::string_view text);

/// "1.2 GB", "340 MB": decimal units as everywhere in Etna.
std::string format_bytes(std::uint64_t bytes);

/// A line on stderr that shows how far something slow is; invisible where stderr is no terminal.
class ProgressLine {
public:
  explicit ProgressLine(std::string label);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(std::uint64_t done, std::uint64_t total);

private:
  std::string label_;
  bool visible_;
  int shown_percent_ = -1;
};

/// While it lives, Ctrl+C sets a flag instead of ending the program.
class CatchInterrupt {
public:
  CatchInterrupt();
  ~CatchInterrupt();
  CatchInterrupt(const CatchInterrupt&) = delete;
  CatchInterrupt& operator=(const CatchInterrupt&) = delete;

  bool caught() const;

private:
  struct sigaction before_ {};
};

}  // namespace etna::cli

#pragma once

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace etna::cli {

/// Writes to stdout and flushes, so that streamed text appears at once.
void print(std::string_view text);

/// Writes a line to stderr.
void note(std::string_view text);

/// "1.2 GB", "340 MB": decimal units as everywhere in Etna.
std::string format_bytes(std::uint64_t bytes);

/// Whether a person sits at standard input and sees standard error.
bool is_interactive();

/// Asks on stderr; true for "y" and "yes".
bool ask_yes(std::string_view question);

/// As one word of a shell's command line, for advice that is copied.
std::string shell_quoted(std::string_view text);

/// A line from standard input without its end; none at the end of the input and at Ctrl+C. At most 64 KiB.
std::optional<std::string> read_line();

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

/// Progress with words on stderr: a bar that is drawn anew on a terminal, now and then a line elsewhere.
class ProgressBar {
public:
  ProgressBar();
  ~ProgressBar();  ///< takes the bar away
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `words`: how far it is, how fast, how long. Elsewhere than on a terminal a line is written when `state` changes and
  /// every ten per cent.
  void show(std::string_view state, std::uint64_t done, std::uint64_t total, std::string_view words);

private:
  bool on_terminal_;
  bool drawn_ = false;
  std::string state_;
  int tenth_ = -1;
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

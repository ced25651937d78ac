#pragma once

#include <QString>
#include <cstdint>

#include "engine/session/messages.h"

/// How numbers look. Disk and download in decimal units, memory in binary ones; three significant digits at most.
namespace etna::gui::format {

QString disk_bytes(std::uint64_t bytes);                         ///< "10.6 MB"
QString disk_progress(std::uint64_t done, std::uint64_t total);  ///< "1.05 of 2.5 GB"
QString memory_bytes(std::uint64_t bytes);                       ///< "15.5 GiB"
QString memory_share(std::uint64_t used, std::uint64_t limit);   ///< "0.1 / 12.0 GiB"
QString memory_of(std::uint64_t used, std::uint64_t total);      ///< "7.3 of 31.2 GiB"
QString duration(double seconds);                                ///< "45 s", "12 min", "2 h 5 min"; rounded down
QString rate(double tokens_per_second);                          ///< "38.2 tok/s"
QString tokens(std::uint64_t count);                             ///< "1 token", "312 tokens"
QString seconds(double value);                                   ///< "0.31 s"
QString parameters(std::uint64_t count);                         ///< "19.4 million", "8.03 billion"

/// "Thinking… 12 s", "Thought for 12 s", "Thought for 2 min 5 s"; without a number below a second.
QString thinking_title(double seconds, bool thinks_now);

/// "38.2 tok/s · 412 tokens · first token 0.31 s · 92 % of prompt from cache · stopped: end of text"; in brackets, why
/// what was read before was read again.
QString statistics_line(const RunStatistics& statistics);

}  // namespace etna::gui::format

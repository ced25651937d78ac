#pragma once

#include <QElapsedTimer>
#include <QString>
#include <cstdint>

namespace etna::gui {

/// How quick a reply is while it is written.
class LiveSpeed {
public:
  /// So many tokens are there now. True if what is shown is to change: a few times a second at most.
  bool take(std::uint64_t tokens);

  double rate() const { return rate_; }  ///< tokens a second; 0: not known yet

  QString line() const;  ///< "38.2 tok/s · 112 tokens"

private:
  QElapsedTimer since_;  ///< the first token that was told
  QElapsedTimer shown_;
  std::uint64_t first_ = 0, tokens_ = 0;
  double rate_ = 0;
};

}  // namespace etna::gui

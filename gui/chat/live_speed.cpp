#include "gui/chat/live_speed.h"

#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr qint64 pause_ms = 250;

}  // namespace

bool LiveSpeed::take(std::uint64_t tokens) {
  if (tokens == 0 || tokens == tokens_) return false;
  tokens_ = tokens;
  if (!since_.isValid()) {
    since_.start();
    first_ = tokens;
  }
  if (shown_.isValid() && shown_.elapsed() < pause_ms) return false;
  shown_.start();
  const double seconds = static_cast<double>(since_.nsecsElapsed()) / 1e9;
  // The first number needs some tokens, or it jumps.
  if (seconds > 0.2) rate_ = static_cast<double>(tokens - first_) / seconds;
  return true;
}

QString LiveSpeed::line() const {
  const QString count = format::tokens(tokens_);
  return rate_ > 0 ? format::rate(rate_) + QStringLiteral(" · ") + count : count;
}

}  // namespace etna::gui

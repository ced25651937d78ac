#include "gui/chat/token_counter.h"

#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr int shortest_counted = 200;            // characters
constexpr int pause_ms = 150;
constexpr qsizetype longest_counted = 16 * 1024;  // characters: under two milliseconds

}  // namespace

TokenCounter::TokenCounter(Engine& engine, QObject* parent) : QObject(parent), engine_(engine) {
  pause_.setSingleShot(true);
  pause_.setInterval(pause_ms);
  connect(&pause_, &QTimer::timeout, this, &TokenCounter::count);
}

void TokenCounter::set_text(const QString& text) {
  draft_ = text;
  if (text.size() >= shortest_counted) return pause_.start();
  pause_.stop();
  show({});
}

void TokenCounter::count() {
  const QString counted = draft_.left(longest_counted);
  const std::optional<std::uint64_t> tokens = engine_.count_tokens(counted.toStdString());
  if (!tokens) return show({});
  if (counted.size() == draft_.size()) return show(format::tokens(*tokens));
  const double share = static_cast<double>(draft_.size()) / static_cast<double>(counted.size());
  show(tr("about %1").arg(format::tokens(static_cast<std::uint64_t>(static_cast<double>(*tokens) * share / 100) * 100)));
}

void TokenCounter::show(const QString& text) {
  if (text == shown_) return;
  shown_ = text;
  emit changed();
}

}  // namespace etna::gui

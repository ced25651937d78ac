#include "gui/text/format.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>
#include <algorithm>
#include <array>
#include <cmath>

namespace etna::gui::format {
namespace {

QString translated(const char* text) {
  return QCoreApplication::translate("Format", text);
}

/// Nothing that is measured or counted is below zero or not a number; a driver that says so is not repeated.
double sane(double value) {
  return std::isfinite(value) ? std::max(0.0, value) : 0.0;
}

/// Three significant digits at most, no trailing zeros: 10.6, 2.5, 412.
QString short_number(double value) {
  value = sane(value);
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  QString text = QLocale().toString(value, 'f', decimals);
  if (decimals == 0) return text;
  while (text.endsWith(QLocale().zeroDigit())) text.chop(1);
  if (text.endsWith(QLocale().decimalPoint())) text.chop(1);
  return text;
}

struct Scaled {
  double divisor;
  const char* unit;
};

Scaled disk_scale(std::uint64_t bytes) {
  static constexpr std::array scales = {Scaled{1e12, "TB"}, Scaled{1e9, "GB"}, Scaled{1e6, "MB"}, Scaled{1e3, "kB"}};
  for (const Scaled& scale : scales) {
    if (static_cast<double>(bytes) >= scale.divisor) return scale;
  }
  return {1, "B"};
}

constexpr double gib = 1024.0 * 1024.0 * 1024.0;

}  // namespace

QString disk_bytes(std::uint64_t bytes) {
  const Scaled scale = disk_scale(bytes);
  return short_number(static_cast<double>(bytes) / scale.divisor) + u' ' + QLatin1String(scale.unit);
}

QString disk_progress(std::uint64_t done, std::uint64_t total) {
  const Scaled scale = disk_scale(total);
  return translated(QT_TRANSLATE_NOOP("Format", "%1 of %2 %3"))
      .arg(short_number(static_cast<double>(done) / scale.divisor),
           short_number(static_cast<double>(total) / scale.divisor), QLatin1String(scale.unit));
}

QString memory_bytes(std::uint64_t bytes) {
  if (bytes == 0) return QStringLiteral("0 MiB");
  const double value = static_cast<double>(bytes);
  if (value < 1024.0 * 1024.0) return short_number(value / 1024.0) + QLatin1String(" KiB");
  if (value < gib / 10) return short_number(value / (1024.0 * 1024.0)) + QLatin1String(" MiB");
  return short_number(value / gib) + QLatin1String(" GiB");
}

QString memory_share(std::uint64_t used, std::uint64_t limit) {
  const QString of_limit =
      QLatin1String(" / ") + QLocale().toString(static_cast<double>(limit) / gib, 'f', 1) + QLatin1String(" GiB");
  // A small model would round to nothing.
  if (used > 0 && static_cast<double>(used) < 0.095 * gib) return memory_bytes(used) + of_limit;
  return QLocale().toString(static_cast<double>(used) / gib, 'f', 1) + of_limit;
}

QString memory_of(std::uint64_t used, std::uint64_t total) {
  const QString whole = memory_bytes(total);
  // One unit for both where that loses nothing.
  const bool both = static_cast<double>(used) >= gib / 10 && static_cast<double>(total) >= gib / 10;
  return translated(QT_TRANSLATE_NOOP("Format", "%1 of %2"))
      .arg(both ? short_number(static_cast<double>(used) / gib) : memory_bytes(used), whole);
}

QString duration(double seconds) {
  // A century is as good as for ever, and fits an integer.
  const auto whole = static_cast<qint64>(std::min(sane(seconds), 3.2e9));
  if (whole < 60) return translated(QT_TRANSLATE_NOOP("Format", "%1 s")).arg(whole);
  if (whole < 3600) return translated(QT_TRANSLATE_NOOP("Format", "%1 min")).arg(whole / 60);
  const QString hours = QLocale().toString(whole / 3600);
  const qint64 minutes = whole / 60 % 60;
  return minutes == 0 ? translated(QT_TRANSLATE_NOOP("Format", "%1 h")).arg(hours)
                      : translated(QT_TRANSLATE_NOOP("Format", "%1 h %2 min")).arg(hours).arg(minutes);
}

QString tokens(std::uint64_t count) {
  const QString number = QLocale().toString(static_cast<qulonglong>(count));
  return count == 1 ? translated(QT_TRANSLATE_NOOP("Format", "1 token")) : translated(QT_TRANSLATE_NOOP("Format", "%1 tokens")).arg(number);
}

QString rate(double tokens_per_second) {
  return short_number(tokens_per_second) + QLatin1String(" tok/s");
}

QString seconds(double value) {
  return short_number(value) + QLatin1String(" s");
}

QString parameters(std::uint64_t count) {
  const double value = static_cast<double>(count);
  return value >= 1e9 ? translated(QT_TRANSLATE_NOOP("Format", "%1 billion")).arg(short_number(value / 1e9))
                      : translated(QT_TRANSLATE_NOOP("Format", "%1 million")).arg(short_number(value / 1e6));
}

QString thinking_title(double seconds, bool thinks_now) {
  const auto whole = static_cast<qint64>(seconds);
  if (whole < 1) {
    return thinks_now ? translated(QT_TRANSLATE_NOOP("Format", "Thinking…"))
                      : translated(QT_TRANSLATE_NOOP("Format", "Thought for a moment"));
  }
  const QString time = whole < 60 ? translated(QT_TRANSLATE_NOOP("Format", "%1 s")).arg(whole)
                                  : translated(QT_TRANSLATE_NOOP("Format", "%1 min %2 s")).arg(whole / 60).arg(whole % 60);
  return thinks_now ? translated(QT_TRANSLATE_NOOP("Format", "Thinking… %1")).arg(time)
                    : translated(QT_TRANSLATE_NOOP("Format", "Thought for %1")).arg(time);
}

QString statistics_line(const RunStatistics& statistics) {
  QStringList parts;
  // A speed needs at least two tokens: one has no time between.
  if (statistics.generated_tokens > 1 && statistics.decode_seconds > 0)
    parts << rate(statistics.decode_tokens_per_second());
  parts << (statistics.generated_tokens == 1
                ? translated(QT_TRANSLATE_NOOP("Format", "1 token"))
                : translated(QT_TRANSLATE_NOOP("Format", "%1 tokens")).arg(statistics.generated_tokens));
  if (statistics.generated_tokens > 0)
    parts << translated(QT_TRANSLATE_NOOP("Format", "first token %1")).arg(seconds(statistics.first_token_seconds));
  if (statistics.prompt_tokens > 0) {
    const double share =
        100.0 * static_cast<double>(statistics.cached_tokens) / static_cast<double>(statistics.prompt_tokens);
    QString cached = translated(QT_TRANSLATE_NOOP("Format", "%1 % of prompt from cache")).arg(std::lround(share));
    // What was read before and is read again has a reason; a new text needs none.
    if (statistics.cache.missed_tokens > 0) cached += QStringLiteral(" (%1)").arg(QString::fromStdString(statistics.cache.sentence));
    parts << cached;
  }
  parts << translated(QT_TRANSLATE_NOOP("Format", "stopped: %1")).arg(QString::fromUtf8(words(statistics.stop_reason)));
  return parts.join(QStringLiteral(" · "));
}

}  // namespace etna::gui::format

#include "gui/prompts/prompt_text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

namespace etna::gui {
namespace {

QString translated(const char* text) {
  return QCoreApplication::translate("Prompts", text);
}

}  // namespace

QString used_text(std::int64_t seconds) {
  const QDateTime then = QDateTime::fromSecsSinceEpoch(seconds), now = QDateTime::currentDateTime();
  const qint64 minutes = then.secsTo(now) / 60;
  if (minutes < 1) return translated(QT_TRANSLATE_NOOP("Prompts", "last used just now"));
  if (minutes < 60) return translated(QT_TRANSLATE_NOOP("Prompts", "last used %1 min ago")).arg(minutes);
  if (then.date() == now.date())
    return translated(QT_TRANSLATE_NOOP("Prompts", "last used today at %1"))
        .arg(QLocale().toString(then.time(), QLocale::ShortFormat));
  return translated(QT_TRANSLATE_NOOP("Prompts", "last used on %1"))
      .arg(QLocale().toString(then.date(), QStringLiteral("d MMMM yyyy")));
}

}  // namespace etna::gui

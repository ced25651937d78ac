#include "gui/hub/readme_text.h"

#include <QCoreApplication>
#include <QRegularExpression>

namespace etna::gui {
namespace {

constexpr qsizetype longest = 20'000;

QString without_head(const QString& card) {
  if (!card.startsWith(QLatin1String("---"))) return card;
  const qsizetype end = card.indexOf(QLatin1String("\n---"), 3);
  if (end < 0) return card;
  const qsizetype line = card.indexOf(u'\n', end + 1);
  return line < 0 ? QString() : card.mid(line + 1);
}

/// Text between code fences is left as it is.
QString without_html(const QString& text) {
  static const QRegularExpression comment(QStringLiteral("<!--.*?-->"), QRegularExpression::DotMatchesEverythingOption);
  static const QRegularExpression program(
      QStringLiteral("<(script|style)\\b.*?</\\1\\s*>"),
      QRegularExpression::DotMatchesEverythingOption | QRegularExpression::CaseInsensitiveOption);
  static const QRegularExpression tag(QStringLiteral("</?[A-Za-z][A-Za-z0-9]*(?:\\s[^<>]{0,2000})?/?>"));
  static const QRegularExpression breaks(QStringLiteral("<br\\s*/?>"), QRegularExpression::CaseInsensitiveOption);
  QStringList parts = text.split(QStringLiteral("```"));
  for (qsizetype i = 0; i < parts.size(); i += 2) {
    parts[i].remove(comment);
    parts[i].remove(program);
    parts[i].replace(breaks, QStringLiteral("  \n"));
    parts[i].remove(tag);
  }
  return parts.join(QStringLiteral("```"));
}

}  // namespace

QString readme_text(const QString& card) {
  QString text = card;
  text.replace(QLatin1String("\r\n"), QLatin1String("\n"));
  text = without_head(text);
  const bool cut = text.size() > longest;
  if (cut) {
    const qsizetype paragraph = text.lastIndexOf(QLatin1String("\n\n"), longest);
    text.truncate(paragraph > longest / 2 ? paragraph : longest);
  }
  text = without_html(text);
  // Badges and tags of whole pages leave lines of blanks, which would make code of what follows.
  static const QRegularExpression blank(QStringLiteral("^[ \\t]+$"), QRegularExpression::MultilineOption);
  static const QRegularExpression empty(QStringLiteral("\\n{3,}"));
  text.remove(blank);
  text.replace(empty, QStringLiteral("\n\n"));
  text = text.trimmed();
  if (cut) text += QStringLiteral("\n\n") + QCoreApplication::translate("Readme", "*The rest is on Hugging Face.*");
  return text;
}

}  // namespace etna::gui

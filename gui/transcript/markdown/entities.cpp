#include "gui/transcript/markdown/entities.h"

#include <QHash>

namespace etna::gui {
namespace {

/// Those that models write. (CommonMark knows 2,125.)
const QHash<QString, char16_t>& names() {
  static const QHash<QString, char16_t> table = {
      {QStringLiteral("amp"), u'&'},     {QStringLiteral("lt"), u'<'},       {QStringLiteral("gt"), u'>'},
      {QStringLiteral("quot"), u'"'},    {QStringLiteral("apos"), u'\''},    {QStringLiteral("nbsp"), 0xA0},
      {QStringLiteral("copy"), 0xA9},    {QStringLiteral("reg"), 0xAE},      {QStringLiteral("deg"), 0xB0},
      {QStringLiteral("plusmn"), 0xB1},  {QStringLiteral("middot"), 0xB7},   {QStringLiteral("times"), 0xD7},
      {QStringLiteral("divide"), 0xF7},  {QStringLiteral("laquo"), 0xAB},    {QStringLiteral("raquo"), 0xBB},
      {QStringLiteral("ndash"), 0x2013}, {QStringLiteral("mdash"), 0x2014},  {QStringLiteral("lsquo"), 0x2018},
      {QStringLiteral("rsquo"), 0x2019}, {QStringLiteral("ldquo"), 0x201C},  {QStringLiteral("rdquo"), 0x201D},
      {QStringLiteral("bull"), 0x2022},  {QStringLiteral("hellip"), 0x2026}, {QStringLiteral("euro"), 0x20AC},
      {QStringLiteral("trade"), 0x2122}, {QStringLiteral("larr"), 0x2190},   {QStringLiteral("uarr"), 0x2191},
      {QStringLiteral("rarr"), 0x2192},  {QStringLiteral("darr"), 0x2193},   {QStringLiteral("rArr"), 0x21D2},
      {QStringLiteral("infin"), 0x221E}, {QStringLiteral("asymp"), 0x2248},  {QStringLiteral("ne"), 0x2260},
      {QStringLiteral("le"), 0x2264},    {QStringLiteral("ge"), 0x2265},     {QStringLiteral("alpha"), 0x3B1},
      {QStringLiteral("beta"), 0x3B2},   {QStringLiteral("pi"), 0x3C0},      {QStringLiteral("sigma"), 0x3C3}};
  return table;
}

}  // namespace

QString entity_text(const QString& entity) {
  if (entity.size() < 3) return entity;
  const QStringView name = QStringView(entity).mid(1, entity.size() - 2);
  if (name.startsWith(u'#')) {
    const bool hex = name.size() > 1 && (name[1] == u'x' || name[1] == u'X');
    bool ok = false;
    const uint code = hex ? name.mid(2).toUInt(&ok, 16) : name.mid(1).toUInt(&ok, 10);
    const bool valid = ok && code != 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    if (!valid) return QString(QChar::ReplacementCharacter);
    const char32_t letter = code;
    return QString::fromUcs4(&letter, 1);
  }
  const auto found = names().constFind(name.toString());
  return found == names().constEnd() ? entity : QString(QChar(*found));
}

}  // namespace etna::gui

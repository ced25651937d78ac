#pragma once

#include <QString>
#include <QTranslator>

namespace etna::gui {

/// Every text of the screens in letters with marks, about 1.4 times as long and in brackets: what is not translated,
/// put together from pieces or clipped is seen at once.
class PseudoTranslator : public QTranslator {
public:
  bool isEmpty() const override { return false; }

  QString translate(const char*, const char* source, const char*, int) const override {
    const QString text = QString::fromUtf8(source);
    static const QString plain = QStringLiteral("aceginorstuyzACEGINORSTUYZ");
    static const QString marked = QStringLiteral("åçéğîñöřšţûýžÅÇÉĞÎÑÖŘŠŢÛÝŽ");
    QString longer;
    for (qsizetype i = 0; i < text.size(); ++i) {
      // Places for values stay as they are: "%1", "%n".
      if (text[i] == u'%' && i + 1 < text.size()) {
        longer += text.mid(i++, 2);
        continue;
      }
      const qsizetype at = plain.indexOf(text[i]);
      longer += at < 0 ? text[i] : marked[at];
    }
    const qsizetype more = (text.size() * 4 + 9) / 10;
    return u'[' + longer + QString(more, u'~') + u']';
  }
};

}  // namespace etna::gui

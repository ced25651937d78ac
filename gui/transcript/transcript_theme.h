#pragma once

#include <QtQml/qqmlregistration.h>
#include <QColor>
#include <QObject>
#include <QString>

namespace etna::gui {

/// Colours, fonts and lengths of a transcript. All lengths are logical pixels.
class TranscriptTheme : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(QColor text MEMBER text NOTIFY changed)
  Q_PROPERTY(QColor text2 MEMBER text2 NOTIFY changed)
  Q_PROPERTY(QColor text3 MEMBER text3 NOTIFY changed)
  Q_PROPERTY(QColor surface MEMBER surface NOTIFY changed)
  Q_PROPERTY(QColor window MEMBER window NOTIFY changed)
  Q_PROPERTY(QColor sunken MEMBER sunken NOTIFY changed)
  Q_PROPERTY(QColor border MEMBER border NOTIFY changed)
  Q_PROPERTY(QColor controlBorder MEMBER control_border NOTIFY changed)
  Q_PROPERTY(QColor selection MEMBER selection NOTIFY changed)
  Q_PROPERTY(QColor accent MEMBER accent NOTIFY changed)
  Q_PROPERTY(QColor link MEMBER link NOTIFY changed)
  Q_PROPERTY(QColor found MEMBER found NOTIFY changed)
  Q_PROPERTY(QColor foundNow MEMBER found_now NOTIFY changed)
  Q_PROPERTY(QColor keyword MEMBER keyword NOTIFY changed)
  Q_PROPERTY(QColor string MEMBER string NOTIFY changed)
  Q_PROPERTY(QColor number MEMBER number NOTIFY changed)
  Q_PROPERTY(QColor type MEMBER type NOTIFY changed)
  Q_PROPERTY(QString family MEMBER family NOTIFY changed)
  Q_PROPERTY(QString mono MEMBER mono NOTIFY changed)
  Q_PROPERTY(double scale MEMBER scale NOTIFY changed)

public:
  using QObject::QObject;

  QColor text = 0xFF1C1B19, text2 = 0xFF57534E, text3 = 0xFF69635C;
  QColor surface = 0xFFFFFFFF, window = 0xFFF6F5F2, sunken = 0xFFECEAE5;
  QColor border = 0xFFD9D5CE, control_border = 0xFF857F76, selection = 0xFFF3DDD3;
  QColor accent = 0xFFB4451F, link = 0xFF2B5FA8, found = 0xFFF7E3A8, found_now = 0xFFF0B36A;
  QColor keyword = 0xFF7A3E9D, string = 0xFF1A6E45, number = 0xFFB4451F, type = 0xFF2B5FA8;
  QString family = QStringLiteral("Inter"), mono = QStringLiteral("JetBrains Mono");
  double scale = 1;  ///< of all text, 0.8 to 2

  /// All values of another one.
  void take(const TranscriptTheme& other);

  int scaled(double length) const { return qRound(length * scale); }

signals:
  void changed();
};

}  // namespace etna::gui

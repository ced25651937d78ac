#pragma once

#include <QtQml/qqmlregistration.h>
#include <QStringListModel>

namespace etna::gui {

/// A text line by line, for a list that lays out what is in sight. Very long lines are cut into several.
class TextLines : public QStringListModel {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(QString text READ text WRITE set_text NOTIFY textChanged)

public:
  using QStringListModel::QStringListModel;

  const QString& text() const { return text_; }

  void set_text(const QString& text);

signals:
  void textChanged();

private:
  QString text_;
};

}  // namespace etna::gui

#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QStringList>

#include "gui/chat/message_list.h"

namespace etna::gui {

/// Everything that is known of how a reply went, as lines of a name and a value.
class ReplyDetails : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(QStringList names READ names NOTIFY changed)
  Q_PROPERTY(QStringList values READ values NOTIFY changed)

public:
  using QObject::QObject;

  const QStringList& names() const { return names_; }

  const QStringList& values() const { return values_; }

  Q_INVOKABLE void show(etna::gui::MessageList* messages, int row);

  Q_INVOKABLE QString text() const;  ///< all of it, a line each, for a report

signals:
  void changed();

private:
  void add(const QString& name, const QString& value);
  void add_prompt(const RunStatistics& statistics);
  void add_answer(const RunStatistics& statistics);
  void add_run(const chats::Run& run);

  QStringList names_, values_;
};

}  // namespace etna::gui

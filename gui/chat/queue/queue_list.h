#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>

#include "gui/chat/attachments/attached_file.h"

namespace etna::gui {

/// A message that waits for the end of a reply.
struct QueuedMessage {
  QString text;
  AttachedFiles files;
};

/// The messages of one chat that follow the reply that runs, in order. While one is being changed it is not sent, nor
/// what is behind it.
class QueueList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Chats own their queues")
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(QString pause READ pause NOTIFY pauseChanged)
  Q_PROPERTY(int editedRow READ edited_row NOTIFY editedRowChanged)

public:
  enum Role { TextRole = Qt::UserRole, FilesRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  const std::vector<QueuedMessage>& messages() const { return messages_; }

  /// Why the first message is not sent by itself: "Not sent, because you stopped the reply." Empty: it will be.
  const QString& pause() const { return pause_; }

  void set_pause(const QString& sentence);

  int edited_row() const { return edited_; }  ///< -1: none

  /// The first one can be sent when the reply ends.
  bool ready() const { return !messages_.empty() && pause_.isEmpty() && edited_ != 0; }

  void add(QueuedMessage message);
  void put_first(std::vector<QueuedMessage> messages);
  QueuedMessage take_first();

  Q_INVOKABLE void remove(int row);
  Q_INVOKABLE void edit(int row);
  Q_INVOKABLE void finishEdit(const QString& text);  ///< empty, without files: the message goes
  Q_INVOKABLE void cancelEdit();

signals:
  void countChanged();
  void pauseChanged();
  void editedRowChanged();
  void changed();  ///< what is to be kept is something else
  void freed();    ///< nothing is being changed any more

private:
  void set_edited(int row);

  std::vector<QueuedMessage> messages_;
  QString pause_;
  int edited_ = -1;
};

}  // namespace etna::gui

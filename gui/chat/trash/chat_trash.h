#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>

#include "gui/chat/chat_controller.h"
#include "gui/chat/chat_keeper.h"

namespace etna::gui {

/// The chats in the trash, the last thrown away first, and what can be done with them. A chat is named by its ticket:
/// rows may move while a person makes up their mind.
class ChatTrash : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The archive owns the trash")
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(bool known READ known NOTIFY countChanged)
  Q_PROPERTY(QString problem READ problem NOTIFY problemChanged)
  Q_PROPERTY(int days READ days CONSTANT)

public:
  enum Role { TicketRole = Qt::UserRole, TitleRole, NoteRole };

  ChatTrash(ChatKeeper& keeper, ChatController& chats, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  bool known() const { return known_; }  ///< the store has said what lies there

  const QString& problem() const { return problem_; }  ///< why something could not be done; empty: all well

  int days() const;  ///< how long chats stay

  Q_INVOKABLE void refresh();
  Q_INVOKABLE int rowOf(double ticket) const;  ///< -1: it is not there
  Q_INVOKABLE QString titleOf(double ticket) const;
  Q_INVOKABLE void restore(double ticket);
  Q_INVOKABLE void erase(double ticket);  ///< for good
  Q_INVOKABLE void empty();               ///< for good

signals:
  void countChanged();
  void problemChanged();
  void restored(const QString& title);

private:
  void show(std::vector<chats::ChatSummary> chats);
  void remove_row(int row);
  void tell(const QString& problem);

  ChatKeeper& keeper_;
  ChatController& controller_;
  std::vector<chats::ChatSummary> chats_;
  bool known_ = false;
  QString problem_;
};

/// "Deleted today · 30 days left": how long ago, and how long it stays.
QString trash_note(chats::Time trashed, chats::Time now, int days);

}  // namespace etna::gui

#pragma once

#include <QObject>
#include <QString>
#include <memory>

#include "gui/chat/store/chat_store.h"
#include "gui/errors/problem.h"

namespace etna::gui {

/// The chat store as the screens see it: its answers come on the GUI thread, its state as a problem with words.
class ChatKeeper : public QObject {
  Q_OBJECT

public:
  /// The chats lie in `folder`; it is made where there is none.
  explicit ChatKeeper(const QString& folder, QObject* parent = nullptr);
  ~ChatKeeper() override;

  chats::ChatStore& store() { return *store_; }

  /// Opens the store; opened() follows, or problem() says why not.
  void open();

  /// A newer Etna's chats: nothing can be changed, but read.
  void open_read_only();

  void try_again();

  /// Chats are not saved now, could not be opened, or were repaired. Not set: all is well.
  const Problem& problem() const { return problem_; }

  /// A newer Etna's chats are shown.
  bool read_only() const { return status_.state == chats::StoreStatus::State::read_only; }

  /// Nothing new can be kept: the store is closed or for reading only.
  bool refuses() const;

  /// The note about a repair was read.
  void dismiss();

signals:
  void opened(const etna::chats::Opened& opened);
  void erased();    ///< chats went for good
  void reopened();  ///< damage was repaired while the program ran: what is shown may have changed
  void changed();

private:
  void make_store(bool read_only);
  void take_status(const chats::StoreStatus& status);
  void take_repair(const chats::OpenReport& report);

  QString folder_;
  Problem problem_;
  chats::StoreStatus status_;
  std::unique_ptr<chats::ChatStore> store_;
};

}  // namespace etna::gui

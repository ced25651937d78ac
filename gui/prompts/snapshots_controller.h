#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QUrl>

#include "engine/engine.h"
#include "gui/chat/chat_controller.h"
#include "gui/jobs/background.h"
#include "gui/prompts/snapshot_list.h"

namespace etna::gui {

/// Named contexts that a person keeps: saved from a chat, shared as files that mlx-lm reads, and begun from.
class SnapshotsController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns it")
  Q_PROPERTY(etna::gui::SnapshotList* snapshots READ snapshots CONSTANT)
  Q_PROPERTY(bool known READ known NOTIFY changed)
  Q_PROPERTY(bool canSave READ can_save NOTIFY changed)
  Q_PROPERTY(QString proposedName READ proposed_name NOTIFY changed)
  Q_PROPERTY(QString savingText READ saving_text NOTIFY changed)
  Q_PROPERTY(bool saving READ saving NOTIFY changed)
  Q_PROPERTY(double progress READ progress NOTIFY progressChanged)
  Q_PROPERTY(QString trouble READ trouble NOTIFY changed)
  Q_PROPERTY(QString notice READ notice NOTIFY changed)
  Q_PROPERTY(QString chatNotice READ chat_notice NOTIFY chatNoticeChanged)
  Q_PROPERTY(bool active READ active WRITE set_active NOTIFY activeChanged)

public:
  SnapshotsController(Engine& engine, ChatController& chats, LibraryController& library, QObject* parent = nullptr);

  void shut_down() { background_.stop(); }

  SnapshotList* snapshots() { return &snapshots_; }

  bool known() const { return known_; }

  /// There is a model, and something in the chat that is shown.
  bool can_save() const;

  QString proposed_name() const;
  QString saving_text() const;  ///< what will be saved: "4 messages of this chat and its system prompt"

  bool saving() const { return request_ != 0; }

  double progress() const { return progress_; }

  const QString& trouble() const { return trouble_; }  ///< what went wrong, a sentence

  const QString& notice() const { return notice_; }  ///< what was done, a sentence

  QString chat_notice() const;  ///< what the chat that is shown continues, where its messages do not say it

  bool active() const { return active_; }

  void set_active(bool active);

  Q_INVOKABLE void refresh();
  Q_INVOKABLE void begin(int row);  ///< of the messages, the last that is to be saved; -1: all
  Q_INVOKABLE void save(const QString& name);
  Q_INVOKABLE void cancelSaving();
  Q_INVOKABLE void rename(int row, const QString& name);
  Q_INVOKABLE void remove(int row);
  Q_INVOKABLE void exportTo(int row, const QUrl& file);
  Q_INVOKABLE void importFrom(const QUrl& file);
  Q_INVOKABLE void startChat(int row);
  Q_INVOKABLE QUrl proposedFile(int row) const;  ///< where it would be exported to
  Q_INVOKABLE void dismiss();

signals:
  void changed();
  void progressChanged();
  void activeChanged();
  void chatNoticeChanged();
  void saved();
  void chatStarted();

private:
  void work(std::function<QString()> work);
  void take_saved(const QString& name, const SavedContext& saved);
  void take_failure(const Failure& failure);
  std::vector<ChatMessage> messages() const;
  int last_row() const;

  Engine& engine_;
  ChatController& chats_;
  LibraryController& library_;
  SnapshotList snapshots_;
  Engine::RequestId request_ = 0;
  int until_ = -1;  ///< row of the last message that is to be saved; -1: the last there is
  double progress_ = 0;
  QString trouble_, notice_;
  bool known_ = false;
  bool active_ = false;
  Background background_;  // last: it uses the engine
};

}  // namespace etna::gui
